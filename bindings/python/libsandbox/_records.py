# SPDX-License-Identifier: LGPL-2.1-or-later
"""What calls bring back: plain, immutable values. Lists of the C library are read and freed.

Each table below says which function of the C library a field comes from: the prefix of the table
and the field's name, or the name that is given.
"""
from __future__ import annotations

import ctypes
import datetime
import json as _json
from ctypes import byref
from dataclasses import dataclass, fields
from typing import (
    Any, Callable, Dict, Generic, List, Mapping, Optional, Set, Tuple, Type, TypeVar, Union,
)

from ._engine import Handle
from ._errors import CommandError, CommandTimeoutError
from ._html import table
from ._library import lib

T = TypeVar("T")

CAUSES = ("exit", "signal", "oom", "deadline", "cpu", "output", "unknown")
STATUSES = ("starting", "running", "stopped", "paused")
KINDS = ("unknown", "file", "directory", "symlink", "fifo", "socket", "char-device", "block-device")
WATCH_KINDS = ("", "create", "modify", "remove", "rename", "attributes", "overflow")
TEMPLATE_STATES = ("ready", "building")
PROCESS_STATES = ("running", "exited")


# --- conversions of what the C library gives ---


def text(value: Optional[bytes]) -> str:
    """Text of the library or of a guest: UTF-8; bytes that are none survive os.fsencode()."""
    return "" if value is None else value.decode("utf-8", "surrogateescape")


def maybe_text(value: Optional[bytes]) -> Optional[str]:
    return None if value is None else text(value)


def moment(milliseconds: int) -> datetime.datetime:
    """Milliseconds since 1970 as a time with its zone."""
    return (datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
            + datetime.timedelta(milliseconds=milliseconds))


def maybe_moment(milliseconds: int) -> Optional[datetime.datetime]:
    return moment(milliseconds) if milliseconds > 0 else None


def seconds(microseconds: int) -> float:
    return microseconds / 1e6


def milliseconds(value: int) -> float:
    return value / 1e3


def time_ns(nanoseconds: int) -> Optional[int]:
    return None if nanoseconds == -2**63 else nanoseconds


def one_of(names: Tuple[str, ...]) -> Callable[[int], str]:
    return lambda value: names[value] if 0 <= value < len(names) else "unknown"


def maybe_cause(value: int) -> Optional[str]:
    return None if value < 0 else one_of(CAUSES)(value)


# --- the tables ---

FieldSource = Union[Callable[[Any], Any], Tuple[str, Callable[[Any], Any]]]
used_functions: Set[str] = set()


class Reader(Generic[T]):
    """Reads objects of one type of the C library."""

    def __init__(self, prefix: str, record: Type[T], sources: Dict[str, FieldSource]) -> None:
        self.record = record
        self.prefix = prefix
        self.sources = {}
        for name, source in sources.items():
            function, convert = source if isinstance(source, tuple) else (name, source)
            self.sources[name] = (f"{prefix}_{function}", convert)
            used_functions.add(f"{prefix}_{function}")

    def values(self, *where: Any) -> Dict[str, Any]:
        return {name: convert(getattr(lib, function)(*where))
                for name, (function, convert) in self.sources.items()}

    def one(self, pointer: int) -> T:
        return self.record(**self.values(pointer))

    def take(self, handle: Handle) -> T:
        """Of an object that is freed."""
        try:
            return self.one(handle.pointer)
        finally:
            handle.close()


class ListReader(Reader[T]):
    """Reads lists of the C library."""

    def __init__(self, prefix: str, record: Type[T], sources: Dict[str, FieldSource]) -> None:
        super().__init__(prefix, record, sources)
        used_functions.add(f"{prefix}_length")

    def item(self, pointer: int, index: int) -> T:
        return self.record(**self.values(pointer, index))

    def all(self, pointer: int) -> List[T]:
        length = getattr(lib, f"{self.prefix}_length")(pointer)
        return [self.item(pointer, index) for index in range(length)]

    def take_all(self, handle: Handle) -> List[T]:
        """Of a list that is freed."""
        try:
            return self.all(handle.pointer)
        finally:
            handle.close()


class Record:
    """What all records can."""

    def _repr_html_(self) -> str:
        return table(type(self).__name__, [(item.name, getattr(self, item.name))
                                           for item in fields(self)])  # type: ignore[arg-type]


# --- sandboxes ---


@dataclass(frozen=True)
class SandboxInfo(Record):
    """What there is to know of a sandbox without asking it."""

    id: str
    status: str  #: "starting", "running", "stopped" or "paused"
    image: str
    created: datetime.datetime
    deadline: Optional[datetime.datetime]  #: None: it ends with its creator
    memory: int  #: bytes
    vcpus: int
    disk_size: int  #: bytes
    uptime: float  #: seconds, without those it was paused
    labels: Mapping[str, str]


