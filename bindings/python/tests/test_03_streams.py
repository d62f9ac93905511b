# SPDX-License-Identifier: LGPL-2.1-or-later
"""Commands: output, input, limits; processes and their streams."""
import asyncio
import hashlib
import io
import os
import signal
import subprocess
import tempfile
import time

import pytest

from libsandbox import (
    BusyError, CommandError, CommandTimeoutError, DeadlineError, ExecError, InvalidError,
    NotFoundError, quote,
)


def test_result(sandbox):
    result = sandbox.sh("echo out; echo err >&2; exit 3", check=False)
    assert (result.exit_code, result.stdout, result.stderr) == (3, b"out\n", b"err\n")
    assert not result.ok and result.cause == "exit" and result.signal == 0
    assert result.wall_time > 0 and result.peak_memory > 0 and not result.output_cut
    assert sandbox.sh("echo '{\"a\": [1, 2]}'").json() == {"a": [1, 2]}
    assert sandbox.sh(r"printf 'a\nb\r\nc'").lines() == ["a", "b", "c"]
    assert sandbox.sh(r"printf '\xff'").text() == "\N{REPLACEMENT CHARACTER}"


def test_failure_raises(sandbox):
    with pytest.raises(CommandError, match="exited with 3") as caught:
        sandbox.sh("echo out; echo why >&2; exit 3")
    error = caught.value
    assert error.result.exit_code == 3 and error.result.stdout == b"out\n"
    assert error.cause == "why" and error.code == "COMMAND"
    with pytest.raises(CommandError, match="signal 9"):
        sandbox.sh("kill -9 $$")


def test_run_takes_arguments_as_they_are(sandbox):
    words = ["a b", "", "$HOME", "'", '"', "\\", "ü", "\n", "-n"]
    printed = sandbox.run("printf", "%s|", *words).text()
    assert printed == "".join(f"{word}|" for word in words)
    assert sandbox.sh(f"printf '%s|' {quote(*words)}").text() == printed
    assert sandbox.sh('echo "$0 $1"', args=["zero", "one two"]).text() == "zero one two\n"


def test_how_a_command_runs(sandbox, work):
    assert sandbox.run("pwd", cwd=work).text().strip() == work
    assert sandbox.run("id", "-un", user="root").text() == "root\n"
    assert sandbox.sh("echo $A", env={"A": "x"}).text() == "x\n"
    assert sandbox.run("/usr/bin/env", env={"A": "x"}, clear_env=True).text() == "A=x\n"
    assert sandbox.sh("echo err >&2", stderr="merge").text() == "err\n"
    assert sandbox.sh("echo out", stdout="null").text() == ""


@pytest.mark.parametrize("size", [0, 1, 70_000, 3_000_000])
def test_input(sandbox, size):
    data = os.urandom(size)
    assert sandbox.run("cat", input=data).stdout == data
    with pytest.raises(InvalidError):
        sandbox.run("cat", input=data, stdin="null")


def test_streams_to_files_of_this_program(sandbox):
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as given:
        given.write(b"from here\n")
        given.seek(0)
        result = sandbox.run("cat", stdin=given, stdout=out)
        out.seek(0)
        assert out.read() == b"from here\n" and result.stdout == b""
    assert sandbox.sh("echo x", stdout=subprocess.DEVNULL).stdout == b""
    for wrong in ("nonsense", 1_000_000, io.StringIO()):
        with pytest.raises((InvalidError, OSError)):
            sandbox.sh("true", stdout=wrong)
    with pytest.raises(TypeError):
        sandbox.sh("true", stdout=object())


def test_limits(sandbox):
    slow = sandbox.sh("sleep 60", timeout="200ms", check=False)
    assert slow.cause == "deadline" and slow.exit_code == 137 and not slow.ok
    with pytest.raises(CommandTimeoutError) as caught:
        sandbox.sh("sleep 60", timeout=0.2)
    assert isinstance(caught.value, TimeoutError) and caught.value.result.cause == "deadline"
    loud = sandbox.sh("yes", output_limit=1000, check=False)
    assert loud.cause == "output" and len(loud.stdout) == 1000 and loud.output_cut
    busy = sandbox.sh("while :; do :; done", cpu_limit=0.3, check=False)
    assert busy.cause == "cpu" and busy.cpu_time >= 0.3
    big = sandbox.run("python3", "-c", "x = 'x' * 10**8", memory_limit="32MiB", check=False)
    assert big.oom and big.cause == "oom"
    forks = sandbox.sh("sleep 1 & sleep 1 & sleep 1 & wait", process_limit=2, check=False)
    assert b"fork" in forks.stderr
    for wrong in ({"timeout": 0}, {"timeout": -1}, {"memory_limit": 1}, {"process_limit": -1},
                  {"output_limit": -1}, {"cpu_limit": "x"}):
        with pytest.raises(InvalidError):
            sandbox.sh("true", **wrong)


