#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The generator of twins: what it makes of headers, and what it refuses.   usage: test-async-twins.py GENERATOR"""
import subprocess
import sys
import tempfile
from pathlib import Path

GENERATOR = sys.argv[1]
INCLUDE = Path(GENERATOR).resolve().parent.parent.parent / "include" / "sandbox"

HEADER = """
typedef struct sbx_thing sbx_thing;
typedef struct sbx_other sbx_other;
typedef int (*sbx_good_func)(void *data, int number);
typedef long (*sbx_bad_func)(void *data, int number);
SBX_PUBLIC sbx_thing *sbx_thing_ref(sbx_thing *thing);
SBX_PUBLIC sbx_thing *sbx_thing_unref(sbx_thing *thing);
SBX_PUBLIC void sbx_other_free(sbx_other *other);
/**
 * sbx_test:
%s
 *
 * %s Since: 0.1
 */
SBX_PUBLIC int sbx_test(%ssbx_error **error);
"""

GOOD = {
    "const char *name, ": "string, copied",
    "const char *const *names, ": "strings up to a NULL, copied",
    "const void *data, size_t length, ": "array of length, copied; by value",
    "const int *numbers, size_t length, ": "array of length, copied; by value",
    "void *buffer, size_t size, ": "buffer of size; by value",
    "sbx_thing *thing, uint64_t value, ": "object, referenced; by value",
    "sbx_other *other, ": "object, must stay valid",
    "int listen_fd, ": "descriptor, duplicated",
    "sbx_good_func fn, void *data, ": "callback, with data",
    "sbx_thing **out, ": "output, else sbx_thing_unref",
    "unsigned int count, sbx_thing **room, ": "by value; output of count, else sbx_thing_unref",
    "char **out, ": "output, else sbx_free",
    "size_t *out, ": "output",
    "int *fd_out, ": "output, else close",
    "int *inout, ": "input and output",
    "": "nothing",
}
BAD = {
    "const sbx_thing *thing, ": "sbx_thing_copy(const sbx_thing *)",
    "const int *numbers, ": "not followed by its length",
    "sbx_good_func fn, int number, ": "not followed by `void *data`",
    "sbx_bad_func fn, void *data, ": "not 0 to cancel",
    "sbx_stranger *stranger, ": "of a kind that is not known",
    "sbx_stranger **out, ": "nobody knows how to release",
    "struct timespec when, ": "of a kind that is not known",
}


def generate(directory, params, says="Blocks."):
    """The generator's answer about a header with one call of those parameters."""
    names = [item.split()[-1].lstrip("*") for item in params.split(",") if item.strip()]
    marks = {"out": "(out): ", "fd_out": "(out): ", "inout": "(inout): ",
             "room": "(out): an array with room for @count of them"}
    docs = "\n".join(f" * @{name}: {marks.get(name, '')}" for name in names) or " *"
    for path in INCLUDE.glob("*.h"):
        (directory / path.name).write_text(path.read_text())
    (directory / "test.h").write_text(HEADER % (docs, says, params))
    return subprocess.run([GENERATOR, "--list", "--headers", str(directory)], text=True,
                          capture_output=True, check=False)


def main():
    failed = []
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        for params, wanted in GOOD.items():
            answer = generate(directory, params)
            if answer.returncode != 0 or f"\nsbx_test: {wanted}\n" not in "\n" + answer.stdout:
                failed.append(f"{params!r} is not taken for {wanted!r}: {answer.stderr}")
        for params, wanted in BAD.items():
            answer = generate(directory, params)
            if answer.returncode == 0 or wanted not in answer.stderr:
                failed.append(f"{params!r} is taken: {answer.stdout}{answer.stderr}")
        answer = generate(directory, "struct timespec when, ", "Never\n * blocks; any thread.")
        if answer.returncode != 0 or "sbx_test" in answer.stdout:
            failed.append(f"what never blocks has a twin: {answer.stderr}")
        generate(directory, "int number, ")
        source = subprocess.run([GENERATOR, "--source", str(directory / "out.c"), "--headers",
                                 str(directory)], text=True, capture_output=True, check=False)
        if source.returncode == 0 or "--write" not in source.stderr:
            failed.append("a header that is out of date is taken")
    print("\n".join(failed) or f"{len(GOOD) + len(BAD) + 2} headers")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