class _SandboxReader(ListReader[SandboxInfo]):
    def values(self, *where: Any) -> Dict[str, Any]:
        labels: Dict[str, str] = {}
        while True:
            key = lib.sbx_list_label_key(*where, len(labels))
            if key is None:
                break
            labels[text(key)] = text(lib.sbx_list_label_value(*where, len(labels)))
        return {**super().values(*where), "labels": labels}


SANDBOXES = _SandboxReader("sbx_list", SandboxInfo, {
    "id": text, "status": one_of(STATUSES), "image": text, "created": moment,
    "deadline": maybe_moment, "memory": int, "vcpus": int, "disk_size": int,
    "uptime": milliseconds,
})


# --- commands ---


@dataclass(frozen=True)
class Status(Record):
    """How a process ended.

    `cause` is "exit", "signal", "oom" (the guest's kernel killed it for memory), "deadline", "cpu",
    "output" (it was killed at one of its limits), or "unknown" (nobody knows: exit_code is -1).
    """

    exit_code: int  #: 0 to 255; 128+n when signal n ended it; -1 when unknown
    signal: int  #: the signal that ended it, or 0
    cause: str
    oom: bool  #: the guest's kernel killed it or a child of it for want of memory
    output_cut: bool  #: something of what it wrote was thrown away
    cpu_time: float  #: seconds
    wall_time: float  #: seconds
    peak_memory: int  #: bytes

    @property
    def ok(self) -> bool:
        """Whether it exited with 0."""
        return self.exit_code == 0 and self.cause == "exit"

    def describe(self) -> str:
        """How it ended, in words."""
        return {
            "exit": f"exited with {self.exit_code}",
            "signal": f"was ended by signal {self.signal}",
            "oom": "was killed for want of memory",
            "deadline": "was killed at its deadline",
            "cpu": "was killed when its CPU time was used up",
            "output": "was killed because it wrote too much",
        }.get(self.cause, "ended, nobody knows how")


_STATUS_FIELDS: Dict[str, FieldSource] = {
    "exit_code": int, "signal": int, "cause": one_of(CAUSES), "oom": bool, "output_cut": bool,
    "cpu_time": ("cpu_time_us", seconds), "wall_time": ("wall_time_us", seconds),
    "peak_memory": int,
}
PROCESS_STATUS = Reader("sbx_process", Status, {**_STATUS_FIELDS, "signal": ("exit_signal", int)})


@dataclass(frozen=True)
class Result(Status):
    """What a finished command left behind: how it ended, and what it wrote."""

    stdout: bytes
    stderr: bytes
    command: str  #: for messages

    def text(self, encoding: str = "utf-8", errors: str = "replace") -> str:
        """Standard output as text."""
        return self.stdout.decode(encoding, errors)

    def lines(self, encoding: str = "utf-8", errors: str = "replace") -> List[str]:
        """The lines of standard output, without their ends."""
        return self.text(encoding, errors).splitlines()

    def json(self) -> Any:
        """Standard output, parsed as JSON."""
        return _json.loads(self.stdout)

    def check(self) -> "Result":
        """Raises CommandError unless the command exited with 0; returns the result itself."""
        if self.ok:
            return self
        kind = CommandTimeoutError if self.cause == "deadline" else CommandError
        last = self.stderr.decode("utf-8", "replace").rstrip()[-2000:]
        raise kind(f"`{_short(self.command)}` {self.describe()}", result=self, cause=last or None,
                   hint="pass check=False to get the result instead of this exception")

    def __repr__(self) -> str:
        return (f"<Result of `{_short(self.command)}`: {self.describe()}, "
                f"stdout {_preview(self.stdout)}, stderr {_preview(self.stderr)}>")

    def _repr_html_(self) -> str:
        rows: List[Tuple[str, Any]] = [("command", self.command), ("ended", self.describe())]
        rows += [(name, data.decode("utf-8", "replace")[:20000])
                 for name, data in (("stdout", self.stdout), ("stderr", self.stderr)) if data]
        return table("Result", rows)


def _short(command: str) -> str:
    line = " ".join(command.split())
    return line if len(line) <= 80 else line[:77] + "..."


def _preview(data: bytes) -> str:
    return repr(data) if len(data) <= 60 else f"{data[:57]!r}... ({len(data)} bytes)"


class _ResultReader(Reader[Result]):
    def take_result(self, handle: Handle, command: str) -> Result:
        try:
            pointer = handle.pointer
            return Result(**self.values(pointer), command=command,
                          stdout=_output(lib.sbx_result_stdout, pointer),
                          stderr=_output(lib.sbx_result_stderr, pointer))
        finally:
            handle.close()