def test_what_cannot_be_started(sandbox):
    for kind in ({"cwd": "/nowhere"}, {"user": "nobody-of-that-name"}):
        with pytest.raises(ExecError):
            sandbox.sh("true", **kind)
    with pytest.raises(ExecError, match="no-such-program"):
        sandbox.run("no-such-program")
    with pytest.raises(ExecError):
        sandbox.spawn("no-such-program")
    for words in (("a\0b",), ("true", "a\0b")):
        with pytest.raises(InvalidError, match="NUL"):
            sandbox.run(*words)
    with pytest.raises(TypeError):
        sandbox.run(7)
    with pytest.raises(TypeError):
        sandbox.sh(None)


# --- processes ---


def test_talking_to_a_process(sandbox):
    with sandbox.spawn("cat", stdin="pipe") as cat:
        for line in (b"one\n", b"two\n"):
            cat.stdin.write(line)
            cat.stdin.flush()
            assert cat.stdout.readline() == line
        assert cat.poll() is None and cat.exit_code is None and cat.pid > 1
        cat.close_stdin()
        assert cat.stdout.read() == b""
        assert cat.wait(timeout="30s").ok and cat.exit_code == 0


def test_lines_as_they_come(sandbox):
    with sandbox.spawn("for i in 1 2 3; do echo line $i; done; echo e >&2", shell=True) as process:
        assert list(process.lines()) == ["line 1", "line 2", "line 3"]
        assert process.stderr.read() == b"e\n"


def test_talking_to_a_process_with_asyncio(arun):
    async def talk(sandbox):
        async with sandbox.spawn("cat", stdin="pipe") as cat:
            cat.stdin.write(b"one\ntwo\n")
            await cat.stdin.drain()
            first = await cat.stdout.readline()
            await cat.close_stdin()
            rest = [line async for line in cat.stdout]
            return first, rest, await cat.wait()

    first, rest, status = arun(talk)
    assert (first, rest, status.exit_code) == (b"one\n", [b"two\n"], 0)


def test_lines_as_they_come_with_asyncio(arun):
    async def read(sandbox):
        async with sandbox.spawn("seq 3", shell=True) as process:
            return [line async for line in process.lines()]

    assert arun(read) == ["1", "2", "3"]


@pytest.mark.parametrize("size", [0, 100, 2_000_000])
def test_communicate(sandbox, arun, size):
    data = os.urandom(size)
    digest = hashlib.sha256(data).hexdigest()
    script = "tee >(sha256sum >&2)"
    with sandbox.spawn(script, shell=True, stdin="pipe") as process:
        result = process.communicate(data)
    assert result.stdout == data and result.stderr.split()[0].decode() == digest

    async def talk(sandbox):
        async with sandbox.spawn(script, shell=True, stdin="pipe") as process:
            return await process.communicate(data)

    again = arun(talk)
    assert again.stdout == data and again.stderr == result.stderr


def test_input_that_nobody_wants(sandbox, arun):
    with sandbox.spawn("true", stdin="pipe") as process:
        assert process.communicate(b"x" * 1_000_000).ok

    async def talk(sandbox):
        async with sandbox.spawn("true", stdin="pipe") as process:
            return (await process.communicate(b"x" * 1_000_000)).ok

    assert arun(talk)


def test_waiting_and_signals(sandbox):
    with sandbox.spawn("sleep", "60") as process:
        with pytest.raises(DeadlineError) as caught:
            process.wait(timeout=0.05)
        assert isinstance(caught.value, TimeoutError)
        process.signal("TERM")
        status = process.wait()
        assert (status.signal, status.exit_code, status.cause) == (15, 143, "signal")
        process.signal(signal.SIGKILL)  # it has ended: no error
        with pytest.raises(InvalidError):
            process.signal("NONSENSE")
        with pytest.raises(InvalidError):
            process.signal(1000)
        with pytest.raises(InvalidError):
            process.signal(9, scope="family")


def test_block_ends_the_process(sandbox):
    with sandbox.spawn("sleep", "1000") as process:
        id = process.id
        assert id in [info.id for info in sandbox.processes() if info.state == "running"]
        assert process.usage().tasks >= 1
    with sandbox.attach(id) as again:
        assert again.wait().signal == 9


