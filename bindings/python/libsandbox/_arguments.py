# SPDX-License-Identifier: LGPL-2.1-or-later
"""From what Python programs write to what the C library takes: text, sizes, durations, options.

Text is checked for NUL here, since it would be cut off there without a word.
"""
from __future__ import annotations

import ctypes
import datetime
import io
import os
import signal as _signal
import subprocess
from ctypes import byref, c_int64, c_uint64, c_void_p
from typing import Any, Iterable, List, Mapping, Optional, Sequence, Tuple, Union

from . import _abi
from ._engine import Handle, Progress, ProgressFunc, strings
from ._errors import InvalidError, OutOfMemoryError, take_error
from ._library import lib

Path = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]
Size = Union[int, str]  #: bytes, or "512MiB", "1GiB", "2GB"
Duration = Union[int, float, str, datetime.timedelta]  #: seconds, or "500ms", "30s", "5m", "2h"
Labels = Mapping[str, str]
Variables = Mapping[str, str]
Stdio = Union[None, int, str, io.IOBase, Any]


def encode(value: Union[str, bytes], what: str = "text") -> bytes:
    """A C string."""
    if isinstance(value, str):
        data = value.encode("utf-8", "surrogateescape")
    elif isinstance(value, (bytes, bytearray)):
        data = bytes(value)
    else:
        raise TypeError(f"{what} must be str or bytes, not {type(value).__name__}")
    if b"\0" in data:
        raise InvalidError(f"{what} has a NUL in it: {value!r:.100}",
                           hint="C strings end there; leave it out")
    return data


def maybe_encode(value: Union[str, bytes, None], what: str = "text") -> Optional[bytes]:
    return None if value is None else encode(value, what)


def path(value: Path, what: str = "path") -> bytes:
    """A path, of the guest or of this machine."""
    return encode(os.fspath(value), what)


def size(value: Size, what: str = "size") -> int:
    """Bytes of 1073741824 or "1GiB"."""
    if isinstance(value, str):
        out = c_uint64()
        _checked_call("sbx_parse_size", encode(value, what), byref(out))
        return out.value
    return _whole(value, what)


def duration_ms(value: Duration, what: str = "duration") -> int:
    """Milliseconds of 1.5, "90s" or a timedelta. What is more than nothing is at least 1."""
    if isinstance(value, str):
        out = c_int64()
        _checked_call("sbx_parse_duration", encode(value, what), byref(out))
        return out.value
    seconds = value.total_seconds() if isinstance(value, datetime.timedelta) else value
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise TypeError(f"{what} must be seconds, text or a timedelta, not {type(value).__name__}")
    if not -9.2e15 < seconds < 9.2e15:
        raise InvalidError(f"{what} is out of range: {value!r}")
    milliseconds = round(seconds * 1000)
    return 1 if milliseconds == 0 and seconds > 0 else milliseconds


def timeout_ms(value: Optional[Duration], what: str = "timeout") -> int:
    """How long to wait, for an int of C; None: for ever. Too long is the longest there is."""
    if value is None:
        return -1
    milliseconds = duration_ms(value, what)
    if milliseconds < 0:
        raise InvalidError(f"{what} is negative: {value!r}", hint="None waits for ever")
    return min(milliseconds, 2**31 - 1)


