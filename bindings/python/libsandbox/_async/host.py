# SPDX-License-Identifier: LGPL-2.1-or-later
"""What belongs to the host: images, snapshots, templates, pools, limits, the keeper."""
from __future__ import annotations

import json
from typing import Any, Dict, List, Optional, Tuple

from .. import _abi, _calls
from .._arguments import (
    Duration, Size, encode, image_options, maybe_encode, sandbox_options, size, timeout_ms,
)
from .._engine import Progress, ProgressFunc
from .._records import (
    IMAGES, LIMIT_NAMES, POOL_SETTINGS, POOLS, SNAPSHOTS, TEMPLATES, ImageInfo, Limits, PoolInfo,
    PoolSettings, SnapshotInfo, Stats, TemplateInfo, take_limits, take_stats, text,
)
from ._support import run


class AsyncImages:
    """What sandboxes boot from: `images`."""

    async def list(self) -> List[ImageInfo]:
        """Every version of every image, newest first within a name."""
        return IMAGES.take_all(await run(_calls.image_list_get()))

    async def build(self, image: Optional[str] = None, *, mirror: Optional[str] = None,
                    deno: bool = True, force: bool = False,
                    progress: Optional[ProgressFunc] = None) -> Tuple[str, bool]:
        """Builds an image unless there is one: (its version, whether it was built). Takes minutes.

        mirror: URL of a Debian mirror. progress: called with (0 to 1, stage, text); returning False
        or raising cancels.
        """
        built, version = await run(_calls.image_build(
            maybe_encode(image, "image"), image_options(mirror, deno, force), Progress(progress)))
        return text(version), built == 1

    async def remove(self, image: str) -> int:
        """Removes "NAME", all its versions, or "NAME@VERSION"; how many it were."""
        return await run(_calls.image_remove(encode(image, "image")))

    async def verify(self, image: str = _abi.SBX_IMAGE_DEFAULT, *,
                     progress: Optional[ProgressFunc] = None) -> None:
        """Compares every file of an image with its checksum; ImageError says what differs."""
        await run(_calls.image_verify(encode(image, "image"), Progress(progress)))


class AsyncSnapshots:
    """Saved sandboxes: `snapshots`. AsyncSandbox.snapshot() makes one."""

    async def list(self) -> List[SnapshotInfo]:
        """The snapshots of this user."""
        return SNAPSHOTS.take_all(await run(_calls.snapshot_list_get()))

    async def remove(self, name: str) -> None:
        """Removes one; sandboxes that were started from it go on."""
        await run(_calls.snapshot_remove(encode(name, "name")))


class AsyncTemplates:
    """Booted VMs, saved, from which sandboxes start: `templates`. A cache that fills itself."""

    async def list(self) -> List[TemplateInfo]:
        """The templates of this user."""
        return TEMPLATES.take_all(await run(_calls.template_list_get()))

    async def build(self, *, image: Optional[str] = None, memory: Optional[Size] = None,
                    vcpus: Optional[int] = None, disk_size: Optional[Size] = None,
                    start_timeout: Optional[Duration] = None, force: bool = False,
                    progress: Optional[ProgressFunc] = None) -> Tuple[str, bool]:
        """Makes the one for sandboxes of this kind if it is missing: (its id, whether it was)."""
        options = sandbox_options(image=image, memory=memory, vcpus=vcpus, disk_size=disk_size,
                                  start_timeout=start_timeout)
        built, id_ = await run(_calls.template_build(options, int(force), Progress(progress)))
        return text(id_), built == 1

    async def remove(self, id: str) -> None:
        """Removes one, by its id or the beginning of it."""
        await run(_calls.template_remove(encode(id, "id")))

    async def remove_all(self) -> int:
        """Removes all that are not being built; how many it were."""
        return await run(_calls.template_remove_all())


class AsyncPools:
    """VMs that are up before anybody asks for them: `pools`."""

    async def list(self) -> List[PoolInfo]:
        """The pools of this user's keeper."""
        return POOLS.take_all(await run(_calls.pool_list_get()))

    async def settings(self) -> PoolSettings:
        """How many spares there are to be, and what they may take."""
        return POOL_SETTINGS.take(await run(_calls.pool_list_get()))

    async def fill(self, count: int = 1, *, timeout: Optional[Duration] = None,
                   image: Optional[str] = None, memory: Optional[Size] = None,
                   vcpus: Optional[int] = None, disk_size: Optional[Size] = None) -> int:
        """Waits until so many spares of a kind are ready; how many there are."""
        options = sandbox_options(image=image, memory=memory, vcpus=vcpus, disk_size=disk_size)
        return await run(_calls.pool_fill(options, count, timeout_ms(timeout)))

    async def set_size(self, size: Optional[int]) -> None:
        """How many spares each kind has; None: the keeper decides."""
        await run(_calls.pool_set_size(_abi.SBX_SPARES_AUTO if size is None else size))

    async def set_budget(self, budget: Size) -> None:
        """How much host memory all spares together may take; 0: no spares."""
        await run(_calls.pool_set_budget(size(budget, "budget")))

    async def drain(self, image: Optional[str] = None) -> int:
        """Ends the spares of an image, or all; how many it were."""
        return await run(_calls.pool_drain(maybe_encode(image, "image")))


class AsyncLimitCalls:
    """How much this user's sandboxes may take together: `limits`."""

    async def get(self) -> Limits:
        """The limits and what is taken."""
        return take_limits(await run(_calls.limits_get()))

    async def set(self, *, sandboxes: Optional[int] = None, memory: Optional[Size] = None,
                  vcpus: Optional[int] = None) -> None:
        """Sets limits; 0: none. What is not named stays."""
        given: Dict[str, Optional[Size]] = {
            "sandboxes": sandboxes, "memory": memory, "vcpus": vcpus}
        for number, name in enumerate(LIMIT_NAMES):
            value = given[name]
            if value is not None:
                await run(_calls.limits_set(number, size(value, name)))


async def doctor() -> Dict[str, Any]:
    """What this host offers, what was chosen and why: {"ok": bool, "checks": [...], ...}."""
    report: Dict[str, Any] = json.loads(await run(_calls.doctor()))
    return report


async def total_stats() -> Stats:
    """What all sandboxes of this user have used since the keeper started."""
    return take_stats(await run(_calls.stats_get_total()))


async def stop_keeper(force: bool = False) -> bool:
    """Ends this user's keeper; with `force` also when sandboxes are alive. Whether one ran."""
    return await run(_calls.keeper_stop(int(force))) == 1


images = AsyncImages()
snapshots = AsyncSnapshots()
templates = AsyncTemplates()
pools = AsyncPools()
limits = AsyncLimitCalls()