def _output(function: Callable[..., Any], pointer: int) -> bytes:
    length = ctypes.c_size_t(0)
    data = function(pointer, byref(length))
    return ctypes.string_at(data, length.value) if data else b""


RESULT = _ResultReader("sbx_result", Result, _STATUS_FIELDS)


@dataclass(frozen=True)
class ProcessInfo(Record):
    """A command of a sandbox, see Sandbox.processes()."""

    id: int  #: for Sandbox.attach()
    pid: int  #: inside the guest, 0 until it has started
    command: str
    user: str
    started: datetime.datetime
    state: str  #: "running" or "exited"
    attached: bool
    exit_code: int
    cause: Optional[str]


PROCESSES = ListReader("sbx_process_list", ProcessInfo, {
    "id": int, "pid": int, "command": text, "user": text, "started": moment,
    "state": one_of(PROCESS_STATES), "attached": bool, "exit_code": int, "cause": maybe_cause,
})


@dataclass(frozen=True)
class Usage(Record):
    """What a running process, and everything it has started, takes of its sandbox."""

    cpu_user: float  #: seconds
    cpu_system: float  #: seconds
    memory: int  #: bytes
    peak_memory: int  #: bytes
    tasks: int
    read_bytes: int
    written_bytes: int


USAGE = Reader("sbx_usage", Usage, {
    "cpu_user": ("cpu_user_us", seconds), "cpu_system": ("cpu_system_us", seconds), "memory": int,
    "peak_memory": int, "tasks": int, "read_bytes": int, "written_bytes": int,
})


# --- files ---


@dataclass(frozen=True)
class Stat(Record):
    """What is known about a file of a sandbox. Times are nanoseconds since 1970."""

    is_file: bool
    is_directory: bool
    is_symlink: bool
    is_block_device: bool
    is_char_device: bool
    is_fifo: bool
    is_socket: bool
    size: int
    mtime: int
    atime: int
    ctime: int
    birthtime: Optional[int]
    dev: int
    ino: int
    mode: int  #: type and permissions, the st_mode of Linux
    nlink: int
    uid: int
    gid: int
    rdev: int
    blksize: int
    blocks: int  #: of 512 bytes

    @property
    def permissions(self) -> int:
        """The mode without the type: 0o644 for example."""
        return self.mode & 0o7777

    @property
    def modified(self) -> datetime.datetime:
        """When its contents changed last."""
        return moment(self.mtime // 1_000_000)


STAT = Reader("sbx_stat", Stat, {
    **{name: bool for name in ("is_file", "is_directory", "is_symlink", "is_block_device",
                               "is_char_device", "is_fifo", "is_socket")},
    **{name: int for name in ("size", "mtime", "atime", "ctime")}, "birthtime": time_ns,
    **{name: int for name in ("dev", "ino", "mode", "nlink", "uid", "gid", "rdev", "blksize",
                              "blocks")},
})


@dataclass(frozen=True)
class DirEntry(Record):
    """An entry of a directory, a walk or a glob."""

    name: str
    path: str
    kind: str  #: "file", "directory", "symlink", "fifo", "socket", ...; "unknown": gone again
    depth: int  #: below where the walk began

    def __fspath__(self) -> str:
        return self.path

    @property
    def is_file(self) -> bool:
        return self.kind == "file"

    @property
    def is_directory(self) -> bool:
        return self.kind == "directory"

    @property
    def is_symlink(self) -> bool:
        return self.kind == "symlink"


ENTRY = Reader("sbx_dir", DirEntry, {
    "name": text, "path": text, "kind": one_of(KINDS), "depth": int,
})


@dataclass(frozen=True)
class WatchEvent(Record):
    """What happened to a watched file."""

    kind: str  #: "create", "modify", "remove", "rename", "attributes" or "overflow"
    path: str
    to: Optional[str]  #: the new path of a "rename"


WATCH_EVENT = Reader("sbx_watch", WatchEvent, {
    "kind": one_of(WATCH_KINDS), "path": text, "to": maybe_text,
})


# --- ports, events, figures ---


@dataclass(frozen=True)
class PortInfo(Record):
    """A TCP port that something in a sandbox listens on: the guest's own claim."""

    port: int
    address: str
    uid: int
    pid: int
    program: str


PORTS = ListReader("sbx_port_list", PortInfo, {
    "port": int, "address": text, "uid": int, "pid": int, "program": text,
})


@dataclass(frozen=True)
class Event(Record):
    """What happened to a sandbox, or to a command in it. What it does not have is None or 0."""

    type: str  #: "created", "ready", "paused", "process-exited", ..., "ended", "lost"
    number: int
    time: datetime.datetime
    sandbox: Optional[str]
    text: Optional[str]
    code: int
    signal: int
    cause: Optional[str]
    pid: int
    command: Optional[str]
    deadline: Optional[datetime.datetime]


def _type_name(number: int) -> str:
    return text(lib.sbx_event_type_name(number))


EVENT = Reader("sbx_event", Event, {
    "type": _type_name, "number": int, "time": moment, "sandbox": maybe_text, "text": maybe_text,
    "code": int, "signal": int, "cause": maybe_cause, "pid": int, "command": maybe_text,
    "deadline": maybe_moment,
})


class Stats(Dict[str, Optional[int]]):
    """Figures of a sandbox, or of all: names as in stats.h ("cpu", "guest_memory", ...).

    Also as attributes: stats.cpu. None: unknown. cpu is in microseconds, uptime and paused in
    milliseconds, memory and disk in bytes.
    """

    def __getattr__(self, name: str) -> Optional[int]:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"there is no figure {name!r}: {', '.join(self)}") from None

    def _repr_html_(self) -> str:
        return table("Stats", list(self.items()))


