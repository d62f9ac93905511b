# SPDX-License-Identifier: LGPL-2.1-or-later
"""Giving up: Ctrl-C in a blocking call, cancelling a task."""
import asyncio
import os
import signal
import threading

import pytest
from conftest import SMALL, Counts, wait_until, wait_until_async

from libsandbox import AsyncSandbox, Sandbox


def interrupt_when(started):
    """A thread that sends SIGINT to this process when a condition holds: Ctrl-C."""

    def wait():
        try:
            wait_until(started)
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def runs(sandbox, words):
    return [info for info in sandbox.processes()
            if words in info.command and info.state == "running"]


def test_keyboard_interrupt_ends_the_call_and_the_command(first, sandbox):
    other = Sandbox.connect(first.id)
    before = Counts()
    thread = interrupt_when(lambda: runs(other, "sleep 1001"))
    with pytest.raises(KeyboardInterrupt):
        sandbox.sh("sleep 1001; true")
    thread.join()
    wait_until(lambda: not runs(sandbox, "sleep 1001"))
    assert Counts().no_more_than(before)
    assert sandbox.sh("echo on").text() == "on\n"
    other.close()


def test_keyboard_interrupt_while_creating(first):
    seen = {info.id for info in Sandbox.list()}
    before = Counts()
    thread = interrupt_when(lambda: {info.id for info in Sandbox.list()} - seen)
    with pytest.raises(KeyboardInterrupt):
        while True:  # until one is interrupted on its way
            Sandbox.create(**SMALL, spares=0).kill()
    thread.join()
    wait_until(lambda: not {info.id for info in Sandbox.list(status="running")} - seen)
    assert Counts().no_more_than(before)


def test_other_exceptions_of_signal_handlers(sandbox):
    class Alarm(Exception):
        pass

    def ring(*_):
        raise Alarm

    old = signal.signal(signal.SIGALRM, ring)
    try:
        for call in (lambda: sandbox.sh("sleep 1000"), lambda: sandbox.wait_port(9),
                     lambda: sandbox.spawn("sleep", "1000").wait()):
            signal.setitimer(signal.ITIMER_REAL, 0.3)
            with pytest.raises(Alarm):
                call()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    assert sandbox.sh("echo on").text() == "on\n"


def test_signals_whose_handlers_return(sandbox):
    rings = []
    old = signal.signal(signal.SIGALRM, lambda *_: rings.append(sandbox.info().id))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
        assert sandbox.sh("sleep 0.7; echo slept").text() == "slept\n"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    assert rings and set(rings) == {sandbox.id}


def test_cancelling_a_task_ends_the_command(arun, sandbox):
    async def main(own):
        task = asyncio.ensure_future(own.sh("sleep 1002; true"))
        await wait_until_async(lambda: runs(sandbox, "sleep 1002"))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await own.sh("echo on").text()) == "on\n"

    arun(main)
    wait_until(lambda: not runs(sandbox, "sleep 1002"))


def test_wait_for(arun):
    async def main(sandbox):
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(sandbox.sh("sleep 1000"), 0.2)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(sandbox.wait_port(9), 0.2)
        async with sandbox.spawn("sleep", "1000") as process:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(process.wait(), 0.1)
            await process.kill()
            return (await process.wait()).signal

    assert arun(main) == 9


def test_cancelling_a_create(first, nothing_left):
    seen = {info.id for info in Sandbox.list()}

    async def main():
        tasks = [asyncio.ensure_future(AsyncSandbox.create(**SMALL)) for _ in range(3)]
        await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(main())
    wait_until(lambda: not {info.id for info in Sandbox.list(status="running")} - seen)


def test_cancelling_at_every_moment(arun, first):
    """Whatever the call is doing, it ends, and nothing is left."""
    before = Counts()

    async def main(sandbox):
        cancelled = finished = 0
        for turn in range(60):
            task = asyncio.ensure_future(sandbox.fs.read_bytes("/etc/passwd"))
            for _ in range(turn % 12):
                await asyncio.sleep(0)
            if turn % 3 == 0:
                await asyncio.sleep(0.0005 * turn)
            task.cancel()
            try:
                finished += len(await task) > 0
            except asyncio.CancelledError:
                cancelled += 1
        assert b"root" in await sandbox.fs.read_bytes("/etc/passwd")
        return cancelled, finished

    cancelled, finished = arun(main)
    assert cancelled > 0 and cancelled + finished == 60
    assert Counts().no_more_than(before)


def test_loop_that_ends_with_calls_under_way(nothing_left, first, sandbox):
    async def main():
        other = await AsyncSandbox.connect(first.id)
        asyncio.ensure_future(other.sh("sleep 1003; true"))
        await wait_until_async(lambda: runs(sandbox, "sleep 1003"))

    asyncio.run(main())
    wait_until(lambda: not runs(sandbox, "sleep 1003"))
