#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the same calls take from C and from other languages, in one run.

    compare-calls.py [--sbx SBX] [--rounds N] [--count N] C=build/tests/bench/bench-calls NAME=COMMAND...

All COMMANDs make their calls in one sandbox, in turns: N rounds (default 5) of N calls each. They
get `--sandbox ID --count N` as further arguments, and print a JSON line for each call. Prints a line
for each call and language: the median of the rounds' medians, and its difference from the first
language's. Figures, not verdicts: the exit status is 1 only when something did not run.
"""
import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import vm_place  # noqa: E402

TARGET = "difference <= 0.2"


def make_sandbox(sbx, environment):
    def call(*words):
        return subprocess.run([sbx, *words], env=environment, check=True, capture_output=True,
                              text=True).stdout.strip()

    sandbox = call("--quiet", "create", "--timeout", "2h", "--start-timeout", "3m",
                   "--env", "BENCH=value")
    call("exec", sandbox, "--", "sh", "-c", "head -c 4096 /dev/zero >bench-4k")
    return sandbox


def measure(command, sandbox, count, environment):
    """{call: its line}"""
    done = subprocess.run([*shlex.split(command), "--sandbox", sandbox, "--count", str(count)],
                          env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"compare-calls.py: {command}: exit status {done.returncode}\n{done.stderr}")
    return {line["call"]: line for line in map(json.loads, done.stdout.splitlines())}


def report(name, call, lines, reference):
    p50 = statistics.median(line["p50"] for line in lines)
    figure = {"name": f"{call} from {name}", "unit": "ms", "n": sum(line["n"] for line in lines),
              "p50": round(p50, 4), "p99": max(line["p99"] for line in lines),
              "min": min(line["min"] for line in lines)}
    if reference is not None:
        figure |= {"reference": {"name": reference[0], "p50": round(reference[1], 4)},
                   "difference": round(p50 - reference[1], 4), "target": TARGET}
    print(json.dumps(figure), flush=True)
    return p50


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sbx", default="sbx", help="the command line program")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("programs", nargs="+", metavar="NAME=COMMAND")
    arguments = parser.parse_args()
    programs = [program.partition("=")[::2] for program in arguments.programs]
    rounds = {name: [] for name, _ in programs}
    with vm_place.place(arguments.sbx) as environment:
        sandbox = make_sandbox(arguments.sbx, environment)
        for _ in range(arguments.rounds):
            for name, command in programs:
                rounds[name].append(measure(command, sandbox, arguments.count, environment))
    first = programs[0][0]
    for call in rounds[first][0]:
        reference = None
        for name, _ in programs:
            p50 = report(name, call, [lines[call] for lines in rounds[name]], reference)
            reference = reference or (first, p50)
    return 0


sys.exit(main())
