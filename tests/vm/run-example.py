#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs one program of examples/ with real guests.

    run-example.py PATH_TO_SBX NAME PROGRAM [ARGUMENT...]

It has to exit with 0 in time, to print what is expected of it and no error, and to leave no VM
behind. What is not in the table below is run without arguments and may print anything but nothing.
SBX_TEST_TIME_FACTOR stretches the limit. Exit status 77: this machine cannot, which is a failure
with SBX_TEST_MUST_RUN=1.
"""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import vm_place  # noqa: E402

PLOT = r"^plot\.png: 320 x 200 pixels, \d+ bytes$"
SERVER = r'^http://127\.0\.0\.1:\d+/from-outside answers 200: {"path": "/from-outside", "host": "\w+"}$'
GRADERS = (["10", "4", str(vm_place.limit(60))],
           r"^10 graded in [\d.]+ s: 1 cpu, 1 deadline, 7 passed, 1 wrong$")
if os.environ.get("SBX_TEST_FULL") == "1":
    GRADERS = ([], r"^100 graded in [\d.]+ s: 10 cpu, 10 deadline, 70 passed, 10 wrong$")
AGENT = r"^round 1: scores \[0, 1, 2\].*\nround 2: scores \[3, 4, 2\].*\nall tests pass$"

# Each run: arguments ("{}": what the run before printed), and what the output has to match.
RUNS = {
    "agent-fork": [([], AGENT)],
    "copy": [([], r"^3 entries$")],
    "fork": [(["2"], r"^2 copies: the sum is (\d+), and should be \1$")],
    "given": [(["/dev/stdout"], r"^sorted as app$")],
    "graders": [GRADERS],
    "hello": [([], r"^drwx.* home$")],
    "lifetime": [([], r"^sbx_loc_[0-9a-z]{20}$"), (["{}"], r"^still here$")],
    "limits": [([], r"^trap '' TERM; sleep 1000 +was killed at its deadline")],
    "plot": [([], PLOT)],
    "pool": [(["1"], r"^from pool: +create")],
    "stream": [([], r"^HELLO FROM THE HOST\nexit code 0$")],
    "terminal": [([], r"^24 80$")],
    "web-server": [([], SERVER)],
}
# What is typed.
INPUT = {"terminal": "stty size; exit\n"}
# They report progress there.
MAY_WRITE_ERRORS = {"copy"}
# Their VMs are for whoever comes next.
LEAVES_SPARES = {"pool"}
LIMIT = vm_place.limit(900 if os.environ.get("SBX_TEST_FULL") == "1" else 240)


def run(name, program, environment):
    """What is wrong with the example, or None."""
    with tempfile.TemporaryDirectory() as directory:
        return run_in(directory, name, program, environment)


def run_in(directory, name, program, environment):
    output = ""
    for arguments, expected in RUNS.get(name, [([], r".")]):
        command = program + [argument.replace("{}", output.strip()) for argument in arguments]
        try:
            done = subprocess.run(command, env=environment, capture_output=True, text=True,
                                  input=INPUT.get(name, ""), timeout=LIMIT, check=False,
                                  cwd=directory)
        except subprocess.TimeoutExpired:
            return f"{command} did not end within {LIMIT} s"
        output = done.stdout
        print(output, end="")
        if done.returncode != 0 or (done.stderr and name not in MAY_WRITE_ERRORS):
            return f"{command}: exit status {done.returncode}; {done.stderr}"
        if not re.search(expected, output, re.MULTILINE):
            return f"{command} does not print {expected}"
    if name not in LEAVES_SPARES and vm_place.left_machines(environment):
        return "a VM is left"
    return None


def main():
    sbx, name, *program = sys.argv[1:]
    program = [os.path.abspath(word) if os.path.isfile(word) else word for word in program]
    with vm_place.place(sbx, may_clone=True) as environment:
        problem = run(name, program, environment)
    if problem is not None:
        print(f"example {name}: {problem}", file=sys.stderr)
    return 0 if problem is None else 1


sys.exit(main())
