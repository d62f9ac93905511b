# SPDX-License-Identifier: LGPL-2.1-or-later
"""The asyncio half, by the names of the blocking one: `await libsandbox.aio.images.list()`."""
from ._async.events import AsyncEvents, AsyncWatch
from ._async.files import AsyncFile
from ._async.filesystem import AsyncFileSystem
from ._async.host import (
    doctor, images, limits, pools, snapshots, stop_keeper, templates, total_stats,
)
from ._async.ports import AsyncForward
from ._async.process import AsyncProcess
from ._async.sandbox import AsyncSandbox, events
from ._async.env import AsyncEnv

__all__ = [
    "AsyncEnv", "AsyncEvents", "AsyncFile", "AsyncFileSystem", "AsyncForward", "AsyncProcess",
    "AsyncSandbox", "AsyncWatch", "doctor", "events", "images", "limits", "pools", "snapshots",
    "stop_keeper", "templates", "total_stats",
]
