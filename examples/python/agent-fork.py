#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An agent that tries several ideas from the same state: a fork is a branch.

The workspace is a program with two defects and its tests. In each round a model proposes changes
(PROPOSALS stands for it); each is applied to a running copy of the sandbox, memory and disk, and
tested there, all at once. The best copy is where the next round starts from; the others are dropped,
with whatever they did.
"""
import asyncio

from libsandbox import AsyncSandbox

PROGRAM = """
def mean(numbers):
    return sum(numbers) / 2

def median(numbers):
    return numbers[len(numbers) // 2]
"""
TESTS = """
import json, program
cases = [(program.mean, [1, 2, 6], 3), (program.mean, [4], 4),
         (program.median, [9, 1, 5], 5), (program.median, [3, 1], 2)]
passed = 0
for function, numbers, expected in cases:
    try: passed += function(numbers) == expected
    except Exception: pass
print(json.dumps({"passed": passed, "of": len(cases)}))
"""
# (what it is about, a shell script that changes program.py)
PROPOSALS = [
    [("delete everything", "rm -f *.py"),
     ("divide by 3", "sed -i 's|/ 2$|/ 3|' program.py"),
     ("divide by the length", "sed -i 's|/ 2$|/ len(numbers)|' program.py")],
    [("sort first", "sed -i 's|return numbers\\[|return sorted(numbers)[|' program.py"),
     ("use the library", "echo 'from statistics import median' >>program.py"),
     ("take the largest", "sed -i 's|return numbers.*|return max(numbers)|' program.py")],
]


async def attempt(branch, change):
    """How many tests pass in that copy with the change."""
    await branch.sh(change, check=False, timeout="60s")
    result = await branch.run("python3", "tests.py", check=False, timeout="60s")
    return result.json()["passed"] if result.ok else 0


async def explore(sandbox, proposals):
    """The best copy and its score. The sandbox itself is left as it was."""
    branches = await sandbox.fork(len(proposals))
    scores = await asyncio.gather(
        *(attempt(branch, change) for branch, (_, change) in zip(branches, proposals)))
    best = scores.index(max(scores))
    for branch in branches:
        if branch is not branches[best]:
            await branch.kill()
    return branches[best], scores, best


async def main():
    state = await AsyncSandbox.create(memory="256MiB", vcpus=1)
    await state.fs.write_text("program.py", PROGRAM)
    await state.fs.write_text("tests.py", TESTS)
    for number, proposals in enumerate(PROPOSALS, 1):
        best, scores, which = await explore(state, proposals)
        await state.kill()
        state = best
        print(f"round {number}: scores {scores}, going on with \"{proposals[which][0]}\"")
    async with state:
        print("all tests pass" if scores[which] == 4 else "not solved")


asyncio.run(main())
