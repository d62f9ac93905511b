# SPDX-License-Identifier: LGPL-2.1-or-later
"""Forwards: listening here for what listens in a sandbox."""
from __future__ import annotations

from types import TracebackType
from typing import Optional, Type

from .. import _calls
from .._arguments import Duration, timeout_ms
from .._engine import Handle
from .._library import lib
from .._records import text
from ._support import run


class AsyncForward:
    """A listener of this host whose connections lead into a sandbox, see AsyncSandbox.forward().

    It ends with close(), with its `async with` block, or with the sandbox.
    """

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    @property
    def port(self) -> int:
        """The TCP port here; 0 with a unix socket."""
        return int(lib.sbx_forward_port(self._handle.pointer))

    @property
    def address(self) -> str:
        """Where it listens: "127.0.0.1:8080", "[::1]:8080" or the path of a unix socket."""
        return text(lib.sbx_forward_address(self._handle.pointer))

    @property
    def url(self) -> str:
        """The address as a URL of a web server."""
        return f"http://{self.address}/"

    def fileno(self) -> int:
        """A descriptor to poll: readable when the forward has ended by itself."""
        return int(lib.sbx_forward_fd(self._handle.pointer))

    async def wait(self, timeout: Optional[Duration] = None) -> bool:
        """Waits for it to end by itself, and raises why; False when it still works at the end of
        the time."""
        return await run(_calls.forward_wait(self._handle, timeout_ms(timeout))) != 0

    async def close(self) -> None:
        """Ends it and its connections."""
        self._handle.close()

    async def __aenter__(self) -> AsyncForward:
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                        traceback: Optional[TracebackType]) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<AsyncForward {'closed' if self._handle.closed else self.address}>"
