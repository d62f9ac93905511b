# SPDX-License-Identifier: LGPL-2.1-or-later
# Made by generate-abi.py; do not edit.
"""The calls that block, each as a description of its twin."""
from __future__ import annotations

from ctypes import c_int64, c_uint, c_uint64
from socket import socket
from typing import List, Optional, Sequence, Tuple

from ._engine import (
    Buffer, Call, Handle, OutBuffer, OutBytes, OutHandle, OutHandles, OutNumber, OutSocket,
    OutText, Progress, buffer, progress_function, strings,
)


def connect_port(sandbox: Optional[Handle], port: int) -> Call[socket]:
    fd_out = OutSocket()
    return Call("sbx_connect_port_start", (sandbox, port, fd_out,), (fd_out,))


def connect(id_: Optional[bytes], options: Optional[Handle]) -> Call[Handle]:
    out = OutHandle("sbx_unref")
    return Call("sbx_connect_start", (id_, options, out,), (out,))


def connect_unix(sandbox: Optional[Handle], guest_path: Optional[bytes]) -> Call[socket]:
    fd_out = OutSocket()
    return Call("sbx_connect_unix_start", (sandbox, guest_path, fd_out,), (fd_out,))


def console_read(id_: Optional[bytes]) -> Call[bytes]:
    data = OutBytes()
    return Call("sbx_console_read_start", (id_, data, data.length,), (data,))


def copy_across(
    source: Optional[Handle],
    source_path: Optional[bytes],
    target: Optional[Handle],
    target_path: Optional[bytes],
    options: Optional[Handle],
) -> Call[int]:
    return Call("sbx_copy_across_start", (source, source_path, target, target_path, options,), ())


def create(options: Optional[Handle]) -> Call[Handle]:
    out = OutHandle("sbx_unref")
    return Call("sbx_create_start", (options, out,), (out,))


def dir_next(dir: Optional[Handle]) -> Call[int]:
    return Call("sbx_dir_next_start", (dir,), ())


def doctor() -> Call[bytes]:
    json = OutText()
    return Call("sbx_doctor_start", (json,), (json,))


def download(
    sandbox: Optional[Handle],
    guest_path: Optional[bytes],
    local_path: Optional[bytes],
    options: Optional[Handle],
) -> Call[int]:
    return Call("sbx_download_start", (sandbox, guest_path, local_path, options,), ())


def env_delete(sandbox: Optional[Handle], name: Optional[bytes]) -> Call[int]:
    return Call("sbx_env_delete_start", (sandbox, name,), ())


def env_get(sandbox: Optional[Handle], name: Optional[bytes]) -> Call[bytes]:
    value = OutText()
    return Call("sbx_env_get_start", (sandbox, name, value,), (value,))


def env_list_get(sandbox: Optional[Handle]) -> Call[Handle]:
    out = OutHandle("sbx_env_list_free")
    return Call("sbx_env_list_get_start", (sandbox, out,), (out,))


def env_set(sandbox: Optional[Handle], name: Optional[bytes], value: Optional[bytes]) -> Call[int]:
    return Call("sbx_env_set_start", (sandbox, name, value,), ())


def events_open(sandbox: Optional[Handle], since: int) -> Call[Handle]:
    out = OutHandle("sbx_events_free")
    return Call("sbx_events_open_start", (sandbox, since, out,), (out,))


def events_wait(events: Optional[Handle], timeout_ms: int) -> Call[int]:
    return Call("sbx_events_wait_start", (events, timeout_ms,), ())


def extend(sandbox: Optional[Handle], milliseconds: int) -> Call[int]:
    deadline = OutNumber(c_int64)
    return Call("sbx_extend_start", (sandbox, milliseconds, deadline,), (deadline,))


def file_close(file: Optional[Handle]) -> Call[int]:
    return Call("sbx_file_close_start", (file,), ())


def file_datasync(file: Optional[Handle]) -> Call[int]:
    return Call("sbx_file_datasync_start", (file,), ())


def file_lock(file: Optional[Handle], flags: int) -> Call[int]:
    return Call("sbx_file_lock_start", (file, flags,), ())


def file_read(file: Optional[Handle], size: int) -> Call[bytes]:
    out = OutBuffer(size)
    return Call("sbx_file_read_start", (file, out, size, out.length,), (out,))


