#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compiles the ```c blocks of documents.

    test-snippets.py CC INCLUDE_DIR... -- DOCUMENT...     a directory: all that is in it

A block that includes something is a file. Any other is functions or, when that does not compile,
statements of one, for which the usual variables are there. Nothing is run.
"""
import glob
import os
import re
import subprocess
import sys

INCLUDES = """#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sandbox/sandbox.h>
"""
VARIABLES = """    sbx *sandbox = NULL;
    sbx_options *options = NULL;
    sbx_command *command = NULL;
    sbx_process *process = NULL;
    sbx_result *result = NULL;
    sbx_error *error = NULL;
"""


def compile_text(command, text):
    done = subprocess.run(command, input=text, text=True, capture_output=True, check=False)
    return None if done.returncode == 0 else done.stderr


def compile_block(command, block, place):
    """What is wrong with a block, or None."""
    line = f'#line {place[1]} "{place[0]}"\n'
    if "#include" in block:
        return compile_text(command, line + block)
    problem = compile_text(command, INCLUDES + line + block)
    if problem is None:
        return None
    if not re.search(r"^\{", block, re.MULTILINE):
        statements = f"static int snippet(void)\n{{\n{VARIABLES}{line}{block}    return 0;\n}}\n"
        return compile_text(command + ["-Wno-unused-variable", "-Wno-return-type"],
                            INCLUDES + statements)
    return problem


def main():
    at = sys.argv.index("--")
    command = [sys.argv[1], "-std=gnu17", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function",
               "-fsyntax-only", "-xc", "-"] + ["-I" + path for path in sys.argv[2:at]]
    count = failures = 0
    paths = []
    for path in sys.argv[at + 1:]:
        if os.path.isdir(path):
            paths += sorted(glob.glob(path + "/**/*.md", recursive=True))
        else:
            paths.append(path)
    for path in paths:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for found in re.finditer(r"^```c\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            count += 1
            place = (path, text.count("\n", 0, found.start(1)) + 1)
            problem = compile_block(command, found.group(1), place)
            if problem is not None:
                failures += 1
                print(f"{path}:{place[1]}: does not compile:\n{problem}")
    print(f"{count} blocks, {failures} of them do not compile")
    return 1 if failures or count < 5 else 0


sys.exit(main())
