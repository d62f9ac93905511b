# SPDX-License-Identifier: LGPL-2.1-or-later
"""Copies: fork() of sandboxes, snapshots. And os.fork() of this program, which is another thing."""
import asyncio
import os
import traceback

import pytest
from conftest import SMALL

import libsandbox
from libsandbox import AsyncSandbox, ExistsError, ForkedError, InvalidError, NotFoundError, Sandbox


@pytest.fixture(scope="module")
def parent(first):
    with Sandbox.create(**SMALL, timeout="10m", env={"FROM": "parent"}) as sandbox:
        sandbox.fs.write_text("state", "prepared\n")
        with sandbox.spawn("exec -a counter sleep 1000", shell=True, detached=True):
            yield sandbox
        sandbox.kill()


def test_fork(parent):
    with parent.fork(env={"FROM": "child"}, labels={"kind": "child"}) as child:
        assert child.id != parent.id
        assert child.fs.read_text("state") == "prepared\n"
        assert child.sh("echo $FROM; pgrep -fc ^counter").lines() == ["child", "1"]
        child.fs.write_text("state", "changed")
        assert child.info().labels == {"kind": "child"}
    assert parent.fs.read_text("state") == "prepared\n"
    assert child.id not in [info.id for info in Sandbox.list(status="running")]


def test_fork_of_many(parent):
    children = parent.fork(3)
    try:
        script = "cat state; cat /proc/sys/kernel/random/uuid"
        seen = [child.sh(script).lines() for child in children]
        assert [lines[0] for lines in seen] == ["prepared"] * 3
        assert len({lines[1] for lines in seen}) == 3
    finally:
        for child in children:
            child.kill()
    for wrong in (0, -1, 10**6):
        with pytest.raises(InvalidError):
            parent.fork(wrong)


def test_fork_with_asyncio(parent):
    async def main():
        async with AsyncSandbox.connect(parent.id) as sandbox:
            children = await sandbox.fork(2)
            texts = await asyncio.gather(*(child.fs.read_text("state") for child in children))
            for child in children:
                await child.kill()
                await child.close()
            return texts

    assert asyncio.run(main()) == ["prepared\n"] * 2


def test_snapshot(parent):
    name = f"python-test-{os.getpid()}"
    parent.snapshot(name)
    try:
        assert name in [snapshot.name for snapshot in libsandbox.snapshots.list()]
        with pytest.raises(ExistsError):
            parent.snapshot(name)
        with Sandbox.create(root=name, start_timeout=180) as again:
            assert again.sh("cat state; echo $FROM").lines() == ["prepared", "parent"]
    finally:
        libsandbox.snapshots.remove(name)
    with pytest.raises(NotFoundError):
        Sandbox.create(root=name)
    with pytest.raises(InvalidError):
        parent.snapshot("No Good Name")


# --- os.fork() ---


def in_child(function):
    """Runs it after os.fork(); what it raised, as text."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            function()
            status = 0
        except BaseException:
            os.write(writing, traceback.format_exc().encode())
        finally:
            os._exit(status)
    os.close(writing)
    with open(reading) as report:
        text = report.read()
    return os.waitpid(child, 0)[1], text


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_os_fork(parent):
    with parent.fork() as sandbox:  # a session of this process
        file = sandbox.fs.open_file("state")

        def use_what_was_inherited():
            for call in (lambda: sandbox.sh("true"), lambda: file.read(1), sandbox.info,
                         lambda: dict(sandbox.env), lambda: sandbox.fs.umask(0)):
                with pytest.raises(ForkedError, match="fork"):
                    call()
            sandbox.close()  # dropping is safe, and ends nothing
            file.__del__()
            with Sandbox.connect(sandbox.id) as own:
                assert own.sh("echo own").text() == "own\n"

        status, text = in_child(use_what_was_inherited)
        assert status == 0, text
        assert sandbox.sh("echo still here").text() == "still here\n"
        assert file.read(4) == b"prep"
        file.close()


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_os_fork_and_asyncio(parent):
    async def own():
        async with AsyncSandbox.connect(parent.id) as sandbox:
            return await sandbox.sh("echo own").text()

    assert asyncio.run(own()) == "own\n"
    status, text = in_child(lambda: asyncio.run(own()))
    assert status == 0, text
