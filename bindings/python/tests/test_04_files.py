# SPDX-License-Identifier: LGPL-2.1-or-later
"""The file system of a sandbox: `sandbox.fs`."""
import asyncio
import csv
import io
import json
import os
import pathlib
import stat
import tarfile
import zipfile

import pytest

from libsandbox import (
    BusyError, DeniedError, ExistsError, InvalidError, IsDirectoryError, NotDirectoryError,
    TooBigError,
)


def test_whole_files(sandbox, work):
    fs = sandbox.fs
    assert fs.write_text(f"{work}/a", "grüße\n") == 8
    assert fs.read_text(f"{work}/a") == "grüße\n" and fs.read_bytes(f"{work}/a")[:2] == b"gr"
    fs.write_bytes(f"{work}/a", bytearray(b"more"), append=True)
    assert fs.read_text(f"{work}/a").endswith("\nmore")
    fs.write_bytes(f"{work}/a", memoryview(b"atomic"), atomic=True, mode=0o600)
    assert fs.stat(f"{work}/a").permissions == 0o600 and fs.read_bytes(f"{work}/a") == b"atomic"
    with pytest.raises(FileExistsError):
        fs.write_text(f"{work}/a", "x", exclusive=True)
    with pytest.raises(FileNotFoundError):
        fs.write_text(f"{work}/b", "x", create=False)
    with pytest.raises(TooBigError):
        fs.read_bytes(f"{work}/a", max_size=3)
    with pytest.raises(UnicodeDecodeError):
        fs.write_bytes(f"{work}/b", b"\xff")
        fs.read_text(f"{work}/b")
    assert fs.read_text(f"{work}/b", "latin-1") == "ÿ"
    with pytest.raises(TypeError):
        fs.write_text(f"{work}/a", b"bytes")
    with pytest.raises(TypeError):
        fs.write_bytes(f"{work}/a", "text")


@pytest.mark.parametrize("size", [0, 1, 5_000_000])
def test_sizes(sandbox, work, size):
    data = os.urandom(size)
    sandbox.fs.write_bytes(f"{work}/data", data)
    assert sandbox.fs.read_bytes(f"{work}/data") == data
    assert sandbox.fs.stat(f"{work}/data").size == size


def test_to_and_from_open_files(sandbox, work, tmp_path):
    local = tmp_path / "local"
    local.write_bytes(b"from here")
    with local.open("rb") as source:
        assert sandbox.fs.write_from(f"{work}/a", source) == 9
    with (tmp_path / "back").open("wb") as target:
        target.write(b"> ")
        assert sandbox.fs.read_to(f"{work}/a", target) == 9
    assert (tmp_path / "back").read_bytes() == b"> from here"


def test_paths(sandbox, work):
    fs = sandbox.fs
    path = pathlib.PurePosixPath(work) / "a b"
    fs.write_text(path, "x")
    assert fs.exists(path) and fs.is_file(bytes(path)) and not fs.is_dir(path)
    assert not fs.exists(path / "below") and not fs.exists(f"{work}/missing")
    strange = os.fsdecode(b"\xff\n\xfe")
    fs.write_text(f"{work}/{strange}", "y")
    assert sorted(fs.listdir(work)) == sorted(["a b", strange])
    assert fs.read_text(os.fsencode(f"{work}/{strange}")) == "y"
    fs.write_text("relative", "home")
    assert fs.realpath("relative") == "/home/app/relative"
    fs.unlink("relative")
    for wrong in ("a\0b", b"a\0b"):
        with pytest.raises(InvalidError, match="NUL"):
            fs.read_text(wrong)
    with pytest.raises(InvalidError, match="4095"):
        fs.stat("x" * 5000)
    with pytest.raises(InvalidError, match="too long"):
        fs.stat("x" * 300)
    with pytest.raises(TypeError):
        fs.stat(3)


