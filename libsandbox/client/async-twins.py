#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes sbx_x_start() of every public call sbx_x() that blocks.

    async-twins.py --write          brings include/sandbox/async.h and libsandbox.sym up to date
    async-twins.py --source FILE    writes the definitions; the build does this
    async-twins.py --list           says what becomes of each parameter

Which calls block is read in the public headers: each one that returns int, takes sbx_error **error
last, and whose comment does not say "Never blocks". A twin keeps a frame with copies of what it was
given; a parameter's type and its "(out)" say how, see KINDS below. A kind of parameter that is not
known fails the build. So do an async.h and a libsandbox.sym that do not have every twin.
"""
import argparse
import re
import sys
import textwrap
from pathlib import Path

CLIENT = Path(__file__).resolve().parent
TOP = CLIENT.parent.parent
HEADERS = TOP / "include" / "sandbox"
ASYNC_HEADER = HEADERS / "async.h"
SYMBOLS = TOP / "libsandbox" / "libsandbox.sym"
# What is there for the twins themselves.
NOT_TWINNED = {"async.h", "op.h"}
SCALARS = {
    "int", "unsigned int", "long", "unsigned long", "double", "size_t", "ssize_t", "int32_t",
    "uint32_t", "int64_t", "uint64_t", "mode_t", "uid_t", "gid_t", "pid_t", "off_t",
}
WIDTH = 100


class Unknown(Exception):
    """A call that no twin can be made of."""


class Param:
    def __init__(self, ctype, name, doc):
        self.ctype, self.name, self.doc = ctype, name, doc
        self.is_out = "(out)" in doc
        self.is_inout = "(inout)" in doc
        self.is_fd = bool(re.search(r"(^|_)fd(_|$)", name)) or "descriptor" in doc

    def __str__(self):
        return declare(self.ctype, self.name)


class Call:
    def __init__(self, header, name, params, docs):
        self.header, self.name, self.docs = header, name, docs
        self.params = [Param(ctype, param, docs.get(param, "")) for ctype, param in params]


def declare(ctype, name):
    return ctype + ("" if ctype.endswith("*") else " ") + name


# --- reading the headers ---

COMMENT = re.compile(r"/\*\*(?P<doc>(?:(?!\*/).)*)\*/\s*SBX_PUBLIC\s+(?P<prototype>[^;]*);", re.S)
PROTOTYPE = re.compile(r"^(?P<result>.*?)\b(?P<name>sbx\w*)\((?P<params>.*)\)[^()]*$")
CALLBACK = re.compile(r"typedef\s+(?P<result>[^;(]*?)\(\*(?P<name>\w+)\)\((?P<params>[^;]*)\)\s*;")


def squeeze(text):
    return " ".join(text.split())


def split_params(text):
    """[(type, name)] of a parameter list."""
    params = []
    for item in squeeze(text).split(","):
        match = re.match(r"^(?P<type>.*?[\s*])(?P<name>\w+)$", item.strip())
        if match:
            params.append((match["type"].strip(), match["name"]))
    return params


def param_docs(comment):
    """{name: text} of the @name: parts, their lines joined."""
    docs, current = {}, None
    for line in comment.splitlines():
        line = re.sub(r"^\s*\*\s?", "", line).rstrip()
        match = re.match(r"^@(\w+):\s*(.*)$", line)
        if match:
            current = match[1]
            docs[current] = match[2]
        elif current and line.strip():
            docs[current] += " " + line.strip()
        else:
            current = None
    return docs


class Api:
    """What the headers say."""

    def __init__(self, headers):
        self.calls, self.callbacks, self.functions = [], {}, set()
        for path in sorted(headers):
            text = path.read_text()
            if path.name != ASYNC_HEADER.name:
                self.functions |= set(re.findall(r"\b(sbx\w*)\(", text))
            for match in CALLBACK.finditer(text):
                self.callbacks[match["name"]] = (match["result"].strip(),
                                                 split_params(match["params"]))
            if path.name in NOT_TWINNED:
                continue
            for match in COMMENT.finditer(text):
                self.add(path.name, match["doc"], squeeze(match["prototype"]))
        self.calls.sort(key=lambda call: call.name)
        self.copies, self.copy_headers = set(), set()
        for path in sorted(CLIENT.glob("*.h")):
            copies = set(re.findall(r"\b(\w+) \*\1_copy\(const \1 \*", path.read_text()))
            self.copies |= copies
            if copies:
                self.copy_headers.add(path.name)

    def add(self, header, doc, prototype):
        match = PROTOTYPE.match(prototype)
        if match is None or match["result"].strip() != "int":
            return
        params = split_params(match["params"])
        if not params or params[-1] != ("sbx_error **", "error"):
            return
        if "never blocks" in squeeze(doc.replace("*", " ")).lower():
            return
        self.calls.append(Call(header, match["name"], params[:-1], param_docs(doc)))

    def release_of(self, ctype):
        """The function that releases an object of that type."""
        for suffix in ("_unref", "_free", "_close"):
            if ctype + suffix in self.functions:
                return ctype + suffix
        return None


# --- kinds of parameters ---


class Kind:
    """What a frame keeps of a parameter, and what the call gets. `take` may fail: it is an expression
    that is then NULL although the argument is not."""

    label = ""
    fields = ()  # declarations
    fill = ()  # statements of the twin
    argument = ""  # what the call gets
    deliver = ()  # statements that write an output
    release = ()  # statements
    fallible = ""  # a condition that means: out of memory
    no_fd = ""  # a parameter that could not be duplicated: its field is an -errno


def by_value(param):
    kind = Kind()
    kind.label = "by value"
    kind.fields = [str(param)]
    kind.fill = [f"frame->{param.name} = {param.name};"]
    kind.argument = f"frame->{param.name}"
    return kind


def descriptor(param):
    kind = by_value(param)
    kind.label = "descriptor, duplicated"
    kind.fill = [f"frame->{param.name} = sbx_op_copy_fd({param.name});"]
    kind.no_fd = param.name
    kind.release = [f"sbx_fd_clear(&frame->{param.name});"]
    return kind


def kept(param, label, ctype, copy, free):
    """A pointer, replaced by a copy or a reference that is the frame's."""
    kind = Kind()
    kind.label = label
    kind.fields = [declare(ctype, param.name)]
    kind.fill = [f"frame->{param.name} = {param.name} != NULL ? {copy} : NULL;"]
    kind.argument = f"frame->{param.name}"
    kind.release = [f"{free}(frame->{param.name});"]
    kind.fallible = f"{param.name} != NULL && frame->{param.name} == NULL"
    return kind


