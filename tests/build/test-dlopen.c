/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The library can be loaded, used and unloaded again, and a second time: plugins do that. */
#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static int count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int count = 0;

    while (dir != NULL && readdir(dir) != NULL)
        count++;
    if (dir != NULL)
        closedir(dir);
    return count;
}

static int use_once(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const char *(*version)(void);
    int (*parse)(const char *, unsigned long *, void **);
    unsigned long bytes = 0;

    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    *(void **)&version = dlsym(library, "sbx_version");
    *(void **)&parse = dlsym(library, "sbx_parse_size");
    if (version == NULL || parse == NULL || strlen(version()) < 5 ||
        parse("1KiB", &bytes, NULL) != 0 || bytes != 1024) {
        fprintf(stderr, "the library does not work\n");
        return 1;
    }
    return dlclose(library);
}

int main(int argc, char **argv)
{
    int before = count_fds();

    if (argc != 2 || use_once(argv[1]) != 0 || use_once(argv[1]) != 0)
        return 1;
    if (count_fds() != before) {
        fprintf(stderr, "%d descriptors instead of %d\n", count_fds(), before);
        return 1;
    }
    return 0;
}
