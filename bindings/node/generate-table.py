#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes src/table.c: what the addon has to know of every public function.

    generate-table.py --write     brings src/table.c up to date
    generate-table.py --check     fails when it is not

Each function becomes a row: how JavaScript's arguments become C's, how the outputs become values,
and a few lines that make the call, so that the compiler checks every type. A call that blocks is
bound through its twin, sbx_x_start(), under its own name. What has no row, and why: see left_out().
"""
import argparse
import importlib.util
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
TABLE = HERE / "src" / "table.c"
sys.path.insert(0, str(TOP / "doc" / "reference"))
from headers import read_headers  # noqa: E402  pylint: disable=wrong-import-position


def load_twins():
    """libsandbox/client/async-twins.py: which calls block, and what releases an object."""
    path = TOP / "libsandbox" / "client" / "async-twins.py"
    spec = importlib.util.spec_from_file_location("async_twins", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TWINS = load_twins()
# What the addon calls by itself, in src/*.c.
BY_HAND = {"error", "op"}
BY_HAND_NAMES = {"sbx_free"}
SCALARS = {
    "int": ("INT", "i"), "unsigned int": ("UINT", "u"), "uint32_t": ("UINT", "u"),
    "int64_t": ("INT64", "l"), "uint64_t": ("UINT64", "ul"), "size_t": ("SIZE", "length"),
}


class Function:
    """A row of the table."""

    def __init__(self, item, twin, api, nullable):
        self.name, self.c_name = item.name, item.name + ("_start" if twin else "")
        self.api, self.twin, self.nullable = api, twin, nullable
        self.docs = item.doc.parameters if item.doc else {}
        self.text = " ".join(item.doc.text) if item.doc else ""
        result = item.declaration[:item.declaration.index(item.name + "(")]
        self.result_type = result.strip()
        params = [(declaration[:declaration.rindex(name)].strip(), name)
                  for name, declaration in item.parameters]
        self.has_error = bool(params) and params[-1] == ("sbx_error **", "error")
        self.params = params[:-1] if self.has_error else params
        self.rows, self.arguments = [], []
        while self.params:
            self.add_param()
        self.result, self.invoke = self.result_of()

    # One row, and what the C call gets.
    def add(self, kind, name, argument, ctype=None, flags=(), partner=-1):
        slot = f"s[{len(self.rows)}]"
        self.rows.append((name, kind, ctype, " | ".join(flags) or "0", partner))
        self.arguments.append(argument.replace("@", slot))

    def next_is(self, *ctypes):
        return [ctype for ctype, _ in self.params[:len(ctypes)]] == list(ctypes)

    def add_param(self):
        ctype, name = self.params.pop(0)
        doc = self.docs.get(name, "")
        bare = ctype.removeprefix("const ").rstrip("* ")
        nullable = may_be_null(doc) or (name == "options" and ctype.startswith("const ")) or \
            (re.match("as for|likewise", doc) and name in self.nullable)
        flags = ["MAY_BE_NULL"] if nullable else []
        if ctype in self.api.callbacks:
            self.params.pop(0)
            self.add("CALLBACK", name, "@.p != NULL ? on_progress : NULL, @.p", flags=flags)
        elif ctype in SCALARS:
            kind, field = SCALARS[ctype]
            self.add(kind, name, f"@.{field}")
        elif ctype == "const char *":
            self.add("TEXT", name, "@.p", flags=flags)
        elif ctype == "const char *const *":
            self.params.pop(0)
            self.add("TEXTS", name, "@.p, @.length", flags=flags)
        elif ctype == "const void *" and self.next_is("size_t"):
            self.params.pop(0)
            self.add("BYTES", name, "@.p, @.length")
        elif ctype == "void *" and self.next_is("size_t", "size_t *"):
            del self.params[:2]
            self.add("OUT_BUFFER", name, "@.p, @.room, &@.length")
        elif ctype.count("*") == 1 and self.api.release_of(bare) and "(out)" not in doc:
            self.add("HANDLE", name, "@.p", bare, flags)
        else:
            self.add_output(ctype, name, doc)

    def add_output(self, ctype, name, doc):
        item = ctype.removesuffix("*").strip()
        room = re.search(r"room for @(\w+)", doc)
        if ctype == "size_t *" and self.result_type == "const void *":
            self.add("LENGTH", name, "&@.length")
        elif item == "int" and name == "fd_out":
            self.add("OUT_FD", name, "&@.i")
        elif item in SCALARS:
            kind, field = SCALARS[item]
            self.add("OUT_" + kind, name, f"&@.{field}")
        elif item in ("char *", "void *") and self.next_is("size_t *"):
            self.params.pop(0)
            self.add("OUT_BYTES", name, f"({item}*)&@.p, &@.length")
        elif item == "char *":
            self.add("OUT_TEXT", name, "(char **)&@.p")
        elif item.endswith("*") and self.api.release_of(item.rstrip("* ")):
            bare = item.rstrip("* ")
            if room:
                partner = [row[0] for row in self.rows].index(room[1])
                self.add("OUT_HANDLES", name, f"({bare} **)@.p", bare, partner=partner)
            else:
                self.add("OUT_HANDLE", name, f"({bare} **)&@.p", bare)
        else:
            sys.exit(f"generate-table.py: {self.name}(): nobody knows what `{ctype} {name}` is")

    def result_of(self):
        """The kind of the result, with its type, and the statement that makes the call."""
        arguments = list(self.arguments)
        if self.twin:
            arguments += ["c->queue", "&c->op"]
        if self.has_error:
            arguments.append("&c->error")
        call = f"{self.c_name}({', '.join(arguments)})"
        ctype = self.result_type
        if self.has_error:
            outputs = [row for row in self.rows if row[1].startswith("OUT_")]
            both = outputs and "Returns" in self.text
            return ("CODE_AND_OUTPUTS" if both else "CODE", None), f"c->result.i = {call};"
        if ctype == "void":
            return ("NOTHING", None), call + ";"
        if self.name.endswith("_take_fd"):
            return ("OUT_FD", None), f"c->result.i = {call};"
        if ctype in SCALARS:
            kind, field = SCALARS[ctype]
            return ("OUT_" + kind, None), f"c->result.{field} = {call};"
        if ctype == "const char *":
            return ("BORROWED_TEXT", None), f"c->result.p = (void *)(uintptr_t){call};"
        if ctype == "const void *":
            return ("BORROWED_BYTES", None), f"c->result.p = (void *)(uintptr_t){call};"
        if ctype == "char *":
            return ("OUT_TEXT", None), f"c->result.p = {call};"
        bare = ctype.rstrip("* ")
        if self.api.release_of(bare):
            return ("OUT_HANDLE", bare), f"c->result.p = {call};"
        sys.exit(f"generate-table.py: {self.name}(): nobody knows what it returns, `{ctype}`")


def may_be_null(doc):
    return "NULL" in doc and "not NULL" not in doc


def left_out(header, item, api, blocking):
    """Why a function has no row, or None."""
    name = item.name
    if header in BY_HAND or name in BY_HAND_NAMES:
        return "the addon calls it, or listed in test/unbound.json"
    if name.endswith("_start") and name.removesuffix("_start") in blocking:
        return "bound under the name of the call that blocks"
    if any(name == api.release_of(ctype) for ctype in types_of(api)):
        return "what releases a handle"
    if name.endswith("_ref"):
        return "a handle is one reference"
    return None


def types_of(api):
    return sorted({name.rsplit("_", 1)[0] for name in api.functions
                   if name.endswith(("_unref", "_free"))} - {"sbx_error", "sbx_queue", "sbx_op",
                                                             "sbx"} | {"sbx"})


def read_api():
    paths = sorted(TWINS.HEADERS.glob("*.h")) + sorted(TWINS.HEADERS.glob("*.h.in"))
    api = TWINS.Api(path for path in paths if path.suffix == ".h")
    blocking = {call.name for call in api.calls}
    functions, constants = [], []
    for header in read_headers(map(str, paths)):
        nullable = {name for item in header.of_kind("function") if item.doc
                    for name, doc in item.doc.parameters.items() if may_be_null(doc)}
        for item in header.of_kind("function"):
            if left_out(header.name, item, api, blocking) is None:
                functions.append(Function(item, item.name in blocking, api, nullable))
        constants += [item.name for item in header.of_kind("define")
                      if not item.value.startswith("@") and "VERSION" not in item.name]
    return api, sorted(functions, key=lambda function: function.name), sorted(constants)


def wrap(text, width=100):
    """A statement of at most that width, what does not fit on lines of its own."""
    if len(text) <= width:
        return text
    start = text.index("(") + 1
    lines, line = [], text[:start]
    for piece in re.split(r"(?<=,) ", text[start:]):
        if len(line) + 1 + len(piece) > width:
            lines.append(line)
            line = " " * 8 + piece
        else:
            line += piece if line.endswith("(") and not lines else " " + piece
    return "\n".join(lines + [line])


def source(api, functions, constants):
    types = types_of(api)
    out = ["/* SPDX-License-Identifier: LGPL-2.1-or-later */",
           "/* Made by generate-table.py of include/sandbox/; do not edit. */",
           "/* clang-format off */",
           "#include <sandbox/sandbox.h>", "", '#include "table.h"', ""]
    for ctype in types:
        out += [f"static void free_{ctype}(void *object)", "{",
                f"    {api.release_of(ctype)}(object);", "}", ""]
    out += ["const SbxType sbx_types[] = {"]
    out += [f'    [TYPE_{ctype.upper()}] = {{"{ctype}", free_{ctype}}},' for ctype in types]
    out += ["};", ""]
    for function in functions:
        unused = "" if function.arguments else "    (void)s;\n"
        out += [f"static void call_{function.name}(SbxSlot *s, SbxCall *c)", "{",
                unused + ("" if "c->" in function.invoke else "    (void)c;\n") +
                wrap("    " + function.invoke), "}", ""]
        if function.rows:
            out += [f"static const SbxParam params_{function.name}[] = {{"]
            out += [f'    {{"{name}", KIND_{kind}, {type_name(ctype)}, {flags}, {partner}}},'
                    for name, kind, ctype, flags, partner in function.rows]
            out += ["};", ""]
    out += ["const SbxFunction sbx_functions[] = {"]
    for function in functions:
        kind, ctype = function.result
        params = f"params_{function.name}" if function.rows else "NULL"
        out += [f'    {{"{function.name}", call_{function.name}, {params}, {len(function.rows)},',
                f"     KIND_{kind}, {type_name(ctype)}, {int(function.twin)}}},"]
    out += ["};", "",
            "const size_t sbx_function_count = sizeof sbx_functions / sizeof sbx_functions[0];", "",
            "const SbxConstant sbx_constants[] = {"]
    for name in constants:
        out += [f'    CONSTANT("{name}", {name}),']
    out += ["};", "",
            "const size_t sbx_constant_count = sizeof sbx_constants / sizeof sbx_constants[0];", ""]
    return "\n".join(out)


def type_header(api):
    """The numbers of the types: a part of table.h."""
    return "".join(f"    TYPE_{ctype.upper()},\n" for ctype in types_of(api))


def type_name(ctype):
    return f"TYPE_{ctype.upper()}" if ctype else "TYPE_NONE"


def header_text(api):
    text = (HERE / "src" / "table.h").read_text()
    return re.sub(r"(/\* types, generated \*/\n).*?(    /\* end \*/)",
                  lambda match: match[1] + type_header(api) + match[2], text, flags=re.S)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    api, functions, constants = read_api()
    wanted = {TABLE: source(api, functions, constants), HERE / "src" / "table.h": header_text(api)}
    stale = [path.name for path, text in wanted.items()
             if not path.exists() or path.read_text() != text]
    if options.write:
        for path, text in wanted.items():
            path.write_text(text)
        print(f"{len(functions)} functions")
    elif options.check and stale:
        sys.exit(f"{', '.join(stale)}: out of date; run bindings/node/generate-table.py --write")


if __name__ == "__main__":
    main()