def test_directories(sandbox, work):
    fs = sandbox.fs
    fs.mkdir(f"{work}/d")
    with pytest.raises(FileExistsError):
        fs.mkdir(f"{work}/d")
    fs.mkdir(f"{work}/d", exist_ok=True)
    fs.mkdir(f"{work}/d/e/f", parents=True, mode=0o700)
    assert fs.stat(f"{work}/d/e/f").permissions == 0o700
    with pytest.raises(FileExistsError):
        fs.mkdir(f"{work}/d/e/f", parents=True)
    fs.mkdir(f"{work}/d/e/f", parents=True, exist_ok=True)
    fs.touch(f"{work}/d/file")
    with pytest.raises(FileExistsError):
        fs.mkdir(f"{work}/d/file", exist_ok=True)
    with pytest.raises(ExistsError):
        fs.touch(f"{work}/d/file", exist_ok=False)
    with pytest.raises(FileNotFoundError):
        fs.mkdir(f"{work}/x/y")
    kinds = {entry.name: entry.kind for entry in fs.iterdir(f"{work}/d")}
    assert kinds == {"e": "directory", "file": "file"}
    with pytest.raises(OSError):
        fs.rmdir(f"{work}/d")
    with pytest.raises(NotADirectoryError):
        fs.rmdir(f"{work}/d/file")
    with pytest.raises(IsADirectoryError):
        fs.unlink(f"{work}/d/e")
    fs.rmtree(f"{work}/d")
    assert not fs.exists(f"{work}/d")
    fs.rmtree(f"{work}/d", missing_ok=True)
    fs.unlink(f"{work}/d", missing_ok=True)
    with pytest.raises(FileNotFoundError):
        fs.rmdir(f"{work}/d")


def test_walk_and_glob(sandbox, work):
    fs = sandbox.fs
    for path in ("a.txt", "b.py", "d/c.txt", "d/e/f.TXT", "skip/g.txt"):
        fs.mkdir(os.path.dirname(f"{work}/{path}"), parents=True, exist_ok=True)
        fs.write_text(f"{work}/{path}", path)

    def names(entries):
        return sorted(entry.path[len(work) + 1:] for entry in entries)

    assert names(fs.walk(work)) == ["", "a.txt", "b.py", "d", "d/c.txt", "d/e", "d/e/f.TXT", "skip",
                                    "skip/g.txt"]
    assert names(fs.walk(work, max_depth=1, directories=False)) == ["a.txt", "b.py"]
    assert names(fs.walk(work, match=["*.txt"], skip="skip")) == ["a.txt", "d/c.txt"]
    assert names(fs.glob("**/*.txt", directory=work, ignore_case=True)) == [
        "a.txt", "d/c.txt", "d/e/f.TXT", "skip/g.txt"]
    assert names(fs.glob(f"{work}/*.{{py,md}}")) == ["b.py"]
    entry = next(iter(fs.glob(f"{work}/b.py")))
    assert fs.read_text(entry) == "b.py" and entry.is_file and not entry.is_directory
    assert [entry.depth for entry in fs.walk(f"{work}/d/e")] == [0, 1]
    with pytest.raises(FileNotFoundError):
        list(fs.walk(f"{work}/missing"))


def test_huge_directory(sandbox, work):
    """Few entries are in memory, and who stops early has not waited for all."""
    sandbox.sh(f"cd {work} && seq 5000 | xargs touch")
    assert len(sandbox.fs.listdir(work)) == 5000
    entries = sandbox.fs.iterdir(work)
    assert next(entries).kind == "file"
    entries.close()


