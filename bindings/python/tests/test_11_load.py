# SPDX-License-Identifier: LGPL-2.1-or-later
"""A hundred at once."""
import asyncio

import libsandbox
from libsandbox import AsyncSandbox


def test_the_work_of_a_hundred_sandboxes(first, nothing_left):
    """A hundred handles, each with a command, a file, and a process that talks, all at once.

    They lead to one VM: a small machine has no room for a hundred. What the package and the
    library do for them is the same.
    """

    async def one(number):
        async with AsyncSandbox.connect(first.id) as sandbox:
            if number % 4 == 0:  # file calls have a process in the guest for each handle
                path = f"/tmp/load-{number}"
                await sandbox.fs.write_text(path, f"{number}\n" * 100)
                assert await sandbox.fs.read_text(path) == f"{number}\n" * 100
            result = await sandbox.sh(f"echo {number}; echo -{number} >&2")
            async with sandbox.spawn("cat", stdin="pipe") as process:
                answer = await process.communicate(str(number) * 100)
            return (result.text(), result.stderr.decode(), answer.text()) == (
                f"{number}\n", f"-{number}\n", str(number) * 100)

    async def main():
        return await asyncio.gather(*(one(number) for number in range(100)))

    assert asyncio.run(main()) == [True] * 100


def test_many_creates_at_once(first, nothing_left):
    """Those that find no room wait for it: `wait`."""

    async def one(number):
        async with AsyncSandbox.create(memory="256MiB", start_timeout=600, wait="10m") as sandbox:
            return await sandbox.sh(f"echo {number}").text()

    async def main():
        before = (await libsandbox.aio.limits.get()).sandboxes
        await libsandbox.aio.limits.set(sandboxes=before.used + 3)
        try:
            return await asyncio.gather(*(one(number) for number in range(8)))
        finally:
            await libsandbox.aio.limits.set(sandboxes=before.limit or 0)

    assert asyncio.run(main()) == [f"{number}\n" for number in range(8)]


def test_much_output_of_many(arun):
    async def main(sandbox):
        script = "head -c 2000000 /dev/zero | tr '\\0' "
        letters = "abcdefgh"
        results = await asyncio.gather(*(sandbox.sh(script + letter) for letter in letters))
        return [(len(result.stdout), set(result.stdout)) for result in results]

    assert arun(main) == [(2_000_000, {ord(letter)}) for letter in "abcdefgh"]
