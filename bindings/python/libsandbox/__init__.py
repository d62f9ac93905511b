# SPDX-License-Identifier: LGPL-2.1-or-later
"""Run untrusted code in a fresh Linux microVM.

    from libsandbox import Sandbox

    with Sandbox.create() as sandbox:
        print(sandbox.sh("ls -lh /").text())

Sandbox blocks; AsyncSandbox has the same names for asyncio. Everything that can go wrong is a
SandboxError. `images`, `snapshots`, `templates`, `pools` and `limits` are what the host has;
libsandbox.aio has those of asyncio.
"""
from __future__ import annotations

import atexit as _atexit

from . import aio
from ._arguments import Duration, Labels, Path, Size, quote, quote_words
from ._arguments import duration_ms as _duration_ms, size as parse_size
from ._async.events import AsyncEvents, AsyncWatch
from ._async.files import AsyncFile
from ._async.filesystem import AsyncFileSystem
from ._async.env import AsyncEnv
from ._async.ports import AsyncForward
from ._async.process import AsyncProcess
from ._async.sandbox import AsyncSandbox
from ._engine import release_all as _release_all
from ._errors import (
    BootError, BusyError, CancelledError, ClosedError, CommandError, CommandTimeoutError,
    DeadlineError, DeniedError, ExecError, ExistsError, FileError, FileMissingError, ForkedError,
    GoneError, ImageError, InternalError, InvalidError, IsDirectoryError, KeeperError,
    NoSpaceError, NotDirectoryError, NotFoundError, OutOfMemoryError, ProtocolError, RefusedError,
    SandboxError, SystemCallError, TooBigError, UnavailableError, UnsupportedError,
)
from ._library import lib as _lib
from ._records import (
    DirEntry, Event, ImageInfo, Limit, Limits, PoolInfo, PoolSettings, PortInfo, ProcessInfo,
    Result, SandboxInfo, SnapshotInfo, Stat, Stats, Status, TemplateInfo, Usage, WatchEvent,
)
from ._sync.env import Env
from ._sync.events import Events, Watch
from ._sync.files import File
from ._sync.filesystem import FileSystem
from ._sync.host import (
    doctor, images, limits, pools, snapshots, stop_keeper, templates, total_stats,
)
from ._sync.ports import Forward
from ._sync.process import Process
from ._sync.sandbox import Sandbox, events
from ._version import __version__



def library_version() -> str:
    """The version of the C library that is loaded."""
    return str(_lib.sbx_version().decode())


def library_path() -> str:
    """The file it was loaded from."""
    return str(_lib.path)


def parse_duration(text: Duration) -> float:
    """Seconds of "500ms", "30s", "5m", "2h", "1d"; 0 of "session"."""
    return _duration_ms(text) / 1000


_atexit.register(_release_all)

__all__ = [
    "AsyncEnv", "AsyncEvents", "AsyncFile", "AsyncFileSystem", "AsyncForward", "AsyncProcess",
    "AsyncSandbox", "AsyncWatch", "BootError", "BusyError", "CancelledError", "ClosedError",
    "CommandError", "CommandTimeoutError", "DeadlineError", "DeniedError", "DirEntry", "Duration",
    "Env", "Event", "Events", "ExecError", "ExistsError", "File", "FileError",
    "FileMissingError", "FileSystem", "ForkedError", "Forward", "GoneError", "ImageError",
    "ImageInfo", "InternalError", "InvalidError", "IsDirectoryError", "KeeperError", "Labels",
    "Limit", "Limits", "NoSpaceError", "NotDirectoryError", "NotFoundError", "OutOfMemoryError",
    "Path", "PoolInfo", "PoolSettings", "PortInfo", "Process", "ProcessInfo", "ProtocolError",
    "RefusedError", "Result", "Sandbox", "SandboxError", "SandboxInfo", "Size", "SnapshotInfo",
    "Stat", "Stats", "Status", "SystemCallError", "TemplateInfo", "TooBigError",
    "UnavailableError", "UnsupportedError", "Usage", "Watch", "WatchEvent", "aio", "doctor",
    "events",
    "images", "library_path", "library_version", "limits", "parse_duration", "parse_size", "pools",
    "__version__", "quote", "quote_words", "snapshots", "stop_keeper", "templates", "total_stats",
]
