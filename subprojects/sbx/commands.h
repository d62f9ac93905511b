/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one table of commands and options. Parsing, help, the completion scripts and the suggestions
 * for misspelt words all read it, so they cannot say different things.
 */
#ifndef SBX_COMMANDS_H
#define SBX_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

/* What a shell can offer for an option's value or for a command's operands. */
enum completes {
    COMPLETES_NOTHING,
    COMPLETES_SANDBOX, /* ids of running sandboxes */
    COMPLETES_IMAGE,   /* names of images */
    COMPLETES_SNAPSHOT,
    COMPLETES_TEMPLATE,
    COMPLETES_STATUS,  /* of sandboxes */
    COMPLETES_SHELL,   /* bash, zsh, fish */
    COMPLETES_COMMAND, /* commands of sbx */
    COMPLETES_FILE,    /* files of this machine */
};

enum option_id {
    OPT_NONE, /* ends a list */
    OPT_MEMORY,
    OPT_CPUS,
    OPT_DISK,
    OPT_IMAGE,
    OPT_ENV,
    OPT_LABEL,
    OPT_TIMEOUT,
    OPT_START_TIMEOUT,
    OPT_ROOT,
    OPT_WAIT,
    OPT_SPARES,
    OPT_COUNT_CHILDREN,
    OPT_CWD,
    OPT_USER,
    OPT_EXEC_ENV,
    OPT_INTERACTIVE,
    OPT_TTY,
    OPT_EXEC_TIMEOUT,
    OPT_DETACH,
    OPT_SIGNAL_ALL,
    OPT_LABEL_FILTER,
    OPT_STATUS_FILTER,
    OPT_FOLLOW,
    OPT_SINCE,
    OPT_CONSOLE,
    OPT_ONCE,
    OPT_MIRROR,
    OPT_NO_DENO,
    OPT_BUILD_FORCE,
    OPT_STOP_FORCE,
    OPT_TEMPLATE_FORCE,
    OPT_ALL,
    OPT_FILL_TIMEOUT,
    OPT_SIZE,
    OPT_BUDGET,
    OPT_MAX_SANDBOXES,
    OPT_MAX_MEMORY,
    OPT_MAX_VCPUS,
    OPT_EXCLUDE,
    OPT_NO_OWNERS,
    OPT_EXISTING,
    OPT_MAX_BYTES,
    OPT_MAX_ENTRIES,
    OPT_JSON,
    OPT_QUIET,
    OPT_NO_COLOR,
    OPT_HELP,
    OPT_VERSION,
    OPT_COUNT
};

struct option_spec {
    const char *name;  /* without the dashes */
    char letter;       /* short form, or 0 */
    const char *value; /* name of its value in help, or NULL for a flag */
    const char *help;
    enum completes completes; /* its value */
    bool optional;            /* --name alone will do, too; no short form then */
};

#define COMMAND_OPTIONS_MAX 16

struct invocation;

struct command_spec {
    const char *name;                            /* one word, or group and word: "image build" */
    const char *operands;                        /* for the usage line */
    const char *summary;                         /* one line, for lists */
    const char *details;                         /* more paragraphs for --help, or NULL */
    enum option_id options[COMMAND_OPTIONS_MAX]; /* its own, ends with OPT_NONE */
    int operands_min;
    int operands_max;         /* -1: any number */
    enum completes completes; /* the operands */
    bool takes_command;       /* behind operands_min operands comes a command with its arguments,
                                 whose words are never options of ours */
    int (*run)(const struct invocation *inv); /* returns the exit status */
};

struct group_spec {
    const char *name; /* first word of some commands */
    const char *summary;
};

extern const struct option_spec option_specs[OPT_COUNT];
extern const struct command_spec command_specs[]; /* ends with a NULL name */
extern const struct group_spec group_specs[];     /* ends with a NULL name */
extern const enum option_id global_options[];     /* good everywhere; ends with OPT_NONE */

/* The command of these words, or NULL; *used is how many words its name has. */
const struct command_spec *command_find(char *const *words, int count, int *used);
const struct group_spec *group_find(const char *name);
bool command_in_group(const struct command_spec *command, const char *group);

/* The commands, one per cmd-NAME.c. */
int cmd_attach(const struct invocation *inv);
int cmd_completion(const struct invocation *inv);
int cmd_copy(const struct invocation *inv);
int cmd_create(const struct invocation *inv);
int cmd_doctor(const struct invocation *inv);
int cmd_env_delete(const struct invocation *inv);
int cmd_env_get(const struct invocation *inv);
int cmd_env_list(const struct invocation *inv);
int cmd_env_set(const struct invocation *inv);
int cmd_events(const struct invocation *inv);
int cmd_exec(const struct invocation *inv);
int cmd_extend(const struct invocation *inv);
int cmd_fork(const struct invocation *inv);
int cmd_forward(const struct invocation *inv);
int cmd_help(const struct invocation *inv);
int cmd_image_build(const struct invocation *inv);
int cmd_image_list(const struct invocation *inv);
int cmd_image_remove(const struct invocation *inv);
int cmd_image_verify(const struct invocation *inv);
int cmd_keeper_limits(const struct invocation *inv);
int cmd_keeper_stop(const struct invocation *inv);
int cmd_kill(const struct invocation *inv);
int cmd_list(const struct invocation *inv);
int cmd_logs(const struct invocation *inv);
int cmd_pause(const struct invocation *inv);
int cmd_pool_drain(const struct invocation *inv);
int cmd_pool_fill(const struct invocation *inv);
int cmd_pool_list(const struct invocation *inv);
int cmd_pool_set(const struct invocation *inv);
int cmd_ports(const struct invocation *inv);
int cmd_ps(const struct invocation *inv);
int cmd_resume(const struct invocation *inv);
int cmd_run(const struct invocation *inv);
int cmd_signal(const struct invocation *inv);
int cmd_snapshot_create(const struct invocation *inv);
int cmd_snapshot_list(const struct invocation *inv);
int cmd_snapshot_remove(const struct invocation *inv);
int cmd_stats(const struct invocation *inv);
int cmd_template_build(const struct invocation *inv);
int cmd_template_list(const struct invocation *inv);
int cmd_template_remove(const struct invocation *inv);
int cmd_version(const struct invocation *inv);

#endif
