#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Carries out tests/scenario/scenario.json through this package: see tests/scenario/README.md.

    run_scenario.py --sync|--async SCENARIO.json SCRATCH

Both halves have the same names, so there is one runner: what is awaitable is awaited.
"""
import asyncio
import base64
import errno
import hashlib
import inspect
import json
import os
import signal
import socket
import stat
import sys
from pathlib import Path

import libsandbox
from libsandbox import SandboxError, aio

KINDS = ("file", "directory", "symlink", "fifo", "socket", "char_device", "block_device")


class Unsupported(Exception):
    pass


async def got(value):
    """The value, or what it brings."""
    return await value if inspect.isawaitable(value) else value


async def each(values):
    """The items of what is iterated over, blocking or not."""
    if hasattr(values, "__aiter__"):
        return [value async for value in values]
    return list(values)


def bytes_of(data):
    if isinstance(data, str):
        return data.encode()
    if "base64" in data:
        return base64.b64decode(data["base64"])
    return bytes_of(data["repeat"]) * data["times"]


def shown(data):
    if len(data) > 4096:
        return {"length": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = "\0"
    return {"base64": base64.b64encode(data).decode()} if "\0" in text else text


def mode_of(text):
    return None if text is None else int(text, 8)


def end_of(status):
    end = {"exit": status.exit_code, "signal": status.signal, "cause": status.cause,
           "oom": status.oom, "cut": status.output_cut}
    usual = {"signal": 0, "cause": "exit", "oom": False, "cut": False}
    return {key: value for key, value in end.items() if usual.get(key) != value or key == "exit"}


def result_of(result):
    output = {"stdout": result.stdout, "stderr": result.stderr}
    return {**end_of(result), **{name: shown(data) for name, data in output.items() if data}}


def stat_of(found, times):
    kinds = [kind for kind in KINDS if getattr(found, f"is_{kind}")]
    shape = {"kind": kinds[0], "mode": f"{found.permissions:04o}", "uid": found.uid,
             "gid": found.gid}
    if not found.is_directory:
        shape.update(size=found.size, nlink=found.nlink)
    if times:
        shape.update(mtime_ms=found.mtime // 10**6, atime_ms=found.atime // 10**6)
    return shape


def by_bytes(key):
    return lambda item: item[key].encode("utf-8", "surrogateescape")


def seconds(milliseconds):
    return None if milliseconds is None else milliseconds / 1000


def given(**options):
    """Those options that the step has."""
    return {name: value for name, value in options.items() if value is not None}


def how(env=None, clear_env=None, cwd=None, user=None, deadline_ms=None, output_limit=None,
        memory_limit=None, process_limit=None, cpu_limit_ms=None, merge=None):
    """The options of commands."""
    return given(env=env, clear_env=clear_env, cwd=cwd, user=user, timeout=seconds(deadline_ms),
                 output_limit=output_limit, memory_limit=memory_limit, process_limit=process_limit,
                 cpu_limit=seconds(cpu_limit_ms), stderr="merge" if merge else None)


class Runner:
    """One method per verb, with a parameter per option; dots of a verb are underscores."""

    def __init__(self, scratch, asynchronous):
        self.scratch = scratch
        self.asynchronous = asynchronous
        self.api = aio if asynchronous else libsandbox
        self.Sandbox = libsandbox.AsyncSandbox if asynchronous else libsandbox.Sandbox
        self.handles = {}

    async def step(self, step):
        arguments = {key: value for key, value in step.items()
                     if key not in ("id", "do", "expect", "note")}
        for word in ("as", "try"):  # no names of Python
            if word in arguments:
                arguments[f"{word}_"] = arguments.pop(word)
        if "on" in arguments:
            arguments["on"] = self.handles.get(arguments["on"])
        verb = getattr(self, "do_" + step["do"].replace(".", "_"), None)
        if verb is None:
            return {"unsupported": step["do"]}
        known = inspect.signature(verb).parameters
        options = inspect.signature(how).parameters if "more" in known else {}
        for name in arguments:
            if name not in known and name not in options:
                return {"unsupported": f"{step['do']} {name}"}
        try:
            return await verb(**arguments)
        except SandboxError as error:
            number = {"errno": errno.errorcode[error.errno]} if error.errno else {}
            return {"error": error.code, **number}
        except TypeError as error:  # what C can only call invalid
            if " must be " not in str(error):
                raise
            return {"error": "INVALID"}
        except (KeyboardInterrupt, asyncio.CancelledError):
            return {"error": "CANCELLED"}

    def local(self, path):
        return f"{self.scratch}/{path}"

    async def keep(self, name, made):
        self.handles[name] = await got(made)

    # --- sandboxes ---

    async def do_create(self, as_, memory=None, vcpus=None, disk_size=None, timeout_ms=None,
                        start_timeout_ms=None, env=None, labels=None, image=None, root=None):
        await self.keep(as_, self.Sandbox.create(**given(
            memory=memory, vcpus=vcpus, disk_size=disk_size, timeout=seconds(timeout_ms),
            start_timeout=seconds(start_timeout_ms), env=env, labels=labels, image=image,
            root=root)))

    async def do_connect(self, as_, to=None, sandbox=None):
        await self.keep(as_, self.Sandbox.connect(sandbox if to is None else self.handles[to].id))

    async def do_id(self, on):
        return on.id

    async def do_list(self, labels=None):
        found = [{"status": info.status, "labels": dict(info.labels), "memory": info.memory,
                  "vcpus": info.vcpus, "disk_size": info.disk_size}
                 for info in await got(self.Sandbox.list(labels=labels))]
        return sorted(found, key=lambda info: json.dumps(info["labels"], sort_keys=True))

    async def do_pause(self, on):
        await got(on.pause())

    async def do_resume(self, on):
        await got(on.resume())

    async def do_kill(self, on):
        await got(on.kill())

    async def do_extend(self, on, ms):
        return round((await got(on.extend(seconds(ms)))).timestamp() * 1000)

    async def do_fork(self, on, count, as_, env=None, labels=None, timeout_ms=None,
                      start_timeout_ms=None):
        children = await got(on.fork(count, **given(
            env=env, labels=labels, timeout=seconds(timeout_ms),
            start_timeout=seconds(start_timeout_ms))))
        self.handles.update(zip(as_, children))

    async def do_snapshot(self, on, name):
        await got(on.snapshot(name))

    async def do_snapshot_remove(self, name):
        await got(self.api.snapshots.remove(name))

    async def do_snapshot_list(self):
        return sorted(snapshot.name for snapshot in await got(self.api.snapshots.list()))

    async def do_stats(self, on, figures):
        stats = await got(on.stats())
        return {name: (stats[name] or 0) > 0 for name in figures}

    async def do_events(self, on, until):
        events = await got(on.events("all"))
        types = []
        while until not in types:
            types.append((await got(events.next())).type)
        await got(events.close())
        return types

    async def do_drop(self, on):
        name = next(name for name, handle in self.handles.items() if handle is on)
        del self.handles[name]
        await got(on.close())

    # --- commands ---

    async def finished(self, start, cancel_after_ms):
        """Runs a command to its end, or to where the caller gives up."""
        if cancel_after_ms is None:
            return result_of(await got(start()))
        if self.asynchronous:
            task = asyncio.ensure_future(start())
            asyncio.get_running_loop().call_later(seconds(cancel_after_ms), task.cancel)
            return result_of(await task)
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, seconds(cancel_after_ms))
        try:
            return result_of(start())
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    async def do_sh(self, on, script, args=(), cancel_after_ms=None, **more):
        return await self.finished(lambda: on.sh(script, args=args, check=False, **how(**more)),
                                   cancel_after_ms)

    async def do_run(self, on, program, args=(), cancel_after_ms=None, **more):
        return await self.finished(lambda: on.run(program, *args, check=False, **how(**more)),
                                   cancel_after_ms)

    async def do_spawn(self, on, as_, script=None, program=None, args=(), stdin="null",
                       terminal=None, detached=False, **more):
        size = None if terminal is None else (terminal["rows"], terminal["columns"])
        await self.keep(as_, on.spawn(program if script is None else script, *args,
                                      shell=script is not None, stdin=stdin, terminal=size,
                                      detached=detached, **how(**more)))

    async def do_process_write(self, on, data, close=False):
        on.stdin.write(bytes_of(data))
        await got(on.stdin.drain() if self.asynchronous else on.stdin.flush())
        if close:
            await got(on.close_stdin())

    async def do_process_close(self, on):
        await got(on.close_stdin())

    async def do_process_read(self, on, stream, length=-1):
        source = getattr(on, stream)
        if not self.asynchronous or length < 0:
            return shown(await got(source.read(length)))
        try:
            return shown(await source.readexactly(length))
        except asyncio.IncompleteReadError as error:
            return shown(error.partial)

    async def do_process_wait(self, on, timeout_ms=None):
        try:
            return end_of(await got(on.wait(seconds(timeout_ms))))
        except libsandbox.DeadlineError:
            return {"running": True}

    async def do_process_signal(self, on, signal, scope="group"):
        await got(on.signal(signal, scope))

    async def do_process_kill(self, on):
        await got(on.kill())

    async def do_process_resize(self, on, rows, columns):
        await got(on.resize(rows, columns))

    async def do_process_detach(self, on):
        await got(on.detach())

    async def do_process_attach(self, on, as_, to):
        await self.keep(as_, on.attach(self.handles[to].id))

    async def do_process_list(self, on, running=False):
        found = [{"name": info.command, "user": info.user, "state": info.state}
                 for info in await got(on.processes()) if not running or info.state == "running"]
        return sorted(found, key=by_bytes("name"))

    async def do_process_usage(self, on):
        usage = await got(on.usage())
        return {"memory": usage.memory > 0, "tasks": usage.tasks > 0}

    async def do_quote(self, text=None, words=()):
        if text is not None:
            return libsandbox.quote(text)
        return libsandbox.quote_words(words)

    # --- files ---

    async def do_fs_write(self, on, path, data, mode=None, append=False, create_new=False,
                          no_create=False, atomic=False, user=None):
        await got(on.fs.write_bytes(
            path, bytes_of(data), mode=mode_of(mode), append=append, exclusive=create_new,
            create=not no_create, atomic=atomic, user=user))

    async def do_fs_read(self, on, path, max_size=None, user=None):
        return shown(await got(on.fs.read_bytes(path, max_size=max_size, user=user)))

    async def do_fs_stat(self, on, path, times=False, user=None):
        return stat_of(await got(on.fs.stat(path, user=user)), times)

    async def do_fs_lstat(self, on, path, times=False, user=None):
        return stat_of(await got(on.fs.lstat(path, user=user)), times)

    async def do_fs_mkdir(self, on, path, recursive=False, mode=None, user=None):
        await got(on.fs.mkdir(path, mode_of(mode), recursive, recursive, user=user))

    async def do_fs_readdir(self, on, path, user=None):
        found = [{"name": entry.name, "kind": entry.kind.replace("-", "_")}
                 for entry in await each(on.fs.iterdir(path, user=user))]
        return sorted(found, key=by_bytes("name"))

    async def paths(self, entries):
        return sorted((entry.path for entry in await each(entries)),
                      key=lambda path: path.encode("utf-8", "surrogateescape"))

    async def do_fs_walk(self, on, path, max_depth=None, match=(), skip=(), follow_links=False,
                         no_files=False, no_directories=False, no_symlinks=False, user=None):
        return await self.paths(on.fs.walk(
            path, max_depth=max_depth, match=match, skip=skip, follow_symlinks=follow_links,
            files=not no_files, directories=not no_directories, symlinks=not no_symlinks,
            user=user))

    async def do_fs_glob(self, on, pattern, directory=None, max_depth=None, match=(), skip=(),
                         follow_links=False, no_files=False, no_directories=False,
                         no_symlinks=False, user=None):
        return await self.paths(on.fs.glob(
            pattern, directory=directory, max_depth=max_depth, match=match, skip=skip,
            follow_symlinks=follow_links, files=not no_files, directories=not no_directories,
            symlinks=not no_symlinks, user=user))

    async def do_fs_rename(self, on, path, to, no_replace=False, user=None):
        await got(on.fs.rename(path, to, overwrite=not no_replace, user=user))

    async def do_fs_copy(self, on, path, to, no_replace=False, user=None):
        await got(on.fs.copy(path, to, overwrite=not no_replace, user=user))

    async def do_fs_remove(self, on, path, recursive=False, user=None):
        await got(on.fs.remove(path, recursive=recursive, user=user))

    async def do_fs_link(self, on, path, to, user=None):
        await got(on.fs.hardlink_to(to, path, user=user))

    async def do_fs_symlink(self, on, target, path, user=None):
        await got(on.fs.symlink_to(path, target, user=user))

    async def do_fs_readlink(self, on, path, user=None):
        return await got(on.fs.readlink(path, user=user))

    async def do_fs_realpath(self, on, path, user=None):
        return await got(on.fs.realpath(path, user=user))

    async def do_fs_chmod(self, on, path, mode, user=None):
        await got(on.fs.chmod(path, mode_of(mode), user=user))

    async def do_fs_chown(self, on, path, uid, gid, no_follow=False, user=None):
        await got(on.fs.chown(path, uid, gid, follow_symlinks=not no_follow, user=user))

    async def do_fs_utime(self, on, path, atime_ms, mtime_ms, user=None):
        await got(on.fs.utime(path, seconds(atime_ms), seconds(mtime_ms), user=user))

    async def do_fs_truncate(self, on, path, size, user=None):
        await got(on.fs.truncate(path, size, user=user))

    async def do_fs_umask(self, on, mask):
        return f"{on.fs.umask(mode_of(mask)):04o}"

    async def do_fs_temp_dir(self, on, directory=None, prefix=None, suffix=None, user=None):
        return await got(on.fs.temp_dir(directory, prefix=prefix, suffix=suffix, user=user))

    async def do_fs_temp_file(self, on, directory=None, prefix=None, suffix=None, user=None):
        return await got(on.fs.temp_file(directory, prefix=prefix, suffix=suffix, user=user))

    async def do_fs_open(self, on, as_, path, flags, mode=None, user=None):
        writes = "write" in flags or "append" in flags
        number = (os.O_RDWR if "read" in flags else os.O_WRONLY) if writes else os.O_RDONLY
        for flag, value in (("append", os.O_APPEND), ("create", os.O_CREAT),
                            ("create_new", os.O_EXCL), ("truncate", os.O_TRUNC)):
            number |= value if flag in flags else 0
        await self.keep(as_, on.fs.open_file(path, number, permissions=mode_of(mode), user=user))

    async def do_file_read(self, on, size):
        return shown(await got(on.read(size)))

    async def do_file_write(self, on, data):
        await got(on.write(bytes_of(data)))

    async def do_file_seek(self, on, offset, whence):
        return await got(on.seek(offset, ("set", "cur", "end").index(whence)))

    async def do_file_truncate(self, on, size):
        await got(on.truncate(size))

    async def do_file_sync(self, on):
        await got(on.sync())

    async def do_file_close(self, on):
        await got(on.close())

    async def do_file_lock(self, on, exclusive=False, try_=False):
        await got(on.lock(exclusive=exclusive, wait=not try_))

    async def do_file_unlock(self, on):
        await got(on.unlock())

    async def do_file_stat(self, on, times=False):
        return stat_of(await got(on.stat()), times)

    async def do_fs_watch(self, on, as_, path, recursive=False, user=None):
        await self.keep(as_, on.fs.watch(path, recursive=recursive, user=user))

    async def do_watch_until(self, on, event, path):
        while True:
            found = await got(on.next())
            if (found.kind, found.path) == (event, path):
                return {"event": found.kind, "path": found.path, **given(to=found.to)}

    # --- transfers ---

    async def do_upload(self, on, local, path, user=None, existing="replace", exclude=()):
        return await got(on.fs.upload(self.local(local), path, user=user, existing=existing,
                                      exclude=exclude))

    async def do_download(self, on, path, local, user=None, existing="replace", exclude=(),
                          glob=False):
        return await got(on.fs.download(path, self.local(local), user=user, existing=existing,
                                        exclude=exclude, glob=glob))

    async def do_copy_across(self, on, path, to, to_path):
        return await got(on.fs.copy_to(path, self.handles[to], to_path))

    async def do_host_write(self, local, data, mode=None):
        Path(self.local(local)).write_bytes(bytes_of(data))
        if mode is not None:
            os.chmod(self.local(local), mode_of(mode))

    async def do_host_mkdir(self, local):
        os.makedirs(self.local(local), exist_ok=True)

    async def do_host_symlink(self, target, local):
        os.symlink(target, self.local(local))

    async def do_host_read(self, local):
        return shown(Path(self.local(local)).read_bytes())

    async def do_host_tree(self, local):
        top = Path(self.local(local))
        found = []
        for path in top.rglob("*"):
            entry = {"path": str(path.relative_to(top))}
            status = path.lstat()
            if stat.S_ISLNK(status.st_mode):
                entry.update(kind="symlink", target=os.readlink(path))
            elif stat.S_ISDIR(status.st_mode):
                entry["kind"] = "directory"
            else:
                entry.update(kind="file", size=status.st_size,
                             mode=f"{status.st_mode & 0o7777:04o}")
            found.append(entry)
        return sorted(found, key=by_bytes("path"))

    # --- environment, ports ---

    async def do_env_set(self, on, name, value):
        await got(on.env.set(name, value))

    async def do_env_get(self, on, name):
        return await got(on.env.get(name))

    async def do_env_delete(self, on, name):
        await got(on.env.delete(name))

    async def do_env_list(self, on):
        return await got(on.env.to_dict())

    async def do_port_wait(self, on, port, timeout_ms=None):
        return await got(on.wait_port(port, seconds(timeout_ms)))

    async def do_port_list(self, on):
        found = [{"port": info.port, "address": info.address} for info in await got(on.ports())]
        return sorted(found, key=lambda info: info["port"])

    async def talk(self, connection, data):
        """Sends, ends that direction, reads to the end."""
        with connection:
            if not self.asynchronous:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                return shown(b"".join(iter(lambda: connection.recv(65536), b"")))
            reader, writer = await asyncio.open_connection(sock=connection)
            writer.write(data)
            writer.write_eof()
            answer = await reader.read()
            writer.close()
            return shown(answer)

    async def do_port_connect(self, on, send, port=None, unix=None):
        connect = on.connect_port(port) if unix is None else on.connect_unix(unix)
        return await self.talk(await got(connect), bytes_of(send))

    async def do_forward(self, on, as_, port=None, unix=None):
        await self.keep(as_, on.forward(port if unix is None else unix))

    async def do_forward_connect(self, on, send):
        return await self.talk(socket.create_connection(("127.0.0.1", on.port)), bytes_of(send))


async def main(asynchronous, scenario, scratch):
    runner = Runner(scratch, asynchronous)
    for step in json.loads(Path(scenario).read_text())["steps"]:
        print(json.dumps({"id": step["id"], "result": await runner.step(step)}), flush=True)
    for handle in reversed(list(runner.handles.values())):
        await got(handle.close())


if __name__ == "__main__":
    asynchronous = {"--sync": False, "--async": True}[sys.argv[1]]
    work = main(asynchronous, sys.argv[2], sys.argv[3])
    if asynchronous:
        asyncio.run(work)
    else:
        try:
            work.send(None)  # nothing in it waits: it runs to its end
        except StopIteration:
            pass
