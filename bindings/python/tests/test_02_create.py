# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sandboxes: making, finding, ending."""
import asyncio
import datetime
import multiprocessing
import pickle

import pytest
from conftest import SMALL, wait_until

import libsandbox
from libsandbox import AsyncSandbox, ClosedError, GoneError, InvalidError, NotFoundError, Sandbox


def test_first_program(first):
    with Sandbox.create(**SMALL) as sandbox:
        assert sandbox.sh("echo hello from $(whoami)").text() == "hello from app\n"
        id = sandbox.id
    assert id not in [info.id for info in Sandbox.list(status="running")]
    with pytest.raises(ClosedError):
        sandbox.sh("true")


def test_first_program_with_asyncio(first):
    async def main():
        async with AsyncSandbox.create(**SMALL) as sandbox:
            text = await sandbox.sh("echo hello from $(whoami)").text()
            return sandbox.id, text, await sandbox.sh("true")

    id, text, result = asyncio.run(main())
    assert text == "hello from app\n" and result.ok
    assert id not in [info.id for info in Sandbox.list(status="running")]


def test_options(make):
    sandbox = make(memory="300MiB", vcpus=1, disk_size="1GiB", timeout="5m", spares=0,
                   env={"GREETING": "hello", "EMPTY": ""}, labels={"kind": "test", "ä": "ö"})
    info = sandbox.info()
    assert (info.memory, info.vcpus, info.disk_size) == (300 << 20, 1, 1 << 30)
    assert info.labels == {"kind": "test", "ä": "ö"} and info.status == "running"
    assert sandbox.sh('echo "$GREETING${EMPTY+,}"; nproc').lines() == ["hello,", "1"]
    left = info.deadline - datetime.datetime.now(datetime.timezone.utc)
    assert 200 < left.total_seconds() < 301

    # It lives by itself now: another handle finds it, and dropping one ends nothing.
    sandbox.close()
    assert [found.id for found in Sandbox.list(labels={"kind": "test"})] == [sandbox.id]
    assert Sandbox.list(labels={"kind": None, "missing": None}) == []
    with Sandbox.connect(sandbox.id) as again:
        deadline = again.extend("1h")
        assert deadline - info.deadline > datetime.timedelta(minutes=50)
        assert again.info().deadline == deadline
    Sandbox.connect(sandbox.id).kill()
    with pytest.raises((GoneError, NotFoundError)):
        Sandbox.connect(sandbox.id)


@pytest.mark.parametrize("options", [
    {"memory": "1 potato"}, {"memory": -1}, {"memory": 1}, {"memory": 2**80}, {"vcpus": 0},
    {"vcpus": 10**12}, {"disk_size": "1KiB"}, {"timeout": "soon"}, {"timeout": 0}, {"timeout": -1},
    {"timeout": 1e300}, {"timeout": float("nan")}, {"env": {"A=B": "x"}}, {"env": {"A": "x\0y"}},
    {"labels": {"": "x"}}, {"image": "no good name"}, {"root": "UPPER"}, {"spares": -7},
])
def test_options_that_are_refused(options):
    with pytest.raises((InvalidError, libsandbox.TooBigError)) as caught:
        Sandbox.create(**options)
    assert caught.value.code in ("INVALID", "TOO_BIG")
    assert isinstance(caught.value, ValueError) or caught.value.code == "TOO_BIG"
    with pytest.raises((InvalidError, libsandbox.TooBigError)):
        AsyncSandbox.create(**options)


@pytest.mark.parametrize("options", [
    {"memory": 1.5}, {"memory": True}, {"vcpus": "2"}, {"timeout": []}, {"image": 3}])
def test_options_of_another_type(options):
    with pytest.raises(TypeError):
        Sandbox.create(**options)


def test_sizes_and_durations():
    assert libsandbox.parse_size("1.5GiB") == 3 << 29
    assert libsandbox.parse_duration("5m") == 300 == libsandbox.parse_duration(300)
    assert libsandbox.parse_duration("500ms") == 0.5
    assert libsandbox.parse_duration(datetime.timedelta(hours=1)) == 3600


def test_what_does_not_exist():
    with pytest.raises(InvalidError):
        Sandbox.connect("nonsense")
    with pytest.raises(NotFoundError):
        Sandbox.connect("sbx_loc_00000000000000000000")
    with pytest.raises(NotFoundError):
        Sandbox.create(image="builtin:no-such")
    with pytest.raises(TypeError, match="create"):
        Sandbox("sbx_loc_00000000000000000000")


def test_pause_and_resume(make):
    sandbox = make()
    sandbox.pause()
    assert sandbox.info().status == "paused"
    with pytest.raises(libsandbox.BusyError):
        sandbox.sh("true")
    sandbox.resume()
    assert sandbox.sh("echo on").text() == "on\n"
    sandbox.kill()
    sandbox.kill()  # of one that has ended: no error
    with pytest.raises(GoneError):
        sandbox.sh("true")


def test_subclass(first):
    class Mine(Sandbox):
        def hello(self):
            return self.sh("echo hello").text()

    with Mine.connect(first.id) as mine:
        assert isinstance(mine, Mine) and mine.hello() == "hello\n"


