# SPDX-License-Identifier: LGPL-2.1-or-later
"""The file system of a sandbox, and its open files."""
from __future__ import annotations

import os
import posixpath
from ctypes import byref, c_int
from types import TracebackType
from typing import (
    TYPE_CHECKING, Any, AsyncIterator, Iterable, List, Optional, Sequence, Tuple, Type, Union,
)

from .. import _abi, _calls
from .._arguments import Path, Size, call_now, fs_options, path as encode_path, transfer_options
from .._engine import Buffer, Call, Handle, ProgressFunc
from .._errors import ExistsError, InvalidError, IsDirectoryError, NotDirectoryError, NotFoundError
from .._records import ENTRY, STAT, DirEntry, Stat, text
from ._support import FileBase, pending, run

if TYPE_CHECKING:
    from ._support import Pending
    from .events import AsyncWatch
    from .sandbox import AsyncSandbox

WHENCES = (_abi.SBX_SEEK_SET, _abi.SBX_SEEK_CUR, _abi.SBX_SEEK_END)  # as os.SEEK_SET and so on
READ_ALL_BLOCK = 1 << 20


_OS_FLAGS = {
    os.O_APPEND: _abi.SBX_OPEN_APPEND, os.O_CREAT: _abi.SBX_OPEN_CREATE,
    os.O_EXCL: _abi.SBX_OPEN_CREATE_NEW, os.O_TRUNC: _abi.SBX_OPEN_TRUNCATE,
}
_OS_ACCESS = {
    os.O_RDONLY: _abi.SBX_OPEN_READ, os.O_WRONLY: _abi.SBX_OPEN_WRITE,
    os.O_RDWR: _abi.SBX_OPEN_READ | _abi.SBX_OPEN_WRITE,
}


def _flags_of_os(mode: int) -> int:
    access = mode & (os.O_RDONLY | os.O_WRONLY | os.O_RDWR)
    rest = mode & ~access & ~os.O_CLOEXEC
    if access not in _OS_ACCESS or rest & ~(os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_TRUNC):
        raise InvalidError(f"flags {mode:#x} are not all known",
                           hint="O_RDONLY, O_WRONLY, O_RDWR; O_APPEND, O_CREAT, O_EXCL, O_TRUNC")
    return _OS_ACCESS[access] | sum(flag for known, flag in _OS_FLAGS.items() if rest & known)


def open_flags(mode: Union[str, int]) -> int:
    """Flags of sbx_fs_open() for a mode of open(), or flags of os.open()."""
    if isinstance(mode, int):
        return _flags_of_os(mode)
    kinds = [letter for letter in mode if letter in "rwax"]
    if len(kinds) != 1 or len(set(mode)) != len(mode) or set(mode) - set("rwaxbt+"):
        raise InvalidError(f"{mode!r} is no mode of a file",
                           hint='"r", "w", "a" or "x", with "+" for reading and writing')
    flags = {
        "r": _abi.SBX_OPEN_READ,
        "w": _abi.SBX_OPEN_WRITE | _abi.SBX_OPEN_CREATE | _abi.SBX_OPEN_TRUNCATE,
        "a": _abi.SBX_OPEN_APPEND | _abi.SBX_OPEN_CREATE,
        "x": _abi.SBX_OPEN_WRITE | _abi.SBX_OPEN_CREATE_NEW,
    }[kinds[0]]
    if "+" in mode:
        flags |= _abi.SBX_OPEN_WRITE if kinds[0] == "r" else _abi.SBX_OPEN_READ
    return flags


def nanoseconds(time: Union[int, float, str, None]) -> int:
    """Seconds since 1970, "now", or None: leave it."""
    if time is None:
        return _abi.SBX_TIME_OMIT
    if isinstance(time, str):
        if time != "now":
            raise InvalidError(f"{time!r} is no time", hint='seconds since 1970, "now" or None')
        return _abi.SBX_TIME_NOW
    # A float is not more exact than this.
    return time * 10**9 if isinstance(time, int) else round(time * 10**6) * 1000


