# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads the public headers: what they declare, in order, with the comments that document it.

No C parser: the headers have one form (see include/sandbox/), and what is of another form is a
problem with its line, not a guess.
"""
import os
import re
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<comment>/\*.*?\*/)"
    r"|(?P<directive>\#(?:/\*.*?\*/|\\\n|[^\n])*)"
    r"|(?P<bracket>SBX_BEGIN_DECLS|SBX_END_DECLS)"
    r"|(?P<declaration>[A-Za-z_][^;{]*(?:\{[^}]*\}[^;]*)?;)",
    re.DOTALL)
FUNCTION = re.compile(r"SBX_PUBLIC\s+(?P<type>.*?[\s*])(?P<name>sbx_\w+)\s*\((?P<parameters>.*)\)"
                      r"\s*(?P<attributes>(?:SBX_\w+\s*)*);", re.DOTALL)
CALLBACK = re.compile(r"typedef\s+(?P<type>.*?[\s*])\(\s*\*\s*(?P<name>sbx_\w+)\s*\)"
                      r"\s*\((?P<parameters>.*)\)\s*;", re.DOTALL)
OPAQUE = re.compile(r"typedef\s+struct\s+(?P<tag>\w+)\s+(?P<name>sbx\w*)\s*;")
DEFINE = re.compile(r"#\s*define\s+(?P<name>[A-Za-z_]\w*)(?P<function>\()?[ \t]*(?P<value>.*)",
                    re.DOTALL)
PARAMETER = re.compile(r"@(?P<name>\w+):\s*(?P<text>.*)")
SINCE = re.compile(r"\s*\bSince:\s*(?P<version>\S*)")


class HeaderError(Exception):
    """A header has something that is not of the form."""


@dataclass
class Doc:
    """A /** comment: what it names, its parameters, its text without Errors: and Since:."""
    name: str
    parameters: dict
    text: list
    is_short: bool
    since: str = None
    errors: str = None


@dataclass
class Item:
    """Whatever is declared, or (kind "note") said between declarations."""
    kind: str  # function, callback, type, define, note
    name: str
    line: int
    declaration: str = ""
    parameters: list = field(default_factory=list)
    comment: list = field(default_factory=list)  # lines of a comment that is no Doc
    doc: Doc = None
    value: str = ""


@dataclass
class Header:
    path: str
    name: str  # "handle" of sandbox/handle.h
    title: str = ""
    text: list = field(default_factory=list)
    items: list = field(default_factory=list)
    problems: list = field(default_factory=list)  # "FILE:LINE: what"

    def of_kind(self, *kinds):
        return [item for item in self.items if item.kind in kinds]


def comment_lines(comment):
    """The text of a comment, without its frame."""
    lines = re.sub(r"^/\*\*?|\*/$", "", comment).split("\n")
    lines = [lines[0].strip()] + [re.sub(r"^\s*\*? ?", "", line).rstrip() for line in lines[1:]]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    return lines


def split_parameters(text):
    """The parameters of a prototype, as (name, declaration)."""
    parts, depth, start = [], 0, 0
    for at, char in enumerate(text + ","):
        depth += {"(": 1, ")": -1}.get(char, 0)
        if char == "," and depth == 0:
            parts.append(" ".join(text[start:at].split()))
            start = at + 1
    if parts == ["void"] or parts == [""]:
        return []
    found = []
    for part in parts:
        name = re.search(r"\(\s*\*\s*(\w+)\s*\)", part) or re.search(r"(\w+)\s*(?:\[\w*\])*$", part)
        if name is None:
            raise HeaderError(f"a parameter without a name: {part}")
        found.append((name.group(1), part))
    return found


