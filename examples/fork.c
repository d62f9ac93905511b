/* Forks: prepare a sandbox once, make running copies of it, and have each do its part of the work.
 *
 *   fork [COPIES]      4 copies unless told otherwise */
#include <sandbox/sandbox.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define NUMBERS 200000L

static int fail(sbx_error *error)
{
    fprintf(stderr, "%s\n", sbx_error_message(error));
    if (sbx_error_hint(error) != NULL)
        fprintf(stderr, "hint: %s\n", sbx_error_hint(error));
    sbx_error_free(error);
    return 1;
}

/* Prints how long it was since the last call. */
static void lap(const char *what)
{
    static struct timespec before;
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (what != NULL)
        printf("%-28s %8.1f ms\n", what,
               (double)(now.tv_sec - before.tv_sec) * 1e3 +
                   (double)(now.tv_nsec - before.tv_nsec) / 1e6);
    before = now;
}

/* Starts the part of one copy: every count'th number. */
static int start(sbx *copy, unsigned int part, unsigned int count, sbx_process **process,
                 sbx_error **error)
{
    sbx_command *command;
    char script[128];
    int code;

    snprintf(script, sizeof script, "awk 'NR %% %u == %u { s += $1 } END { print s }' numbers",
             count, part);
    command = sbx_command_new_script(script);
    code = sbx_spawn(copy, command, process, error);
    sbx_command_unref(command);
    return code;
}

/* Adds what a copy found, and lets it go. */
static int finish(sbx_process *process, long *sum, sbx_error **error)
{
    char text[64] = "";
    size_t length = 0;
    ssize_t n;

    while (length < sizeof text - 1 && (n = read(sbx_process_fd(process, SBX_STDOUT), text + length,
                                                 sizeof text - 1 - length)) > 0)
        length += (size_t)n;
    if (sbx_process_wait(process, -1, error) < 0)
        return -1;
    *sum += strtol(text, NULL, 10);
    sbx_process_unref(process);
    return 0;
}

int main(int argc, char **argv)
{
    unsigned int count = argc > 1 ? (unsigned int)atoi(argv[1]) : 4;
    sbx *parent = NULL;
    sbx *copies[SBX_FORK_MAX];
    sbx_process *processes[SBX_FORK_MAX];
    sbx_result *result = NULL;
    sbx_error *error = NULL;
    long sum = 0;

    lap(NULL);
    if (sbx_create(NULL, &parent, &error) < 0)
        return fail(error);
    lap("create");
    if (sbx_sh(parent, "seq 200000 >numbers", &result, &error) < 0)
        return fail(error);
    sbx_result_free(result);
    lap("prepare, once");
    if (sbx_fork(parent, count, NULL, copies, &error) < 0)
        return fail(error);
    lap("fork");
    for (unsigned int i = 0; i < count; i++)
        if (start(copies[i], i, count, &processes[i], &error) < 0)
            return fail(error);
    for (unsigned int i = 0; i < count; i++)
        if (finish(processes[i], &sum, &error) < 0)
            return fail(error);
    lap("work, in all copies at once");
    for (unsigned int i = 0; i < count; i++)
        sbx_unref(copies[i]);
    sbx_unref(parent);
    printf("%u copies: the sum is %ld, and should be %ld\n", count, sum,
           NUMBERS * (NUMBERS + 1) / 2);
    return sum == NUMBERS * (NUMBERS + 1) / 2 ? 0 : 1;
}
