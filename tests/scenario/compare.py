#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Carries out the scenario in several languages and compares what came of it.

    compare.py [--sbx SBX] [--scenario FILE] [--keep DIRECTORY] NAME=COMMAND...

Each COMMAND is a runner (see README.md), split as a shell does; it gets the scenario and an empty
directory as further arguments, and a keeper of its own. Every result has to be the one that the
scenario expects, and the same in all languages. With --keep the runners' outputs are kept. Exit
status 77: this machine cannot, which is a failure with SBX_TEST_MUST_RUN=1.
"""
import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import vm_place  # noqa: E402

LIMIT = vm_place.limit(900)
MATCHERS = {
    "$type": lambda wanted, value: wanted == "integer" and type(value) is int and value > 0,
    "$match": lambda wanted, value: isinstance(value, str) and bool(re.fullmatch(wanted, value)),
    "$any": lambda wanted, value: True,
}
NOTHING = object()  # a step without a result


def matcher_of(expected):
    """(key, argument) when @expected stands for more than one value, or None."""
    if isinstance(expected, dict) and len(expected) == 1 and next(iter(expected)) in MATCHERS:
        return next(iter(expected.items()))
    return None


def normalised(value, expected):
    """The value with what fits a matcher put as that matcher: equal to @expected if it is right."""
    matcher = matcher_of(expected)
    if matcher is not None:
        return expected if MATCHERS[matcher[0]](matcher[1], value) else value
    if isinstance(value, dict) and isinstance(expected, dict):
        return {key: normalised(value[key], expected.get(key)) for key in value}
    if isinstance(value, list) and isinstance(expected, list) and len(value) == len(expected):
        return [normalised(one, other) for one, other in zip(value, expected)]
    return value


def text(value):
    """JSON that is the same for equal values; true is not 1 there."""
    return "nothing" if value is NOTHING else json.dumps(value, sort_keys=True, ensure_ascii=False)


def without_doubles(pairs):
    """An object of JSON, where parsers disagree when a key is there twice."""
    if len(dict(pairs)) != len(pairs):
        sys.exit(f"compare.py: a key is there twice: {pairs}")
    return dict(pairs)


class Run:
    """What a language made of the scenario."""

    def __init__(self, name):
        self.name = name
        self.results = {}
        self.problems = []
        self.seconds = 0.0

    def take(self, output, steps):
        order = []
        for line in output.splitlines():
            try:
                step = json.loads(line)
                self.results[step["id"]] = step["result"]
                order.append(step["id"])
            except (ValueError, KeyError, TypeError):
                self.problems.append(f"prints what is no result: {line[:200]}")
        missing = [step["id"] for step in steps if step["id"] not in self.results]
        if order != [step["id"] for step in steps if step["id"] in self.results]:
            self.problems.append("does not carry out each step once, in their order")
        if missing:
            self.problems.append(f"has no result for {len(missing)} steps, the first is {missing[0]}")

    def wrong(self, steps):
        """How many results are not what is expected; says which."""
        count = 0
        for step in steps:
            value = self.results.get(step["id"], NOTHING)
            if value is not NOTHING and text(normalised(value, step["expect"])) != text(step["expect"]):
                count += 1
                print(f"{self.name}: {step['id']} ({step['do']})\n"
                      f"    has to be {text(step['expect'])[:400]}\n    is        {text(value)[:400]}")
        return count


def carry_out(name, command, arguments, steps):
    run = Run(name)
    with vm_place.place(arguments.sbx) as environment, tempfile.TemporaryDirectory() as scratch, \
            tempfile.TemporaryFile("w+") as errors:
        began = time.monotonic()
        runner = subprocess.Popen([*shlex.split(command), arguments.scenario, scratch], text=True,
                                  env=environment, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=errors)
        try:
            output, _ = runner.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            runner.kill()
            output, _ = runner.communicate()
            run.problems.append(f"did not end within {LIMIT} s")
        run.seconds = time.monotonic() - began
        errors.seek(0)
        said = errors.read()
        run.take(output, steps)
        if runner.returncode != 0:
            run.problems.append(f"exit status {runner.returncode}; {said[-2000:]}")
        elif vm_place.left_machines(environment):
            run.problems.append("a VM is left")
    if arguments.keep:
        for suffix, content in (("jsonl", output), ("err", said)):
            with open(os.path.join(arguments.keep, f"{name}.{suffix}"), "w", encoding="utf-8") as file:
                file.write(content)
    return run


def differences(runs, steps):
    """How many steps differ between languages; says which."""
    count = 0
    for step in steps:
        values = {}
        for run in runs:
            value = run.results.get(step["id"], NOTHING)
            values.setdefault(text(normalised(value, step["expect"])), []).append(run.name)
        if len(values) > 1:
            count += 1
            print(f"{step['id']} ({step['do']}) differs:")
            for value, names in values.items():
                print(f"    {', '.join(names)}: {value[:400]}")
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sbx", default="sbx", help="the command line program")
    parser.add_argument("--scenario", default=os.path.join(HERE, "scenario.json"))
    parser.add_argument("--keep", help="a directory for the runners' outputs")
    parser.add_argument("runners", nargs="+", metavar="NAME=COMMAND")
    arguments = parser.parse_args()
    with open(arguments.scenario, encoding="utf-8") as file:
        steps = json.load(file, object_pairs_hook=without_doubles)["steps"]
    if len({step["id"] for step in steps}) != len(steps):
        sys.exit("compare.py: an id is used twice in the scenario")
    runs = []
    for runner in arguments.runners:
        name, _, command = runner.partition("=")
        if not name or not command:
            parser.error(f"a runner is given as NAME=COMMAND, not as {runner}")
        runs.append(carry_out(name, command, arguments, steps))
        print(f"{name}: {len(runs[-1].results)} steps in {runs[-1].seconds:.1f} s", flush=True)
    wrong = sum(run.wrong(steps) for run in runs)
    different = differences(runs, steps)
    problems = [f"{run.name}: {problem}" for run in runs for problem in run.problems]
    print(*problems, sep="\n", end="\n" if problems else "")
    print(f"scenario: {len(steps)} operations, {len(runs)} languages ({', '.join(r.name for r in runs)}): "
          f"{wrong} wrong, {different} different, {len(problems)} failures")
    return 0 if not wrong and not different and not problems else 1


sys.exit(main())
