#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A hundred submissions graded at once, each in a sandbox of its own and with limits.

    graders.py [COUNT [AT_ONCE [SECONDS]]]

Of every ten submissions seven are right, one is wrong, one hangs and one is a fork bomb. AT_ONCE
sandboxes exist at the same time (default: two for each processor), the others wait for their turn. A
submission may take SECONDS (default 20), half of them of CPU time.
"""
import asyncio
import collections
import os
import sys
import time

from libsandbox import AsyncSandbox

RIGHT = "print(sum(int(word) for word in input().split()))"
WRONG = "print(42)"
HANGS = "while True: __import__('time').sleep(1)"
FORK_BOMB = """
import os
while True:
    try: os.fork()
    except OSError: pass
"""
SUBMISSIONS = [RIGHT] * 7 + [WRONG, HANGS, FORK_BOMB]


async def grade(submission, turn, seconds):
    """One word: "passed", "wrong", or why it was killed."""
    async with turn, AsyncSandbox.create(memory="256MiB", vcpus=1) as sandbox:
        await sandbox.fs.write_text("answer.py", submission)
        result = await sandbox.run(
            "python3", "answer.py", input="1 2 3 4\n", check=False, timeout=seconds,
            cpu_limit=seconds / 2, process_limit=32, memory_limit="64MiB", output_limit="64KiB")
        if result.cause != "exit":
            return result.cause
        return "passed" if result.exit_code == 0 and result.text() == "10\n" else "wrong"


async def main():
    given = [int(word) for word in sys.argv[1:]]
    count, at_once, seconds = given + [100, 2 * (os.cpu_count() or 1), 20][len(given):]
    turn = asyncio.Semaphore(at_once)
    began = time.monotonic()
    verdicts = collections.Counter(await asyncio.gather(
        *(grade(SUBMISSIONS[number % len(SUBMISSIONS)], turn, seconds) for number in range(count))))
    print(f"{count} graded in {time.monotonic() - began:.1f} s:",
          ", ".join(f"{verdicts[verdict]} {verdict}" for verdict in sorted(verdicts)))


asyncio.run(main())