def take_stats(handle: Handle) -> Stats:
    stats = Stats()
    try:
        for figure in range(10000):
            name = lib.sbx_stats_name(figure)
            if name is None:
                break
            value = lib.sbx_stats_value(handle.pointer, figure)
            stats[text(name)] = None if value < 0 else value
        return stats
    finally:
        handle.close()


# --- the host ---


@dataclass(frozen=True)
class ImageInfo(Record):
    """A version of an image."""

    name: str
    version: str
    created: datetime.datetime
    size: int  #: bytes on the host's disk
    kernel: str
    path: str
    in_use: bool


IMAGES = ListReader("sbx_image_list", ImageInfo, {
    "name": text, "version": text, "created": moment, "size": int, "kernel": text, "path": text,
    "in_use": bool,
})


@dataclass(frozen=True)
class SnapshotInfo(Record):
    """A snapshot."""

    name: str
    image: str
    memory: int
    vcpus: int
    disk_size: int
    created: datetime.datetime
    size: int  #: bytes on the host's disk


SNAPSHOTS = ListReader("sbx_snapshot_list", SnapshotInfo, {
    "name": text, "image": text, "memory": int, "vcpus": int, "disk_size": int, "created": moment,
    "size": int,
})


@dataclass(frozen=True)
class TemplateInfo(Record):
    """A booted VM that was saved, from which sandboxes start."""

    id: str
    state: str  #: "ready" or "building"
    image: str
    memory: int
    vcpus: int
    disk_size: int
    accelerator: str
    vmm: str
    created: datetime.datetime
    used: datetime.datetime
    size: int  #: bytes on the host's disk


TEMPLATES = ListReader("sbx_template_list", TemplateInfo, {
    "id": text, "state": one_of(TEMPLATE_STATES), "image": text, "memory": int, "vcpus": int,
    "disk_size": int, "accelerator": text, "vmm": text, "created": moment, "used": moment,
    "size": int,
})


@dataclass(frozen=True)
class PoolInfo(Record):
    """The spares of one kind of sandbox."""

    image: str
    memory: int
    vcpus: int
    disk_size: int
    ready: int
    starting: int
    target: int
    private_bytes: int


POOLS = ListReader("sbx_pool_list", PoolInfo, {
    name: text if name == "image" else int
    for name in ("image", "memory", "vcpus", "disk_size", "ready", "starting", "target",
                 "private_bytes")
})


@dataclass(frozen=True)
class PoolSettings(Record):
    """How many spares the keeper has ready, and what they may take."""

    setting: int  #: spares of each kind, -1: the keeper decides
    budget: int  #: bytes of host memory for all of them
    used: int  #: bytes


POOL_SETTINGS = Reader("sbx_pool_list", PoolSettings, {"setting": int, "budget": int, "used": int})


@dataclass(frozen=True)
class Limit(Record):
    """How much of something this user's sandboxes may take together, and take now."""

    limit: Optional[int]  #: None: no limit
    used: int


@dataclass(frozen=True)
class Limits(Record):
    """What this user's sandboxes may take together."""

    sandboxes: Limit
    memory: Limit
    vcpus: Limit
    waiting: int  #: calls that wait for room


LIMIT_NAMES = ("sandboxes", "memory", "vcpus")


def take_limits(handle: Handle) -> Limits:
    try:
        pointer = handle.pointer
        found = {name: Limit(lib.sbx_limits_value(pointer, index) or None,
                             lib.sbx_limits_used(pointer, index))
                 for index, name in enumerate(LIMIT_NAMES)}
        return Limits(waiting=lib.sbx_limits_waiting(pointer), **found)
    finally:
        handle.close()
