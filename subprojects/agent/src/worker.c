/* worker.c: finds workers by their names. */
#include "worker.h"

#include "agent.h"
#include "ports.h"
#include "files/operations.h"
#include "tar-worker.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct worker {
    const char *name;
    int (*run)(int argc, char **argv);
} workers[] = {
    {"ports", ports_main},
    {SBX_FILES_WORKER, files_main},
    {"tar-create", tar_worker_create},
    {"tar-extract", tar_worker_extract},
    {NULL, NULL},
};

static int program_fd = -1;

void worker_init(void)
{
    /* An init in an initramfs has no other name for itself than /init, and neither before /proc. */
    program_fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);
    if (program_fd < 0)
        program_fd = open("/init", O_PATH | O_CLOEXEC);
}

int worker_program_fd(void)
{
    return program_fd;
}

static const struct worker *find(const char *name)
{
    const struct worker *worker = workers;

    while (worker->name != NULL && strcmp(worker->name, name) != 0)
        worker++;
    return worker->name != NULL ? worker : NULL;
}

bool worker_exists(const char *name)
{
    return program_fd >= 0 && find(name) != NULL;
}

bool worker_asked_for(int argc, char **argv)
{
    return argc > 2 && strcmp(argv[1], WORKER_OPTION) == 0;
}

int worker_main(int argc, char **argv)
{
    const struct worker *worker = find(argv[0]);

    if (worker == NULL) {
        fprintf(stderr, "sbx-agent: no worker \"%s\"\n", argv[0]);
        return 127;
    }
    return worker->run(argc, argv);
}