def file_seek(file: Optional[Handle], offset: int, whence: int) -> Call[int]:
    position = OutNumber(c_int64)
    return Call("sbx_file_seek_start", (file, offset, whence, position,), (position,))


def file_stat(file: Optional[Handle]) -> Call[Handle]:
    out = OutHandle("sbx_stat_free")
    return Call("sbx_file_stat_start", (file, out,), (out,))


def file_sync(file: Optional[Handle]) -> Call[int]:
    return Call("sbx_file_sync_start", (file,), ())


def file_truncate(file: Optional[Handle], size: int) -> Call[int]:
    return Call("sbx_file_truncate_start", (file, size,), ())


def file_unlock(file: Optional[Handle]) -> Call[int]:
    return Call("sbx_file_unlock_start", (file,), ())


def file_utime(file: Optional[Handle], atime: int, mtime: int) -> Call[int]:
    return Call("sbx_file_utime_start", (file, atime, mtime,), ())


def file_write(file: Optional[Handle], data: Buffer) -> Call[int]:
    return Call("sbx_file_write_start", (file, buffer(data), memoryview(data).nbytes,), ())


def fork(sandbox: Optional[Handle], count: int, options: Optional[Handle]) -> Call[List[Handle]]:
    out = OutHandles("sbx_unref", count)
    return Call("sbx_fork_start", (sandbox, count, options, out,), (out,))


def forward_new_fd(
    sandbox: Optional[Handle],
    guest_port: int,
    guest_path: Optional[bytes],
    listen_fd: int,
) -> Call[Handle]:
    out = OutHandle("sbx_forward_unref")
    return Call(
        "sbx_forward_new_fd_start",
        (sandbox, guest_port, guest_path, listen_fd, out,),
        (out,),
    )


def forward_new(
    sandbox: Optional[Handle],
    guest_port: int,
    host_address: Optional[bytes],
    host_port: int,
) -> Call[Handle]:
    out = OutHandle("sbx_forward_unref")
    return Call(
        "sbx_forward_new_start",
        (sandbox, guest_port, host_address, host_port, out,),
        (out,),
    )


def forward_new_unix(
    sandbox: Optional[Handle],
    guest_path: Optional[bytes],
    host_address: Optional[bytes],
    host_port: int,
) -> Call[Handle]:
    out = OutHandle("sbx_forward_unref")
    return Call(
        "sbx_forward_new_unix_start",
        (sandbox, guest_path, host_address, host_port, out,),
        (out,),
    )


def forward_wait(forward: Optional[Handle], timeout_ms: int) -> Call[int]:
    return Call("sbx_forward_wait_start", (forward, timeout_ms,), ())


def fs_chmod(
    sandbox: Optional[Handle],
    path: Optional[bytes],
    mode: int,
    options: Optional[Handle],
) -> Call[int]:
    return Call("sbx_fs_chmod_start", (sandbox, path, mode, options,), ())


def fs_chown(
    sandbox: Optional[Handle],
    path: Optional[bytes],
    uid: int,
    gid: int,
    options: Optional[Handle],
) -> Call[int]:
    return Call("sbx_fs_chown_start", (sandbox, path, uid, gid, options,), ())


def fs_copy_file(
    sandbox: Optional[Handle],
    path: Optional[bytes],
    to: Optional[bytes],
    options: Optional[Handle],
) -> Call[int]:
    return Call("sbx_fs_copy_file_start", (sandbox, path, to, options,), ())


def fs_glob(
    sandbox: Optional[Handle],
    pattern: Optional[bytes],
    options: Optional[Handle],
) -> Call[Handle]:
    out = OutHandle("sbx_dir_free")
    return Call("sbx_fs_glob_start", (sandbox, pattern, options, out,), (out,))


def fs_link(
    sandbox: Optional[Handle],
    path: Optional[bytes],
    to: Optional[bytes],
    options: Optional[Handle],
) -> Call[int]:
    return Call("sbx_fs_link_start", (sandbox, path, to, options,), ())


def fs_lstat(
    sandbox: Optional[Handle],
    path: Optional[bytes],
    options: Optional[Handle],
) -> Call[Handle]:
    out = OutHandle("sbx_stat_free")
    return Call("sbx_fs_lstat_start", (sandbox, path, options, out,), (out,))


def fs_mkdir(
    sandbox: Optional[Handle],
    path: Optional[bytes],
    options: Optional[Handle],
) -> Call[int]:
    return Call("sbx_fs_mkdir_start", (sandbox, path, options,), ())


