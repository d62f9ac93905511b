# SPDX-License-Identifier: LGPL-2.1-or-later
"""The garbage collector drops objects when and in what order it likes."""
import asyncio
import gc
import itertools
import random
import threading

import pytest
from conftest import SMALL, wait_until

from libsandbox import AsyncSandbox, Sandbox


def objects_of(sandbox):
    """One of everything that holds something."""
    process = sandbox.spawn("cat", stdin="pipe")
    return {
        "process": process, "stdin": process.stdin, "stdout": process.stdout,
        "file": sandbox.fs.open_file("/etc/passwd"),
        "buffered": sandbox.fs.open("/etc/passwd", "rb"),
        "watch": sandbox.fs.watch("/tmp"), "forward": sandbox.forward(80),
        "events": sandbox.events(), "entries": sandbox.fs.iterdir("/etc"),
        "env": sandbox.env, "fs": sandbox.fs,
    }


def test_any_order_of_release(first, nothing_left):
    chance = random.Random(5)
    for _ in range(3):
        things = objects_of(Sandbox.connect(first.id))
        next(things["entries"])
        names = list(things)
        chance.shuffle(names)
        for name in names:
            del things[name]
            gc.collect()


def test_any_order_of_closing(first, nothing_left):
    for turn, order in enumerate(itertools.permutations(["process", "file", "watch", "sandbox"])):
        if turn % 4:
            continue
        sandbox = Sandbox.connect(first.id)
        things = {**objects_of(sandbox), "sandbox": sandbox}
        for name in order:
            things[name].close()
        del things, sandbox


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_cycles(first, nothing_left):
    for _ in range(5):
        sandbox = Sandbox.connect(first.id)
        things = objects_of(sandbox)
        sandbox.things, things["self"] = things, sandbox
        del sandbox, things
    gc.collect()


def test_objects_hold_the_sandbox(first):
    """A session lasts as long as something of it is held."""
    sandbox = Sandbox.create(**SMALL)
    id, fs = sandbox.id, sandbox.fs
    del sandbox
    gc.collect()
    assert fs.read_text("/etc/hostname")
    process = Sandbox.connect(id).spawn("cat", stdin="pipe")
    del fs
    gc.collect()
    process.close()
    wait_until(lambda: id not in [info.id for info in Sandbox.list(status="running")])


def test_collector_storm(nothing_left, sandbox, arun):
    """gc.collect() as often as possible, in other threads and between all steps."""
    over = threading.Event()

    def storm():
        while not over.is_set():
            gc.collect()

    async def use(own):
        async def one(number):
            text = await own.sh(f"echo {number}").text()
            await own.fs.write_text(f"/tmp/storm-{number}", text)
            async with own.spawn("cat", stdin="pipe") as process:
                result = await process.communicate(text)
            names = [entry.name async for entry in own.fs.iterdir("/tmp")]
            return result.text() == f"{number}\n" and f"storm-{number}" in names

        return await asyncio.gather(*(one(number) for number in range(8)))

    old = gc.get_threshold()
    gc.set_threshold(1, 1, 1)
    thread = threading.Thread(target=storm)
    thread.start()
    try:
        assert all(arun(use))
        for number in range(5):
            assert sandbox.run("echo", str(number)).text() == f"{number}\n"
            assert sandbox.fs.read_text(f"/tmp/storm-{number}") == f"{number}\n"
    finally:
        over.set()
        thread.join()
        gc.set_threshold(*old)


def test_what_is_dropped_while_it_is_awaited(first, nothing_left):
    async def main():
        sandbox = await AsyncSandbox.connect(first.id)
        tasks = [asyncio.ensure_future(sandbox.sh(f"sleep 0.2; echo {number}").text())
                 for number in range(4)]
        await asyncio.sleep(0)
        await sandbox.close()
        del sandbox
        gc.collect()
        return await asyncio.gather(*tasks, return_exceptions=True)

    assert asyncio.run(main()) == [f"{number}\n" for number in range(4)]


def test_closing_in_another_thread(first):
    """A call that runs has what it needs, whatever is closed meanwhile."""
    sandbox = Sandbox.connect(first.id)
    watch = sandbox.fs.watch("/tmp")
    found = []
    thread = threading.Thread(target=lambda: found.append(watch.next(timeout=1)))
    thread.start()
    watch.close()
    sandbox.close()
    thread.join()
    assert found in ([None], [])  # it waited to its end, or came too late

