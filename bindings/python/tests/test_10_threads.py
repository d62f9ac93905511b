# SPDX-License-Identifier: LGPL-2.1-or-later
"""Threads: each call has a queue and a connection to itself."""
import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

from conftest import Counts

from libsandbox import AsyncSandbox, Sandbox


def test_one_sandbox_in_many_threads(sandbox):
    def one(number):
        sandbox.fs.write_text(f"/tmp/thread-{number}", str(number))
        text = sandbox.run("cat", input=b"%d" % number).text()
        return text == sandbox.fs.read_text(f"/tmp/thread-{number}") == str(number)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(one, range(40)))


def test_threads_that_come_and_go(sandbox):
    threading.Thread(target=sandbox.info).start()
    before = Counts()
    for _ in range(20):
        thread = threading.Thread(target=sandbox.info)
        thread.start()
        thread.join()
    after = Counts()
    assert after.no_more_than(before), (before, after)


def test_a_loop_in_each_thread(first):
    async def main(number):
        async with AsyncSandbox.connect(first.id) as sandbox:
            return await asyncio.gather(
                *(sandbox.sh(f"echo {number}.{i}").text() for i in range(3)))

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda number: asyncio.run(main(number)), range(8)))
    assert found == [[f"{number}.{i}\n" for i in range(3)] for number in range(8)]


def test_blocking_calls_beside_a_loop(first, sandbox):
    async def main():
        async with AsyncSandbox.connect(first.id) as own:
            loop = asyncio.get_running_loop()
            return await asyncio.gather(
                own.sh("sleep 0.2; echo loop").text(),
                loop.run_in_executor(None, lambda: sandbox.sh("sleep 0.2; echo thread").text()))

    assert asyncio.run(main()) == ["loop\n", "thread\n"]


def test_killed_by_another_thread(make):
    sandbox = make()
    found = []

    def wait():
        try:
            sandbox.sh("echo up > /tmp/up; sleep 1000")
        except Exception as error:
            found.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    with sandbox.fs.watch("/tmp") as watch:
        while not sandbox.fs.exists("/tmp/up"):
            watch.next(timeout=1)
    Sandbox.connect(sandbox.id).kill()
    thread.join(60)
    assert found[0].code == "GONE"
