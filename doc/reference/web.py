# SPDX-License-Identifier: LGPL-2.1-or-later
"""HTML: an index, and a page for each header. No scripts, nothing from elsewhere."""
import os
from html import escape

from markup import blocks, error_list, inline, parameter_text

STYLE = """
body { max-width: 52rem; margin: 2rem auto; padding: 0 1rem; line-height: 1.5;
       font-family: sans-serif; color: #222; background: #fff; }
code, pre { font-family: monospace; font-size: 0.95em; }
pre { background: #f4f4f2; padding: 0.6rem 0.8rem; overflow-x: auto; }
h1 { border-bottom: 1px solid #bbb; }
h2 { margin-top: 2.5rem; }
h3 { margin-top: 2.2rem; border-top: 1px solid #ddd; padding-top: 0.8rem; }
table { border-collapse: collapse; }
td, th { padding: 0.15rem 1rem 0.15rem 0; text-align: left; vertical-align: top; }
dt { margin-top: 0.4rem; }
nav, .since { color: #666; font-size: 0.9em; }
a { color: #0b57a4; text-decoration: none; }
a:hover { text-decoration: underline; }
:target { background: #fff6d6; }
@media (prefers-color-scheme: dark) {
  body { color: #ddd; background: #1c1c1c; } pre { background: #2a2a2a; } a { color: #8ab8e8; }
  :target { background: #4a4320; } }
"""


class Writer:
    """What every page needs: where names are."""

    def __init__(self, symbols, version):
        self.symbols = symbols
        self.version = version

    def link(self, name, shown=None):
        """A name as code, a link where it is known."""
        text = f"<code>{escape(shown or name)}</code>"
        place = self.symbols.places.get(name)
        return f'<a href="{place}.html#{name}">{text}</a>' if place is not None else text

    def header_link(self, name):
        text = f"<code>&lt;sandbox/{name}.h&gt;</code>"
        return f'<a href="{name}.html">{text}</a>' if name in self.symbols.headers else text

    def sentence(self, text):
        out = ""
        for kind, part in inline(text):
            if kind == "text":
                out += escape(part)
            elif kind == "parameter":
                out += f"<var>{escape(part)}</var>"
            elif kind == "code":
                out += f"<code>{escape(part)}</code>"
            elif kind in ("include", "header"):
                out += self.header_link(part)
            else:
                out += self.link(part, part + "()" if kind == "function" else None)
        return out

    def body(self, lines):
        out, listed = [], False
        for block in blocks(lines):
            if listed != (block.kind == "item"):
                out.append("</ul>" if listed else "<ul>")
                listed = not listed
            if block.kind == "item":
                out.append(f"<li>{self.sentence(block.text)}</li>")
            elif block.kind == "heading":
                out.append(f"<h2>{escape(block.text)}</h2>")
            elif block.kind == "code":
                out.append(f"<pre>{escape(block.text)}</pre>")
            else:
                out.append(f"<p>{self.sentence(block.text)}</p>")
        return out + (["</ul>"] if listed else [])

    def page(self, title, lines):
        return "\n".join(["<!DOCTYPE html>", '<html lang="en">', "<head>", '<meta charset="utf-8">',
                          '<meta name="viewport" content="width=device-width">',
                          f"<title>{escape(title)}</title>", f"<style>{STYLE}</style>", "</head>",
                          "<body>",
                          f'<nav><a href="index.html">libsandbox {self.version}</a></nav>']
                         + lines + ["</body>", "</html>"]) + "\n"


def prototype(item):
    """A declaration, a parameter a line where it is long."""
    text = item.declaration
    if len(text) > 80:
        opened = text.index("(", text.index(item.name)) + 1
        parts = [parameter for _, parameter in item.parameters]
        text = text[:opened] + "\n    " + ",\n    ".join(parts) + ");"
    return f"<pre>{escape(text)}</pre>"


