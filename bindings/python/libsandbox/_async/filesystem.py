# SPDX-License-Identifier: LGPL-2.1-or-later
"""`sandbox.fs`: the calls of files.py, and open() as the language has it."""
from __future__ import annotations

from typing import Optional

from .._arguments import Path
from ._support import Pending
from .files import AsyncFile, AsyncFileCalls


class AsyncFileSystem(AsyncFileCalls):
    __doc__ = AsyncFileCalls.__doc__

    def open(self, path: Path, mode: str = "rb", *, permissions: Optional[int] = None,
             user: Optional[str] = None) -> Pending[AsyncFile]:
        """Opens a file: bytes, not buffered.

            async with sandbox.fs.open("data.bin", "wb") as file:
                await file.write(b"...")
        """
        return self.open_file(path, mode, permissions=permissions, user=user)
