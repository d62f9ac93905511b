# SPDX-License-Identifier: LGPL-2.1-or-later
"""What can go wrong, as a tree of exceptions under SandboxError.

One class per code of the C library. Where Python has an exception of the same meaning, ours is one
of those, too: `except FileNotFoundError` catches a file that is missing in a sandbox.
"""
from __future__ import annotations

import errno as _errno
from typing import TYPE_CHECKING, Any, Dict, Optional, Tuple, Type

from . import _abi
from ._library import lib

if TYPE_CHECKING:
    from ._records import Result


class SandboxError(Exception):
    """The base of everything that libsandbox raises.

    Attributes:
        message: one sentence: what was tried, on what, what went wrong.
        code: the stable name of the failure, for example "NOT_FOUND".
        operation: the C function that failed, for example "sbx_create"; "" for none.
        hint: what to do next, or None.
        cause: details from the layer below, possibly several lines, or None.
        errno: the errno behind the failure, or None.
    """

    code = "INTERNAL"

    def __init__(self, message: str = "", *, operation: str = "", hint: Optional[str] = None,
                 cause: Optional[str] = None, errno: Optional[int] = None,
                 code: Optional[str] = None) -> None:
        super().__init__(message)
        self.message = message
        self.operation = operation
        self.hint = hint
        self.cause = cause
        self.errno = errno
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        text = f"{self.message} [{self.code}]"
        if self.hint:
            text += f"\n  hint: {self.hint}"
        if self.cause:
            text += "\n  cause: " + self.cause.replace("\n", "\n         ")
        return text

    def __reduce__(self) -> Tuple[Any, ...]:
        state = {key: getattr(self, key)
                 for key in ("message", "operation", "hint", "cause", "errno", "code")}
        return _restore, (type(self), state)


def _restore(kind: Type[SandboxError], state: Dict[str, Any]) -> SandboxError:
    return kind(state.pop("message"), **state)


class InvalidError(SandboxError, ValueError):
    """An argument is not acceptable; nothing was done."""

    code = "INVALID"


class ClosedError(InvalidError):
    """The object was closed, by close() or the end of its `with` block."""


class OutOfMemoryError(SandboxError, MemoryError):
    """This program or the host is out of memory."""

    code = "NO_MEMORY"


class SystemCallError(SandboxError, OSError):
    """A system call failed: see errno."""

    code = "SYSTEM"


class RefusedError(SystemCallError, ConnectionRefusedError):
    """Nothing listens there."""


class UnavailableError(SandboxError):
    """The host lacks something (QEMU, libvirt, an image): see hint."""

    code = "UNAVAILABLE"


class KeeperError(SandboxError, ConnectionError):
    """The keeper process could not be started, or the link to it broke."""

    code = "KEEPER"


class ProtocolError(SandboxError):
    """A peer broke the protocol; the link to it was closed."""

    code = "PROTOCOL"


class NotFoundError(SandboxError, LookupError):
    """There is no sandbox, image, process or variable of that name."""

    code = "NOT_FOUND"

    __str__ = SandboxError.__str__


class FileMissingError(NotFoundError, FileNotFoundError):
    """There is no such file in the sandbox."""


class ExistsError(SandboxError, FileExistsError):
    """Something of that name exists already."""

    code = "EXISTS"


class BusyError(SandboxError):
    """In use, or the host has no room for one more now."""

    code = "BUSY"


class NoSpaceError(SandboxError, OSError):
    """A disk is full."""

    code = "NO_SPACE"


class DeniedError(SandboxError, PermissionError):
    """Permission denied."""

    code = "DENIED"


class DeadlineError(SandboxError, TimeoutError):
    """The time is over."""

    code = "TIMEOUT"


class CancelledError(SandboxError):
    """Somebody else of this user cancelled it, or stopped the keeper."""

    code = "CANCELLED"


class BootError(SandboxError):
    """The guest did not come up; cause has the end of its console."""

    code = "BOOT"