def test_what_it_looks_like(first, sandbox):
    assert sandbox.id in repr(sandbox) and sandbox.id in sandbox._repr_html_()
    result = sandbox.sh("echo '<b>'")
    assert "exited with 0" in repr(result) and "&lt;b&gt;" in result._repr_html_()
    sandbox.close()
    assert "closed" in repr(sandbox)


def test_pickling_is_refused(sandbox):
    with pytest.raises(TypeError, match="connect"):
        pickle.dumps(sandbox)


def uname(id):
    with Sandbox.connect(id) as sandbox:
        return sandbox.sh("uname").text()


def test_multiprocessing_by_id(first):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(uname, (first.id,)) == "Linux\n"


def test_environment(sandbox):
    sandbox.env["COLOUR"] = "blue"
    assert sandbox.env["COLOUR"] == "blue" == sandbox.sh("printf $COLOUR").text()
    assert "COLOUR" in sandbox.env and dict(sandbox.env)["COLOUR"] == "blue"
    sandbox.env.update(SHAPE="round", COLOUR="red")
    assert sandbox.env.pop("SHAPE") == "round" and sandbox.env.get("SHAPE") is None
    del sandbox.env["COLOUR"]
    with pytest.raises(KeyError):
        sandbox.env["COLOUR"]
    with pytest.raises(KeyError):
        del sandbox.env["COLOUR"]
    with pytest.raises(InvalidError):
        sandbox.env["A=B"] = "x"
    assert sandbox.sh("echo ${COLOUR-none}").text() == "none\n"


def test_environment_with_asyncio(arun):
    async def use(sandbox):
        await sandbox.env.set("COLOUR", "blue")
        await sandbox.env.update({"SHAPE": "round"})
        found = await sandbox.env.to_dict()
        text = await sandbox.sh("echo $COLOUR $SHAPE").text()
        for name in found:
            await sandbox.env.delete(name)
        return found, text, await sandbox.env.get("COLOUR"), await sandbox.env.get("COLOUR", "x")

    found, text, gone, default = arun(use)
    assert found == {"COLOUR": "blue", "SHAPE": "round"} and text == "blue round\n"
    assert gone is None and default == "x"


def test_events(make):
    sandbox = make(timeout="5m")
    with sandbox.events("all") as events:
        sandbox.sh("exit 3", check=False)
        sandbox.kill()
        seen = list(events)
    types = [event.type for event in seen]
    assert types[:2] == ["created", "ready"] and types[-1] == "ended"
    assert {event.sandbox for event in seen} == {sandbox.id}
    ended = next(event for event in seen if event.type == "process-exited")
    assert (ended.code, ended.cause) == (3, "exit") and "exit 3" in ended.command
    with libsandbox.events() as every:
        assert every.next(timeout=0) is None and every.poll() is None


def test_figures(sandbox):
    stats = sandbox.stats()
    assert stats.cpu > 0 and stats["memory_size"] == 256 << 20 and stats.guest_processes > 1
    with pytest.raises(AttributeError):
        stats.nonsense
    assert libsandbox.total_stats()["sandboxes"] >= 1
    sandbox.sh("echo from the console > /dev/console", user="root")
    assert b"from the console" in sandbox.console()


def test_host(first):
    report = libsandbox.doctor()
    assert isinstance(report["ok"], bool) and report["checks"]
    assert any(image.name == "builtin:debian-13" for image in libsandbox.images.list())
    limits = libsandbox.limits.get()
    assert limits.sandboxes.used >= 1 and limits.memory.used >= 256 << 20
    libsandbox.limits.set(vcpus=1000)
    assert libsandbox.limits.get().vcpus.limit == 1000
    libsandbox.limits.set(vcpus=0)
    assert libsandbox.limits.get().vcpus.limit is None
    before = libsandbox.pools.settings()
    libsandbox.pools.set_size(1)
    assert libsandbox.pools.settings().setting == 1
    libsandbox.pools.set_size(None if before.setting < 0 else before.setting)
    assert isinstance(libsandbox.pools.list(), list)
    assert isinstance(libsandbox.templates.list(), list)
    with pytest.raises(NotFoundError):
        libsandbox.templates.remove("0" * 64)
    with pytest.raises(NotFoundError):
        libsandbox.snapshots.remove("no-such-snapshot")
    with pytest.raises(NotFoundError):
        libsandbox.images.remove("builtin:no-such")


def test_host_with_asyncio(first):
    async def look():
        return await asyncio.gather(
            libsandbox.aio.doctor(), libsandbox.aio.images.list(), libsandbox.aio.limits.get(),
            AsyncSandbox.list())

    report, images, limits, sandboxes = asyncio.run(look())
    assert report["checks"] and images and limits.sandboxes.used >= 1
    assert first.id in [info.id for info in sandboxes]


def test_session_ends_with_its_last_object(first):
    sandbox = Sandbox.create(**SMALL)
    id = sandbox.id
    del sandbox
    wait_until(lambda: id not in [info.id for info in Sandbox.list(status="running")])
