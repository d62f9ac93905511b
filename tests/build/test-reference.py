#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The API reference: what its check refuses, and whether the pages that were made hold together.

    test-reference.py REFERENCE.PY DIR     DIR has man3, man7 and html
"""
import os
import shutil
import subprocess
import sys
import tempfile
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr", "img"}
FRAME = """/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Things: to be tested. */
#ifndef SANDBOX_THING_H
#define SANDBOX_THING_H

#define SBX_E_INVALID (-1) /* no */

typedef struct sbx_error sbx_error;
%s
#endif
"""
GOOD = """
/**
 * sbx_thing:
 * @size: how large, in bytes
 * @error: where to put an error, or NULL
 *
 * Does it; see sbx_thing().
 *
 * Errors: SBX_E_INVALID (it is not). Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_thing(int size, sbx_error **error);
"""
UNKNOWN = "which does not exist"
# What is changed in the good header, and what the check then has to say.
DEFECTS = [
    (GOOD[GOOD.index("/**"):GOOD.index("SBX_PUBLIC")], "", "sbx_thing: not documented"),
    (" * @size: how large, in bytes\n", "", "sbx_thing: parameter size is not documented"),
    ("@size:", "@length:", "sbx_thing: @length is documented, but no parameter"),
    (" Since: 0.1", "", 'sbx_thing: "Since:" is missing'),
    ("Since: 0.1", "Since: soon", 'sbx_thing: "Since: soon" is no version'),
    ("Errors: SBX_E_INVALID (it is not). ", "", 'sbx_thing: can fail, and "Errors:" is missing'),
    ("Errors: SBX_E_INVALID", "Errors: SBX_E_BROKEN",
     "sbx_thing: speaks of SBX_E_BROKEN, " + UNKNOWN),
    ("see sbx_thing()", "see sbx_other()", "sbx_thing: speaks of sbx_other(), " + UNKNOWN),
    ("see sbx_thing()", "see sbx_error()", "sbx_thing: speaks of sbx_error(), " + UNKNOWN),
    ("see sbx_thing()", "see the sbx_other", "sbx_thing: speaks of sbx_other, " + UNKNOWN),
    ("see sbx_thing()", "see other.h", "sbx_thing: speaks of other.h, " + UNKNOWN),
    ("SBX_PUBLIC int sbx_thing", "SBX_PUBLIC int sbx_thong",
     "sbx_thing is documented, but not declared"),
    ("SBX_PUBLIC int sbx_thing(int size, sbx_error **error);", "",
     "sbx_thing is documented, but not declared"),
    (GOOD, GOOD + "#define SBX_THINGS 3\n", "SBX_THINGS: no comment"),
    (GOOD, GOOD + "typedef int (*sbx_call)(void *data);\n", "sbx_call: not documented"),
    (GOOD, GOOD + "struct sbx_open { int a; };\n", "a declaration of no known form"),
    (GOOD, GOOD + GOOD, "sbx_thing is declared twice"),
]


def run_check(tool, text):
    """The exit status and output of the check for one header."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "thing.h")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        done = subprocess.run([sys.executable, "-B", tool, "--check", path], text=True,
                              capture_output=True, check=False)
        return done.returncode, done.stdout + done.stderr


def test_check(tool):
    status, output = run_check(tool, FRAME % GOOD)
    if status != 0:
        yield f"the good header is refused: {output}"
    for old, new, wanted in DEFECTS:
        assert old in GOOD
        status, output = run_check(tool, FRAME % GOOD.replace(old, new))
        lines = [line for line in output.split("\n") if wanted in line]
        if status != 1 or not lines:
            yield f"not found: {wanted} (status {status}: {output})"
        elif "declared twice" not in wanted and "thing.h:" not in lines[0]:
            yield f"without its place: {lines[0]}"
    shared = "/*\n * Errors, of all that follows: SBX_E_INVALID.\n */\n"
    without = GOOD.replace("Errors: SBX_E_INVALID (it is not). ", "")
    status, output = run_check(tool, FRAME % (shared + without))
    if status != 0:
        yield f"errors that are told above are not seen: {output}"
    status, output = run_check(tool, (FRAME % GOOD).replace("/* Things: to be tested. */", ""))
    if status != 1 or "no comment at the top" not in output:
        yield "a header without a comment at its top is not found"


class Page(HTMLParser):
    """Its ids, links, and what is wrong with its elements."""

    def __init__(self, path):
        super().__init__()
        self.open, self.ids, self.links, self.problems = [], set(), [], []
        with open(path, encoding="utf-8") as file:
            self.feed(file.read())
        self.close()
        if self.open:
            self.problems.append(f"never closed: {self.open}")

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("script", "link", "img", "iframe") or "src" in values:
            self.problems.append(f"wants something from elsewhere: <{tag}>")
        if values.get("id") in self.ids:
            self.problems.append(f"two elements have the id {values['id']}")
        if "id" in values:
            self.ids.add(values["id"])
        if "href" in values:
            self.links.append(values["href"])

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> at line {self.getpos()[0]} closes nothing")


def test_html(directory):
    pages = {name: Page(os.path.join(directory, name)) for name in os.listdir(directory)}
    links = 0
    for name, page in pages.items():
        yield from (f"{name}: {problem}" for problem in page.problems)
        for link in page.links:
            target, _, part = link.partition("#")
            links += 1
            if target not in pages or (part and part not in pages[target].ids):
                yield f"{name}: dead link {link}"
    if "index.html" not in pages or links < 500:
        yield f"{len(pages)} pages with {links} links: that is not the reference"


def complaints(*command):
    done = subprocess.run(command, text=True, capture_output=True, check=False,
                          env={**os.environ, "LC_ALL": "C.UTF-8", "MANROFFOPT": "",
                               "MANWIDTH": "80"})
    return done.stderr + ("" if done.returncode == 0 else f"exit status {done.returncode}")


def test_man(top):
    names = [os.path.join(top, section, name) for section in ("man3", "man7")
             for name in sorted(os.listdir(os.path.join(top, section)))]
    for path in names:
        with open(path, encoding="utf-8") as file:
            first = file.readline().split()
        if first[0] == ".so":
            if not os.path.exists(os.path.join(top, first[1])):
                yield f"{path}: leads to {first[1]}, which is not there"
            continue
        for command in (("groff", "-ww", "-man", "-Tutf8", "-z", path),
                        ("man", "--warnings=w", "-l", path)):
            said = complaints(*command)
            if said:
                yield f"{' '.join(command)}: {said}"
    shown = subprocess.run(["man", "-M", top, "sbx_create"], text=True, capture_output=True,
                           check=False).stdout
    if "SANDBOX-HANDLE(3)" not in shown or "sbx_create" not in shown:
        yield f"`man sbx_create` shows: {shown[:200]}"


def main():
    tool, top = sys.argv[1:3]
    problems = list(test_check(tool)) + list(test_html(os.path.join(top, "html")))
    if shutil.which("groff") and shutil.which("man"):
        problems += list(test_man(top))
    else:
        if os.environ.get("SBX_TEST_MUST_RUN"):
            problems.append("groff and man are missing")
        if not problems:
            print("skipped: groff or man is missing: install groff-base man-db")
            return 77
    print("\n".join(problems) or "all good")
    return 1 if problems else 0


sys.exit(main())