def text(param):
    return kept(param, "string, copied", "char *", f"g_strdup({param.name})", "g_free")


def texts(param, length):
    """Strings, up to a NULL or, when a size_t follows, as many as that says."""
    if length is not None and length.ctype == "size_t":
        kind = kept(param, f"array of {length.name} strings, copied", "char **",
                    f"sbx_op_copy_texts({param.name}, {length.name})", "g_strfreev")
    else:
        kind = kept(param, "strings up to a NULL, copied", "char **",
                    f"g_strdupv((char **)(uintptr_t){param.name})", "g_strfreev")
    kind.argument = f"(const char *const *)frame->{param.name}"
    return kind


def array_in(param, length):
    """Bytes or numbers, as many as the next parameter says."""
    item = param.ctype.removeprefix("const ").rstrip("* ")
    size = "1" if item == "void" else f"sizeof *{param.name}"
    pointer = declare(item, "*").replace("* ", "*")
    kind = kept(param, f"array of {length.name}, copied", pointer,
                f"sbx_op_copy({param.name}, {length.name}, {size})", "g_free")
    return kind


def object_in(param, api):
    ctype = param.ctype.rstrip("* ")
    return kept(param, "object, referenced", param.ctype, f"{ctype}_ref({param.name})",
                api.release_of(ctype))


def is_borrowed(param, api):
    ctype = param.ctype.removesuffix(" *")
    return (ctype != param.ctype and not ctype.startswith("const ") and not param.is_out and
            api.release_of(ctype) is not None and ctype + "_ref" not in api.functions)


