# SPDX-License-Identifier: LGPL-2.1-or-later
"""Streams of events: of sandboxes, and of watched files."""
from __future__ import annotations

from ctypes import byref, c_void_p
from types import TracebackType
from typing import Any, Generic, Optional, Type, TypeVar

from .. import _calls
from .._arguments import Duration, call_now, timeout_ms
from .._engine import Handle
from .._library import lib
from .._records import EVENT, WATCH_EVENT, Event, WatchEvent
from ._support import run


E = TypeVar("E")
S = TypeVar("S", bound="AsyncStream[Any]")


class AsyncStream(Generic[E]):
    """What both have."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    async def next(self, timeout: Optional[Duration] = None) -> Optional[E]:
        raise NotImplementedError

    def __aiter__(self: S) -> S:
        return self

    async def __anext__(self) -> E:
        event = await self.next()
        if event is None:
            raise StopAsyncIteration
        return event

    async def close(self) -> None:
        """Ends it."""
        self._handle.close()

    async def __aenter__(self: S) -> S:
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                        traceback: Optional[TracebackType]) -> None:
        await self.close()


class AsyncEvents(AsyncStream[Event]):
    """What happens to a sandbox, or to all, see AsyncSandbox.events(). Iterate over it.

    Of one sandbox the iteration ends after the event "ended".
    """

    def __init__(self, handle: Handle, ends: bool) -> None:
        super().__init__(handle)
        self._ends = ends
        self._over = False

    @property
    def history(self) -> int:
        """How many of the events that were there at the beginning are still to come."""
        return int(lib.sbx_events_history(self._handle.pointer))

    def fileno(self) -> int:
        """A descriptor to poll: readable when there is an event."""
        return int(lib.sbx_events_get_fd(self._handle.pointer))

    def poll(self) -> Optional[Event]:
        """The next event, or None when there is none now."""
        out = c_void_p()
        if call_now("sbx_events_next", self._handle.pointer, byref(out)) == 0:
            return None
        event = EVENT.take(Handle(out.value or 0, "sbx_event_free"))
        self._over = self._ends and event.type == "ended"
        return event

    async def next(self, timeout: Optional[Duration] = None) -> Optional[Event]:
        """The next event; None when none comes in that time, or none will."""
        while not self._over:
            event = self.poll()
            if event is not None:
                return event
            if await run(_calls.events_wait(self._handle, timeout_ms(timeout))) == 0:
                return None
        return None


class AsyncWatch(AsyncStream[WatchEvent]):
    """What happens to files, see AsyncFileSystem.watch(). Iterate over it."""

    def fileno(self) -> int:
        """A descriptor to poll: readable when there may be an event."""
        return int(lib.sbx_watch_fd(self._handle.pointer))

    async def next(self, timeout: Optional[Duration] = None) -> Optional[WatchEvent]:
        """The next event; None when none comes in that time."""
        if await run(_calls.watch_next(self._handle, timeout_ms(timeout))) == 0:
            return None
        return WATCH_EVENT.one(self._handle.pointer)