class AsyncFile(FileBase):
    """An open file of a sandbox: bytes, not buffered. One call at a time.

    A process in the guest holds it open: position, lock and all end with it.
    """

    def __init__(self, handle: Handle, name: str, flags: int) -> None:
        self._handle = handle
        self._flags = flags
        self.name = name

    def readable(self) -> bool:
        writes = _abi.SBX_OPEN_WRITE | _abi.SBX_OPEN_APPEND
        return bool(self._flags & _abi.SBX_OPEN_READ) or not self._flags & writes

    def writable(self) -> bool:
        return bool(self._flags & (_abi.SBX_OPEN_WRITE | _abi.SBX_OPEN_APPEND))

    @property
    def closed(self) -> bool:
        return self._handle.closed

    async def read(self, size: int = -1) -> bytes:
        """Up to so many bytes from here, all of the rest with -1; b"" at the end."""
        if size >= 0:
            return await run(_calls.file_read(self._handle, size))
        blocks: List[bytes] = []
        while True:
            block = await run(_calls.file_read(self._handle, READ_ALL_BLOCK))
            if not block:
                return b"".join(blocks)
            blocks.append(block)

    async def write(self, data: Buffer, /) -> int:
        """Writes all of it here; returns how much that is."""
        await run(_calls.file_write(self._handle, data))
        return memoryview(data).nbytes

    async def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Goes to another position, which it returns."""
        if whence not in (os.SEEK_SET, os.SEEK_CUR, os.SEEK_END):
            raise InvalidError(f"{whence!r} is no place to seek from", hint="os.SEEK_SET and so on")
        return await run(_calls.file_seek(self._handle, offset, WHENCES[whence]))

    async def tell(self) -> int:
        """The present position."""
        return await self.seek(0, os.SEEK_CUR)

    async def truncate(self, size: Optional[int] = None) -> int:
        """Gives it that size, or one up to the present position."""
        wanted = await self.tell() if size is None else size
        await run(_calls.file_truncate(self._handle, wanted))
        return wanted

    async def sync(self) -> None:
        """Returns when contents and attributes are on the guest's disk."""
        await run(_calls.file_sync(self._handle))

    async def datasync(self) -> None:
        """Returns when the contents are on the guest's disk."""
        await run(_calls.file_datasync(self._handle))

    async def lock(self, *, exclusive: bool = True, wait: bool = True) -> None:
        """Takes the lock of flock(), or changes its kind. Without `wait`: BusyError when another
        process holds it."""
        flags = _abi.SBX_LOCK_EXCLUSIVE if exclusive else _abi.SBX_LOCK_SHARED
        await run(_calls.file_lock(self._handle, flags | (0 if wait else _abi.SBX_LOCK_TRY)))

    async def unlock(self) -> None:
        """Gives up the lock."""
        await run(_calls.file_unlock(self._handle))

    async def utime(self, accessed: Union[int, float, str, None] = "now",
                    modified: Union[int, float, str, None] = "now") -> None:
        """Sets its times: seconds since 1970, "now", or None to leave one."""
        await run(_calls.file_utime(self._handle, nanoseconds(accessed), nanoseconds(modified)))

    async def stat(self) -> Stat:
        """What is known about it."""
        return STAT.take(await run(_calls.file_stat(self._handle)))

    async def close(self) -> None:
        """Closes it in the guest, and raises when that did not go well."""
        if self._handle.closed:
            return
        try:
            await run(_calls.file_close(self._handle))
        finally:
            self._handle.close()

    async def __aenter__(self) -> AsyncFile:
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                        traceback: Optional[TracebackType]) -> None:
        await self.close()

    def __del__(self) -> None:
        handle = getattr(self, "_handle", None)
        if handle is not None:
            handle.close()

    def __repr__(self) -> str:
        return f"<AsyncFile {self.name!r}{' closed' if self.closed else ''}>"