def borrowed(param):
    """An object that has no references: one call at a time uses it, and the caller keeps it."""
    kind = by_value(param)
    kind.label = "object, must stay valid"
    return kind


def object_copied(param, api):
    ctype = param.ctype.removeprefix("const ").rstrip("* ")
    return kept(param, "object, copied", f"{ctype} *", f"{ctype}_copy({param.name})",
                api.release_of(ctype))


def callback(param, data):
    """Called on the stack of whoever dispatches."""
    name = callback_name(param.ctype)
    kind = Kind()
    kind.label = f"callback, with {data.name}"
    kind.fields = [f"{camel(name)} {param.name}"]
    kind.fill = [f"frame->{param.name}.fn = {param.name};",
                 f"frame->{param.name}.data = {data.name};"]
    kind.argument = (f"frame->{param.name}.fn != NULL ? {name}_inside : NULL, "
                     f"&frame->{param.name}")
    return kind


def output(param, ctype, release):
    """One value; the call gets a place in the frame."""
    name = param.name
    kind = Kind()
    kind.label = "output" + (f", else {release}" if release else "")
    kind.fields = [declare(ctype + " *", name).replace("* ", "*"), declare(ctype, f"{name}_value")]
    kind.fill = [f"frame->{name} = {name};"]
    if param.is_inout:
        kind.label = "input and output"
        kind.fill.append(f"frame->{name}_value = {name} != NULL ? *{name} : 0;")
    kind.argument = f"frame->{name} != NULL ? &frame->{name}_value : NULL"
    if release == "close":
        kind.fill.append(f"frame->{name}_value = -1;")
        kind.deliver = [f"if (frame->{name} != NULL)",
                        f"    *frame->{name} = sbx_fd_steal(&frame->{name}_value);"]
        kind.release = [f"sbx_fd_clear(&frame->{name}_value);"]
    elif release:
        kind.deliver = [f"if (frame->{name} != NULL)",
                        f"    *frame->{name} = g_steal_pointer(&frame->{name}_value);"]
        kind.release = [f"{release}(frame->{name}_value);"]
    else:
        kind.deliver = [f"if (frame->{name} != NULL)",
                        f"    *frame->{name} = frame->{name}_value;"]
    return kind


def output_array(param, ctype, length, release):
    """As many objects as another parameter says."""
    name = param.name
    kind = Kind()
    kind.label = f"output of {length}, else {release}"
    kind.fields = [declare(ctype + " *", name).replace("* ", "*"),
                   declare(ctype + " *", f"{name}_values").replace("* ", "*"),
                   f"size_t {name}_length"]
    kind.fill = [f"frame->{name} = {name};",
                 f"frame->{name}_length = {name} != NULL ? {length} : 0;",
                 f"frame->{name}_values = sbx_op_space(frame->{name}_length, "
                 f"sizeof *frame->{name}_values);"]
    kind.fallible = f"frame->{name}_values == NULL"
    kind.argument = f"frame->{name} != NULL ? frame->{name}_values : NULL"
    kind.deliver = [f"for (size_t i = 0; i < frame->{name}_length; i++)",
                    f"    frame->{name}[i] = g_steal_pointer(&frame->{name}_values[i]);"]
    kind.release = [f"for (size_t i = 0; frame->{name}_values != NULL && i < frame->{name}_length; "
                    "i++) {",
                    f"    if (frame->{name}_values[i] == NULL)",
                    "        break;",
                    f"    {release}(frame->{name}_values[i]);",
                    "}",
                    f"g_free(frame->{name}_values);"]
    return kind


def buffer_out(param, length):
    """Memory of the caller's that the call fills: it gets as much in the frame."""
    name = param.name
    kind = Kind()
    kind.label = f"buffer of {length.name}"
    kind.fields = [f"void *{name}", f"void *{name}_bytes", f"size_t {name}_length"]
    kind.fill = [f"frame->{name} = {name};",
                 f"frame->{name}_length = {name} != NULL ? {length.name} : 0;",
                 f"frame->{name}_bytes = sbx_op_space(frame->{name}_length, 1);",
                 f"if (frame->{name}_bytes != NULL && frame->{name}_length > 0)",
                 f"    memcpy(frame->{name}_bytes, {name}, frame->{name}_length);"]
    kind.fallible = f"frame->{name}_bytes == NULL"
    kind.argument = f"frame->{name} != NULL ? frame->{name}_bytes : NULL"
    kind.deliver = [f"if (frame->{name}_length > 0)",
                    f"    memcpy(frame->{name}, frame->{name}_bytes, frame->{name}_length);"]
    kind.release = [f"g_free(frame->{name}_bytes);"]
    return kind


