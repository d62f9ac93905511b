# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests share: sandboxes that a module, or all, use.

The tests are numbered as one would learn the package, and are meant to be read. They need real VMs;
where these cannot run they are skipped with the reason, unless SBX_TEST_MUST_RUN=1.
"""
import asyncio
import gc
import os
import signal
import time
from pathlib import Path

import pytest

import libsandbox
from libsandbox import AsyncSandbox, Sandbox, SandboxError, _engine

FACTOR = float(os.environ.get("SBX_TEST_TIME_FACTOR", "1"))
SMALL = {"memory": "256MiB", "start_timeout": 180 * FACTOR}
HERE = Path(__file__).resolve().parent

# Whoever runs the tests in the background may have had it ignored, and with it all that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def first():
    """A sandbox that all tests share; it also says whether VMs run here."""
    try:
        sandbox = Sandbox.create(**SMALL)
    except SandboxError as error:
        if os.environ.get("SBX_TEST_MUST_RUN") == "1":
            raise
        pytest.skip(f"no VM can run here: {error}")
    with sandbox:
        yield sandbox


@pytest.fixture
def sandbox(first):
    """A handle of its own to the sandbox that all share."""
    handle = Sandbox.connect(first.id)
    yield handle
    handle.close()


@pytest.fixture
def make(first):
    """Makes a sandbox of this test alone: make(timeout="1m")."""
    made = []

    def create(**options):
        made.append(Sandbox.create(**{**SMALL, **options}))
        return made[-1]

    yield create
    for sandbox in made:
        if not sandbox.closed:
            sandbox.kill()
            sandbox.close()


@pytest.fixture
def work(sandbox):
    """A new directory in the shared sandbox."""
    path = sandbox.fs.temp_dir()
    yield path
    sandbox.fs.rmtree(path, user="root")


@pytest.fixture
def arun(first):
    """Runs `async def f(sandbox)` in a loop of its own, with a handle to the shared sandbox."""

    def run(function):
        async def main():
            async with AsyncSandbox.connect(first.id) as sandbox:
                return await function(sandbox)

        return asyncio.run(main())

    return run


LINKS = 16  # idle connections to the keeper that the C library keeps for the next call


class Counts:
    """Objects of the C library, and descriptors of this process."""

    def __init__(self):
        gc.collect()
        self.handles = _engine.live_handles()
        self.links = []
        for number in sorted(os.listdir("/proc/self/fd"), key=int):
            try:
                self.links.append(f"{number}: {os.readlink(f'/proc/self/fd/{number}')}")
            except OSError:  # that of the directory itself
                pass
        self.sockets = sum("socket:" in link for link in self.links)

    def no_more_than(self, before):
        return (self.handles <= before.handles and self.sockets <= before.sockets + LINKS
                and len(self.links) - self.sockets <= len(before.links) - before.sockets)

    def __repr__(self):
        return f"{self.handles} objects, {len(self.links)} descriptors: {self.links}"


@pytest.fixture
def nothing_left():
    """Fails when a test leaves objects or descriptors behind."""
    before = Counts()
    yield
    after = Counts()
    assert after.no_more_than(before)


def wait_until(condition, seconds=60.0):
    """Looks again after each event of any sandbox."""
    end = time.monotonic() + seconds * FACTOR
    with libsandbox.events() as events:
        while not condition():
            left = end - time.monotonic()
            assert left > 0 and events.next(timeout=left), "it did not happen in time"


async def wait_until_async(condition):
    await asyncio.get_running_loop().run_in_executor(None, wait_until, condition)


assert libsandbox.__version__