def errors(writer, item):
    pairs = error_list(item.doc.errors)
    if pairs is None:
        return [f"<p>Errors: {writer.sentence(item.doc.errors)}.</p>"]
    out = ["<p>Errors:</p>", "<table>"]
    for name, remark in pairs:
        known = writer.symbols.items.get(name)
        meaning = remark or (" ".join(known.comment) if known is not None else "")
        out.append(f"<tr><td>{writer.link(name)}</td><td>{writer.sentence(meaning)}</td></tr>")
    return out + ["</table>"]


def function(writer, item):
    out = [f'<h3 id="{item.name}"><code>{item.name}</code></h3>', prototype(item)]
    if item.doc is None:
        return out + ["<p>Not documented.</p>"]
    listed = [(name, item.doc.parameters[name]) for name, _ in item.parameters
              if name in item.doc.parameters]
    if listed:
        out.append("<dl>")
        for name, text in listed:
            out += [f"<dt><var>{name}</var></dt>",
                    f"<dd>{writer.sentence(parameter_text(text))}</dd>"]
        out.append("</dl>")
    out += writer.body(item.doc.text)
    if item.doc.errors:
        out += errors(writer, item)
    if item.doc.since:
        out.append(f'<p class="since">Since: {escape(item.doc.since)}</p>')
    return out


def constants(writer, header):
    if not header.of_kind("define"):
        return []
    out = ["<h2>Constants</h2>", "<table>"]
    for item in header.of_kind("define"):
        out.append(f'<tr id="{item.name}"><td><code>{item.name}</code></td>'
                   f"<td><code>{escape(item.value)}</code></td>"
                   f"<td>{writer.sentence(' '.join(item.comment))}</td></tr>")
    return out + ["</table>"]


def types(writer, header):
    if not header.of_kind("type"):
        return []
    out = ["<h2>Types</h2>", "<dl>"]
    for item in header.of_kind("type"):
        out += [f'<dt id="{item.name}"><code>{escape(item.declaration)}</code></dt>',
                f"<dd>{writer.sentence(' '.join(item.comment) or 'Opaque.')}</dd>"]
    return out + ["</dl>"]


def contents(writer, header):
    """The functions of a header, in a line each."""
    names = [item.name for item in header.of_kind("callback", "function")]
    return ["<p>" + " · ".join(writer.link(name) for name in names) + "</p>"] if names else []


def header_page(writer, header):
    out = [f"<h1>{escape(header.title)}</h1>",
           f"<pre>#include &lt;sandbox/{header.name}.h&gt;</pre>"]
    out += writer.body(header.text) + contents(writer, header)
    out += types(writer, header) + constants(writer, header)
    if header.of_kind("callback", "function"):
        out.append("<h2>Functions</h2>")
    for item in header.of_kind("callback", "function", "note"):
        out += writer.body(item.comment) if item.kind == "note" else function(writer, item)
    return writer.page(f"sandbox/{header.name}.h", out)


def index_page(writer, headers, overview):
    out = ["<h1>libsandbox</h1>"] + writer.body(overview) + ["<h2>Headers</h2>", "<table>"]
    for header in headers:
        out.append(f"<tr><td>{writer.header_link(header.name)}</td>"
                   f"<td>{escape(header.title)}</td></tr>")
    out += ["</table>"]
    for title, kinds in (("Functions", ("callback", "function")), ("Types", ("type",)),
                         ("Constants", ("define",))):
        names = sorted(item.name for header in headers for item in header.of_kind(*kinds))
        out += [f"<h2>{title}</h2>", "<p>" + " · ".join(map(writer.link, names)) + "</p>"]
    return writer.page("libsandbox: API reference", out)


def write(headers, symbols, overview, version, directory):
    """Every page into the directory."""
    writer = Writer(symbols, version)
    pages = {"index": index_page(writer, headers, overview)}
    pages.update((header.name, header_page(writer, header)) for header in headers)
    for name, text in pages.items():
        with open(os.path.join(directory, name + ".html"), "w", encoding="utf-8") as file:
            file.write(text)
