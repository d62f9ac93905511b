/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stat: what is known about a file in a sandbox, from sbx_fs_stat(), sbx_fs_lstat() and
 * sbx_file_stat(). Immutable; may be read from any thread. It came from the guest: believe it as
 * far as you believe what runs there.
 */
#ifndef SANDBOX_STAT_H
#define SANDBOX_STAT_H

#include <stdint.h>

#include <sandbox/macros.h>

SBX_BEGIN_DECLS

typedef struct sbx_stat sbx_stat;

/* Nanoseconds since 1970 UTC, where there is no time to tell. */
#define SBX_TIME_UNKNOWN INT64_MIN

/** sbx_stat_free: frees it; NULL is fine. Never blocks. Since: 0.1 */
SBX_PUBLIC void sbx_stat_free(sbx_stat *stat);

/*
 * The following never block and take a stat that is not NULL. Those that ask give 1 or 0; exactly
 * one of the seven kinds is 1.
 */

/** sbx_stat_is_file: 1 for a plain file. Since: 0.1 */
SBX_PUBLIC int sbx_stat_is_file(const sbx_stat *stat);

/** sbx_stat_is_directory: 1 for a directory. Since: 0.1 */
SBX_PUBLIC int sbx_stat_is_directory(const sbx_stat *stat);

/** sbx_stat_is_symlink: 1 for a symbolic link, which only sbx_fs_lstat() sees. Since: 0.1 */
SBX_PUBLIC int sbx_stat_is_symlink(const sbx_stat *stat);

/** sbx_stat_is_block_device: 1 for a block device. Since: 0.1 */
SBX_PUBLIC int sbx_stat_is_block_device(const sbx_stat *stat);

/** sbx_stat_is_char_device: 1 for a character device. Since: 0.1 */
SBX_PUBLIC int sbx_stat_is_char_device(const sbx_stat *stat);

/** sbx_stat_is_fifo: 1 for a FIFO. Since: 0.1 */
SBX_PUBLIC int sbx_stat_is_fifo(const sbx_stat *stat);

/** sbx_stat_is_socket: 1 for a socket. Since: 0.1 */
SBX_PUBLIC int sbx_stat_is_socket(const sbx_stat *stat);

/** sbx_stat_size: size in bytes; a link's is the length of what it says. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_stat_size(const sbx_stat *stat);

/** sbx_stat_mtime: when its contents changed last, nanoseconds since 1970 UTC. Since: 0.1 */
SBX_PUBLIC int64_t sbx_stat_mtime(const sbx_stat *stat);

/** sbx_stat_atime: when it was read last, likewise. Since: 0.1 */
SBX_PUBLIC int64_t sbx_stat_atime(const sbx_stat *stat);

/** sbx_stat_ctime: when its contents, mode, owner or links changed last, likewise. Since: 0.1 */
SBX_PUBLIC int64_t sbx_stat_ctime(const sbx_stat *stat);

/** sbx_stat_birthtime: when it was made, likewise; SBX_TIME_UNKNOWN where the file system does not
 * keep that. Since: 0.1 */
SBX_PUBLIC int64_t sbx_stat_birthtime(const sbx_stat *stat);

/** sbx_stat_dev: number of the device that it is on, as stat() has it. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_stat_dev(const sbx_stat *stat);

/** sbx_stat_ino: its inode number. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_stat_ino(const sbx_stat *stat);

/** sbx_stat_mode: type and permissions, the st_mode of Linux. Since: 0.1 */
SBX_PUBLIC uint32_t sbx_stat_mode(const sbx_stat *stat);

/** sbx_stat_nlink: the number of its hard links. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_stat_nlink(const sbx_stat *stat);

/** sbx_stat_uid: its owner, a number of the guest. Since: 0.1 */
SBX_PUBLIC uint32_t sbx_stat_uid(const sbx_stat *stat);

/** sbx_stat_gid: its group, a number of the guest. Since: 0.1 */
SBX_PUBLIC uint32_t sbx_stat_gid(const sbx_stat *stat);

/** sbx_stat_rdev: the number of the device that it is, 0 for what is none. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_stat_rdev(const sbx_stat *stat);

/** sbx_stat_blksize: bytes that are good to read at once. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_stat_blksize(const sbx_stat *stat);

/** sbx_stat_blocks: what it takes on the disk, in units of 512 bytes. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_stat_blocks(const sbx_stat *stat);

SBX_END_DECLS

#endif
