/* directory.c: reading directories, of any size. */
#include "operations.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGE = 128 << 10 };

uint8_t kind_of_mode(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return SBX_FILES_KIND_FILE;
    case S_IFDIR:
        return SBX_FILES_KIND_DIRECTORY;
    case S_IFLNK:
        return SBX_FILES_KIND_SYMLINK;
    case S_IFIFO:
        return SBX_FILES_KIND_FIFO;
    case S_IFSOCK:
        return SBX_FILES_KIND_SOCKET;
    case S_IFCHR:
        return SBX_FILES_KIND_CHAR_DEVICE;
    case S_IFBLK:
        return SBX_FILES_KIND_BLOCK_DEVICE;
    default:
        return SBX_FILES_KIND_UNKNOWN;
    }
}

int reader_open(struct reader *reader, int fd, size_t size)
{
    *reader = (struct reader){.fd = fd, .size = size, .buffer = malloc(size)};
    if (reader->buffer != NULL)
        return 0;
    close(fd);
    return ENOMEM;
}

void reader_close(struct reader *reader)
{
    close(reader->fd);
    free(reader->buffer);
}

static uint8_t kind_of_entry(int fd, const struct dirent64 *entry)
{
    struct stat info;

    if (entry->d_type != DT_UNKNOWN)
        return kind_of_mode(DTTOIF(entry->d_type));
    if (fstatat(fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) < 0)
        return SBX_FILES_KIND_UNKNOWN;
    return kind_of_mode(info.st_mode);
}

int reader_next(struct reader *reader, const char **name, uint8_t *kind)
{
    for (;;) {
        if (reader->at == reader->length) {
            ssize_t n = getdents64(reader->fd, reader->buffer, reader->size);
            if (n <= 0)
                return (int)n;
            reader->at = 0;
            reader->length = (size_t)n;
        }
        struct dirent64 *entry = (struct dirent64 *)(void *)(reader->buffer + reader->at);
        reader->at += entry->d_reclen;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        *name = entry->d_name;
        *kind = kind_of_entry(reader->fd, entry);
        return 1;
    }
}

int op_read_dir(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    struct sbx_files_entry entry = {0};
    struct reader reader;
    struct batch batch;
    int more, error = 0;
    int fd = open(request->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    (void)reply;
    if (fd < 0)
        return errno;
    error = reader_open(&reader, fd, LARGE);
    if (error != 0)
        return error;
    batch_begin(&batch, SBX_FILES_ENTRIES);
    while (error == 0 && (more = reader_next(&reader, &entry.path, &entry.kind)) != 0)
        error = more < 0 ? errno : batch_entry(&batch, &entry);
    batch_end(&batch);
    reader_close(&reader);
    return error;
}