def fs_open(
    sandbox: Optional[Handle],
    path: Optional[bytes],
    flags: int,
    options: Optional[Handle],
) -> Call[Handle]:
    out = OutHandle("sbx_file_unref")
    return Call("sbx_fs_open_start", (sandbox, path, flags, options, out,), (out,))


def fs_read_dir(
    sandbox: Optional[Handle],
    path: Optional[bytes],
    options: Optional[Handle],
) -> Call[Handle]:
    out = OutHandle("sbx_dir_free")
    return Call("sbx_fs_read_dir_start", (sandbox, path, options, out,), (out,))


def fs_read_file(
    sandbox: Optional[Handle],
    path: Optional[bytes],
    options: Optional[Handle],
) -> Call[bytes]:
    data = OutBytes()
    return Call("sbx_fs_read_file_start", (sandbox, path, options, data, data.length,), (data,))


def fs_read_to_fd(
    sandbox: Optional[Handle],
    path: Optional[bytes],
    options: Optional[Handle],
    fd: int,
) -> Call[int]:
    length = OutNumber(c_uint64)
    return Call("sbx_fs_read_to_fd_start", (sandbox, path, options, fd, length,), (length,))


def fs_readlink(
    sandbox: Optional[Handle],
    path: Optional[bytes],
    options: Optional[Handle],
) -> Call[bytes]:
    out = OutText()
    return Call("sbx_fs_readlink_start", (sandbox, path, options, out,), (out,))


def fs_realpath(
    sandbox: Optional[Handle],
    path: Optional[bytes],
    options: Optional[Handle],
) -> Call[bytes]:
    out = OutText()
    return Call("sbx_fs_realpath_start", (sandbox, path, options, out,), (out,))


def fs_remove(
    sandbox: Optional[Handle],
    path: Optional[bytes],
    options: Optional[Handle],
) -> Call[int]:
    return Call("sbx_fs_remove_start", (sandbox, path, options,), ())


def fs_rename(
    sandbox: Optional[Handle],
    path: Optional[bytes],
    to: Optional[bytes],
    options: Optional[Handle],
) -> Call[int]:
    return Call("sbx_fs_rename_start", (sandbox, path, to, options,), ())


def fs_stat(
    sandbox: Optional[Handle],
    path: Optional[bytes],
    options: Optional[Handle],
) -> Call[Handle]:
    out = OutHandle("sbx_stat_free")
    return Call("sbx_fs_stat_start", (sandbox, path, options, out,), (out,))


def fs_symlink(
    sandbox: Optional[Handle],
    target: Optional[bytes],
    path: Optional[bytes],
    options: Optional[Handle],
) -> Call[int]:
    return Call("sbx_fs_symlink_start", (sandbox, target, path, options,), ())


def fs_temp_dir(sandbox: Optional[Handle], options: Optional[Handle]) -> Call[bytes]:
    out = OutText()
    return Call("sbx_fs_temp_dir_start", (sandbox, options, out,), (out,))


def fs_temp_file(sandbox: Optional[Handle], options: Optional[Handle]) -> Call[bytes]:
    out = OutText()
    return Call("sbx_fs_temp_file_start", (sandbox, options, out,), (out,))


def fs_truncate(
    sandbox: Optional[Handle],
    path: Optional[bytes],
    size: int,
    options: Optional[Handle],
) -> Call[int]:
    return Call("sbx_fs_truncate_start", (sandbox, path, size, options,), ())


def fs_utime(
    sandbox: Optional[Handle],
    path: Optional[bytes],
    atime: int,
    mtime: int,
    options: Optional[Handle],
) -> Call[int]:
    return Call("sbx_fs_utime_start", (sandbox, path, atime, mtime, options,), ())


def fs_walk(
    sandbox: Optional[Handle],
    path: Optional[bytes],
    options: Optional[Handle],
) -> Call[Handle]:
    out = OutHandle("sbx_dir_free")
    return Call("sbx_fs_walk_start", (sandbox, path, options, out,), (out,))


def fs_watch(
    sandbox: Optional[Handle],
    path: Optional[bytes],
    options: Optional[Handle],
) -> Call[Handle]:
    out = OutHandle("sbx_watch_free")
    return Call("sbx_fs_watch_start", (sandbox, path, options, out,), (out,))