def output_kind(param, api):
    item = param.ctype.removesuffix("*").strip()
    room = re.search(r"room for @(\w+)", param.doc)
    if item in SCALARS and not room:
        return output(param, item, "close" if item == "int" and param.is_fd else None)
    if item in ("char *", "void *") and not room:
        return output(param, item, "sbx_free")
    if item.endswith("*") and not item.startswith("const"):
        release = api.release_of(item.rstrip("* "))
        if release and room:
            return output_array(param, item, room[1], release)
        if release:
            return output(param, item, release)
    raise Unknown(f"`{param}` is an output that nobody knows how to release")


def kind_of(param, following, api):
    """A parameter's kind, and how many more parameters it took."""
    ctype = param.ctype
    bare = ctype.removeprefix("const ").rstrip("* ")
    pointer = ctype.count("*")
    if ctype in api.callbacks:
        if following is None or following.ctype != "void *":
            raise Unknown(f"the callback `{param}` is not followed by `void *data`")
        return callback(param, following), 1
    if ctype in SCALARS:
        return (descriptor if ctype == "int" and param.is_fd else by_value)(param), 0
    if ctype == "void *" and following and following.ctype == "size_t":
        return buffer_out(param, following), 0
    if param.is_out or param.is_inout:
        return output_kind(param, api), 0
    if ctype == "const char *":
        return text(param), 0
    if ctype == "const char *const *":
        return texts(param, following), 0
    if ctype.startswith("const ") and pointer == 1 and (bare in SCALARS or bare == "void"):
        if following and following.ctype in ("size_t", "unsigned int"):
            return array_in(param, following), 0
        raise Unknown(f"`{param}` is not followed by its length")
    if pointer == 1 and not ctype.startswith("const") and bare + "_ref" in api.functions:
        return object_in(param, api), 0
    if is_borrowed(param, api):
        return borrowed(param), 0
    if pointer == 1 and ctype.startswith("const ") and api.release_of(bare):
        if bare in api.copies:
            return object_copied(param, api), 0
        raise Unknown(f"`{param}` cannot be kept: declare `{bare} *{bare}_copy(const {bare} *)` in "
                      "a header of libsandbox/client")
    raise Unknown(f"`{param}` is of a kind that is not known here")


def kinds_of(call, api):
    kinds, at = [], 0
    while at < len(call.params):
        following = call.params[at + 1] if at + 1 < len(call.params) else None
        try:
            kind, more = kind_of(call.params[at], following, api)
        except Unknown as problem:
            raise Unknown(f"{call.header}: {call.name}(): {problem}") from None
        kinds.append(kind)
        at += 1 + more
    return kinds


# --- writing ---


def camel(name):
    return "".join(part.capitalize() for part in name.split("_"))


def short(name):
    return name.removeprefix("sbx_")


def callback_name(ctype):
    return short(ctype)


def wrap(start, items, end, width=WIDTH):
    """start(items...)end with the items aligned behind the parenthesis."""
    lines, line = [], start
    for number, item in enumerate(items):
        piece = item + ("," if number + 1 < len(items) else end)
        if line != start and len(line) + 1 + len(piece) > width:
            lines.append(line)
            line = " " * len(start) + piece
        else:
            line += piece if line == start else " " + piece
    return "\n".join(lines + [line])


ABOUT = """\
Starts {name}(): see there. What it returns and fails with is what sbx_op_finish() tells when the op is
done. Never blocks; any thread. Errors: SBX_E_INVALID (op is NULL), SBX_E_NO_MEMORY, SBX_E_SYSTEM,
SBX_E_FORKED. Since: 0.1"""


