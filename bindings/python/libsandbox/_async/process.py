# SPDX-License-Identifier: LGPL-2.1-or-later
"""Processes of a sandbox."""
from __future__ import annotations

from types import TracebackType
from typing import AsyncIterator, Optional, Type, Union

from .. import _calls
from .._arguments import STDERR, STDIN, STDOUT, Duration, choice, signal_number, timeout_ms
from .._engine import Handle
from .._errors import DeadlineError, SandboxError
from .._library import lib
from .._records import PROCESS_STATUS, USAGE, Result, Status, Usage
from ._support import (
    AsyncReader, AsyncWriter, end_input, exchange, forget, open_reader, open_writer, run,
)

SCOPES = ("process", "group", "all")


class AsyncProcess:
    """A process in a sandbox, see AsyncSandbox.spawn().

    Its streams are real pipes: `stdin` to write to, `stdout` and `stderr` to read from, each None
    where the process has none. Used with `async with`, what still runs at the end of the block and
    is not detached is killed. Dropping the object otherwise leaves the process to itself: it goes
    on in its sandbox.
    """

    stdin: Optional[AsyncWriter]
    stdout: Optional[AsyncReader]
    stderr: Optional[AsyncReader]

    def __init__(self, handle: Handle, command: str, detached: bool = False) -> None:
        self._handle = handle
        self.command = command
        self._detached = detached
        self.stdin = self.stdout = self.stderr = None

    @classmethod
    async def _open(cls, handle: Handle, command: str, detached: bool = False) -> AsyncProcess:
        process = cls(handle, command, detached)
        take = lib.sbx_process_take_fd
        for stream in (STDIN, STDOUT, STDERR):
            descriptor = -1
            if lib.sbx_process_fd(handle.pointer, stream) >= 0:
                descriptor = take(handle.pointer, stream)
            if descriptor < 0:
                continue
            if stream == STDIN:
                process.stdin = await open_writer(descriptor)
            elif stream == STDOUT:
                process.stdout = await open_reader(descriptor)
            else:
                process.stderr = await open_reader(descriptor)
        return process

    @property
    def pid(self) -> int:
        """Its process id inside the sandbox."""
        return int(lib.sbx_process_pid(self._handle.pointer))

    @property
    def id(self) -> int:
        """The keeper's number for it, for AsyncSandbox.attach()."""
        return int(lib.sbx_process_id(self._handle.pointer))

    @property
    def exit_code(self) -> Optional[int]:
        """How it exited, None while it runs: 128+n when signal n ended it, -1 when nobody knows."""
        status = self.poll()
        return None if status is None else status.exit_code

    def fileno(self) -> int:
        """A descriptor to poll: readable when wait() would not block."""
        return int(lib.sbx_process_exit_fd(self._handle.pointer))

    def poll(self) -> Optional[Status]:
        """How it ended as far as this program has heard, or None. Asks nobody."""
        if lib.sbx_process_cause(self._handle.pointer) < 0:
            return None
        return PROCESS_STATUS.one(self._handle.pointer)

    async def wait(self, timeout: Optional[Duration] = None) -> Status:
        """Waits for its end; raises DeadlineError (a TimeoutError) when that takes longer.

        It ends when it has, whether its output was read or not.
        """
        code = await run(_calls.process_wait(self._handle, timeout_ms(timeout)))
        if code == 0:
            raise DeadlineError(f"`{self.command}` still runs after {timeout!r}",
                                operation="sbx_process_wait")
        return PROCESS_STATUS.one(self._handle.pointer)

    async def communicate(self, input: Union[bytes, str, None] = None, *,
                          check: bool = False) -> Result:
        """Writes to its input, closes that, reads its output to the end, and waits for its end."""
        data = input.encode() if isinstance(input, str) else input
        out, err = await exchange(self, data)
        status = await self.wait()
        result = Result(**vars(status), stdout=out, stderr=err, command=self.command)
        return result.check() if check else result

    async def lines(self, encoding: str = "utf-8", errors: str = "replace") -> AsyncIterator[str]:
        """Lines of its standard output as they come, without their ends."""
        if self.stdout is None:
            return
        async for line in self.stdout:
            yield line.decode(encoding, errors).rstrip("\r\n")

    async def signal(self, signal: Union[int, str], scope: str = "group") -> None:
        """Sends a signal: to the "process" alone, to its "group" as a terminal does, or to "all" it
        has started. A process that has ended is no error."""
        number = signal_number(signal)
        if scope == "group":
            await run(_calls.process_signal(self._handle, number))
        else:
            await run(_calls.process_signal_scope(self._handle, number,
                                                  choice(scope, SCOPES, "scope")))

    async def terminate(self) -> None:
        """SIGTERM to its process group."""
        await self.signal(15)

    async def kill(self) -> None:
        """SIGKILL to it and to everything it has started. Does not wait for the end."""
        await run(_calls.process_kill(self._handle))

    async def resize(self, rows: int, columns: int) -> None:
        """Gives its terminal another size."""
        await run(_calls.process_resize(self._handle, rows, columns))

    async def detach(self) -> None:
        """Leaves it to itself: AsyncSandbox.attach() with its id finds it again."""
        await run(_calls.process_detach(self._handle))
        self._detached = True
        forget(self.stdin)
        self.stdin = None

    async def usage(self) -> Usage:
        """What it and everything it has started take now."""
        return USAGE.take(await run(_calls.process_get_usage(self._handle)))

    async def close_stdin(self) -> None:
        """Ends its input: what reads there sees the end of the file."""
        if self.stdin is not None:
            await end_input(self.stdin)

    async def close(self) -> None:
        """Drops the object and its streams. The process goes on, detached."""
        forget(self.stdin, self.stdout, self.stderr)
        self._handle.close()

    async def __aenter__(self) -> AsyncProcess:
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                        traceback: Optional[TracebackType]) -> None:
        try:
            if not self._detached and not self._handle.closed and self.poll() is None:
                await self.kill()
        except SandboxError:
            if error is None:
                raise
        finally:
            await self.close()

    def __del__(self) -> None:
        try:
            forget(self.stdin, self.stdout, self.stderr)
        except Exception:  # at the end of the interpreter anything may be gone
            pass

    def __repr__(self) -> str:
        if self._handle.closed:
            return f"<AsyncProcess `{self.command:.60}`, closed>"
        status = self.poll()
        state = "runs" if status is None else status.describe()
        return f"<AsyncProcess {self.pid} `{self.command:.60}` {state}>"


