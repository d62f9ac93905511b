# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is used again and again takes no more of objects, descriptors and memory."""
import asyncio
import gc

import pytest
from conftest import Counts

from libsandbox import NotFoundError, Sandbox, SandboxError


def memory():
    """Bytes that this process has for itself."""
    gc.collect()
    with open("/proc/self/smaps_rollup") as rollup:
        return sum(int(line.split()[1]) for line in rollup if line.startswith("Private_")) * 1024


def use(first, sandbox):
    sandbox.sh("echo x; echo y >&2")
    sandbox.fs.write_bytes("/tmp/leak", b"x" * 1_000_000)
    sandbox.fs.read_bytes("/tmp/leak")
    with sandbox.fs.open("/tmp/leak") as file:
        file.read()
    sandbox.fs.listdir("/etc")
    with sandbox.spawn("cat", stdin="pipe") as process:
        process.communicate(b"x")
    with pytest.raises(NotFoundError):
        sandbox.fs.stat("/nowhere")
    with pytest.raises(SandboxError):
        sandbox.sh("exit 1")
    with Sandbox.connect(first.id) as other, other.events() as events:
        events.poll()
        other.env.get("A")
        other.info()
        other.stats()


def check(action):
    """What leaks grows each time; an allocator that finds its size does not."""
    action()
    counts, growth = Counts(), []
    for _ in range(4):
        before = memory()
        for _ in range(6):
            action()
        growth.append(memory() - before)
        if growth[-1] < 1_000_000:
            break
    after = Counts()
    assert after.no_more_than(counts), (counts, after)
    assert growth[-1] < 1_000_000, growth


def test_blocking_calls(first, sandbox):
    check(lambda: use(first, sandbox))


def test_asyncio(first, arun):
    async def main(sandbox):
        await asyncio.gather(*(sandbox.sh("echo x").text() for _ in range(4)))
        await sandbox.fs.write_bytes("/tmp/leak", b"x" * 1_000_000)
        await sandbox.fs.read_bytes("/tmp/leak")
        async with sandbox.spawn("cat", stdin="pipe") as process:
            await process.communicate(b"x")
        with pytest.raises(NotFoundError):
            await sandbox.fs.stat("/nowhere")
        task = asyncio.ensure_future(sandbox.sh("sleep 1000"))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    check(lambda: arun(main))


def test_progress_functions(sandbox, tmp_path):
    (tmp_path / "file").write_bytes(b"x" * 1000)
    check(lambda: sandbox.fs.upload(tmp_path / "file", "/tmp/leak", progress=lambda *what: None))
