# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the blocking half does otherwise than the asyncio one: see ../_async/_support.py."""
from __future__ import annotations

import io
import os
import selectors
from typing import TYPE_CHECKING, Any, Iterator, List, MutableMapping, Optional, Tuple, TypeVar

from .._engine import run_sync

if TYPE_CHECKING:
    from .process import Process

T = TypeVar("T")
run = run_sync


def pending(value: T) -> T:
    """Nothing is pending here."""
    return value


pending_result = pending


class FileBase(io.RawIOBase):
    """A file of Python: for io.BufferedReader, csv, zipfile, and whatever else takes one."""

    def readinto(self, target: Any) -> int:
        view = memoryview(target).cast("B")
        data: bytes = self.read(view.nbytes) or b""
        view[:len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        return self.read(-1) or b""

    def seekable(self) -> bool:
        return True


class EnvBase(MutableMapping[str, str]):
    """The environment as a dict: names are read from the sandbox each time."""

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __setitem__(self, name: str, value: str) -> None:
        self.set(name, value)

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        self.delete(name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self.to_dict())

    def __len__(self) -> int:
        return len(self.to_dict())

    def clear(self) -> None:
        for name in list(self):
            self.delete(name)

    def set(self, name: str, value: str) -> None:
        raise NotImplementedError

    def delete(self, name: str) -> None:
        raise NotImplementedError

    def to_dict(self) -> "dict[str, str]":
        raise NotImplementedError


# --- the streams of processes ---

Reader = io.BufferedReader
Writer = io.BufferedWriter


def open_reader(descriptor: int) -> Reader:
    return os.fdopen(descriptor, "rb")


def open_writer(descriptor: int) -> Writer:
    return os.fdopen(descriptor, "wb")


def end_input(writer: Writer) -> None:
    """Closes it; a process that does not want the rest is no error."""
    try:
        writer.close()
    except BrokenPipeError:
        pass


def forget(*streams: Any) -> None:
    """Closes without waiting: what is not written yet is dropped."""
    for stream in streams:
        if stream is None:
            continue
        try:
            stream.raw.close()
        except (OSError, ValueError):
            pass


def exchange(process: "Process", data: Optional[bytes]) -> Tuple[bytes, bytes]:
    """Feeds the input and reads both outputs, side by side."""
    found: List[List[bytes]] = [[], []]
    view = memoryview(data or b"")
    with selectors.DefaultSelector() as selector:
        if process.stdin is not None and not process.stdin.closed:
            try:
                process.stdin.flush()
            except BrokenPipeError:
                pass
            if view:
                os.set_blocking(process.stdin.fileno(), False)
                selector.register(process.stdin, selectors.EVENT_WRITE, None)
            else:
                end_input(process.stdin)
        for stream, chunks in zip((process.stdout, process.stderr), found):
            if stream is not None and not stream.closed:
                selector.register(stream, selectors.EVENT_READ, chunks)
        while selector.get_map():
            for key, _ in selector.select():
                if key.data is None:
                    view = _feed(selector, key.fileobj, view)
                else:
                    _collect(selector, key.fileobj, key.data)
    return b"".join(found[0]), b"".join(found[1])


def _feed(selector: selectors.BaseSelector, stream: Any, view: memoryview) -> memoryview:
    try:
        view = view[os.write(stream.fileno(), view[:65536]):]
    except BlockingIOError:
        return view
    except BrokenPipeError:
        view = view[:0]
    if not view:
        selector.unregister(stream)
        end_input(stream)
    return view


def _collect(selector: selectors.BaseSelector, stream: Any, chunks: List[bytes]) -> None:
    data = stream.read1(65536)
    if data:
        chunks.append(data)
    else:
        selector.unregister(stream)


