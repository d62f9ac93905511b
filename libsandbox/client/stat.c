/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stat: what is known about a file. See include/sandbox/stat.h. */
#include <sys/stat.h>

#include "client/fs-worker.h"

G_STATIC_ASSERT(SBX_TIME_UNKNOWN == SBX_FILES_TIME_OMIT);
G_STATIC_ASSERT(SBX_TIME_OMIT == SBX_FILES_TIME_OMIT && SBX_TIME_NOW == SBX_FILES_TIME_NOW);

void sbx_stat_free(sbx_stat *stat)
{
    g_free(stat);
}

static int is_kind(const sbx_stat *stat, mode_t kind)
{
    return ((mode_t)stat->fields.mode & S_IFMT) == kind;
}

int sbx_stat_is_file(const sbx_stat *stat)
{
    return is_kind(stat, S_IFREG);
}

int sbx_stat_is_directory(const sbx_stat *stat)
{
    return is_kind(stat, S_IFDIR);
}

int sbx_stat_is_symlink(const sbx_stat *stat)
{
    return is_kind(stat, S_IFLNK);
}

int sbx_stat_is_block_device(const sbx_stat *stat)
{
    return is_kind(stat, S_IFBLK);
}

int sbx_stat_is_char_device(const sbx_stat *stat)
{
    return is_kind(stat, S_IFCHR);
}

int sbx_stat_is_fifo(const sbx_stat *stat)
{
    return is_kind(stat, S_IFIFO);
}

int sbx_stat_is_socket(const sbx_stat *stat)
{
    return is_kind(stat, S_IFSOCK);
}

uint64_t sbx_stat_size(const sbx_stat *stat)
{
    return stat->fields.size;
}

int64_t sbx_stat_mtime(const sbx_stat *stat)
{
    return stat->fields.mtime;
}

int64_t sbx_stat_atime(const sbx_stat *stat)
{
    return stat->fields.atime;
}

int64_t sbx_stat_ctime(const sbx_stat *stat)
{
    return stat->fields.ctime;
}

int64_t sbx_stat_birthtime(const sbx_stat *stat)
{
    return stat->fields.birthtime;
}

uint64_t sbx_stat_dev(const sbx_stat *stat)
{
    return stat->fields.dev;
}

uint64_t sbx_stat_ino(const sbx_stat *stat)
{
    return stat->fields.ino;
}

uint32_t sbx_stat_mode(const sbx_stat *stat)
{
    return (uint32_t)stat->fields.mode;
}

uint64_t sbx_stat_nlink(const sbx_stat *stat)
{
    return stat->fields.nlink;
}

uint32_t sbx_stat_uid(const sbx_stat *stat)
{
    return (uint32_t)stat->fields.uid;
}

uint32_t sbx_stat_gid(const sbx_stat *stat)
{
    return (uint32_t)stat->fields.gid;
}

uint64_t sbx_stat_rdev(const sbx_stat *stat)
{
    return stat->fields.rdev;
}

uint64_t sbx_stat_blksize(const sbx_stat *stat)
{
    return stat->fields.blksize;
}

uint64_t sbx_stat_blocks(const sbx_stat *stat)
{
    return stat->fields.blocks;
}
