#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The API reference, made from the public headers.

    reference.py [--version V] [--overview FILE] \\
                 --man3 DIR --man7 DIR --html DIR HEADER...   writes man pages and HTML
    reference.py --check HEADER...       says what is not documented; fails when there is such
    reference.py --constants HEADER...   prints every constant and its value

The comments' form is that of include/sandbox/: see headers.py and markup.py. What is missing there
is missing in the pages; only --check, which is a test, complains.
"""
import argparse
import os
import shutil
import sys

import check
import manual
import web
from headers import read_headers
from markup import symbols_of


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--version", default="")
    parser.add_argument("--overview", help="what the index and libsandbox(7) say first")
    parser.add_argument("--man3")
    parser.add_argument("--man7")
    parser.add_argument("--html")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--constants", action="store_true")
    parser.add_argument("headers", nargs="+")
    return parser.parse_args()


def make_empty(directory):
    """A page of what is no more does not stay."""
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)


def write(arguments, headers, symbols):
    lines = []
    if arguments.overview:
        with open(arguments.overview, encoding="utf-8") as file:
            lines = file.read().split("\n")
    for directory in (arguments.man3, arguments.man7, arguments.html):
        make_empty(directory)
    manual.write(headers, symbols, lines, arguments.version, arguments.man3, arguments.man7)
    web.write(headers, symbols, lines, arguments.version, arguments.html)


def main():
    arguments = parse_arguments()
    headers = read_headers(arguments.headers)
    symbols = symbols_of(headers)
    if arguments.check:
        problems = check.check(headers, symbols)
        print("\n".join(problems) if problems else f"{len(symbols.items)} declarations, all good")
        return 1 if problems else 0
    if arguments.constants:
        for header in headers:
            for item in header.of_kind("define"):
                print(item.name, item.value)
        return 0
    write(arguments, headers, symbols)
    return 0


if __name__ == "__main__":
    sys.exit(main())