class AsyncFileCalls:
    """The file system of a sandbox: `sandbox.fs`.

    Paths are str, bytes or PurePosixPath; relative ones are relative to the user's home. `user`
    says with whose rights: "app", unless another is named.
    """

    def __init__(self, sandbox: Handle) -> None:
        self._sandbox = sandbox

    # --- whole files ---

    async def read_bytes(self, path: Path, *, user: Optional[str] = None,
                         max_size: Optional[Size] = None) -> bytes:
        """What is in a file: at most `max_size` (1 GiB), else TooBigError."""
        return await run(_calls.fs_read_file(self._sandbox, encode_path(path),
                                             fs_options(user=user, max_size=max_size)))

    async def read_text(self, path: Path, encoding: str = "utf-8", errors: str = "strict", *,
                        user: Optional[str] = None) -> str:
        """What is in a file, as text. Line ends stay as they are."""
        return (await self.read_bytes(path, user=user)).decode(encoding, errors)

    async def write_bytes(self, path: Path, data: Buffer, *, mode: Optional[int] = None,
                          append: bool = False, create: bool = True, exclusive: bool = False,
                          atomic: bool = False, user: Optional[str] = None) -> int:
        """Replaces what is in a file, which is made when it is missing; returns the length.

        create=False: it has to be there; exclusive: it must not be. atomic: whoever reads meanwhile
        sees the old contents or the new ones.
        """
        options = _write_options(mode, append, create, exclusive, atomic, user)
        await run(_calls.fs_write_file(self._sandbox, encode_path(path), options, data))
        return memoryview(data).nbytes

    async def write_text(self, path: Path, data: str, encoding: str = "utf-8",
                         errors: str = "strict", *, mode: Optional[int] = None,
                         append: bool = False, create: bool = True, exclusive: bool = False,
                         atomic: bool = False, user: Optional[str] = None) -> int:
        """Like write_bytes(), of text."""
        if not isinstance(data, str):
            raise TypeError(f"data must be str, not {type(data).__name__}")
        return await self.write_bytes(
            path, data.encode(encoding, errors), mode=mode, append=append, create=create,
            exclusive=exclusive, atomic=atomic, user=user)

    async def read_to(self, path: Path, target: Union[int, Any], *,
                      user: Optional[str] = None) -> int:
        """Copies a file of any size to a descriptor or open file of this program; its length."""
        return await run(_calls.fs_read_to_fd(self._sandbox, encode_path(path),
                                              fs_options(user=user), _descriptor(target)))

    async def write_from(self, path: Path, source: Union[int, Any], *, mode: Optional[int] = None,
                         append: bool = False, create: bool = True, exclusive: bool = False,
                         atomic: bool = False, user: Optional[str] = None) -> int:
        """Writes what a descriptor or open file of this program gives; how much it was."""
        options = _write_options(mode, append, create, exclusive, atomic, user)
        return await run(_calls.fs_write_from_fd(self._sandbox, encode_path(path), options,
                                                 _descriptor(source)))

    def open_file(self, path: Path, mode: Union[str, int] = "r", *,
                  permissions: Optional[int] = None,
                  user: Optional[str] = None) -> Pending[AsyncFile]:
        """Opens a file: bytes, not buffered. Modes are those of open(), "r", "w", "a", "x", "+", or
        flags as os.open() has them: os.O_RDWR | os.O_CREAT."""
        return pending(self._open_file(path, open_flags(mode), permissions, user))

    async def _open_file(self, path: Path, flags: int, permissions: Optional[int],
                         user: Optional[str]) -> AsyncFile:
        options = fs_options(user=user, mode=permissions)
        handle = await run(_calls.fs_open(self._sandbox, encode_path(path), flags, options))
        return AsyncFile(handle, text(encode_path(path)), flags)

    # --- what is there ---

    async def stat(self, path: Path, *, follow_symlinks: bool = True,
                   user: Optional[str] = None) -> Stat:
        """What is known about a file; of a symbolic link, about what it names."""
        call = _calls.fs_stat if follow_symlinks else _calls.fs_lstat
        return STAT.take(await run(call(self._sandbox, encode_path(path), fs_options(user=user))))

    async def lstat(self, path: Path, *, user: Optional[str] = None) -> Stat:
        """What is known about a file; of a symbolic link, about the link itself."""
        return await self.stat(path, follow_symlinks=False, user=user)

    async def _look(self, path: Path, user: Optional[str], follow: bool = True) -> Optional[Stat]:
        try:
            return await self.stat(path, follow_symlinks=follow, user=user)
        except (NotFoundError, NotDirectoryError):
            return None

    async def exists(self, path: Path, *, user: Optional[str] = None) -> bool:
        """Whether there is such a file, directory, ..."""
        return await self._look(path, user) is not None

    async def is_file(self, path: Path, *, user: Optional[str] = None) -> bool:
        """Whether it is a plain file."""
        stat = await self._look(path, user)
        return stat is not None and stat.is_file

    async def is_dir(self, path: Path, *, user: Optional[str] = None) -> bool:
        """Whether it is a directory."""
        stat = await self._look(path, user)
        return stat is not None and stat.is_directory

    async def is_symlink(self, path: Path, *, user: Optional[str] = None) -> bool:
        """Whether it is a symbolic link."""
        stat = await self._look(path, user, follow=False)
        return stat is not None and stat.is_symlink

    async def _entries(self, call: Call[Handle]) -> AsyncIterator[DirEntry]:
        handle = await run(call)
        try:
            while await run(_calls.dir_next(handle)) > 0:
                yield ENTRY.one(handle.pointer)
        finally:
            handle.close()

    def iterdir(self, path: Path = ".", *, user: Optional[str] = None) -> AsyncIterator[DirEntry]:
        """The entries of a directory, in no order. However many there are, few are in memory."""
        return self._entries(_calls.fs_read_dir(self._sandbox, encode_path(path),
                                                fs_options(user=user)))

    def walk(self, path: Path = ".", *, max_depth: Optional[int] = None, match: Iterable[str] = (),
             skip: Iterable[str] = (), follow_symlinks: bool = False, skip_denied: bool = False,
             files: bool = True, directories: bool = True, symlinks: bool = True,
             ignore_case: bool = False, user: Optional[str] = None) -> AsyncIterator[DirEntry]:
        """A directory and all below it, each directory before what is in it.

        match, skip: patterns as for glob(), of names, or with a "/" of paths below the top.
        """
        flag = _walk_flags(follow_symlinks, skip_denied, files, directories, symlinks, ignore_case)
        options = fs_options(user=user, flag=flag, max_depth=max_depth, match=match, skip=skip)
        return self._entries(_calls.fs_walk(self._sandbox, encode_path(path), options))

    def glob(self, pattern: Union[str, bytes], *, directory: Optional[Path] = None,
             max_depth: Optional[int] = None, match: Iterable[str] = (), skip: Iterable[str] = (),
             follow_symlinks: bool = False, files: bool = True, directories: bool = True,
             symlinks: bool = True, ignore_case: bool = False,
             user: Optional[str] = None) -> AsyncIterator[DirEntry]:
        """What a pattern matches: "*", "?", "[...]", "{a,b}", "**" for any number of directories,
        and bash's extended ones. Names that begin with "." match, too."""
        flag = _walk_flags(follow_symlinks, False, files, directories, symlinks, ignore_case)
        options = fs_options(user=user, flag=flag, max_depth=max_depth, match=match, skip=skip,
                             directory=directory)
        return self._entries(_calls.fs_glob(self._sandbox, encode_path(pattern, "pattern"),
                                            options))

    async def listdir(self, path: Path = ".", *, user: Optional[str] = None) -> List[str]:
        """The names in a directory, sorted."""
        return sorted([entry.name async for entry in self.iterdir(path, user=user)])

    # --- making, moving, removing ---

    async def mkdir(self, path: Path, mode: Optional[int] = None, parents: bool = False,
                    exist_ok: bool = False, *, user: Optional[str] = None) -> None:
        """Makes a directory; with `parents` those above it, too."""
        if parents and not exist_ok:
            above = posixpath.dirname(encode_path(path).rstrip(b"/"))
            if above:
                await self._mkdir(above, None, True, user)
        try:
            await self._mkdir(path, mode, parents and exist_ok, user)
        except ExistsError:
            if not exist_ok or not await self.is_dir(path, user=user):
                raise

    async def _mkdir(self, path: Path, mode: Optional[int], recursive: bool,
                     user: Optional[str]) -> None:
        options = fs_options(user=user, mode=mode, flag=_abi.SBX_FS_RECURSIVE if recursive else 0)
        await run(_calls.fs_mkdir(self._sandbox, encode_path(path), options))

    async def touch(self, path: Path, *, mode: Optional[int] = None, exist_ok: bool = True,
                    user: Optional[str] = None) -> None:
        """Makes an empty file, or sets the times of the one that is there to now."""
        await self.write_bytes(path, b"", append=True, exclusive=not exist_ok, mode=mode, user=user)
        await self.utime(path, user=user)

    async def remove(self, path: Path, *, recursive: bool = False, missing_ok: bool = False,
                     user: Optional[str] = None) -> None:
        """Removes a file, a link, or an empty directory; with `recursive` a directory with all that
        is in it, without following links."""
        options = fs_options(user=user, flag=_abi.SBX_FS_RECURSIVE if recursive else 0)
        try:
            await run(_calls.fs_remove(self._sandbox, encode_path(path), options))
        except NotFoundError:
            if not missing_ok:
                raise

    async def unlink(self, path: Path, missing_ok: bool = False, *,
                     user: Optional[str] = None) -> None:
        """Removes a file or a link, no directory."""
        stat = await self._look(path, user, follow=False)
        if stat is not None and stat.is_directory:
            raise IsDirectoryError(f"cannot unlink {text(encode_path(path))!r}: it is a directory",
                                   hint="rmdir() or rmtree()", errno=21)
        await self.remove(path, missing_ok=missing_ok, user=user)

    async def rmdir(self, path: Path, *, user: Optional[str] = None) -> None:
        """Removes an empty directory."""
        stat = await self._look(path, user, follow=False)
        if stat is not None and not stat.is_directory:
            raise NotDirectoryError(
                f"cannot remove {text(encode_path(path))!r}: it is no directory", hint="unlink()",
                errno=20)
        await self.remove(path, user=user)

    async def rmtree(self, path: Path, missing_ok: bool = False, *,
                     user: Optional[str] = None) -> None:
        """Removes a file or a directory with all that is in it."""
        await self.remove(path, recursive=True, missing_ok=missing_ok, user=user)

    async def rename(self, path: Path, target: Path, *, overwrite: bool = True,
                     user: Optional[str] = None) -> None:
        """Gives it another path in the same file system; a file there is replaced."""
        options = fs_options(user=user, flag=0 if overwrite else _abi.SBX_FS_NO_REPLACE)
        await run(_calls.fs_rename(self._sandbox, encode_path(path), encode_path(target), options))

    async def copy(self, path: Path, target: Path, *, overwrite: bool = True,
                   user: Optional[str] = None) -> None:
        """Copies a file inside the sandbox: contents and permissions."""
        options = fs_options(user=user, flag=0 if overwrite else _abi.SBX_FS_NO_REPLACE)
        await run(_calls.fs_copy_file(self._sandbox, encode_path(path), encode_path(target),
                                      options))

    async def hardlink_to(self, path: Path, target: Path, *, user: Optional[str] = None) -> None:
        """Makes `path` one more name of the file `target`."""
        await run(_calls.fs_link(self._sandbox, encode_path(target), encode_path(path),
                                 fs_options(user=user)))

    async def symlink_to(self, path: Path, target: Path, *, user: Optional[str] = None) -> None:
        """Makes `path` a symbolic link that says `target`."""
        await run(_calls.fs_symlink(self._sandbox, encode_path(target), encode_path(path),
                                    fs_options(user=user)))

    async def readlink(self, path: Path, *, user: Optional[str] = None) -> str:
        """What a symbolic link says."""
        return text(await run(_calls.fs_readlink(self._sandbox, encode_path(path),
                                                 fs_options(user=user))))

    async def realpath(self, path: Path, *, user: Optional[str] = None) -> str:
        """The absolute path of something that exists, without links, "." and ".."."""
        return text(await run(_calls.fs_realpath(self._sandbox, encode_path(path),
                                                 fs_options(user=user))))

    async def temp_dir(self, directory: Optional[Path] = None, *, prefix: Optional[str] = None,
                       suffix: Optional[str] = None, user: Optional[str] = None) -> str:
        """Makes a directory with a new name; its path."""
        options = fs_options(user=user, directory=directory, prefix=prefix, suffix=suffix)
        return text(await run(_calls.fs_temp_dir(self._sandbox, options)))

    async def temp_file(self, directory: Optional[Path] = None, *, prefix: Optional[str] = None,
                        suffix: Optional[str] = None, user: Optional[str] = None) -> str:
        """Makes an empty file with a new name; its path."""
        options = fs_options(user=user, directory=directory, prefix=prefix, suffix=suffix)
        return text(await run(_calls.fs_temp_file(self._sandbox, options)))

    # --- attributes ---

    async def chmod(self, path: Path, mode: int, *, user: Optional[str] = None) -> None:
        """Sets permissions: 0o644 for example."""
        await run(_calls.fs_chmod(self._sandbox, encode_path(path), mode, fs_options(user=user)))

    async def chown(self, path: Path, uid: int = -1, gid: int = -1, *, follow_symlinks: bool = True,
                    user: Optional[str] = "root") -> None:
        """Sets owner and group, -1 leaves one. As root, unless `user` says otherwise."""
        options = fs_options(user=user, flag=0 if follow_symlinks else _abi.SBX_FS_NO_FOLLOW)
        await run(_calls.fs_chown(self._sandbox, encode_path(path), uid, gid, options))

    async def utime(self, path: Path, accessed: Union[int, float, str, None] = "now",
                    modified: Union[int, float, str, None] = "now", *,
                    follow_symlinks: bool = True, user: Optional[str] = None) -> None:
        """Sets times: seconds since 1970, "now", or None to leave one."""
        options = fs_options(user=user, flag=0 if follow_symlinks else _abi.SBX_FS_NO_FOLLOW)
        await run(_calls.fs_utime(self._sandbox, encode_path(path), nanoseconds(accessed),
                                  nanoseconds(modified), options))

    async def truncate(self, path: Path, size: int, *, user: Optional[str] = None) -> None:
        """Gives a file that size: cuts it off, or adds zeros."""
        await run(_calls.fs_truncate(self._sandbox, encode_path(path), size, fs_options(user=user)))

    def umask(self, mask: Optional[int] = None) -> int:
        """The permissions that nothing made by file calls of this handle gets; sets them when
        given. Returns what it was before."""
        previous, wanted = c_int(), -1 if mask is None else mask
        call_now("sbx_fs_umask", self._sandbox.pointer, wanted, byref(previous))
        return previous.value

    # --- watching ---

    def watch(self, path: Path, *, recursive: bool = False,
              user: Optional[str] = None) -> Pending[AsyncWatch]:
        """Tells what happens to a file, a directory, or a tree from now on. Iterate over it."""
        return pending(self._watch(path, recursive, user))

    async def _watch(self, path: Path, recursive: bool, user: Optional[str]) -> AsyncWatch:
        from .events import AsyncWatch
        options = fs_options(user=user, flag=_abi.SBX_FS_RECURSIVE if recursive else 0)
        return AsyncWatch(await run(_calls.fs_watch(self._sandbox, encode_path(path), options)))

    # --- to and from this machine ---

    async def upload(self, source: Path, target: Path = "./", *, user: Optional[str] = None,
                     owners: bool = True, privileged: bool = False, existing: str = "replace",
                     exclude: Iterable[str] = (), max_bytes: Optional[Size] = None,
                     max_entries: Optional[int] = None,
                     progress: Optional[ProgressFunc] = None) -> int:
        """Copies a file or tree of this machine into the sandbox, as `cp -a SOURCE TARGET` would;
        how many entries it were.

        existing: what becomes of files that are there: "replace", "refuse" (ExistsError) or "keep".
        progress: called with (0 to 1, stage, text); returning False or raising ends the call.
        """
        options, callback = transfer_options(
            user=user, owners=owners, privileged=privileged, existing=existing, exclude=exclude,
            max_bytes=max_bytes, max_entries=max_entries, progress=progress)
        call = _calls.upload(self._sandbox, encode_path(source), encode_path(target), options)
        call.progress = callback
        return await run(call)

    async def download(self, source: Path, target: Path = "./", *, user: Optional[str] = None,
                       owners: bool = True, privileged: bool = False, existing: str = "replace",
                       exclude: Iterable[str] = (), glob: bool = False,
                       max_bytes: Optional[Size] = None, max_entries: Optional[int] = None,
                       progress: Optional[ProgressFunc] = None) -> int:
        """Copies a file or tree of the sandbox to this machine; glob: `source` is a pattern."""
        options, callback = transfer_options(
            user=user, owners=owners, privileged=privileged, existing=existing, exclude=exclude,
            glob=glob, max_bytes=max_bytes, max_entries=max_entries, progress=progress)
        call = _calls.download(self._sandbox, encode_path(source), encode_path(target), options)
        call.progress = callback
        return await run(call)

    async def copy_to(self, source: Path, other: AsyncSandbox, target: Path = "./", *,
                      user: Optional[str] = None, existing: str = "replace",
                      exclude: Iterable[str] = (), glob: bool = False,
                      max_bytes: Optional[Size] = None, max_entries: Optional[int] = None,
                      progress: Optional[ProgressFunc] = None) -> int:
        """Copies a file or tree into another sandbox."""
        options, callback = transfer_options(
            user=user, existing=existing, exclude=exclude, glob=glob, max_bytes=max_bytes,
            max_entries=max_entries, progress=progress)
        call = _calls.copy_across(self._sandbox, encode_path(source), other._handle,
                                  encode_path(target), options)
        call.progress = callback
        return await run(call)

    async def tar_create(self, directory: Path, target: Union[int, Any],
                         names: Optional[Sequence[Path]] = None, *, user: Optional[str] = None,
                         exclude: Iterable[str] = ()) -> int:
        """Writes an archive of a directory, or of `names` in it, to a descriptor or open file."""
        options, _ = transfer_options(user=user, exclude=exclude)
        encoded = None if names is None else [encode_path(name, "name") for name in names]
        return await run(_calls.tar_create(self._sandbox, encode_path(directory), encoded,
                                           _descriptor(target), options))

    async def tar_extract(self, directory: Path, source: Union[int, Any], *,
                          user: Optional[str] = None, existing: str = "replace",
                          exclude: Iterable[str] = (), max_bytes: Optional[Size] = None,
                          max_entries: Optional[int] = None) -> int:
        """Unpacks an archive that a descriptor or open file gives."""
        options, _ = transfer_options(user=user, existing=existing, exclude=exclude,
                                      max_bytes=max_bytes, max_entries=max_entries)
        return await run(_calls.tar_extract(self._sandbox, encode_path(directory),
                                            _descriptor(source), options))