def _whole(value: Any, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{what} must be a whole number or text, not {type(value).__name__}")
    number: int = value
    return number


def moment_ms(value: Union[datetime.datetime, float]) -> int:
    """Milliseconds since 1970."""
    if isinstance(value, datetime.datetime):
        value = value.timestamp()
    return int(value * 1000)


def signal_number(value: Union[int, str]) -> int:
    """9, signal.SIGKILL, "SIGKILL" or "KILL"."""
    if isinstance(value, str):
        name = value.upper() if value.upper().startswith("SIG") else f"SIG{value.upper()}"
        try:
            return int(_signal.Signals[name])
        except KeyError:
            raise InvalidError(f"there is no signal {value!r}", hint='for example "TERM"') from None
    return int(value)


def choice(value: str, names: Sequence[str], what: str) -> int:
    """The number of a name."""
    if value not in names:
        raise InvalidError(f"{what} cannot be {value!r}",
                           hint="one of " + ", ".join(repr(name) for name in names if name))
    return names.index(value)



# --- objects of options ---


def new(name: str, release: str, *arguments: Any) -> Handle:
    pointer = getattr(lib, name)(*arguments)
    if not pointer:
        raise OutOfMemoryError(f"{name}(): there is no memory")
    return Handle(pointer, release)


def _checked_call(name: str, *arguments: Any) -> int:
    """A call of C that does not block, whose last parameter is the error."""
    error = c_void_p()
    try:
        code: int = getattr(lib, name)(*arguments, byref(error))
    except Exception as wrong:
        if type(wrong).__name__ != "ArgumentError":
            raise
        raise InvalidError(f"{name}(): {wrong}", operation=name) from None
    if code < 0:
        raise take_error(error.value, code, name)
    return code


call_now = _checked_call


def sandbox_options(
        *, image: Optional[str] = None, memory: Optional[Size] = None, vcpus: Optional[int] = None,
        disk_size: Optional[Size] = None, timeout: Optional[Duration] = None,
        start_timeout: Optional[Duration] = None, root: Optional[str] = None,
        wait: Optional[Duration] = None, spares: Optional[int] = None,
        env: Optional[Variables] = None, labels: Optional[Labels] = None) -> Optional[Handle]:
    """An sbx_options; None when nothing is said."""
    options = new("sbx_options_new", "sbx_options_unref")
    pointer = options.pointer
    count = 0

    def put(name: str, *values: Any) -> None:
        nonlocal count
        count += 1
        _checked_call(f"sbx_options_{name}", pointer, *values)

    if image is not None:
        put("set_image", encode(image, "image"))
    if memory is not None:
        put("set_memory", size(memory, "memory"))
    if vcpus is not None:
        put("set_vcpus", _whole(vcpus, "vcpus"))
    if disk_size is not None:
        put("set_disk_size", size(disk_size, "disk_size"))
    if timeout is not None:
        put("set_timeout", lifetime_ms(timeout))
    if start_timeout is not None:
        put("set_start_timeout", duration_ms(start_timeout, "start_timeout"))
    if root is not None:
        put("set_root", encode(root, "root"))
    if wait is not None:
        forever = isinstance(wait, str) and wait == "forever"
        put("set_wait", _abi.SBX_WAIT_FOREVER if forever else duration_ms(wait, "wait"))
    if spares is not None:
        put("set_spares", _whole(spares, "spares"))
    for name, value in (env or {}).items():
        put("set_env", encode(name, "env name"), encode(value, f"env {name}"))
    for name, value in (labels or {}).items():
        put("set_label", encode(name, "label"), encode(value, f"label {name}"))
    return options if count else None


def lifetime_ms(timeout: Duration) -> int:
    """Of "session" or a duration, which is not 0: that would be another lifetime."""
    milliseconds = duration_ms(timeout, "timeout")
    if milliseconds == 0 and timeout != "session":
        raise InvalidError("a sandbox cannot live for 0 seconds",
                           hint='"session" or None: until its creator drops it')
    return milliseconds


def fs_options(
        *, user: Optional[str] = None, flag: int = 0, mode: Optional[int] = None,
        max_size: Optional[Size] = None, directory: Optional[Path] = None,
        prefix: Optional[str] = None, suffix: Optional[str] = None,
        max_depth: Optional[int] = None, match: Iterable[str] = (),
        skip: Iterable[str] = ()) -> Optional[Handle]:
    """An sbx_fs_options; None when nothing is said."""
    single = (user, mode, max_size, directory, prefix, suffix, max_depth)
    if not flag and not match and not skip and all(value is None for value in single):
        return None
    options = new("sbx_fs_options_new", "sbx_fs_options_free")
    pointer = options.pointer

    def put(name: str, *values: Any) -> None:
        _checked_call(f"sbx_fs_options_{name}", pointer, *values)

    if user is not None:
        put("set_user", encode(user, "user"))
    if flag:
        put("set_flags", flag)
    if mode is not None:
        put("set_mode", mode)
    if max_size is not None:
        lib.sbx_fs_options_set_max_size(pointer, size(max_size, "max_size"))
    if directory is not None:
        put("set_directory", path(directory, "directory"))
    if prefix is not None or suffix is not None:
        put("set_affixes", maybe_encode(prefix, "prefix"), maybe_encode(suffix, "suffix"))
    if max_depth is not None:
        put("set_max_depth", max_depth)
    for pattern in _patterns(match):
        put("add_match", pattern)
    for pattern in _patterns(skip):
        put("add_skip", pattern)
    return options


def _patterns(patterns: Iterable[str]) -> List[bytes]:
    return [encode(pattern, "pattern")
            for pattern in ([patterns] if isinstance(patterns, (str, bytes)) else patterns)]


EXISTING = ("replace", "refuse", "keep")


def transfer_options(
        *, user: Optional[str] = None, owners: bool = True, privileged: bool = False,
        existing: str = "replace", exclude: Iterable[str] = (), glob: bool = False,
        max_bytes: Optional[Size] = None, max_entries: Optional[int] = None,
        progress: Optional[ProgressFunc] = None) -> Tuple[Optional[Handle], Progress]:
    """An sbx_transfer_options, and what keeps its callback alive."""
    callback = Progress(progress)
    options = new("sbx_transfer_options_new", "sbx_transfer_options_free")
    pointer = options.pointer

    def put(name: str, *values: Any) -> None:
        _checked_call(f"sbx_transfer_options_{name}", pointer, *values)

    if user is not None:
        put("set_user", encode(user, "user"))
    if not owners:
        lib.sbx_transfer_options_set_owners(pointer, 0)
    if privileged:
        lib.sbx_transfer_options_set_privileged(pointer, 1)
    put("set_existing", choice(existing, EXISTING, "existing"))
    for pattern in _patterns(exclude):
        put("add_exclude", pattern)
    if glob:
        lib.sbx_transfer_options_set_glob(pointer, 1)
    if max_bytes is not None:
        lib.sbx_transfer_options_set_max_bytes(pointer, size(max_bytes, "max_bytes"))
    if max_entries is not None:
        lib.sbx_transfer_options_set_max_entries(pointer, _whole(max_entries, "max_entries"))
    if callback.argument is not None:
        lib.sbx_transfer_options_set_progress(pointer, callback.argument, None)
    return options, callback


def list_options(labels: Optional[Mapping[str, Optional[str]]],
                 status: Optional[int]) -> Optional[Handle]:
    """An sbx_list_options; None for all."""
    if not labels and status is None:
        return None
    options = new("sbx_list_options_new", "sbx_list_options_free")
    for name, value in (labels or {}).items():
        _checked_call("sbx_list_options_set_label", options.pointer, encode(name, "label"),
                      maybe_encode(value, f"label {name}"))
    if status is not None:
        _checked_call("sbx_list_options_set_status", options.pointer, status)
    return options


def image_options(mirror: Optional[str], deno: bool, force: bool) -> Handle:
    """An sbx_image_build_options."""
    options = new("sbx_image_build_options_new", "sbx_image_build_options_free")
    if mirror is not None:
        _checked_call("sbx_image_build_options_set_mirror", options.pointer,
                      encode(mirror, "mirror"))
    lib.sbx_image_build_options_set_deno(options.pointer, int(deno))
    lib.sbx_image_build_options_set_force(options.pointer, int(force))
    return options


# --- commands ---

STDIN, STDOUT, STDERR = _abi.SBX_STDIN, _abi.SBX_STDOUT, _abi.SBX_STDERR
_STREAMS = ("stdin", "stdout", "stderr")
_MODES = {
    "null": _abi.SBX_STDIO_NULL, "pipe": _abi.SBX_STDIO_PIPE, "merge": _abi.SBX_STDIO_MERGE,
    "inherit": _abi.SBX_STDIO_INHERIT, subprocess.DEVNULL: _abi.SBX_STDIO_NULL,
    subprocess.PIPE: _abi.SBX_STDIO_PIPE, subprocess.STDOUT: _abi.SBX_STDIO_MERGE,
}


class Command:
    """An sbx_command, as Sandbox.run(), sh() and spawn() describe it."""

    def __init__(self, handle: Handle, words: str) -> None:
        self.handle = handle
        self.words = words  # for messages

    @classmethod
    def program(cls, words: Sequence[Union[str, bytes]]) -> "Command":
        if isinstance(words, (str, bytes)):
            words = [words]
        if not words:
            raise InvalidError("a command needs a program", hint='for example run("ls", "-l")')
        encoded = [path(word, "argument") for word in words]
        handle = new("sbx_command_new", "sbx_command_unref", encoded[0])
        for word in encoded[1:]:
            _checked_call("sbx_command_add_arg", handle.pointer, word)
        return cls(handle, " ".join(word.decode("utf-8", "replace") for word in encoded))

    @classmethod
    def script(cls, script: Union[str, bytes], arguments: Sequence[str] = ()) -> "Command":
        encoded = encode(script, "script")
        handle = new("sbx_command_new_script", "sbx_command_unref", encoded)
        for word in arguments:
            _checked_call("sbx_command_add_arg", handle.pointer, encode(word, "argument"))
        return cls(handle, encoded.decode("utf-8", "replace"))

    def put(self, name: str, *values: Any) -> None:
        _checked_call(f"sbx_command_{name}", self.handle.pointer, *values)

    def settings(
            self, *, env: Optional[Variables] = None, clear_env: bool = False,
            cwd: Optional[Path] = None, user: Optional[str] = None,
            timeout: Optional[Duration] = None, cpu_limit: Optional[Duration] = None,
            memory_limit: Optional[Size] = None, process_limit: Optional[int] = None,
            output_limit: Optional[Size] = None,
            terminal: Optional[Tuple[int, int]] = None) -> "Command":
        for name, value in (env or {}).items():
            self.put("set_env", encode(name, "env name"), encode(value, f"env {name}"))
        if clear_env:
            lib.sbx_command_clear_env(self.handle.pointer, 1)
        if cwd is not None:
            self.put("set_cwd", path(cwd, "cwd"))
        if user is not None:
            self.put("set_user", encode(user, "user"))
        if timeout is not None:
            self.put("set_deadline", duration_ms(timeout, "timeout") or -1)
        if cpu_limit is not None:
            self.put("set_cpu_limit", duration_ms(cpu_limit, "cpu_limit") or -1)
        if memory_limit is not None:
            self.put("set_memory_limit", size(memory_limit, "memory_limit"))
        if process_limit is not None:
            self.put("set_process_limit", process_limit)
        if output_limit is not None:
            self.put("set_output_limit", size(output_limit, "output_limit"))
        if terminal is not None:
            self.put("set_terminal", terminal[0], terminal[1])
        return self

    def stream(self, stream: int, what: Stdio) -> None:
        """None leaves it; a word, a constant of subprocess, a descriptor, or what has one."""
        if what is None:
            return
        if isinstance(what, (str, int)) and not isinstance(what, bool) and (
                isinstance(what, str) or what < 0):
            mode = _MODES.get(what)
            if mode is None:
                raise InvalidError(f"{_STREAMS[stream]} cannot be {what!r}",
                                   hint='"pipe", "null", "inherit", "merge", or a file')
            self.put("set_stdio", stream, mode)
            return
        if not isinstance(what, int):
            if not hasattr(what, "fileno"):
                raise TypeError(f"{_STREAMS[stream]} must be text, a descriptor or a file, "
                                f"not {type(what).__name__}")
            what = what.fileno()
        self.put("set_fd", stream, what)

    def feed(self, data: Union[str, bytes, None]) -> None:
        """Has it read these bytes: from a file in memory, which its start duplicates."""
        if data is None:
            return
        raw = data.encode() if isinstance(data, str) else bytes(data)
        descriptor = os.memfd_create("libsandbox-input")
        self._fed = io.FileIO(descriptor, "r+b")
        view = memoryview(raw)
        while view:
            view = view[os.write(descriptor, view):]
        os.lseek(descriptor, 0, os.SEEK_SET)
        self.put("set_fd", STDIN, descriptor)


# --- quoting ---


def _own_text(pointer: Optional[int], what: str) -> str:
    if not pointer:
        raise OutOfMemoryError(f"{what}(): there is no memory")
    try:
        return ctypes.string_at(pointer).decode("utf-8", "surrogateescape")
    finally:
        lib.sbx_free(pointer)


def quote_words(words: Sequence[Union[str, bytes]]) -> str:
    """The words of a list, each quoted, with spaces between them."""
    encoded = [encode(word, "word") for word in words]
    return _own_text(lib.sbx_quote_words(strings(encoded), len(encoded)), "sbx_quote_words")


def quote(*words: Union[str, bytes, int, float]) -> str:
    """Values as words of a shell script that stand for exactly these, whatever they are.

        sb.sh(f"ls -l -- {quote(name)}")
    """
    encoded = [encode(word if isinstance(word, (str, bytes)) else str(word), "word")
               for word in words]
    if len(encoded) == 1:
        return _own_text(lib.sbx_quote(encoded[0]), "sbx_quote")
    return _own_text(lib.sbx_quote_words(strings(encoded), len(encoded)), "sbx_quote_words")
