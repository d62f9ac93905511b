# SPDX-License-Identifier: LGPL-2.1-or-later
"""The markup of the headers' comments: its blocks, and what a sentence refers to.

Blocks are paragraphs, "- " lists, "## " headings, and what is indented by four spaces or more,
which stays as it is. In a sentence, `code`, @parameter, sbx_function(), sbx_type, SBX_CONSTANT and
other.h.
"""
import re
from dataclasses import dataclass, field

INLINE = re.compile(r"`(?P<code>[^`]+)`"
                    r"|@(?P<parameter>[a-z_]\w*)"
                    r"|\b(?P<function>sbx_\w+)\(\)"
                    r"|\b(?P<name>sbx_\w+)\b"
                    r"|\b(?P<constant>SBX_[A-Z0-9_]+)"
                    r"|<sandbox/(?P<include>\w+)\.h>"
                    r"|\b(?P<header>[a-z]+)\.h\b")
# A code begins the list, or follows a separator: one in the middle of a sentence is part of it.
ERROR = re.compile(r"(?<![\w ])SBX_E_|(?<=, )SBX_E_|(?<=, and )SBX_E_|(?<=, or )SBX_E_"
                   r"|(?<=[A-Z)] or )SBX_E_|(?<=[A-Z)] and )SBX_E_")
ERROR_PART = re.compile(r"(SBX_E_[A-Z_]+)(.*?)(?:,? and|,? or|,)? ?$")


@dataclass
class Block:
    kind: str  # paragraph, item, heading, code
    text: str


@dataclass
class Symbols:
    """Where everything is: a header's name for each name, and the headers themselves."""
    places: dict = field(default_factory=dict)
    items: dict = field(default_factory=dict)
    headers: dict = field(default_factory=dict)

    def has_prefix(self, prefix):
        return prefix.endswith("_") and any(name.startswith(prefix) for name in self.items)


def symbols_of(headers):
    """Every name that the headers declare."""
    symbols = Symbols()
    for header in headers:
        symbols.headers[header.name] = header
        for item in header.items:
            if item.kind != "note":
                symbols.places[item.name] = header.name
                symbols.items[item.name] = item
    return symbols


def blocks(lines):
    """The blocks of a text."""
    found, open_block = [], None
    for line in lines:
        stripped = line.strip()
        if not stripped:
            open_block = None
        elif line.startswith("    ") and (open_block is None or open_block.kind == "code"):
            if open_block is None and found and found[-1].kind == "code":
                open_block = found[-1]
                open_block.text += "\n"
            elif open_block is None:
                open_block = Block("code", "")
                found.append(open_block)
            open_block.text += line[4:] + "\n"
        elif line.startswith("## "):
            found.append(Block("heading", line[3:]))
            open_block = None
        elif line.startswith("- "):
            open_block = Block("item", line[2:])
            found.append(open_block)
        elif open_block is None or open_block.kind == "code":
            open_block = Block("paragraph", stripped)
            found.append(open_block)
        else:
            open_block.text += " " + stripped
    return found


def inline(text):
    """A sentence as (kind, text) parts; kind is "text" or a group of INLINE."""
    at = 0
    for found in INLINE.finditer(text):
        if found.start() > at:
            yield "text", text[at:found.start()]
        yield found.lastgroup, found.group(found.lastgroup)
        at = found.end()
    if at < len(text):
        yield "text", text[at:]


def error_list(text):
    """What follows "Errors:" as (code, remark) pairs; None when it is not a list of codes."""
    depth, starts = 0, []
    for at, char in enumerate(text):
        depth += {"(": 1, ")": -1}.get(char, 0)
        if depth == 0 and ERROR.match(text, at):
            starts.append(at)
    if starts[:1] != [0]:
        return None
    parts = [text[start:end] for start, end in zip(starts, starts[1:] + [len(text)])]
    pairs = []
    for part in parts:
        found = ERROR_PART.match(part)
        remark = found.group(2).strip(" ,")
        if remark.startswith("(") and remark.endswith(")"):
            remark = remark[1:-1]
        pairs.append((found.group(1), remark))
    return pairs


def is_out(text):
    return text.startswith("(out):")


def parameter_text(text):
    """The text of an @parameter, with what "(out):" stands for in words."""
    return "output: " + text[len("(out):"):].strip() if is_out(text) else text