def _descriptor(file: Union[int, Any]) -> int:
    """Of a number, or of a file, whose buffer is written out first."""
    if isinstance(file, int):
        return file
    if file.writable():
        file.flush()
    return int(file.fileno())


def _write_options(mode: Optional[int], append: bool, create: bool, exclusive: bool, atomic: bool,
                   user: Optional[str]) -> Optional[Handle]:
    flag = ((_abi.SBX_FS_APPEND if append else 0) | (0 if create else _abi.SBX_FS_NO_CREATE)
            | (_abi.SBX_FS_CREATE_NEW if exclusive else 0) | (_abi.SBX_FS_ATOMIC if atomic else 0))
    return fs_options(user=user, mode=mode, flag=flag)


def _walk_flags(follow_symlinks: bool, skip_denied: bool, files: bool, directories: bool,
                symlinks: bool, ignore_case: bool) -> int:
    chosen: Sequence[Tuple[int, bool]] = (
        (_abi.SBX_FS_FOLLOW_LINKS, follow_symlinks), (_abi.SBX_FS_SKIP_DENIED, skip_denied),
        (_abi.SBX_FS_NO_FILES, not files), (_abi.SBX_FS_NO_DIRECTORIES, not directories),
        (_abi.SBX_FS_NO_SYMLINKS, not symlinks), (_abi.SBX_FS_IGNORE_CASE, ignore_case))
    return sum(flag for flag, wanted in chosen if wanted)
