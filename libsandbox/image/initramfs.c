/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The initramfs that a sandbox boots with.
 *
 * The kernel unpacks one cpio archive (newc) after another and skips zeros between them; a header
 * must begin at a multiple of 4. Archives are padded to 512 here, the block other tools expect.
 */
#include "image/initramfs.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "image/failure.h"

enum { BLOCK = 512, COPY_SIZE = 256 * 1024, INPUT_MAX = 64 * 1024 * 1024 };

typedef struct {
    struct archive *archive;
    gint64 next_inode;
} Writer;

/* A regular file of at most INPUT_MAX bytes that begins with @magic. */
static int open_input(const char *path, const char *magic, const char *what, gint64 *size,
                      GError **error)
{
    g_auto(fd_t) fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char start[8] = {0};
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0) {
        sbx_image_set_errno(error, errno, "cannot open %s (%s)", path, what);
        return -1;
    }
    if (!S_ISREG(st.st_mode) || st.st_size > INPUT_MAX ||
        pread(fd, start, strlen(magic), 0) != (ssize_t)strlen(magic) ||
        memcmp(start, magic, strlen(magic)) != 0) {
        sbx_fault_set(error, SBX_E_IMAGE, 0, "install libsandbox again, or build the image again",
                      "%s is not %s", path, what);
        return -1;
    }
    *size = st.st_size;
    return sbx_fd_steal(&fd);
}

static gboolean write_failed(Writer *writer, GError **error)
{
    int number = archive_errno(writer->archive);

    sbx_image_set_errno(error, number > 0 ? number : EIO, "cannot write the initramfs");
    return FALSE;
}

typedef gboolean (*Sink)(gpointer data, const void *bytes, gsize length);

/* Copies exactly @size bytes: a file that changes its size meanwhile is an error. */
static gboolean copy(int from, gint64 size, const char *path, Sink sink, gpointer data,
                     GError **error)
{
    g_autofree char *buffer = g_malloc(COPY_SIZE);

    while (size > 0) {
        ssize_t n = read(from, buffer, (size_t)MIN(size, COPY_SIZE));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            sbx_image_set_errno(error, n < 0 ? errno : EIO, "cannot read %s", path);
            return FALSE;
        }
        if (!sink(data, buffer, (gsize)n)) {
            sbx_image_set_errno(error, errno, "cannot write the initramfs");
            return FALSE;
        }
        size -= n;
    }
    return TRUE;
}

static gboolean sink_to_fd(gpointer data, const void *bytes, gsize length)
{
    return sbx_write_all(GPOINTER_TO_INT(data), bytes, length);
}

static gboolean sink_to_archive(gpointer data, const void *bytes, gsize length)
{
    Writer *writer = data;

    if (archive_write_data(writer->archive, bytes, length) == (la_ssize_t)length)
        return TRUE;
    errno = archive_errno(writer->archive) > 0 ? archive_errno(writer->archive) : EIO;
    return FALSE;
}

static gboolean write_modules(int fd, const char *path, GError **error)
{
    static const char zeros[BLOCK];
    gint64 size;
    g_auto(fd_t) from = open_input(path, "070701", "a cpio archive", &size, error);

    if (from < 0 || !copy(from, size, path, sink_to_fd, GINT_TO_POINTER(fd), error))
        return FALSE;
    if (size % BLOCK == 0 || sbx_write_all(fd, zeros, (gsize)(BLOCK - size % BLOCK)))
        return TRUE;
    sbx_image_set_errno(error, errno, "cannot write the initramfs");
    return FALSE;
}

static gboolean add(Writer *writer, const char *path, mode_t mode, gint64 size, dev_t device,
                    GError **error)
{
    struct archive_entry *entry = archive_entry_new();
    gboolean ok;

    archive_entry_set_pathname(entry, path);
    archive_entry_set_mode(entry, mode);
    archive_entry_set_size(entry, size);
    archive_entry_set_rdev(entry, device);
    archive_entry_set_ino64(entry, writer->next_inode++);
    archive_entry_set_nlink(entry, S_ISDIR(mode) ? 2 : 1);
    archive_entry_set_mtime(entry, 0, 0);
    ok = archive_write_header(writer->archive, entry) == ARCHIVE_OK;
    archive_entry_free(entry);
    return ok || write_failed(writer, error);
}

static gboolean add_directories(Writer *writer, GError **error)
{
    static const char *const names[] = {"dev", "proc", "sys", "run", "newroot"};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (!add(writer, names[i], S_IFDIR | 0755, 0, 0, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean add_agent(Writer *writer, const char *path, GError **error)
{
    gint64 size;
    g_auto(fd_t) from = open_input(path, "\177ELF", "a program", &size, error);

    return from >= 0 && add(writer, "init", S_IFREG | 0755, size, 0, error) &&
           copy(from, size, path, sink_to_archive, writer, error);
}

static gboolean write_ours(Writer *writer, int fd, const char *agent, GError **error)
{
    struct archive *archive = writer->archive;

    if (archive_write_set_format_cpio_newc(archive) != ARCHIVE_OK ||
        archive_write_set_bytes_per_block(archive, BLOCK) != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(archive, BLOCK) != ARCHIVE_OK ||
        archive_write_open_fd(archive, fd) != ARCHIVE_OK)
        return write_failed(writer, error);
    if (!add_directories(writer, error) ||
        !add(writer, "dev/console", S_IFCHR | 0600, 0, makedev(5, 1), error) ||
        !add_agent(writer, agent, error))
        return FALSE;
    return archive_write_close(archive) == ARCHIVE_OK || write_failed(writer, error);
}

gboolean sbx_initramfs_write(int fd, const char *modules_cpio, const char *agent, GError **error)
{
    Writer writer = {.next_inode = 1};
    gboolean ok;

    if (!write_modules(fd, modules_cpio, error))
        return FALSE;
    writer.archive = archive_write_new();
    ok = write_ours(&writer, fd, agent, error);
    archive_write_free(writer.archive);
    return ok;
}