def test_moving_and_linking(sandbox, work):
    fs = sandbox.fs
    fs.write_text(f"{work}/a", "a")
    fs.write_text(f"{work}/b", "b")
    with pytest.raises(FileExistsError):
        fs.rename(f"{work}/a", f"{work}/b", overwrite=False)
    with pytest.raises(FileExistsError):
        fs.copy(f"{work}/a", f"{work}/b", overwrite=False)
    fs.rename(f"{work}/a", f"{work}/b")
    assert fs.read_text(f"{work}/b") == "a" and not fs.exists(f"{work}/a")
    fs.copy(f"{work}/b", f"{work}/c")
    fs.hardlink_to(f"{work}/hard", f"{work}/c")
    assert fs.stat(f"{work}/hard").nlink == 2
    fs.symlink_to(f"{work}/soft", "c")
    assert fs.readlink(f"{work}/soft") == "c" and fs.is_symlink(f"{work}/soft")
    assert fs.realpath(f"{work}/soft") == f"{work}/c" and fs.read_text(f"{work}/soft") == "a"
    assert fs.lstat(f"{work}/soft").is_symlink and fs.stat(f"{work}/soft").is_file
    fs.symlink_to(f"{work}/loop", "loop")
    with pytest.raises(OSError):
        fs.read_text(f"{work}/loop")
    with pytest.raises(InvalidError):
        fs.readlink(f"{work}/c")


def test_attributes(sandbox, work):
    fs = sandbox.fs
    fs.write_text(f"{work}/a", "12345678")
    fs.chmod(f"{work}/a", 0o4750)
    fs.chown(f"{work}/a", 0, 1000)
    fs.utime(f"{work}/a", 1_000_000_000, 1_500_000_000.25, user="root")
    fs.truncate(f"{work}/a", 4, user="root")
    fs.utime(f"{work}/a", None, 1_500_000_000.25, user="root")
    found = fs.stat(f"{work}/a")
    assert (found.uid, found.gid, found.size, found.nlink) == (0, 1000, 4, 1)
    assert found.mtime == 1_500_000_000_250_000_000 and found.atime == 10**18
    assert stat.S_ISREG(found.mode) and found.modified.year == 2017
    assert fs.umask(0o077) == 0o022 == 0o022 and fs.umask() == 0o077
    fs.write_text(f"{work}/b", "")
    assert fs.stat(f"{work}/b").permissions == 0o600
    fs.umask(0o022)
    for wrong in (-5, 0o10000, 2**40):
        with pytest.raises(InvalidError):
            fs.chmod(f"{work}/b", wrong)
    with pytest.raises(InvalidError):
        fs.truncate(f"{work}/b", -1)
    with pytest.raises(InvalidError):
        fs.utime(f"{work}/b", "yesterday")


def test_temporary(sandbox, work):
    path = sandbox.fs.temp_file(work, prefix="pre-", suffix=".txt")
    assert path.startswith(f"{work}/pre-") and path.endswith(".txt")
    assert sandbox.fs.stat(path).permissions == 0o600
    assert sandbox.fs.is_dir(sandbox.fs.temp_dir(work))
    with pytest.raises(InvalidError):
        sandbox.fs.temp_file(prefix="a/b")


def test_errors_are_those_of_python(sandbox, work):
    fs = sandbox.fs
    with pytest.raises(FileNotFoundError) as caught:
        fs.read_text(f"{work}/missing")
    error = caught.value
    assert (error.code, error.errno, error.operation) == ("NOT_FOUND", 2, "sbx_fs_read_file")
    with pytest.raises(IsDirectoryError):
        fs.read_text(work)
    with pytest.raises(NotDirectoryError):
        fs.read_text("/etc/passwd/x")
    with pytest.raises(PermissionError):
        fs.read_text("/etc/shadow")
    with pytest.raises(DeniedError):
        fs.write_text("/etc/x", "")
    assert "root" in fs.read_text("/etc/shadow", user="root")


# --- open files ---


