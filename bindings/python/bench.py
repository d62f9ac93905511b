#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What single calls take from Python: the calls of tests/bench/bench-calls.c, which has those of C.

    bench.py [--async] --sandbox ID [--count N]

One JSON line for each call. tests/bench/compare-calls.py starts this beside the others.
"""
import argparse
import asyncio
import inspect
import json
import time

import libsandbox
from libsandbox import AsyncSandbox, Sandbox

WARM_UP = 20


def calls_of(sandbox):
    """Name, call, and what part of the count it is made."""
    return (
        ("quote", lambda: libsandbox.quote("two words"), 1),
        ("list", lambda: type(sandbox).list(), 1),
        ("env_get", lambda: sandbox.env.get("BENCH"), 1),
        ("fs_stat", lambda: sandbox.fs.stat("/etc/hostname"), 1),
        ("fs_read", lambda: sandbox.fs.read_bytes("bench-4k"), 1),
        ("run_true", lambda: sandbox.run("/bin/true"), 10),
    )


def figure(name, seconds):
    times = sorted(1000 * second for second in seconds)

    def quantile(part):
        return round(times[min(int(part * len(times)), len(times) - 1)], 4)

    print(json.dumps({"call": name, "unit": "ms", "p50": quantile(0.5), "p99": quantile(0.99),
                      "min": quantile(0), "n": len(times)}), flush=True)


def measure(sandbox, count):
    for name, call, part in calls_of(sandbox):
        times = []
        for turn in range(-WARM_UP, max(count // part, 1)):
            start = time.perf_counter()
            call()
            if turn >= 0:
                times.append(time.perf_counter() - start)
        figure(name, times)


async def measure_async(id_, count):
    async with AsyncSandbox.connect(id_) as sandbox:
        for name, call, part in calls_of(sandbox):
            times = []
            for turn in range(-WARM_UP, max(count // part, 1)):
                start = time.perf_counter()
                value = call()
                if inspect.isawaitable(value):
                    await value
                if turn >= 0:
                    times.append(time.perf_counter() - start)
            figure(name, times)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--async", dest="asynchronous", action="store_true")
    parser.add_argument("--sandbox", required=True, help="its id; it has BENCH and bench-4k")
    parser.add_argument("--count", type=int, default=500)
    arguments = parser.parse_args()
    if arguments.asynchronous:
        asyncio.run(measure_async(arguments.sandbox, arguments.count))
    else:
        with Sandbox.connect(arguments.sandbox) as sandbox:
            measure(sandbox, arguments.count)


main()