def test_detached(sandbox):
    with sandbox.spawn("echo before; read x; echo after", shell=True, stdin="pipe") as process:
        assert process.stdout.readline() == b"before\n"
        process.detach()
        with pytest.raises(InvalidError):
            process.wait()
        id = process.id
    with sandbox.attach(id) as process:
        assert process.stdout.read() == b"after\n" and process.wait().exit_code == 0
    started = sandbox.spawn("echo kept", shell=True, detached=True)
    id = started.id
    started.close()
    with sandbox.attach(id) as process:
        assert process.stdout.read() == b"kept\n"
    with pytest.raises(NotFoundError):
        sandbox.attach(10**9)
    with sandbox.spawn("sleep", "60") as process:
        with pytest.raises(BusyError):
            sandbox.attach(process.id)
        sandbox.signal_process(process.id, "KILL", scope="all")
        assert process.wait().signal == 9


def test_terminal(sandbox):
    with sandbox.spawn("stty size; read x; stty size", shell=True, stdin="pipe",
                       terminal=(40, 100)) as shell:
        assert shell.stdout.readline() == b"40 100\r\n" and shell.stderr is None
        shell.resize(50, 120)
        shell.stdin.write(b"\n")
        shell.stdin.flush()
        assert b"50 120" in shell.stdout.read()
        with pytest.raises(InvalidError):
            shell.resize(0, 0)


def test_many_at_once_with_asyncio(arun):
    async def flood(sandbox):
        async def one(number):
            text = await sandbox.sh(f"for i in $(seq 200); do echo {number}.$i; done").text()
            return text == "".join(f"{number}.{i}\n" for i in range(1, 201))

        return await asyncio.gather(*(one(number) for number in range(20)))

    assert all(arun(flood))


def test_loop_goes_on_meanwhile(arun):
    async def main(sandbox):
        ticks = 0
        task = asyncio.ensure_future(sandbox.sh("sleep 0.5"))
        while not task.done():
            await asyncio.sleep(0.01)
            ticks += 1
        return ticks

    assert arun(main) > 10


def test_blocking_call_lets_other_threads_run(sandbox):
    import threading
    ticks = []
    over = threading.Event()

    def tick():
        while not over.is_set():
            ticks.append(time.monotonic())
            time.sleep(0.01)

    thread = threading.Thread(target=tick)
    thread.start()
    sandbox.sh("sleep 0.5")
    over.set()
    thread.join()
    assert len(ticks) > 10


def test_ports(sandbox, arun):
    server = ("python3", "-c", "import socket\ns = socket.create_server(('127.0.0.1', 8017))\n"
              "while True:\n c, _ = s.accept()\n c.sendall(c.recv(100).upper())\n c.close()")
    assert sandbox.wait_port(8017, timeout=0) is False
    with pytest.raises(ConnectionRefusedError):
        sandbox.connect_port(8017)
    with sandbox.spawn(*server):
        assert sandbox.wait_port(8017, timeout="60s")
        with sandbox.connect_port(8017) as connection:
            connection.sendall(b"direct")
            assert connection.recv(100) == b"DIRECT"
        assert 8017 in [port.port for port in sandbox.ports()]
        import socket
        with sandbox.forward(8017) as forward:
            assert forward.address == f"127.0.0.1:{forward.port}" and forward.wait(0) is False
            with socket.create_connection(("127.0.0.1", forward.port)) as connection:
                connection.sendall(b"forwarded")
                assert connection.recv(100) == b"FORWARDED"
        with socket.create_server(("127.0.0.1", 0)) as listener:
            with sandbox.forward(8017, listener) as forward:
                with socket.create_connection(listener.getsockname()) as connection:
                    connection.sendall(b"given")
                    assert connection.recv(100) == b"GIVEN"

        async def over_loop(sandbox):
            async with sandbox.forward(8017) as forward:
                reader, writer = await asyncio.open_connection("127.0.0.1", forward.port)
                writer.write(b"loop")
                data = await reader.read()
                writer.close()
                return data

        assert arun(over_loop) == b"LOOP"
    with pytest.raises(InvalidError):
        sandbox.connect_port(70000)


def test_unix_sockets(sandbox, work):
    server = ("python3", "-c", "import socket, sys\ns = socket.socket(socket.AF_UNIX)\n"
              "s.bind(sys.argv[1])\ns.listen()\nprint('up', flush=True)\n"
              "c, _ = s.accept()\nc.sendall(b'hello')\nc.close()\n", f"{work}/socket")
    with sandbox.spawn(*server) as process:
        assert process.stdout.readline() == b"up\n"
        with sandbox.connect_unix(f"{work}/socket") as connection:
            assert connection.recv(100) == b"hello"
    with pytest.raises(OSError):
        sandbox.connect_unix("/nowhere")