def split_errors(text):
    """Takes the sentence "Errors: ..." out of the text; returns the rest and what it says."""
    found = re.search(r"(?:^|(?<=\s))Errors:\s*", text)
    if found is None:
        return text, None
    depth, end = 0, len(text)
    for at in range(found.end(), len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0 and (text[at:at + 2] == "\n\n" or
                           (text[at] == "." and text[at + 1:at + 2] in ("", " ", "\n"))):
            end = at
            break
    errors = " ".join(text[found.end():end].split())
    rest = text[end:].lstrip(".").lstrip(" ")
    before = text[:found.start()].rstrip()
    if before and rest.strip():
        return before + "\n\n" + rest.lstrip(), errors
    return before + rest.lstrip(), errors


def parse_doc(comment):
    """A /** comment as a Doc."""
    lines = comment_lines(comment)
    first = re.match(r"(\w+):\s*(.*)", lines[0]) if lines else None
    if first is None:
        raise HeaderError("a /** comment that does not begin with the name of what it documents")
    parameters, rest = {}, lines[1:]
    if first.group(2):
        rest = [first.group(2)] + rest
    else:
        while rest:
            parameter = PARAMETER.match(rest[0])
            if parameter is None:
                break
            text = [parameter.group("text")]
            rest.pop(0)
            while rest and rest[0].startswith("  "):
                text.append(rest.pop(0).strip())
            parameters[parameter.group("name")] = " ".join(text)
    text = "\n".join(rest).strip("\n")
    since = SINCE.search(text)
    text, errors = split_errors(SINCE.sub("", text))
    return Doc(first.group(1), parameters, text.strip("\n").split("\n") if text.strip() else [],
               bool(first.group(2)), since.group("version") if since else None, errors)


def parse_declaration(text):
    """A declaration as an Item without comments; None for one of another form."""
    function = FUNCTION.fullmatch(text)
    callback = CALLBACK.fullmatch(text)
    opaque = OPAQUE.fullmatch(text)
    if function is not None or callback is not None:
        found = function or callback
        shown = re.sub(r"SBX_PUBLIC\s+|\s*\bSBX_WARN_UNUSED\b", "", text)
        return Item("function" if function else "callback", found.group("name"), 0,
                    " ".join(shown.split()), split_parameters(found.group("parameters")))
    if opaque is not None:
        return Item("type", opaque.group("name"), 0, " ".join(text.split()))
    return None


class Reader:
    """One pass over a header."""

    def __init__(self, path):
        self.header = Header(path, re.sub(r"\.h(\.in)?$", "", os.path.basename(path)))
        with open(path, encoding="utf-8") as file:
            self.text = file.read()
        self.doc = None  # the /** comment above
        self.group = None  # the comment above, while nothing but what it speaks of followed
        self.depth = 0  # of #if; the include guard is the first

    def line(self, at):
        return self.text.count("\n", 0, at) + 1

    def problem(self, at, what):
        self.header.problems.append(f"{self.header.path}:{self.line(at)}: {what}")

    def read(self):
        at = 0
        while at < len(self.text):
            token = TOKEN.match(self.text, at)
            if token is None:
                self.problem(at, "neither a comment, a directive nor a declaration")
                break
            try:
                getattr(self, "on_" + token.lastgroup)(token.group(), at)
            except HeaderError as error:
                self.problem(at, error)
            at = token.end()
        self.drop_doc(len(self.text) - 1)
        if not self.header.title:
            self.problem(0, "no comment at the top says what the header is about")
        return self.header

    def drop_doc(self, at):
        if self.doc is not None:
            self.problem(at, f"{self.doc.name} is documented, but not declared")
        self.doc = None

    def on_space(self, text, at):
        if text.count("\n") > 1:
            self.group = None

    def on_bracket(self, text, at):
        pass

    def on_comment(self, text, at):
        lines = comment_lines(text)
        after = self.text[at + len(text):]
        self.drop_doc(at)
        if text.startswith("/**") and text != "/**/":
            self.doc = parse_doc(text)
        elif lines and lines[0].startswith("SPDX-"):
            return
        elif not self.header.title and not self.depth:
            self.on_file_comment(lines)
        elif "\n" not in self.text[self.text.rfind(";", 0, at) + 1:at] and self.header.items:
            self.header.items[-1].comment = lines  # behind the declaration, on its line
        elif re.match(r"[ \t]*\n[ \t]*\n", after):
            self.header.items.append(Item("note", "", self.line(at), comment=lines))
        else:
            self.group = lines

    def on_file_comment(self, lines):
        end = lines.index("") if "" in lines else len(lines)
        title, _, more = " ".join(lines[:end]).partition(". ")
        self.header.title = title.rstrip(".")
        self.header.text = ([more, ""] if more else []) + lines[end + 1:]

    def on_directive(self, text, at):
        if re.match(r"#\s*if", text):
            self.depth += 1
        elif re.match(r"#\s*endif", text):
            self.depth -= 1
        define = DEFINE.match(text)
        # What is defined under a condition is for compilers; the guard itself has no value.
        if define is None or self.depth > 1 or define.group("function"):
            return
        value, _, comment = define.group("value").partition("/*")
        if not value.strip():
            return
        item = Item("define", define.group("name"), self.line(at), value=" ".join(value.split()))
        if comment:
            item.comment = comment_lines("/*" + comment)
        elif self.group is not None:
            item.comment = list(self.group)
        self.header.items.append(item)

    def on_declaration(self, text, at):
        item = parse_declaration(text)
        if item is None:
            raise HeaderError("a declaration of no known form: " + " ".join(text.split())[:60])
        item.line = self.line(at)
        if self.doc is not None and self.doc.name != item.name:
            self.drop_doc(at)
        item.doc, self.doc = self.doc, None
        if item.doc is None and self.group is not None:
            item.comment, self.group = self.group, None
        self.header.items.append(item)


def read_headers(paths):
    """All of them, by name."""
    return sorted((Reader(path).read() for path in paths), key=lambda header: header.name)