def prototype_params(call):
    return [str(param) for param in call.params] + [
        "sbx_queue *queue", "sbx_op **op", "sbx_error **error"]


def doc_lines(first, text_):
    """A part of a comment, at most WIDTH wide, what follows the first line indented."""
    words, lines, line = text_.split(), [], " * " + first
    for word in words:
        if len(line) + 1 + len(word) > WIDTH:
            lines.append(line)
            line = " *   " + word
        else:
            line += " " + word
    return lines + [line]


def header_of(call, api):
    lines = ["/**", f" * {call.name}_start:"]
    for param in call.params:
        about = param.doc or f"as for {call.name}()"
        if is_borrowed(param, api):
            about += "; it must stay valid until the op is done"
        lines += doc_lines(f"@{param.name}:", about)
    lines += [" * @queue: whose op it is, or NULL for the default queue",
              " * @op: (out): the running call, one reference",
              " * @error: where to put an error of the start, or NULL",
              " *",
              *textwrap.wrap(ABOUT.format(name=call.name), WIDTH, initial_indent=" * ",
                             subsequent_indent=" * ", break_on_hyphens=False),
              " */",
              wrap(f"SBX_PUBLIC int {call.name}_start(", prototype_params(call), ") SBX_WARN_UNUSED;")]
    return "\n".join(lines)


def write_header(api):
    includes = sorted({call.header for call in api.calls} | {"op.h"})
    return "\n".join([
        "/* SPDX-License-Identifier: LGPL-2.1-or-later */",
        "/*",
        " * Twins: every call that blocks, as an op. See sandbox/op.h for how to use them.",
        " *",
        " * Made by libsandbox/client/async-twins.py of the other headers; do not edit.",
        " */",
        "#ifndef SANDBOX_ASYNC_H",
        "#define SANDBOX_ASYNC_H",
        "",
        *[f"#include <sandbox/{name}>" for name in includes],
        "",
        "SBX_BEGIN_DECLS",
        "",
        "\n\n".join(header_of(call, api) for call in api.calls),
        "",
        "SBX_END_DECLS",
        "",
        "#endif",
        ""])


CALLBACK_SOURCE = """\
typedef struct {{
    {ctype} fn;
    void *data;
{fields}    {result} result;
}} {camel};

static void {name}_outside(void *data)
{{
    {camel} *call = data;

    call->result = call->fn({arguments});
}}

static {result} {name}_inside({params})
{{
    {camel} *call = {data};

    if (sbx_op_is_cancelled())
        return 1;
{fill}    sbx_fiber_call_outside({name}_outside, call);
    return call->result;
}}
"""


def callback_source(ctype, result, params):
    """A callback that an op calls must run on the stack, and the thread, of who dispatches."""
    if result != "int" or not params or params[0][0] != "void *":
        raise Unknown(f"the callback {ctype} is not `int (*)(void *data, ...)`, not 0 to cancel")
    name = callback_name(ctype)
    rest = params[1:]
    return CALLBACK_SOURCE.format(
        ctype=ctype, name=name, camel=camel(name), result=result, data=params[0][1],
        fields="".join(f"    {declare(*param)};\n" for param in rest),
        arguments=", ".join(["call->data"] + [f"call->{param}" for _, param in rest]),
        params=", ".join(declare(*param) for param in params),
        fill="".join(f"    call->{param} = {param};\n" for _, param in rest))


def indented(statements):
    return "".join(f"    {statement}\n" for statement in statements)


SOURCE = """\
/* --- {call} --- */

typedef struct {{
{fields}}} {frame};

static int {name}_run(void *data, sbx_error **error)
{{
{frame_run}{invoke}
}}

static void {name}_deliver(void *data)
{{
{frame_deliver}}}

static void {name}_free(void *data)
{{
    {frame} *frame = data;

{release}    g_free(frame);
}}

{prototype}
{{
    static const SbxCallKind kind = {{{name}_run, {name}_deliver, {name}_free}};
    {frame} *frame = g_try_new0({frame}, 1);

    if (frame == NULL)
        return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, __func__, NULL, "out of memory");
{fill}{fallible}{no_fd}    return sbx_op_start(&kind, frame, queue, op, __func__, error);
}}
"""

