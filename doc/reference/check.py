# SPDX-License-Identifier: LGPL-2.1-or-later
"""What documentation owes its readers, checked: a line for each debt."""
import re

from markup import error_list, inline

# Errors that several calls share are told once: above the first, or at the top of the header.
SHARED_ERRORS = re.compile(r"\bErrors\b|\berrors,? (are|as|of)\b")
# A name for any function.
PLACEHOLDER = re.compile(r"sbx_x(_\w+)?")
# An example of a string is no reference.
QUOTED = re.compile(r'"\w+"')
# Of a list's getters: their object and the index are described once, above them.
INDEX_NOTE = re.compile(r"\bindex\b")


def words_of(item):
    """All that is said at an item, as one text."""
    texts = list(item.comment)
    if item.doc is not None:
        texts += item.doc.text + list(item.doc.parameters.values()) + [item.doc.errors or ""]
    return " ".join(texts)


class Shared:
    """What was said above, for all that follows."""

    def __init__(self, header):
        self.errors = bool(SHARED_ERRORS.search(" ".join(header.text)))
        self.index = False

    def note(self, item):
        text = " ".join(item.comment)
        self.index = bool(INDEX_NOTE.search(text))
        self.errors = self.errors or bool(SHARED_ERRORS.search(text))


def check_parameters(item, shared):
    """A line of its own for each parameter. One-line comments, which are for what takes little,
    describe the object by what they say, and name the others in the sentence."""
    declared = [name for name, _ in item.parameters]
    for name in item.doc.parameters:
        if name not in declared:
            yield f"{item.name}: @{name} is documented, but no parameter"
    for number, name in enumerate(declared):
        if name in item.doc.parameters:
            continue
        said = " ".join(item.doc.text)
        if item.doc.is_short and (number == 0 or (name == "index" and shared.index) or
                                  (name == "error" and shared.errors) or
                                  re.search(rf"\b({name}|likewise)\b", said)):
            continue
        yield f"{item.name}: parameter {name} is not documented: a line \"@{name}: ...\" is missing"


def check_function(item, shared):
    if item.doc is None:
        yield f"{item.name}: not documented: a comment /** {item.name}: ... */ is missing"
        return
    yield from check_parameters(item, shared)
    if item.doc.since is None:
        yield f"{item.name}: \"Since:\" is missing"
    elif not re.fullmatch(r"\d+\.\d+", item.doc.since):
        yield f"{item.name}: \"Since: {item.doc.since}\" is no version"
    if not item.doc.is_short and not item.doc.text and not item.doc.parameters:
        yield f"{item.name}: nothing is said about it"
    can_fail = any(declaration.startswith("sbx_error **") for _, declaration in item.parameters)
    if can_fail and not item.doc.errors and not shared.errors:
        yield f"{item.name}: can fail, and \"Errors:\" is missing"


def check_names(name, text, symbols):
    """What a text speaks of exists."""
    for kind, part in inline(QUOTED.sub("", text)):
        known = symbols.items.get(part)
        if kind in ("function", "name") and PLACEHOLDER.fullmatch(part):
            continue
        if kind == "function" and (known is None or known.kind not in ("function", "callback")):
            yield f"{name}: speaks of {part}(), which does not exist"
        elif kind == "name" and known is None:
            yield f"{name}: speaks of {part}, which does not exist"
        elif kind == "constant" and part not in symbols.items and not symbols.has_prefix(part):
            yield f"{name}: speaks of {part}, which does not exist"
        elif kind in ("include", "header") and part not in symbols.headers:
            yield f"{name}: speaks of {part}.h, which does not exist"


def check_errors(item, symbols):
    for code, _ in error_list(item.doc.errors) or []:
        if code not in symbols.items:
            yield f"{item.name}: fails with {code}, which does not exist"


def check_define(item, said):
    """A constant has a comment, or somebody says what it is for, maybe by its prefix."""
    parts = item.name.split("_")
    names = [item.name] + ["_".join(parts[:n]) + "_" for n in range(2, len(parts))]
    if not item.comment and not any(re.search(rf"\b{name}(?![A-Z0-9_])", said) for name in names):
        yield f"{item.name}: no comment, and nothing that is documented speaks of it"


def check_header(header, symbols, said):
    """(line, what) of all that is wrong in a header."""
    shared = Shared(header)
    for what in check_names(header.name, " ".join(header.text), symbols):
        yield 1, what
    for item in header.items:
        if item.kind == "note":
            shared.note(item)
        elif item.kind == "define":
            yield from ((item.line, what) for what in check_define(item, said))
        elif item.kind in ("function", "callback"):
            yield from ((item.line, what) for what in check_function(item, shared))
        for what in check_names(item.name or "a comment", words_of(item), symbols):
            yield item.line, what
        if item.doc is not None and item.doc.errors:
            yield from ((item.line, what) for what in check_errors(item, symbols))


def check(headers, symbols):
    """Every problem, as "FILE:LINE: what"."""
    said = " ".join(" ".join(header.text) + " " + " ".join(words_of(item) for item in header.items)
                    for header in headers)
    found = []
    for header in headers:
        found += header.problems
        found += [f"{header.path}:{line}: {what}"
                  for line, what in check_header(header, symbols, said)]
    names = [item.name for header in headers for item in header.items if item.name]
    found += [f"{name} is declared twice" for name in sorted(set(names)) if names.count(name) > 1]
    return found
