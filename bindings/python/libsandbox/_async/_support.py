# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the asyncio half does otherwise than the blocking one: see ../_sync/_support.py."""
from __future__ import annotations

import asyncio
import os
from types import TracebackType
from typing import (
    TYPE_CHECKING, Any, Awaitable, Coroutine, Generator, Generic, List, Mapping, Optional, Tuple,
    Type, TypeVar,
)

from .._engine import run_async
from .._records import Result

if TYPE_CHECKING:
    from .env import AsyncEnv
    from .process import AsyncProcess

T = TypeVar("T")
run = run_async
LINE_MAX = 1 << 20  # a longer line is an error, not memory


class Pending(Awaitable[T], Generic[T]):
    """Something on its way: `await` it, or use it with `async with` at once."""

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._coroutine = coroutine
        self._value: Optional[Any] = None

    def __await__(self) -> Generator[Any, None, T]:
        return self._coroutine.__await__()

    async def __aenter__(self) -> T:
        value: Any = await self._coroutine
        self._value = value
        entered: T = await value.__aenter__()
        return entered

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                        traceback: Optional[TracebackType]) -> None:
        assert self._value is not None
        await self._value.__aexit__(kind, error, traceback)


pending = Pending


class PendingResult(Pending[Result]):
    """A command that runs: `await` it for its Result, or for a part of it."""

    async def text(self, encoding: str = "utf-8", errors: str = "replace") -> str:
        """Standard output as text."""
        return (await self).text(encoding, errors)

    async def lines(self, encoding: str = "utf-8", errors: str = "replace") -> List[str]:
        """The lines of standard output."""
        return (await self).lines(encoding, errors)

    async def json(self) -> Any:
        """Standard output, parsed as JSON."""
        return (await self).json()


pending_result = PendingResult


class FileBase:
    """What a file is besides its calls."""


class EnvBase:
    """What the environment is besides its calls."""

    async def update(self: "AsyncEnv", values: Mapping[str, str]) -> None:  # type: ignore[misc]
        """Sets several variables."""
        for name, value in values.items():
            await self.set(name, value)


# --- the streams of processes ---


class AsyncReader(asyncio.StreamReader):
    """A process's output: an asyncio.StreamReader that can be closed."""

    _transport_of_pipe: Optional[asyncio.BaseTransport] = None

    def close(self) -> None:
        """Stops reading; what the process writes from now on fails there."""
        if self._transport_of_pipe is not None:
            self._transport_of_pipe.close()


class _WriterProtocol(asyncio.streams.FlowControlMixin):
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop=loop)
        self._over: "asyncio.Future[None]" = loop.create_future()

    def connection_lost(self, exc: Optional[Exception]) -> None:
        super().connection_lost(exc)
        if not self._over.done():
            self._over.set_result(None)

    def _get_close_waiter(self, stream: Any) -> "asyncio.Future[None]":
        return self._over


class AsyncWriter(asyncio.StreamWriter):
    """A process's input: an asyncio.StreamWriter. close() is how the process sees the end."""


async def open_reader(descriptor: int) -> AsyncReader:
    loop = asyncio.get_running_loop()
    reader = AsyncReader(limit=LINE_MAX, loop=loop)
    pipe = os.fdopen(descriptor, "rb", 0)
    try:
        reader._transport_of_pipe, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader, loop=loop), pipe)
    except BaseException:
        pipe.close()
        raise
    return reader


async def open_writer(descriptor: int) -> AsyncWriter:
    loop = asyncio.get_running_loop()
    pipe = os.fdopen(descriptor, "wb", 0)
    try:
        transport, protocol = await loop.connect_write_pipe(lambda: _WriterProtocol(loop), pipe)
    except BaseException:
        pipe.close()
        raise
    return AsyncWriter(transport, protocol, None, loop)


async def end_input(writer: AsyncWriter) -> None:
    """Closes it when all is written; a process that does not want it is no error."""
    writer.close()
    try:
        await writer.wait_closed()
    except (BrokenPipeError, ConnectionResetError):
        pass


def forget(*streams: Any) -> None:
    """Closes without waiting: from __exit__ and __del__."""
    for stream in streams:
        transport = (getattr(stream, "_transport_of_pipe", None)
                     or getattr(stream, "transport", None))
        if transport is not None and not transport.is_closing():
            loop = getattr(transport, "_loop", None)
            if loop is not None and not loop.is_closed():
                loop.call_soon_threadsafe(_abort, transport)


def _abort(transport: Any) -> None:
    if not transport.is_closing():
        getattr(transport, "abort", transport.close)()


async def exchange(process: "AsyncProcess", data: Optional[bytes]) -> Tuple[bytes, bytes]:
    """Feeds the input and reads both outputs, side by side."""

    async def feed() -> None:
        writer = process.stdin
        if writer is None:
            return
        try:
            if data:
                writer.write(data)
                await writer.drain()
        except (BrokenPipeError, ConnectionResetError):
            pass
        await end_input(writer)

    async def collect(reader: Optional[AsyncReader]) -> bytes:
        return b"" if reader is None else await reader.read()

    _, out, err = await asyncio.gather(feed(), collect(process.stdout), collect(process.stderr))
    return out, err
