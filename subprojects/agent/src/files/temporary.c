/* temporary.c: files and directories with names nobody has. */
#include "operations.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LETTERS = 10, ATTEMPTS = 100 };

void random_name(char *name, size_t size, const char *prefix, const char *suffix)
{
    static const char alphabet[] = "0123456789abcdefghijklmnopqrstuv";
    uint8_t bytes[LETTERS] = {0};
    char letters[LETTERS + 1] = {0};

    if (getrandom(bytes, sizeof bytes, 0) < 0)
        bytes[0] = (uint8_t)getpid();
    for (size_t i = 0; i < LETTERS; i++)
        letters[i] = alphabet[bytes[i] % 32];
    snprintf(name, size, "%s%s%s", prefix, letters, suffix);
}

static int make_file(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

    return fd < 0 ? -1 : close(fd);
}

static int make_directory(const char *path)
{
    return mkdir(path, 0700);
}

static int make(const struct sbx_files_request *request, struct sbx_files_reply *reply,
                int (*one)(const char *path))
{
    const char *prefix = request->prefix != NULL ? request->prefix : "";
    const char *suffix = request->suffix != NULL ? request->suffix : "";
    const char *directory = request->path != NULL ? request->path : "/tmp";
    char name[2 * SBX_FILES_MAX_AFFIX + LETTERS + 1];

    if (strchr(prefix, '/') != NULL || strchr(suffix, '/') != NULL)
        return EINVAL;
    for (int i = 0; i < ATTEMPTS; i++) {
        random_name(name, sizeof name, prefix, suffix);
        if ((size_t)snprintf(files_text, sizeof files_text, "%s/%s", directory, name) >=
            sizeof files_text)
            return ENAMETOOLONG;
        if (one(files_text) == 0) {
            reply->path = files_text;
            return 0;
        }
        if (errno != EEXIST)
            return errno;
    }
    return EEXIST;
}

int op_temp_dir(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    return make(request, reply, make_directory);
}

int op_temp_file(const struct sbx_files_request *request, struct sbx_files_reply *reply)
{
    return make(request, reply, make_file);
}
