/* tar-worker.c: file trees in and out as tar streams: the workers "tar-create" and "tar-extract".
 */
#include "tar-worker.h"

#include "command.h"

#include <sys/stat.h>
#include <unistd.h>

int tar_worker_create(int argc, char **argv)
{
    const struct tar_command command = {
        .stream_fd = STDOUT_FILENO, .watch_fd = -1, .report_fd = STDERR_FILENO};

    return tar_command_create(argc, argv, &command);
}

int tar_worker_extract(int argc, char **argv)
{
    const struct tar_command command = {
        .stream_fd = STDIN_FILENO, .watch_fd = -1, .report_fd = STDERR_FILENO};

    umask(022);
    return tar_command_extract(argc, argv, &command);
}
