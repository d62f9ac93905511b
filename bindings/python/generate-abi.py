#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes what the binding knows of the C library out of its public headers.

    generate-abi.py --write     brings libsandbox/_abi.py and libsandbox/_calls.py up to date
    generate-abi.py --check     fails when they are not

_abi.py has the signature of every function and the value of every constant. _calls.py has one
description per call that blocks: what its twin takes and what it brings, with types. The headers
are read by doc/reference/headers.py; a parameter of a kind that is not known here ends the run.
"""
import argparse
import difflib
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
PACKAGE = HERE / "libsandbox"
sys.path.insert(0, str(TOP / "doc" / "reference"))
from headers import read_headers  # noqa: E402  (the path above)

ABOUT = "# SPDX-License-Identifier: LGPL-2.1-or-later\n# Made by generate-abi.py; do not edit.\n"

# C types that are not pointers, as letters of a signature (see _library.py), and their ctypes.
SCALARS = {
    "void": ("v", ""), "int": ("i", "c_int"), "unsigned int": ("I", "c_uint"),
    "int64_t": ("q", "c_int64"), "uint64_t": ("Q", "c_uint64"), "uint32_t": ("W", "c_uint32"),
    "size_t": ("z", "c_size_t"),
}
WORDS = {"id": "id_", "object": "object_"}
NAMES = {"INT64_MIN": -2**63, "INT64_MAX": 2**63 - 1}


class Unknown(Exception):
    """Something that the binding cannot pass on."""


def letter(ctype):
    if ctype in SCALARS:
        return SCALARS[ctype][0]
    if ctype == "const char *":
        return "s"
    if ctype.endswith("*") or ctype == "sbx_progress_func":
        return "p"
    raise Unknown(f"a type of no known kind: {ctype}")


def type_of(declaration, name):
    return re.sub(rf"\b{name}$", "", declaration).strip()


def result_type(item):
    return item.declaration.split(item.name + "(")[0].strip()


def signature(item):
    params = "".join(letter(type_of(text, name)) for name, text in item.parameters)
    return letter(result_type(item)) + params


def constant(text, known):
    text = re.sub(r"U?INT(?:32|64)_C\(", "(", text)
    text = re.sub(r"\b([A-Z]\w+)\b", lambda match: repr(known[match[1]]), text)
    value = eval(text, {"__builtins__": {}})  # the project's own headers
    if not isinstance(value, (int, str)):
        raise Unknown(f"a constant of no known kind: {text}")
    return value


def make_abi(headers):
    functions, constants = {}, {}
    known = dict(NAMES)
    for header in headers:
        for item in header.of_kind("function"):
            functions[item.name] = signature(item)
        for item in header.of_kind("define"):
            if item.name.startswith("SBX_") and header.name not in ("macros", "version"):
                constants[item.name] = known[item.name] = constant(item.value, known)
    lines = [ABOUT, '"""Signatures and constants of the C library."""',
             "from typing import Dict", "", "# Result, then parameters: see _library.py.",
             "FUNCTIONS: Dict[str, str] = {"]
    lines += [f'    "{name}": "{functions[name]}",' for name in sorted(functions)]
    lines += ["}", ""]
    lines += [f"{name} = {value!r}" for name, value in sorted(constants.items())]
    return "\n".join(lines) + "\n"


# --- calls ---


class Shape:
    """A call as Python sees it: what it is given, what the twin gets, what comes out."""

    def __init__(self, item, blocking, releases):
        self.item, self.releases = item, releases
        self.takes, self.passes, self.outs, self.results = [], [], [], []
        # What comes besides the outputs, "Returns 1 when one was built", is told too.
        text = " ".join(blocking.doc.text) if blocking and blocking.doc else ""
        self.has_code = bool(re.search(r"\bReturns\b", text)) and "Returns when" not in text
        params = [(name, type_of(text, name)) for name, text in item.parameters]
        if [name for name, _ in params[-3:]] != ["queue", "op", "error"]:
            raise Unknown(f"{item.name} is no twin")
        self.params = params[:-3]
        while self.params:
            self.take(*self.params.pop(0))

    def take(self, name, ctype):
        doc = self.item.doc.parameters.get(name, "")
        following = self.params[0] if self.params else ("", "")
        bare = ctype.removeprefix("const ").rstrip("* ")
        name = WORDS.get(name, name)
        if ctype == "sbx_progress_func" and following[1] == "void *":
            self.params.pop(0)
            self.given(name, "Progress", f"progress_function({name})", "None")
        elif ctype == "void *" and following[1] == "size_t" and "(out)" not in doc:
            self.take_buffer(following[0])
        elif "(out)" in doc:
            self.take_output(name, ctype, doc, following)
        elif ctype in SCALARS:
            self.given(name, "int", name)
        elif ctype == "const char *":
            self.given(name, "Optional[bytes]", name)
        elif ctype == "const char *const *":
            self.params.pop(0)
            self.given(name, "Optional[Sequence[bytes]]", f"strings({name})",
                       f"0 if {name} is None else len({name})")
        elif ctype == "const void *":
            self.params.pop(0)
            self.given(name, "Buffer", f"buffer({name})", f"memoryview({name}).nbytes")
        elif ctype.endswith("*") and ctype.count("*") == 1 and bare in self.releases:
            self.given(name, "Optional[Handle]", name)
        else:
            raise Unknown(f"{self.item.name}: a parameter of no known kind: {ctype} {name}")

    def given(self, name, python_type, *passed):
        self.takes.append(f"{name}: {python_type}")
        self.passes += passed

    def take_buffer(self, size):
        self.params.pop(0)
        self.params.pop(0)  # the length that was read
        self.given(size, "int")
        self.output("out", f"OutBuffer({size})", "bytes", ("out", size, "out.length"))

    def take_output(self, name, ctype, doc, following):
        item = ctype[:-1].strip()
        room = re.search(r"room for @(\w+)", doc)
        if item in ("char *", "void *") and following[1] == "size_t *":
            self.params.pop(0)
            self.output(name, "OutBytes()", "bytes", (name, f"{name}.length"))
        elif item == "char *":
            self.output(name, "OutText()", "bytes", (name,))
        elif item in SCALARS and item == "int" and re.search(r"(^|_)fd(_|$)", name):
            self.output(name, "OutSocket()", "socket", (name,))
        elif item in SCALARS:
            self.output(name, f"OutNumber({SCALARS[item][1]})", "int", (name,))
        elif item.rstrip("* ") in self.releases:
            release = self.releases[item.rstrip("* ")]
            if room:
                self.output(name, f'OutHandles("{release}", {room[1]})', "List[Handle]", (name,))
            else:
                self.output(name, f'OutHandle("{release}")', "Handle", (name,))
        else:
            raise Unknown(f"{self.item.name}: an output of no known kind: {ctype} {name}")

    def output(self, name, make, python_type, passed):
        self.outs.append((name, make))
        self.results.append(python_type)
        self.passes += passed

    def text(self):
        name = self.item.name.removeprefix("sbx_").removesuffix("_start")
        with_code = self.has_code and self.outs
        results = (["int"] if with_code else []) + self.results
        result = results[0] if len(results) == 1 else f"Tuple[{', '.join(results)}]"
        result = result if results else "int"
        takes = ", ".join(self.takes)
        lines = [f"def {name}({takes}) -> Call[{result}]:"]
        if len(lines[0]) > 100:
            lines = [f"def {name}(", *(f"    {take}," for take in self.takes),
                     f") -> Call[{result}]:"]
        lines += [f"    {out} = {make}" for out, make in self.outs]
        outs = "".join(f"{out}, " for out, _ in self.outs)
        passes = "".join(f"{text}, " for text in self.passes)
        tail = ", True" if with_code else ""
        body = f'    return Call("{self.item.name}", ({passes.strip()}), ({outs.strip()}){tail})'
        if len(body) > 100:
            body = f'    return Call(\n        "{self.item.name}",\n        ({passes.strip()}),\n' \
                   f'        ({outs.strip()}){tail},\n    )'
        return "\n".join(lines + [body]) + "\n"


CALLS_HEAD = ABOUT + '''"""The calls that block, each as a description of its twin."""
from __future__ import annotations

from ctypes import {ctypes}
from socket import socket
from typing import List, Optional, Sequence, Tuple

from ._engine import (
    Buffer, Call, Handle, OutBuffer, OutBytes, OutHandle, OutHandles, OutNumber, OutSocket,
    OutText, Progress, buffer, progress_function, strings,
)
'''


def make_calls(headers):
    items = {item.name: item for header in headers for item in header.of_kind("function")}
    types = {item.name for header in headers for item in header.of_kind("type")}
    releases = {}
    for name in types:
        for suffix in ("_unref", "_free"):
            if name + suffix in items:
                releases.setdefault(name, name + suffix)
    twins = [item for header in headers if header.name == "async"
             for item in header.of_kind("function")]
    parts = [Shape(item, items.get(item.name.removesuffix("_start")), releases).text()
             for item in sorted(twins, key=lambda item: item.name)]
    used = sorted(set(re.findall(r"OutNumber\((\w+)\)", "".join(parts))))
    return "\n\n".join([CALLS_HEAD.replace("{ctypes}", ", ".join(used)), *parts])


def generate():
    paths = sorted((TOP / "include" / "sandbox").glob("*.h*"))
    headers = read_headers([str(path) for path in paths])
    # async.h last: headers that others use for constants come before their users.
    return {PACKAGE / "_abi.py": make_abi(headers), PACKAGE / "_calls.py": make_calls(headers)}


def update(files, write):
    """Writes the files, or says how they differ: the number of those that do."""
    stale = 0
    for path, text in files.items():
        present = path.read_text() if path.exists() else ""
        if text == present:
            continue
        stale += 1
        if write:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            print(f"wrote {path.relative_to(HERE)}")
        else:
            sys.stdout.writelines(difflib.unified_diff(
                present.splitlines(True), text.splitlines(True), f"{path.name} as it is",
                f"{path.name} as the source has it", n=1))
    return stale


def main(files_of, about):
    parser = argparse.ArgumentParser(description=about)
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("--write", action="store_true")
    group.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    return 0 if update(files_of(), arguments.write) == 0 or arguments.write else 1


if __name__ == "__main__":
    sys.exit(main(generate, __doc__.split("\n", maxsplit=1)[0]))
