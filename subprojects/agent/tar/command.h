/* command.h: creating and extracting as commands, for the guest's workers and the host's helper.
 *
 *   create  [--directory DIR] [--glob] [--total] OPTIONS -- SOURCE...
 *   extract [--into] [--existing replace|refuse|keep] OPTIONS -- TARGET
 *
 *   OPTIONS: [--exclude PATTERN]... [--max-entries N] [--max-bytes N] [--no-owners] [--privileged]
 *
 * What happens is said in lines, as many warnings at most as a pipe holds that nobody reads:
 *
 *   W TAB text                              a warning
 *   P TAB entries TAB bytes TAB total TAB name   progress
 *   D TAB entries TAB bytes TAB warnings    done
 *   E TAB kind TAB errno TAB text           failed; kinds are in message.c */
#ifndef SBX_TAR_COMMAND_H
#define SBX_TAR_COMMAND_H

#include "tar.h"

struct tar_command {
    int stream_fd;
    int watch_fd; /* see tar_create() */
    int report_fd;
    bool progress;
    bool (*confine)(void *data, int root_fd, struct tar_failure *failure);
};

/* argv[0] is the name. These return the exit code, 0 or 1. */
int tar_command_create(int argc, char **argv, const struct tar_command *command);
int tar_command_extract(int argc, char **argv, const struct tar_command *command);

/* A line of the above. False: nobody reads it. */
bool tar_command_say(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool tar_command_failed(int fd, const struct tar_failure *failure);

#endif
