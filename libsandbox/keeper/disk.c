/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Disk: see disk.h.
 *
 * mke2fs takes 16-28 ms and a process, copying an empty sparse file system 4-7 ms (measured), and on a
 * file system with reflinks nothing: so the first disk of each size is formatted and kept, and every
 * disk is a copy of that.
 */
#include "keeper/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <sandbox/error.h>

#include "wire/fault.h"
#include "wire/fd.h"

/* A create on a nearly full disk would only give a sandbox that cannot write. */
#define FREE_MIN (32u << 20)
/* Sizes of which a formatted disk is kept. */
#define BLANKS_MAX 8
#define COPY_SIZE (1u << 20)
#define PUNCH_SIZE (64u << 10)

static int fail(GError **error, const char *what)
{
    int code = errno;

    sbx_fault_set(error, code == ENOSPC || code == EDQUOT ? SBX_E_NO_SPACE : SBX_E_SYSTEM, code,
                  code == ENOSPC ? "free some space, or set LIBSANDBOX_DATA_DIR" : NULL, "%s: %s",
                  what, g_strerror(code));
    return -1;
}

static int open_unnamed(SbxKeeper *keeper, guint64 size, GError **error)
{
    g_autofree char *dir = g_build_filename(keeper->vm_dir, "disks", NULL);
    g_auto(fd_t) fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    struct statvfs space;

    if (fd < 0)
        return fail(error, "cannot make the sandbox's disk");
    if (fstatvfs(fd, &space) == 0 && space.f_bavail * space.f_frsize < FREE_MIN) {
        errno = ENOSPC;
        return fail(error, "no room for the sandbox's disk");
    }
    if (ftruncate(fd, (off_t)size) < 0)
        return fail(error, "cannot size the sandbox's disk");
    return sbx_fd_steal(&fd);
}

static gboolean format(int fd, GError **error)
{
    /* The file is all zeros: there is nothing to discard and no inode table to clear. No journal, no
     * checksums: the file system does not outlive its VM. */
    static const char *const argv[] = {
        "mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-m", "0", "-O",
        "^has_journal,^metadata_csum,^resize_inode", "-E",
        "nodiscard,lazy_itable_init=0,assume_storage_prezeroed=1", "/proc/self/fd/3", NULL};
    g_autoptr(GSubprocessLauncher) launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
    g_autoptr(GSubprocess) child = NULL;
    g_autoptr(GError) reason = NULL;
    g_autofree char *said = NULL;

    g_subprocess_launcher_take_fd(launcher, fcntl(fd, F_DUPFD_CLOEXEC, 3), 3);
    child = g_subprocess_launcher_spawnv(launcher, argv, &reason);
    if (child == NULL) {
        sbx_fault_set(error, SBX_E_UNAVAILABLE, 0, "install e2fsprogs", "cannot run mke2fs: %s",
                      reason->message);
        return FALSE;
    }
    if (!g_subprocess_communicate_utf8(child, NULL, NULL, NULL, &said, &reason) ||
        !g_subprocess_get_successful(child)) {
        gboolean full = said != NULL && strstr(said, "No space left") != NULL;

        sbx_fault_set(error, full ? SBX_E_NO_SPACE : SBX_E_SYSTEM, full ? ENOSPC : 0, NULL,
                      "mke2fs cannot format the sandbox's disk: %s",
                      reason != NULL ? reason->message : g_strchomp(said));
        return FALSE;
    }
    return TRUE;
}

/* Between file systems, which copy_file_range() refuses. */
static ssize_t copy_block(int from, int to, off_t *at, size_t length)
{
    g_autofree char *block = g_malloc(COPY_SIZE);
    ssize_t n = pread(from, block, MIN(length, COPY_SIZE), *at);

    if (n > 0)
        n = pwrite(to, block, (size_t)n, *at);
    if (n > 0)
        *at += n;
    return n;
}