FALLIBLE = """\
    if ({condition}) {{
        {name}_free(frame);
        return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, __func__, NULL, "out of memory");
    }}
"""

NO_FD = """\
    if (frame->{param} < -1) {{
        int number = -frame->{param};

        {name}_free(frame);
        return sbx_op_no_fd({param}, number, __func__, error);
    }}
"""


def source_of(call, api):
    kinds = kinds_of(call, api)
    name, frame = short(call.name), camel(short(call.name)) + "Frame"
    flat = {key: [item for kind in kinds for item in getattr(kind, key)]
            for key in ("fields", "fill", "deliver", "release")}
    conditions = [kind.fallible for kind in kinds if kind.fallible]
    use = f"    {frame} *frame = data;\n\n"
    invoke = wrap(f"    return {call.name}(", [kind.argument for kind in kinds] + ["error"], ");")
    condition = " ||\n        ".join(f"({item})" if len(conditions) > 1 else item
                                     for item in conditions)
    return SOURCE.format(
        call=call.name, name=name, frame=frame, invoke=invoke,
        fields=indented(f"{field};" for field in flat["fields"]) or "    char unused;\n",
        frame_run=use if kinds else "    (void)data;\n",
        frame_deliver=use + indented(flat["deliver"]) if flat["deliver"]
        else "    (void)data;\n",
        release=indented(flat["release"]), fill=indented(flat["fill"]),
        fallible=FALLIBLE.format(condition=condition, name=name) if conditions else "",
        no_fd="".join(NO_FD.format(param=kind.no_fd, name=name) for kind in kinds if kind.no_fd),
        prototype=wrap(f"int {call.name}_start(", prototype_params(call), ")"))


def write_source(api):
    used = {param.ctype for call in api.calls for param in call.params} & set(api.callbacks)
    parts = ["/* Made by async-twins.py. */",
             "#include <errno.h>\n#include <string.h>",
             "\n".join(f'#include "client/{name}"' for name in
                       sorted(api.copy_headers | {"op-private.h", "private.h"})),
             '#include "wire/fd.h"']
    parts += [callback_source(ctype, *api.callbacks[ctype]) for ctype in sorted(used)]
    return "\n".join(parts + [source_of(call, api) for call in api.calls])


def write_symbols(api):
    old = SYMBOLS.read_text()
    names = set(re.findall(r"^\s+(sbx\w*);$", old, re.M))
    names = {name for name in names if not name.endswith("_start") or name in api.functions}
    names |= {call.name + "_start" for call in api.calls}
    body = "".join(f"    {name};\n" for name in sorted(names))
    return re.sub(r"(global:\n)(?:\s+sbx\w*;\n)*", lambda match: match[1] + body, old, count=1)


def check_fresh(api):
    stale = [path.relative_to(TOP) for path, wanted in
             ((ASYNC_HEADER, write_header(api)), (SYMBOLS, write_symbols(api)))
             if not path.exists() or path.read_text() != wanted]
    if stale:
        raise Unknown(f"{' and '.join(map(str, stale))}: out of date, a call that blocks has come, "
                      f"gone or changed; run {Path(__file__).relative_to(TOP)} --write")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--source", type=Path)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--headers", type=Path, default=HEADERS, help="another directory to read")
    options = parser.parse_args()
    try:
        api = Api(options.headers.glob("*.h"))
        problems = []
        for call in api.calls:
            try:
                labels = [kind.label for kind in kinds_of(call, api)]
                if options.list:
                    print(f"{call.name}: {'; '.join(labels) or 'nothing'}")
            except Unknown as problem:
                problems.append(str(problem))
        if problems:
            raise Unknown("\n".join(problems))
        source = write_source(api)
        if options.write:
            ASYNC_HEADER.write_text(write_header(api))
            SYMBOLS.write_text(write_symbols(api))
        if options.source:
            check_fresh(api)
            options.source.write_text(source)
    except Unknown as problem:
        sys.exit(f"async-twins.py: {problem}")


if __name__ == "__main__":
    main()
