/* fuzz-tar.c: the input as an archive that somebody sent. It is extracted for real into a directory
 * that has a neighbour, and may end in any failure that has words; but nothing may come to be
 * beside the target, and the neighbour must stay as it is. */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tar.h"

enum { LONGEST_INPUT = 64 << 10, MOST_BYTES = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char top[] = "/tmp/sbx-fuzz-tar-XXXXXX";

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

/* Directories may have been made unreadable. */
static int open_up(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)walk;
    return type == FTW_D || type == FTW_DNR ? chmod(path, 0700) : 0;
}

static void remove_tree(const char *path)
{
    nftw(path, open_up, 16, FTW_PHYS);
    nftw(path, remove_one, 16, FTW_PHYS | FTW_DEPTH);
}

static void end(void)
{
    remove_tree(top);
}

static void prepare(void)
{
    static int prepared;
    int fd;

    if (prepared++)
        return;
    if (mkdtemp(top) == NULL || chdir(top) < 0)
        abort();
    atexit(end);
    fd = open("neighbour", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, "secret", 6) != 6)
        abort();
    close(fd);
}

static void check_neighbour(void)
{
    struct stat neighbour, directory;
    char text[8];
    int fd = open("neighbour", O_RDONLY | O_CLOEXEC);

    if (fstat(fd, &neighbour) < 0 || neighbour.st_nlink != 1 ||
        neighbour.st_mode != (S_IFREG | 0600) || read(fd, text, sizeof text) != 6 ||
        memcmp(text, "secret", 6) != 0)
        abort();
    close(fd);
    /* Of directories below, the target alone. */
    if (stat(".", &directory) < 0 || directory.st_nlink > 3)
        abort();
}

static void take_warning(void *data, const char *text)
{
    *(size_t *)data += strlen(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tar_options options = TAR_OPTIONS_DEFAULT;
    size_t warned = 0;
    struct tar_report report = {.data = &warned, .warning = take_warning};
    struct tar_failure failure = {.text = ""};
    struct tar_counts counts;

    if (size < 1 || size > LONGEST_INPUT)
        return 0;
    prepare();
    options.target = (data[0] & 1) != 0 ? "target" : "target/";
    options.existing = (enum tar_existing)(data[0] >> 1 & 3) % 3;
    options.max_bytes = MOST_BYTES;
    options.max_entries = 200;
    if (!tar_extract_memory(&options, data + 1, size - 1, &report, &counts, &failure) &&
        failure.text[0] == '\0')
        abort();
    for (const char *p = failure.text; *p != '\0'; p++)
        if ((unsigned char)*p < ' ')
            abort();
    check_neighbour();
    remove_tree("target");
    return 0;
}