class GoneError(SandboxError):
    """The sandbox has ended: killed, expired or died."""

    code = "GONE"


class ExecError(SandboxError):
    """The program could not be started inside the sandbox."""

    code = "EXEC"


class ImageError(SandboxError):
    """The image is damaged or of an unknown format."""

    code = "IMAGE"


class UnsupportedError(SandboxError):
    """Not possible with this hypervisor or this version."""

    code = "UNSUPPORTED"


class ForkedError(SandboxError):
    """The object belongs to the process before os.fork()."""

    code = "FORKED"


class TooBigError(SandboxError):
    """A size exceeds a documented limit."""

    code = "TOO_BIG"


class InternalError(SandboxError):
    """A defect in libsandbox; please report it."""

    code = "INTERNAL"


class FileError(SandboxError, OSError):
    """A file operation in the sandbox failed: see errno."""

    code = "FILE"


class NotDirectoryError(FileError, NotADirectoryError):
    """Something in the path is no directory."""


class IsDirectoryError(FileError, IsADirectoryError):
    """It is a directory."""


class CommandError(SandboxError):
    """A command failed, and its caller had not said check=False.

    Attributes:
        result: what it left behind: exit code, output, why it ended.
    """

    code = "COMMAND"

    def __init__(self, message: str = "", *, result: "Optional[Result]" = None,
                 **more: Any) -> None:
        super().__init__(message, **more)
        self._result = result

    @property
    def result(self) -> "Result":
        """What the command left behind."""
        assert self._result is not None
        return self._result

    def __reduce__(self) -> Tuple[Any, ...]:
        restore, (kind, state) = super().__reduce__()
        return restore, (kind, {**state, "result": self._result})


class CommandTimeoutError(CommandError, TimeoutError):
    """A command was killed at its deadline."""


_CLASSES: Dict[int, Type[SandboxError]] = {
    getattr(_abi, f"SBX_E_{kind.code}"): kind
    for kind in (
        InvalidError, OutOfMemoryError, SystemCallError, UnavailableError, KeeperError,
        ProtocolError, NotFoundError, ExistsError, BusyError, NoSpaceError, DeniedError,
        DeadlineError, CancelledError, BootError, GoneError, ExecError, ImageError,
        UnsupportedError, ForkedError, TooBigError, InternalError, FileError,
    )
}
_BY_ERRNO: Dict[Tuple[int, int], Type[SandboxError]] = {
    (_abi.SBX_E_NOT_FOUND, _errno.ENOENT): FileMissingError,
    (_abi.SBX_E_FILE, _errno.ENOTDIR): NotDirectoryError,
    (_abi.SBX_E_FILE, _errno.EISDIR): IsDirectoryError,
    (_abi.SBX_E_SYSTEM, _errno.ECONNREFUSED): RefusedError,
}


def _text(value: Optional[bytes]) -> Optional[str]:
    return None if value is None else value.decode("utf-8", "replace")


def take_error(pointer: Optional[int], code: int, operation: str) -> SandboxError:
    """The exception for an sbx_error, which is freed."""
    if not pointer:
        name = lib.sbx_error_code_name(code).decode()
        kind = _CLASSES.get(code, SandboxError)
        return kind(f"{operation}() failed: {name}", operation=operation,
                    code=name.replace("SBX_E_", ""))
    try:
        code = lib.sbx_error_code(pointer)
        number = lib.sbx_error_errno(pointer) or None
        kind = _BY_ERRNO.get((code, number or 0)) or _CLASSES.get(code, SandboxError)
        return kind(
            _text(lib.sbx_error_message(pointer)) or "",
            code=lib.sbx_error_code_name(code).decode().replace("SBX_E_", ""),
            operation=_text(lib.sbx_error_operation(pointer)) or operation,
            hint=_text(lib.sbx_error_hint(pointer)), cause=_text(lib.sbx_error_cause(pointer)),
            errno=number)
    finally:
        lib.sbx_error_free(pointer)