def fs_write_file(
    sandbox: Optional[Handle],
    path: Optional[bytes],
    options: Optional[Handle],
    data: Buffer,
) -> Call[int]:
    return Call(
        "sbx_fs_write_file_start",
        (sandbox, path, options, buffer(data), memoryview(data).nbytes,),
        (),
    )


def fs_write_from_fd(
    sandbox: Optional[Handle],
    path: Optional[bytes],
    options: Optional[Handle],
    fd: int,
) -> Call[int]:
    length = OutNumber(c_uint64)
    return Call("sbx_fs_write_from_fd_start", (sandbox, path, options, fd, length,), (length,))


def image_build(
    image: Optional[bytes],
    options: Optional[Handle],
    progress: Progress,
) -> Call[Tuple[int, bytes]]:
    version = OutText()
    return Call(
        "sbx_image_build_start",
        (image, options, progress_function(progress), None, version,),
        (version,), True,
    )


def image_list_get() -> Call[Handle]:
    out = OutHandle("sbx_image_list_free")
    return Call("sbx_image_list_get_start", (out,), (out,))


def image_remove(image: Optional[bytes]) -> Call[int]:
    return Call("sbx_image_remove_start", (image,), ())


def image_verify(image: Optional[bytes], progress: Progress) -> Call[int]:
    return Call("sbx_image_verify_start", (image, progress_function(progress), None,), ())


def keeper_stop(force: int) -> Call[int]:
    return Call("sbx_keeper_stop_start", (force,), ())


def kill(sandbox: Optional[Handle]) -> Call[int]:
    return Call("sbx_kill_start", (sandbox,), ())


def limits_get() -> Call[Handle]:
    out = OutHandle("sbx_limits_free")
    return Call("sbx_limits_get_start", (out,), (out,))


def limits_set(limit: int, value: int) -> Call[int]:
    return Call("sbx_limits_set_start", (limit, value,), ())


def list_get_filtered(options: Optional[Handle]) -> Call[Handle]:
    out = OutHandle("sbx_list_free")
    return Call("sbx_list_get_filtered_start", (options, out,), (out,))


def list_get_one(sandbox: Optional[Handle]) -> Call[Handle]:
    out = OutHandle("sbx_list_free")
    return Call("sbx_list_get_one_start", (sandbox, out,), (out,))


def list_get() -> Call[Handle]:
    out = OutHandle("sbx_list_free")
    return Call("sbx_list_get_start", (out,), (out,))


def list_ports(sandbox: Optional[Handle]) -> Call[Handle]:
    out = OutHandle("sbx_port_list_free")
    return Call("sbx_list_ports_start", (sandbox, out,), (out,))


def pause(sandbox: Optional[Handle]) -> Call[int]:
    return Call("sbx_pause_start", (sandbox,), ())


def pool_drain(image: Optional[bytes]) -> Call[int]:
    drained = OutNumber(c_uint)
    return Call("sbx_pool_drain_start", (image, drained,), (drained,))


def pool_fill(options: Optional[Handle], count: int, timeout_ms: int) -> Call[int]:
    return Call("sbx_pool_fill_start", (options, count, timeout_ms,), ())


def pool_list_get() -> Call[Handle]:
    out = OutHandle("sbx_pool_list_free")
    return Call("sbx_pool_list_get_start", (out,), (out,))


def pool_set_budget(bytes: int) -> Call[int]:
    return Call("sbx_pool_set_budget_start", (bytes,), ())


def pool_set_size(size: int) -> Call[int]:
    return Call("sbx_pool_set_size_start", (size,), ())


def process_attach(sandbox: Optional[Handle], id_: int) -> Call[Handle]:
    out = OutHandle("sbx_process_unref")
    return Call("sbx_process_attach_start", (sandbox, id_, out,), (out,))


def process_detach(process: Optional[Handle]) -> Call[int]:
    return Call("sbx_process_detach_start", (process,), ())


def process_get_usage(process: Optional[Handle]) -> Call[Handle]:
    out = OutHandle("sbx_usage_free")
    return Call("sbx_process_get_usage_start", (process, out,), (out,))


def process_kill(process: Optional[Handle]) -> Call[int]:
    return Call("sbx_process_kill_start", (process,), ())


def process_list_get(sandbox: Optional[Handle]) -> Call[Handle]:
    out = OutHandle("sbx_process_list_free")
    return Call("sbx_process_list_get_start", (sandbox, out,), (out,))