def test_open_as_python_does(sandbox, work):
    with sandbox.fs.open(f"{work}/table.csv", "w", newline="") as file:
        csv.writer(file).writerows([["a", "b"], [1, "ü,"]])
    with sandbox.fs.open(f"{work}/table.csv", newline="") as file:
        assert list(csv.reader(file)) == [["a", "b"], ["1", "ü,"]]
    with sandbox.fs.open(f"{work}/a.json", "w") as file:
        json.dump({"x": [1]}, file)
    with sandbox.fs.open(f"{work}/a.json", "a") as file:
        file.write("\nline 2\nline 3")
    with sandbox.fs.open(f"{work}/a.json") as file:
        assert json.loads(next(file)) == {"x": [1]}
        assert list(file) == ["line 2\n", "line 3"]
    with sandbox.fs.open(f"{work}/a.zip", "wb") as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr("inside", "data" * 1000)
    with sandbox.fs.open(f"{work}/a.zip", "rb") as file, zipfile.ZipFile(file) as archive:
        assert archive.read("inside") == b"data" * 1000
    with sandbox.fs.open(f"{work}/a.json", "r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"4")
        file.seek(0)
        assert file.read().endswith(b"line 4")
    with pytest.raises(FileExistsError):
        sandbox.fs.open(f"{work}/a.json", "x")
    for wrong in ("", "rw", "q", "rr", "b"):
        with pytest.raises(InvalidError):
            sandbox.fs.open(f"{work}/a.json", wrong)
    with sandbox.fs.open(f"{work}/a.json", "rb") as file, pytest.raises(io.UnsupportedOperation):
        file.write(b"x")


def test_open_file(sandbox, work):
    with sandbox.fs.open_file(f"{work}/a", "w+", permissions=0o640) as file:
        assert file.write(b"0123456789") == 10 and file.tell() == 10
        assert file.seek(2) == 2 and file.read(3) == b"234" and file.seek(-1, os.SEEK_END) == 9
        assert file.read() == b"9" and file.read() == b"" and file.read(10) == b""
        assert file.truncate(4) == 4 and file.stat().size == 4
        file.seek(2)
        assert file.truncate() == 2
        file.sync()
        file.datasync()
        file.utime(0, 0)
        assert file.stat().mtime == 0 and file.stat().permissions == 0o640
        assert file.readable() and file.writable() and not file.closed
        with pytest.raises(InvalidError):
            file.seek(0, 7)
        with pytest.raises((InvalidError, OSError)):
            file.read(2**62)
    assert file.closed
    file.close()
    with pytest.raises(ValueError):
        file.read(1)


def test_locks(sandbox, work):
    with sandbox.fs.open_file(f"{work}/lock", "w") as one, \
            sandbox.fs.open_file(f"{work}/lock", "r") as two:
        one.lock()
        with pytest.raises(BusyError):
            two.lock(wait=False)
        one.lock(exclusive=False)
        two.lock(exclusive=False)
        one.unlock()
        two.lock()


def test_open_with_asyncio(arun):
    async def use(sandbox):
        path = await sandbox.fs.temp_file()
        async with sandbox.fs.open(path, "wb") as file:
            await file.write(b"0123456789")
        async with sandbox.fs.open(path) as file:
            await file.seek(5)
            rest = await file.read()
        async with sandbox.fs.open_file(path, "a") as file:
            await file.write(b"!")
        text = await sandbox.fs.read_text(path)
        names = [entry.name async for entry in sandbox.fs.iterdir("/tmp")]
        await sandbox.fs.unlink(path)
        return rest, text, os.path.basename(path) in names, await sandbox.fs.exists(path)

    assert arun(use) == (b"56789", "0123456789!", True, False)


# --- watching, copying in and out ---


def test_watch(sandbox, work, arun):
    with sandbox.fs.watch(work, recursive=True) as watch:
        assert watch.next(timeout=0) is None
        sandbox.fs.write_text(f"{work}/new", "x")
        sandbox.fs.rename(f"{work}/new", f"{work}/newer")
        sandbox.fs.unlink(f"{work}/newer")
        seen = []
        for event in watch:
            seen.append((event.kind, os.path.basename(event.path)))
            if event.kind == "rename":
                assert event.to == f"{work}/newer"
            if event.kind == "remove":
                break
    assert seen[0] == ("create", "new") and ("rename", "new") in seen

    async def use(sandbox):
        async with sandbox.fs.watch(work) as watch:
            await sandbox.fs.write_text(f"{work}/a", "x")
            async for event in watch:
                return event.kind, event.path

    assert arun(use) == ("create", f"{work}/a")


def test_upload_and_download(sandbox, work, tmp_path):
    source = tmp_path / "source"
    (source / "sub").mkdir(parents=True)
    (source / "a.txt").write_text("a")
    (source / "sub" / "b.log").write_text("b")
    (source / "link").symlink_to("a.txt")
    (source / "a.txt").chmod(0o751)
    os.utime(source / "a.txt", ns=(10**18, 10**18 + 1))
    stages = []
    count = sandbox.fs.upload(source, f"{work}/", exclude=["*.log"],
                              progress=lambda part, stage, text: stages.append((part, stage)))
    assert count == 4 and stages and all(0 <= part <= 1 for part, _ in stages)
    found = sandbox.fs.stat(f"{work}/source/a.txt")
    assert found.permissions == 0o751 and found.mtime == 10**18 + 1
    assert sandbox.fs.readlink(f"{work}/source/link") == "a.txt"
    assert not sandbox.fs.exists(f"{work}/source/sub/b.log")

    back = tmp_path / "back"
    assert sandbox.fs.download(f"{work}/source", back) == 4
    assert (back / "a.txt").read_text() == "a" and (back / "link").is_symlink()
    with pytest.raises(FileExistsError):
        sandbox.fs.download(f"{work}/source/.", back, existing="refuse")
    (back / "a.txt").write_text("mine")
    sandbox.fs.download(f"{work}/source/.", back, existing="keep")
    assert (back / "a.txt").read_text() == "mine"
    with pytest.raises(FileNotFoundError):
        sandbox.fs.upload(tmp_path / "missing", work)
    with pytest.raises(TooBigError):
        sandbox.fs.upload(source, f"{work}/more", max_bytes=0, max_entries=1)
    with pytest.raises(InvalidError):
        sandbox.fs.upload(source, work, existing="maybe")


def test_progress_that_stops_or_raises(sandbox, work, tmp_path):
    (tmp_path / "file").write_bytes(bytes(10_000_000))

    def fail(part, stage, text):
        raise ZeroDivisionError("from the callback")

    with pytest.raises(ZeroDivisionError, match="from the callback"):
        sandbox.fs.upload(tmp_path / "file", f"{work}/file", progress=fail)
    from libsandbox import CancelledError
    with pytest.raises(CancelledError):
        sandbox.fs.upload(tmp_path / "file", f"{work}/file", progress=lambda *what: False)
    inner = []  # a callback may use the sandbox
    sandbox.fs.upload(tmp_path / "file", f"{work}/file",
                      progress=lambda *what: inner.append(sandbox.info().id) if not inner else None)
    assert inner == [sandbox.id]


def test_archives(sandbox, work, tmp_path):
    sandbox.fs.write_text(f"{work}/a", "a")
    with (tmp_path / "a.tar").open("w+b") as file:
        sandbox.fs.tar_create(work, file)
        file.seek(0)
        with tarfile.open(fileobj=file) as archive:
            names = [member.name.removeprefix("./") for member in archive if member.isfile()]
            assert names == ["a"]
        file.seek(0)
        sandbox.fs.tar_extract(f"{work}/again", file)
    assert sandbox.fs.read_text(f"{work}/again/a") == "a"
    with (tmp_path / "a.tar").open("wb") as file:
        sandbox.fs.tar_create(work, file, ["again/a"])
    with tarfile.open(tmp_path / "a.tar") as archive:
        assert [member.name for member in archive] == ["again/a"]


def test_copy_to_another_sandbox(sandbox, work, make):
    other = make()
    sandbox.fs.write_text(f"{work}/a", "across")
    assert sandbox.fs.copy_to(f"{work}/a", other, "here") == 1
    assert other.fs.read_text("here") == "across"

    async def use():
        from libsandbox import AsyncSandbox
        async with AsyncSandbox.connect(sandbox.id) as one, AsyncSandbox.connect(other.id) as two:
            await one.fs.copy_to(f"{work}/a", two, "there")
            return await two.fs.read_text("there")

    assert asyncio.run(use()) == "across"
