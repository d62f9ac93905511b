# SPDX-License-Identifier: LGPL-2.1-or-later
"""Man pages: sandbox-HEADER(3) for each header, a page for each function that leads there, and the
overview libsandbox(7). Written for man(7) macros."""
import os
import re

from markup import blocks, error_list, inline, parameter_text


def escape(text):
    """Text as troff takes it, safe at the start of a line."""
    for char, escaped in (("\\", "\\e"), ("-", "\\-"), ("^", "\\(ha"), ("~", "\\(ti"),
                          ("`", "\\(ga"), ("'", "\\(aq"), ('"', "\\(dq")):
        text = text.replace(char, escaped)
    return "\\&" + text if text.startswith(".") else text


def sentence(text):
    """A sentence with its fonts, on one line."""
    out = ""
    for kind, part in inline(text):
        shown = escape(part)
        if kind == "text":
            out += shown
        elif kind == "parameter":
            out += f"\\fI{shown}\\fP"
        elif kind == "function":
            out += f"\\fB{shown}\\fP()"
        elif kind in ("include", "header"):
            out += f"\\fB<sandbox/{shown}.h>\\fP"
        else:
            out += f"\\fB{shown}\\fP"
    return "\\&" + out if out.startswith(".") else out


def code(text):
    lines = [escape(line) for line in text.rstrip("\n").split("\n")]
    return [".PP", ".nf", ".RS 4"] + [line or ".sp" for line in lines] + [".RE", ".fi"]


def body(lines, separated=True):
    """The blocks of a comment; separated from what is above, unless that is a heading."""
    out = []
    for block in blocks(lines):
        if block.kind == "heading":
            out += [".SH " + escape(block.text).upper()]
        elif block.kind == "code":
            out += code(block.text)
        elif block.kind == "item":
            out += ['.IP "\\(bu" 2', sentence(block.text)]
        elif out and not out[-1].startswith(".SH") or separated:
            out += [".PP", sentence(block.text)]
        else:
            out += [sentence(block.text)]
    return out


def prototype(item):
    """A declaration, broken where it is long."""
    text = item.declaration
    if len(text) <= 76:
        return [".B " + '"' + escape(text) + '"']
    opened = text.index("(", text.index(item.name)) + 1
    lines, line = [], text[:opened]
    for number, (_, parameter) in enumerate(item.parameters):
        last = number == len(item.parameters) - 1
        part = parameter + (");" if last else ",")
        if len(line) + len(part) > 75 and not line.endswith("("):
            lines.append(line.rstrip())
            line = "        "
        line += part + ("" if last else " ")
    lines.append(line.rstrip())
    return [".B " + '"' + escape(shown) + '"' for shown in lines]


def parameters(item):
    out = []
    for name, _ in item.parameters:
        text = item.doc.parameters.get(name)
        if text is not None:
            out += [".TP", f"\\fI{escape(name)}\\fP", sentence(parameter_text(text))]
    return out


def errors(item, symbols):
    """The error codes, each with its remark or, failing that, its general meaning."""
    pairs = error_list(item.doc.errors)
    if pairs is None:
        return [".PP", sentence("Errors: " + item.doc.errors + ".")]
    out = [".PP", "Errors:"]
    for name, remark in pairs:
        known = symbols.items.get(name)
        meaning = remark or (" ".join(known.comment) if known is not None else "")
        out += [".TP", f"\\fB{escape(name)}\\fP", sentence(meaning) or "\\&"]
    return out


def function(item, symbols):
    out = [f'.SS "{escape(item.name)}"', ".nf"] + prototype(item) + [".fi"]
    if item.doc is None:
        return out + [".PP", "Not documented."]
    out += parameters(item)
    out += body(item.doc.text)
    if item.doc.errors:
        out += errors(item, symbols)
    if item.doc.since:
        out += [".PP", f"Since: {item.doc.since}"]
    return out


def constants(header):
    defines = header.of_kind("define")
    if not defines:
        return []
    out = [".SH CONSTANTS"]
    for item in defines:
        out += [".TP", f'.B "{escape(item.name)}"']
        remark = sentence(" ".join(item.comment))
        out += [escape(item.value) + ("" if not remark else ": " + remark)]
    return out


def types(header):
    found = header.of_kind("type")
    if not found:
        return []
    out = [".SH TYPES"]
    for item in found:
        out += [".TP", f'.B "{escape(item.declaration)}"',
                sentence(" ".join(item.comment)) or "Opaque."]
    return out


def synopsis(header):
    out = [".SH SYNOPSIS", ".nf", f'.B "#include <sandbox/{header.name}.h>"', ".sp"]
    for item in header.of_kind("callback", "function"):
        out += prototype(item)
    return out + [".fi", ".PP",
                  "Compile and link with "
                  "\\fB$(pkg\\-config \\-\\-cflags \\-\\-libs libsandbox)\\fP."]


def page(header, symbols, version):
    """sandbox-HEADER(3)."""
    described = header.of_kind("callback", "function")
    names = ", ".join([f"sandbox-{header.name}"] + [item.name for item in described])
    out = [f'.TH "SANDBOX\\-{header.name.upper()}" 3 "" "libsandbox {version}" "libsandbox"',
           ".SH NAME", escape(names) + " \\- " + escape(header.title)]
    out += synopsis(header)
    text = body(header.text, False)
    out += [".SH DESCRIPTION"] + text if text else []
    out += types(header) + constants(header)
    if described:
        out += [".SH FUNCTIONS"]
    for item in header.of_kind("callback", "function", "note"):
        out += body(item.comment) if item.kind == "note" else function(item, symbols)
    others = [name for name in sorted(symbols.headers) if name != header.name]
    return out + see_also(["libsandbox(7)"] + [f"sandbox-{name}(3)" for name in others])


def see_also(pages):
    shown = [re.sub(r"^(.*)(\(\d\))$", lambda m: f"\\fB{escape(m.group(1))}\\fP{m.group(2)}", name)
             for name in pages]
    return [".SH SEE ALSO", ".ad l", ".nh", ", ".join(shown)]


def overview(lines, headers, version):
    """libsandbox(7)."""
    out = [f'.TH LIBSANDBOX 7 "" "libsandbox {version}" "libsandbox"', ".SH NAME",
           "libsandbox \\- run untrusted code in a fresh Linux microVM", ".SH DESCRIPTION"]
    out += body(lines, False) + [".SH HEADERS"]
    for header in headers:
        out += [".TP", f"\\fBsandbox\\-{escape(header.name)}\\fP(3)", sentence(header.title) + "."]
    return out + see_also(["sbx(1)"] + [f"sandbox-{header.name}(3)" for header in headers])


def write(headers, symbols, overview_lines, version, man3, man7):
    """Every page into its directory."""
    def put(directory, name, lines):
        with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    notice = '.\\" Made from the headers by doc/reference; do not edit.'
    for header in headers:
        put(man3, f"sandbox-{header.name}.3", [notice] + page(header, symbols, version))
        for item in header.of_kind("callback", "function"):
            put(man3, f"{item.name}.3", [f".so man3/sandbox-{header.name}.3"])
    put(man7, "libsandbox.7", [notice] + overview(overview_lines, headers, version))