static int copy_range(int from, int to, off_t start, off_t end)
{
    while (start < end) {
        off_t at = start;
        ssize_t n = copy_file_range(from, &start, to, &at, (size_t)(end - start), 0);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EXDEV || errno == EOPNOTSUPP || errno == EINVAL))
            n = copy_block(from, to, &start, (size_t)(end - start));
        if (n == 0)
            errno = EIO;
        if (n <= 0)
            return -1;
    }
    return 0;
}

/* Copies what is not a hole. */
static int copy_sparse(int from, int to)
{
    off_t end = 0;

    if (ioctl(to, FICLONE, from) == 0)
        return 0;
    for (;;) {
        off_t start = lseek(from, end, SEEK_DATA);

        if (start < 0)
            return errno == ENXIO ? 0 : -1;
        end = lseek(from, start, SEEK_HOLE);
        if (end < 0 || copy_range(from, to, start, end) < 0)
            return -1;
    }
}

/* The formatted file of that size, or -1 with a fault set. */
static int blank_disk(SbxKeeper *keeper, guint64 size, GError **error)
{
    gpointer key = GUINT_TO_POINTER((guint)(size >> 20));
    g_auto(fd_t) fd = -1;

    if (g_hash_table_contains(keeper->blank_disks, key))
        return GPOINTER_TO_INT(g_hash_table_lookup(keeper->blank_disks, key));
    fd = open_unnamed(keeper, size, error);
    if (fd < 0 || !format(fd, error))
        return -1;
    g_hash_table_insert(keeper->blank_disks, key, GINT_TO_POINTER(fd));
    return sbx_fd_steal(&fd);
}

/* With the lock held, which also guards the blank disk's file position. */
static gboolean fill(SbxKeeper *keeper, int fd, guint64 size, GError **error)
{
    gpointer key = GUINT_TO_POINTER((guint)(size >> 20));
    int blank;

    if (g_hash_table_size(keeper->blank_disks) >= BLANKS_MAX &&
        !g_hash_table_contains(keeper->blank_disks, key))
        return format(fd, error);
    blank = blank_disk(keeper, size, error);
    if (blank < 0)
        return FALSE;
    return copy_sparse(blank, fd) == 0 || fail(error, "cannot fill the sandbox's disk") == 0;
}

int sbx_disk_new(SbxKeeper *keeper, guint64 size, GError **error)
{
    g_auto(fd_t) fd = open_unnamed(keeper, size, error);
    gboolean filled;

    if (fd < 0)
        return -1;
    g_mutex_lock(&keeper->boot_lock);
    filled = fill(keeper, fd, size, error);
    g_mutex_unlock(&keeper->boot_lock);
    return filled ? sbx_fd_steal(&fd) : -1;
}

gboolean sbx_disk_copy_to(int from, int to, GError **error)
{
    return copy_sparse(from, to) == 0 || fail(error, "cannot copy the sandbox's disk") == 0;
}

int sbx_disk_copy(SbxKeeper *keeper, int from, guint64 size, GError **error)
{
    g_auto(fd_t) fd = open_unnamed(keeper, size, error);

    if (fd < 0 || !sbx_disk_copy_to(from, fd, error))
        return -1;
    return sbx_fd_steal(&fd);
}

static gboolean is_zero(const guint8 *block, gsize length)
{
    return block[0] == 0 && memcmp(block, block + 1, length - 1) == 0;
}

static void punch_blocks(int fd, const guint8 *bytes, guint64 size)
{
    guint64 start = 0; /* of the zeros before @at */

    for (guint64 at = 0; at <= size; at += PUNCH_SIZE) {
        if (at < size && is_zero(bytes + at, MIN(PUNCH_SIZE, size - at)))
            continue;
        if (at > start)
            fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)start,
                      (off_t)(MIN(at, size) - start));
        start = at + PUNCH_SIZE;
    }
}

void sbx_disk_punch_zeros(const char *path)
{
    g_auto(fd_t) fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    struct stat status;
    guint8 *bytes;

    if (fd < 0 || fstat(fd, &status) < 0 || status.st_size == 0)
        return;
    bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED)
        return;
    punch_blocks(fd, bytes, (guint64)status.st_size);
    munmap(bytes, (size_t)status.st_size);
}
