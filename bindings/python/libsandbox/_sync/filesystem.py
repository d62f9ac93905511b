# SPDX-License-Identifier: LGPL-2.1-or-later
"""`sandbox.fs`: the calls of files.py, and open() as the language has it."""
from __future__ import annotations

import io
from typing import IO, Any, Optional, Union

from .._arguments import Path
from .files import File, FileCalls


class FileSystem(FileCalls):
    __doc__ = FileCalls.__doc__

    def open(self, path: Path, mode: str = "r", buffering: int = -1, encoding: Optional[str] = None,
             errors: Optional[str] = None, newline: Optional[str] = None, *,
             permissions: Optional[int] = None, user: Optional[str] = None) -> IO[Any]:
        """Opens a file as the built-in open() does: text, or bytes with "b"; buffered.

            with sandbox.fs.open("table.csv") as file:
                rows = list(csv.reader(file))

        The calls that only files of a sandbox have (lock(), sync(), stat(), utime()) are those of
        `file.raw`, of text `file.buffer.raw`, or of open_file().
        """
        file = self.open_file(path, mode, permissions=permissions, user=user)
        try:
            return _wrap(file, mode, buffering, encoding, errors, newline)
        except BaseException:
            file.close()
            raise


def _wrap(file: File, mode: str, buffering: int, encoding: Optional[str], errors: Optional[str],
          newline: Optional[str]) -> IO[Any]:
    binary = "b" in mode
    if binary and (encoding or errors or newline):
        raise ValueError("a file of bytes has no encoding")
    if buffering == 0:
        if not binary:
            raise ValueError("text is always buffered")
        return file  # type: ignore[return-value]
    size = 65536 if buffering < 2 else buffering
    buffered: Union[io.BufferedRandom, io.BufferedReader, io.BufferedWriter]
    if file.readable() and file.writable():
        buffered = io.BufferedRandom(file, size)
    elif file.readable():
        buffered = io.BufferedReader(file, size)
    else:
        buffered = io.BufferedWriter(file, size)
    if binary:
        return buffered
    return io.TextIOWrapper(buffered, encoding or "utf-8", errors, newline,
                            line_buffering=buffering == 1)
