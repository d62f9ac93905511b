# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sandboxes."""
from __future__ import annotations

import datetime
import socket
from types import TracebackType
from typing import Any, List, Mapping, NoReturn, Optional, Sequence, Tuple, Type, Union, overload

from .. import _abi, _calls
from .._arguments import (
    STDERR, STDIN, STDOUT, Command, Duration, Labels, Path, Size, Stdio, Variables, choice,
    duration_ms, encode, lifetime_ms, list_options, moment_ms, path as encode_path,
    sandbox_options, signal_number, timeout_ms,
)
from .._engine import Handle
from .._errors import InvalidError, SandboxError
from .._html import table
from .._library import lib
from .._records import (
    PORTS, PROCESSES, RESULT, SANDBOXES, STATUSES, PortInfo, ProcessInfo, Result, SandboxInfo,
    Stats, moment, take_stats, text,
)
from ._support import Pending, PendingResult, pending, pending_result, run
from .env import AsyncEnv
from .events import AsyncEvents
from .filesystem import AsyncFileSystem
from .ports import AsyncForward
from .process import SCOPES, AsyncProcess


class AsyncSandbox:
    """A Linux microVM to run untrusted code in.

        async with AsyncSandbox.create(memory="1GiB") as sandbox:
            print(await sandbox.sh("ls -lh /").text())

    Made by create(), connect() or fork(). Without a `timeout` it belongs to this process, and is
    gone at the end of the `async with` block, when it is closed or collected, or when the process
    ends, however. With one it lives that long by itself.

    Times are seconds, or text like "500ms", "30s", "5m", "2h"; sizes bytes, or text like "512MiB".
    """

    def __init__(self, handle: Handle, owned: bool = False) -> None:
        if not isinstance(handle, Handle):
            raise TypeError("a sandbox is made with AsyncSandbox.create() or .connect()")
        self._handle = handle
        self._owned = owned
        self._id = text(lib.sbx_id(handle.pointer))
        self.fs = AsyncFileSystem(handle)
        self.env = AsyncEnv(handle)

    # --- making and finding ---

    @classmethod
    def create(cls, *, image: Optional[str] = None, memory: Optional[Size] = None,
               vcpus: Optional[int] = None, disk_size: Optional[Size] = None,
               timeout: Optional[Duration] = None, start_timeout: Optional[Duration] = None,
               root: Optional[str] = None, wait: Optional[Duration] = None,
               spares: Optional[int] = None, env: Optional[Variables] = None,
               labels: Optional[Labels] = None) -> Pending[AsyncSandbox]:
        """Makes a sandbox; it is there when a command can run in it.

        image: what it boots from; root: a snapshot to go on from instead. timeout: how long it
        lives, whoever holds it; None or "session": as long as this object. start_timeout: how long
        the guest may take to come up. wait: how long to wait for room when the limits are reached
        ("forever"); not at all by default. spares: how many VMs of this kind the keeper is to have
        ready.
        """
        options = sandbox_options(
            image=image, memory=memory, vcpus=vcpus, disk_size=disk_size, timeout=timeout,
            start_timeout=start_timeout, root=root, wait=wait, spares=spares, env=env,
            labels=labels)
        return pending(cls._create(options, timeout is None or lifetime_ms(timeout) == 0))

    @classmethod
    async def _create(cls, options: Optional[Handle], owned: bool) -> AsyncSandbox:
        return cls(await run(_calls.create(options)), owned)

    @classmethod
    def connect(cls, id: str) -> Pending[AsyncSandbox]:
        """Attaches to a running sandbox of this user. Closing it ends nothing."""
        return pending(cls._connect(encode(id, "id")))

    @classmethod
    async def _connect(cls, id: bytes) -> AsyncSandbox:
        return cls(await run(_calls.connect(id, None)))

    @staticmethod
    async def list(*, labels: Optional[Mapping[str, Optional[str]]] = None,
                   status: Optional[str] = None) -> List[SandboxInfo]:
        """The sandboxes of this user, oldest first; those with these labels (None: any value)."""
        number = None if status is None else choice(status, STATUSES, "status")
        options = list_options(labels, number)
        if options is None:
            return SANDBOXES.take_all(await run(_calls.list_get()))
        return SANDBOXES.take_all(await run(_calls.list_get_filtered(options)))

    @property
    def id(self) -> str:
        """Its id, for connect() in this or another process of this user."""
        return self._id

    @property
    def closed(self) -> bool:
        """Whether this object was closed. The sandbox itself may have ended without that."""
        return self._handle.closed

    # --- commands ---

    def sh(self, script: Union[str, bytes], *, args: Sequence[str] = (), check: bool = True,
           input: Union[bytes, str, None] = None, env: Optional[Variables] = None,
           clear_env: bool = False, cwd: Optional[Path] = None, user: Optional[str] = None,
           stdin: Stdio = None, stdout: Stdio = None, stderr: Stdio = None,
           timeout: Optional[Duration] = None, cpu_limit: Optional[Duration] = None,
           memory_limit: Optional[Size] = None, process_limit: Optional[int] = None,
           output_limit: Optional[Size] = None) -> PendingResult:
        """Runs a bash script to its end, as user "app" in its home.

            await sandbox.sh("git rev-parse HEAD", cwd="work").text()

        A script that fails raises CommandError, which has the result; check=False returns it. What
        did not come from the program itself goes in with quote(), `args` ($0, $1, ...) or `env`.
        All other parameters are those of run().
        """
        command = Command.script(script, args)
        return pending_result(self._run(command, check, input, (stdin, stdout, stderr), dict(
            env=env, clear_env=clear_env, cwd=cwd, user=user, timeout=timeout, cpu_limit=cpu_limit,
            memory_limit=memory_limit, process_limit=process_limit, output_limit=output_limit)))

    def run(self, program: Union[str, bytes], *args: Union[str, bytes], check: bool = True,
            input: Union[bytes, str, None] = None, env: Optional[Variables] = None,
            clear_env: bool = False, cwd: Optional[Path] = None, user: Optional[str] = None,
            stdin: Stdio = None, stdout: Stdio = None, stderr: Stdio = None,
            timeout: Optional[Duration] = None, cpu_limit: Optional[Duration] = None,
            memory_limit: Optional[Size] = None, process_limit: Optional[int] = None,
            output_limit: Optional[Size] = None) -> PendingResult:
        """Runs a program to its end and collects its output.

        check: raise CommandError unless it exits with 0. input: what it reads. env: variables
        besides the sandbox's; clear_env: instead of them. user: "root" for example. stdin, stdout,
        stderr: "null", "inherit", a descriptor or an open file; stderr="merge": where stdout goes.
        timeout, cpu_limit, memory_limit, process_limit, output_limit: it and all it has started are
        killed beyond them; Result.cause says so.
        """
        command = Command.program([program, *args])
        return pending_result(self._run(command, check, input, (stdin, stdout, stderr), dict(
            env=env, clear_env=clear_env, cwd=cwd, user=user, timeout=timeout, cpu_limit=cpu_limit,
            memory_limit=memory_limit, process_limit=process_limit, output_limit=output_limit)))

    async def _run(self, command: Command, check: bool, input: Union[bytes, str, None],
                   streams: Tuple[Stdio, Stdio, Stdio], settings: Mapping[str, Any]) -> Result:
        if input is not None and streams[STDIN] is not None:
            raise InvalidError("input and stdin exclude each other", hint="leave one out")
        command.settings(**settings)
        for stream, what in enumerate(streams):
            command.stream(stream, what)
        command.feed(input)
        handle = await run(_calls.run(self._handle, command.handle))
        result = RESULT.take_result(handle, command.words)
        return result.check() if check else result

    def spawn(self, program: Union[str, bytes], *args: Union[str, bytes], shell: bool = False,
              env: Optional[Variables] = None, clear_env: bool = False, cwd: Optional[Path] = None,
              user: Optional[str] = None, stdin: Stdio = "null", stdout: Stdio = "pipe",
              stderr: Stdio = "pipe", timeout: Optional[Duration] = None,
              cpu_limit: Optional[Duration] = None, memory_limit: Optional[Size] = None,
              process_limit: Optional[int] = None, output_limit: Optional[Size] = None,
              terminal: Optional[Tuple[int, int]] = None, detached: bool = False,
              end_output_at_exit: bool = False) -> Pending[AsyncProcess]:
        """Starts a program and leaves it running; with shell=True `program` is a bash script.

            async with sandbox.spawn("cat", stdin="pipe") as cat:
                cat.stdin.write(b"hello\\n")
                await cat.close_stdin()
                async for line in cat.stdout: ...

        stdin, stdout, stderr: "pipe", "null", "inherit", a descriptor or an open file;
        stderr="merge": where stdout goes. terminal: (rows, columns) of a terminal to run on.
        detached: it is nobody's; attach() finds it. end_output_at_exit: its output ends with it,
        also when something it has started holds the pipe. Limits are those of run().
        """
        command = Command.script(program, [str(arg) for arg in args]) if shell else (
            Command.program([program, *args]))
        command.settings(
            env=env, clear_env=clear_env, cwd=cwd, user=user, timeout=timeout, cpu_limit=cpu_limit,
            memory_limit=memory_limit, process_limit=process_limit, output_limit=output_limit,
            terminal=terminal)
        command.stream(STDIN, stdin)
        command.stream(STDOUT, stdout)
        command.stream(STDERR, None if terminal is not None and stderr == "pipe" else stderr)
        pointer = command.handle.pointer
        lib.sbx_command_set_detached(pointer, int(detached))
        lib.sbx_command_end_output_at_exit(pointer, int(end_output_at_exit))
        return pending(self._spawn(command, detached))

    async def _spawn(self, command: Command, detached: bool) -> AsyncProcess:
        handle = await run(_calls.spawn(self._handle, command.handle))
        return await AsyncProcess._open(handle, command.words, detached)

    def attach(self, id: int) -> Pending[AsyncProcess]:
        """Connects with a detached process: its output is what was kept, then what comes."""
        return pending(self._attach(id))

    async def _attach(self, id: int) -> AsyncProcess:
        handle = await run(_calls.process_attach(self._handle, id))
        return await AsyncProcess._open(handle, f"process {id}")

    async def processes(self) -> List[ProcessInfo]:
        """The commands that run, and the latest that have ended, oldest first."""
        return PROCESSES.take_all(await run(_calls.process_list_get(self._handle)))

    async def signal_process(self, id: int, signal: Union[int, str], scope: str = "group") -> None:
        """A signal for a process that nobody need be attached to."""
        await run(_calls.process_signal_by_id(self._handle, id, signal_number(signal),
                                              choice(scope, SCOPES, "scope")))

    # --- lifetime ---

    async def kill(self) -> None:
        """Destroys the VM at once, whoever made it. One that has ended already is no error."""
        await run(_calls.kill(self._handle))

    async def pause(self) -> None:
        """Stops its CPUs; memory and processes stay as they are."""
        await run(_calls.pause(self._handle))

    async def resume(self) -> None:
        """Lets a paused sandbox go on."""
        await run(_calls.resume(self._handle))

    async def extend(self, timeout: Duration) -> datetime.datetime:
        """Lets it live that long from now on, or only that long; returns the new deadline."""
        return moment(await run(_calls.extend(self._handle, duration_ms(timeout, "timeout"))))

    @overload
    async def fork(self, count: None = None, *, timeout: Optional[Duration] = None,
                   start_timeout: Optional[Duration] = None, wait: Optional[Duration] = None,
                   env: Optional[Variables] = None,
                   labels: Optional[Labels] = None) -> AsyncSandbox: ...

    @overload
    async def fork(self, count: int, *, timeout: Optional[Duration] = None,
                   start_timeout: Optional[Duration] = None, wait: Optional[Duration] = None,
                   env: Optional[Variables] = None,
                   labels: Optional[Labels] = None) -> List[AsyncSandbox]: ...

    async def fork(self, count: Optional[int] = None, *, timeout: Optional[Duration] = None,
                   start_timeout: Optional[Duration] = None, wait: Optional[Duration] = None,
                   env: Optional[Variables] = None, labels: Optional[Labels] = None
                   ) -> Union[AsyncSandbox, List[AsyncSandbox]]:
        """Makes running copies of it: memory, disk and processes, each with an identity of its own.

        fork() returns one, fork(5) a list of five: all are made or none. They live as a sandbox of
        create() with that timeout does.
        """
        options = sandbox_options(timeout=timeout, start_timeout=start_timeout, wait=wait, env=env,
                                  labels=labels)
        owned = timeout is None or lifetime_ms(timeout) == 0
        number = 1 if count is None else count
        handles = await run(_calls.fork(self._handle, number, options))
        children = [type(self)(handle, owned) for handle in handles]
        return children[0] if count is None else children

    async def snapshot(self, name: str) -> None:
        """Saves it under a name: create(root=name) goes on from there."""
        await run(_calls.snapshot(self._handle, encode(name, "name")))

    async def close(self) -> None:
        """Drops this object. A sandbox of this process ends with the last object that holds it."""
        self._handle.close()

    # --- what there is to know ---

    async def info(self) -> SandboxInfo:
        """Its status, image, deadline, labels, ..."""
        return SANDBOXES.take_all(await run(_calls.list_get_one(self._handle)))[0]

    async def stats(self) -> Stats:
        """What it takes now, and has used so far: CPU, memory, disk."""
        return take_stats(await run(_calls.stats_get(self._handle)))

    async def console(self) -> bytes:
        """What its kernel wrote last: the guest's bytes, do not show them unfiltered."""
        return await run(_calls.console_read(self._id.encode()))

    def events(self, since: Union[str, datetime.datetime, float] = "new") -> Pending[AsyncEvents]:
        """What happens to it: iterate over that. since: "new", "all" that is known, or a time."""
        return pending(_open_events(self._handle, since))

    # --- ports ---

    async def connect_port(self, port: int) -> socket.socket:
        """A connection to a TCP port in the sandbox: a connected, blocking socket."""
        return await run(_calls.connect_port(self._handle, port))

    async def connect_unix(self, path: Path) -> socket.socket:
        """A connection to a unix socket in the sandbox, named by its absolute path."""
        return await run(_calls.connect_unix(self._handle, encode_path(path)))

    def forward(self, target: Union[int, Path], address: Union[str, socket.socket, None] = None,
                port: int = 0) -> Pending[AsyncForward]:
        """Listens on this host and leads each connection to a port, or a unix socket's path, in the
        sandbox, where nothing need listen yet.

        address: an IP address, the path of a unix socket to make, or a listening socket to use; by
        default 127.0.0.1. port: 0: any that is free, see AsyncForward.port.
        """
        return pending(self._forward(target, address, port))

    async def _forward(self, target: Union[int, Path], address: Union[str, socket.socket, None],
                       port: int) -> AsyncForward:
        if isinstance(address, socket.socket):
            number = target if isinstance(target, int) else 0
            where = None if isinstance(target, int) else encode_path(target)
            call = _calls.forward_new_fd(self._handle, number, where, address.fileno())
        else:
            host = None if address is None else encode(address, "address")
            if isinstance(target, int):
                call = _calls.forward_new(self._handle, target, host, port)
            else:
                call = _calls.forward_new_unix(self._handle, encode_path(target), host, port)
        return AsyncForward(await run(call))

    async def wait_port(self, port: int, timeout: Optional[Duration] = None) -> bool:
        """Waits until something in the sandbox listens on a port; False when the time ran out."""
        return await run(_calls.wait_port(self._handle, port, timeout_ms(timeout))) == 1

    async def ports(self) -> List[PortInfo]:
        """The TCP ports that something in the sandbox listens on."""
        return PORTS.take_all(await run(_calls.list_ports(self._handle)))

    # --- the object ---

    async def __aenter__(self) -> AsyncSandbox:
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                        traceback: Optional[TracebackType]) -> None:
        try:
            if self._owned and not self._handle.closed:
                await self.kill()
        except SandboxError:
            if error is None:
                raise
        finally:
            await self.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a sandbox cannot be pickled: pass its id, and use connect(id) there")

    def __repr__(self) -> str:
        kind = "session" if self._owned else "connected"
        return f"<AsyncSandbox {self._id} {'closed' if self.closed else kind}>"

    def _repr_html_(self) -> str:
        return table("AsyncSandbox", [("id", self._id), ("closed", self.closed)])


async def _open_events(handle: Optional[Handle],
                       since: Union[str, datetime.datetime, float]) -> AsyncEvents:
    if isinstance(since, str):
        start = (_abi.SBX_EVENTS_NEW, _abi.SBX_EVENTS_ALL)[choice(since, ("new", "all"), "since")]
    else:
        start = max(moment_ms(since), 1)
    return AsyncEvents(await run(_calls.events_open(handle, start)), handle is not None)


def events(since: Union[str, datetime.datetime, float] = "new") -> Pending[AsyncEvents]:
    """What happens to all sandboxes of this user: see AsyncSandbox.events()."""
    return pending(_open_events(None, since))