def process_resize(process: Optional[Handle], rows: int, columns: int) -> Call[int]:
    return Call("sbx_process_resize_start", (process, rows, columns,), ())


def process_signal_by_id(sandbox: Optional[Handle], id_: int, signal: int, scope: int) -> Call[int]:
    return Call("sbx_process_signal_by_id_start", (sandbox, id_, signal, scope,), ())


def process_signal_scope(process: Optional[Handle], signal: int, scope: int) -> Call[int]:
    return Call("sbx_process_signal_scope_start", (process, signal, scope,), ())


def process_signal(process: Optional[Handle], signal: int) -> Call[int]:
    return Call("sbx_process_signal_start", (process, signal,), ())


def process_wait(process: Optional[Handle], timeout_ms: int) -> Call[int]:
    return Call("sbx_process_wait_start", (process, timeout_ms,), ())


def resume(sandbox: Optional[Handle]) -> Call[int]:
    return Call("sbx_resume_start", (sandbox,), ())


def run(sandbox: Optional[Handle], command: Optional[Handle]) -> Call[Handle]:
    out = OutHandle("sbx_result_free")
    return Call("sbx_run_start", (sandbox, command, out,), (out,))


def sh(sandbox: Optional[Handle], script: Optional[bytes]) -> Call[Handle]:
    out = OutHandle("sbx_result_free")
    return Call("sbx_sh_start", (sandbox, script, out,), (out,))


def snapshot_list_get() -> Call[Handle]:
    out = OutHandle("sbx_snapshot_list_free")
    return Call("sbx_snapshot_list_get_start", (out,), (out,))


def snapshot_remove(name: Optional[bytes]) -> Call[int]:
    return Call("sbx_snapshot_remove_start", (name,), ())


def snapshot(sandbox: Optional[Handle], name: Optional[bytes]) -> Call[int]:
    return Call("sbx_snapshot_start", (sandbox, name,), ())


def spawn(sandbox: Optional[Handle], command: Optional[Handle]) -> Call[Handle]:
    out = OutHandle("sbx_process_unref")
    return Call("sbx_spawn_start", (sandbox, command, out,), (out,))


def stats_get(sandbox: Optional[Handle]) -> Call[Handle]:
    out = OutHandle("sbx_stats_free")
    return Call("sbx_stats_get_start", (sandbox, out,), (out,))


def stats_get_total() -> Call[Handle]:
    out = OutHandle("sbx_stats_free")
    return Call("sbx_stats_get_total_start", (out,), (out,))


def tar_create(
    sandbox: Optional[Handle],
    directory: Optional[bytes],
    names: Optional[Sequence[bytes]],
    fd: int,
    options: Optional[Handle],
) -> Call[int]:
    return Call(
        "sbx_tar_create_start",
        (sandbox, directory, strings(names), 0 if names is None else len(names), fd, options,),
        (),
    )


def tar_extract(
    sandbox: Optional[Handle],
    directory: Optional[bytes],
    fd: int,
    options: Optional[Handle],
) -> Call[int]:
    return Call("sbx_tar_extract_start", (sandbox, directory, fd, options,), ())


def template_build(
    options: Optional[Handle],
    force: int,
    progress: Progress,
) -> Call[Tuple[int, bytes]]:
    id_ = OutText()
    return Call(
        "sbx_template_build_start",
        (options, force, progress_function(progress), None, id_,),
        (id_,), True,
    )


def template_list_get() -> Call[Handle]:
    out = OutHandle("sbx_template_list_free")
    return Call("sbx_template_list_get_start", (out,), (out,))


def template_remove_all() -> Call[int]:
    return Call("sbx_template_remove_all_start", (), ())


def template_remove(id_: Optional[bytes]) -> Call[int]:
    return Call("sbx_template_remove_start", (id_,), ())


def upload(
    sandbox: Optional[Handle],
    local_path: Optional[bytes],
    guest_path: Optional[bytes],
    options: Optional[Handle],
) -> Call[int]:
    return Call("sbx_upload_start", (sandbox, local_path, guest_path, options,), ())


def wait_port(sandbox: Optional[Handle], port: int, timeout_ms: int) -> Call[int]:
    return Call("sbx_wait_port_start", (sandbox, port, timeout_ms,), ())


def watch_next(watch: Optional[Handle], timeout_ms: int) -> Call[int]:
    return Call("sbx_watch_next_start", (watch, timeout_ms,), ())
