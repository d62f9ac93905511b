/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of commands and options, and how to find a command in it. See commands.h. */
#include "commands.h"

#include <string.h>

const struct option_spec option_specs[OPT_COUNT] = {
    [OPT_MEMORY] = {"memory", 'm', "SIZE", "Memory, for example 512MiB or 2GB (default 1280MiB)"},
    [OPT_CPUS] = {"cpus", 'c', "COUNT", "Number of virtual CPUs (default 2)"},
    [OPT_DISK] = {"disk", 0, "SIZE", "Size of the disk, which is sparse (default 10GiB)"},
    [OPT_IMAGE] = {"image", 0, "NAME[@VERSION]", "Image to boot from (default builtin:debian-13)",
                   COMPLETES_IMAGE},
    [OPT_ENV] = {"env", 'e', "NAME[=VALUE]",
                 "Set an environment variable; without a value, pass on the one sbx has. "
                 "May be given again"},
    [OPT_LABEL] = {"label", 'l', "KEY=VALUE", "Label the sandbox. May be given again"},
    [OPT_TIMEOUT] = {"timeout", 0, "DURATION",
                     "Destroy the sandbox after this time, for example 30s, 5m, 2h (default: "
                     "session, no limit)"},
    [OPT_START_TIMEOUT] = {"start-timeout", 0, "DURATION",
                           "How long the guest may take to come up (default 60s)"},
    [OPT_ROOT] = {"root", 0, "NAME",
                  "Snapshot to go on from, instead of booting an image; memory, CPUs and disk are "
                  "as it has them",
                  COMPLETES_SNAPSHOT},
    [OPT_WAIT] = {"wait", 0, "DURATION",
                  "Wait for room when the limits are reached: without a value for ever (default: "
                  "fail at once)",
                  .optional = true},
    [OPT_SPARES] = {"spares", 0, "COUNT",
                    "How many VMs of this kind the keeper is to have ready: a number or auto "
                    "(the default); 0 also has this one boot afresh"},
    [OPT_COUNT_CHILDREN] = {"count", 'n', "COUNT", "Number of copies, 1 to 64 (default 1)"},
    [OPT_CWD] = {"cwd", 'w', "DIR", "Working directory in the sandbox (default: the user's home)"},
    [OPT_USER] = {"user", 'u', "USER", "User in the sandbox (default app)"},
    [OPT_EXEC_ENV] = {"env", 'e', "NAME[=VALUE]",
                      "Set an environment variable for this command; without a value, pass on the "
                      "one sbx has. May be given again"},
    [OPT_INTERACTIVE] = {"interactive", 'i', NULL,
                         "Pass standard input on, which is done in any case: for the habit of -it"},
    [OPT_TTY] = {"tty", 't', NULL,
                 "Run the command on a terminal, of the size of this one, which is raw meanwhile"},
    [OPT_EXEC_TIMEOUT] = {"timeout", 0, "DURATION",
                          "Kill the command and all it has started after this time, for example "
                          "30s, 5m (default: no limit)"},
    [OPT_DETACH] = {"detach", 'd', NULL,
                    "Leave the command running, and print its number for sbx attach"},
    [OPT_SIGNAL_ALL] = {"all", 'a', NULL,
                        "To everything the process has started, not only to its group"},
    [OPT_LABEL_FILTER] =
        {"label", 'l', "KEY=VALUE",
         "Only sandboxes with this label (KEY alone: with any value). May be given "
         "again, all must match"},
    [OPT_STATUS_FILTER] = {"status", 's', "STATUS",
                           "Only sandboxes that are starting, running, paused or stopped",
                           COMPLETES_STATUS},
    [OPT_FOLLOW] = {"follow", 'f', NULL, "Go on with what happens, until the sandbox has ended"},
    [OPT_SINCE] = {"since", 0, "DURATION",
                   "Only what happened within this time, for example 10m, or from now on (now); "
                   "default: all that is remembered"},
    [OPT_CONSOLE] = {"console", 0, NULL, "What the guest wrote to its console instead"},
    [OPT_ONCE] = {"once", 0, NULL, "Show it once, also on a terminal"},
    [OPT_MIRROR] = {"mirror", 0, "URL", "Debian mirror to take packages from"},
    [OPT_NO_DENO] = {"no-deno", 0, NULL, "Leave Deno out of the image"},
    [OPT_BUILD_FORCE] = {"force", 'f', NULL, "Build a new version even when there is one"},
    [OPT_STOP_FORCE] = {"force", 'f', NULL, "Destroy the sandboxes that are still alive"},
    [OPT_TEMPLATE_FORCE] = {"force", 'f', NULL, "Build it anew even when there is a good one"},
    [OPT_ALL] = {"all", 'a', NULL, "Remove every template that is not being built"},
    [OPT_FILL_TIMEOUT] = {"timeout", 0, "DURATION",
                          "Give up after this time, for example 30s, 5m (default: no limit)"},
    [OPT_SIZE] = {"size", 0, "COUNT",
                  "Spares of each kind: a number, or auto to leave it to the keeper"},
    [OPT_BUDGET] = {"budget", 0, "SIZE",
                    "Host memory that all spares together may take, for example 2GiB"},
    [OPT_MAX_SANDBOXES] = {"sandboxes", 0, "COUNT", "Number of sandboxes, or none for no limit"},
    [OPT_MAX_MEMORY] = {"memory", 'm', "SIZE",
                        "Memory of all sandboxes together, for example 16GiB, or none"},
    [OPT_MAX_VCPUS] = {"vcpus", 0, "COUNT", "Virtual CPUs of all sandboxes together, or none"},
    [OPT_EXCLUDE] = {"exclude", 0, "PATTERN",
                     "Leave out what matches, with all below it. May be given again"},
    [OPT_NO_OWNERS] = {"no-owners", 0, NULL, "Do not keep owners, also where root writes"},
    [OPT_EXISTING] = {"existing", 0, "POLICY",
                      "What becomes of files that are there: replace (the default), refuse or "
                      "keep"},
    [OPT_MAX_BYTES] = {"max-bytes", 0, "SIZE",
                       "How many bytes all files may have together (default 64GiB)"},
    [OPT_MAX_ENTRIES] = {"max-entries", 0, "COUNT",
                         "How many files and directories there may be (default 1000000)"},
    [OPT_JSON] = {"json", 0, NULL, "Machine-readable output; errors too, as one line on stderr"},
    [OPT_QUIET] = {"quiet", 'q', NULL, "Print ids and names only, and no progress"},
    [OPT_NO_COLOR] = {"no-color", 0, NULL, "No colors, as with NO_COLOR in the environment"},
    [OPT_HELP] = {"help", 'h', NULL, "Show help"},
    [OPT_VERSION] = {"version", 'V', NULL, "Show the version"},
};

const enum option_id global_options[] = {OPT_JSON, OPT_QUIET, OPT_NO_COLOR, OPT_HELP, OPT_NONE};

const struct group_spec group_specs[] = {
    {"env", "Environment variables of a sandbox"},
    {"snapshot", "Save sandboxes, to start others from"},
    {"image", "Build and manage images"},
    {"template", "Manage saved boots, which sandboxes start from"},
    {"pool", "Manage VMs that are kept ready"},
    {"keeper", "Control the keeper process"},
    {NULL, NULL},
};

#define EXIT_STATUS_OF_A_COMMAND                                                                   \
    "Exit status: that of COMMAND (128+n when signal n ended it); 2 for a wrong command line, "    \
    "125 "                                                                                         \
    "when sbx or the sandbox failed, 126 when COMMAND could not be started, 127 when it was not "  \
    "found, "

const struct command_spec command_specs[] = {
    {
        .name = "run",
        .operands = "[--] COMMAND [ARG...]",
        .summary = "Run a command in a fresh sandbox",
        .details = "Standard input, output and error are passed through. The sandbox is gone when "
                   "COMMAND has ended. Options come before COMMAND; everything behind it is its "
                   "own.\n\n"
                   "The first Ctrl-C (or SIGTERM, SIGHUP) is passed on to COMMAND, the second one "
                   "ends the sandbox.\n\n" EXIT_STATUS_OF_A_COMMAND
                   "124 when --timeout ended the sandbox, 130 when the second Ctrl-C did.",
        .options = {OPT_MEMORY, OPT_CPUS, OPT_DISK, OPT_IMAGE, OPT_ENV, OPT_LABEL, OPT_CWD,
                    OPT_USER, OPT_TIMEOUT, OPT_START_TIMEOUT, OPT_ROOT, OPT_WAIT, OPT_SPARES},
        .operands_min = 0,
        .operands_max = -1,
        .takes_command = true,
        .run = cmd_run,
    },
    {
        .name = "create",
        .operands = "",
        .summary = "Create a sandbox to run commands in later",
        .details =
            "Without --timeout the sandbox lives as long as this command, which waits for "
            "Ctrl-C (or SIGTERM, SIGHUP) and then destroys it. With --timeout the command "
            "returns at once and the sandbox lives until then.\n\n"
            "Exit status: 0; 1 when there was an error or the sandbox ended by itself; 2 for "
            "a wrong command line.",
        .options = {OPT_MEMORY, OPT_CPUS, OPT_DISK, OPT_IMAGE, OPT_ENV, OPT_LABEL, OPT_TIMEOUT,
                    OPT_START_TIMEOUT, OPT_ROOT, OPT_WAIT, OPT_SPARES},
        .run = cmd_create,
    },
    {
        .name = "exec",
        .operands = "ID [--] COMMAND [ARG...]",
        .summary = "Run a command in a running sandbox",
        .details = "Standard input, output and error are passed through. Options come before ID or "
                   "between ID and COMMAND.\n\n"
                   "The first Ctrl-C (or SIGTERM, SIGHUP) is passed on to COMMAND, the second one "
                   "kills COMMAND; the sandbox stays.\n\n"
                   "For an interactive shell: sbx exec -it ID -- bash. Ctrl-C is typed there "
                   "then.\n\n" EXIT_STATUS_OF_A_COMMAND
                   "124 when --timeout ended COMMAND, 130 after a second Ctrl-C.",
        .options = {OPT_INTERACTIVE, OPT_TTY, OPT_EXEC_ENV, OPT_CWD, OPT_USER, OPT_EXEC_TIMEOUT,
                    OPT_DETACH},
        .operands_min = 1,
        .operands_max = -1,
        .completes = COMPLETES_SANDBOX,
        .takes_command = true,
        .run = cmd_exec,
    },
    {
        .name = "copy",
        .operands = "SOURCE... TARGET",
        .summary = "Copy files and trees into, out of and between sandboxes",
        .details =
            "SOURCE and TARGET are paths of this machine or ID:PATH; one side at least is in a "
            "sandbox. A path with a colon in its first name is written ./a:b. In ID:PATH as "
            "SOURCE, the wildcards *, ? and [...] are for the sandbox's files (quote them); a "
            "relative PATH is below the user's home.\n\n"
            "As with cp -a: when TARGET is a directory or ends in a slash, and with several "
            "sources, sources go into it; otherwise SOURCE becomes TARGET. DIR/. is what is in "
            "DIR. Modes, times, links, holes and extended attributes are kept, and owners where "
            "root writes.\n\n"
            "With - as TARGET, SOURCE is written to standard output as a tar archive; with - as SOURCE, one is read from standard input and extracted into "
            "the directory TARGET.\n\n"
            "Exit status: 0; 1 when there was an error; 2 for a wrong command line; 130 after "
            "Ctrl-C.",
        .options = {OPT_USER, OPT_EXCLUDE, OPT_EXISTING, OPT_NO_OWNERS, OPT_MAX_BYTES,
                    OPT_MAX_ENTRIES},
        .operands_min = 2,
        .operands_max = -1,
        .completes = COMPLETES_FILE,
        .run = cmd_copy,
    },
    {
        .name = "ps",
        .operands = "ID",
        .summary = "List the commands of a sandbox",
        .details = "Those that run, and the latest that have ended; not what they have started "
                   "themselves. With --quiet their numbers only.",
        .operands_min = 1,
        .operands_max = 1,
        .completes = COMPLETES_SANDBOX,
        .run = cmd_ps,
    },
    {
        .name = "attach",
        .operands = "ID PROCESS",
        .summary = "Connect with a command that runs detached",
        .details = "PROCESS is its number, from sbx exec --detach or sbx ps. First comes what it "
                   "has written lately, then what it writes. Signals are passed on as with exec; "
                   "after the second one, or Ctrl-] when it has a terminal, it runs on "
                   "detached.\n\n"
                   "Exit status: that of the command, 125 when sbx or the sandbox failed, 130 when "
                   "it was left.",
        .operands_min = 2,
        .operands_max = 2,
        .completes = COMPLETES_SANDBOX,
        .run = cmd_attach,
    },
    {
        .name = "signal",
        .operands = "ID PROCESS SIGNAL",
        .summary = "Send a signal to a command of a sandbox",
        .details = "PROCESS is its number, from sbx ps; SIGNAL a name or a number: TERM, SIGTERM, "
                   "15. It goes to the process and its group.",
        .options = {OPT_SIGNAL_ALL},
        .operands_min = 3,
        .operands_max = 3,
        .completes = COMPLETES_SANDBOX,
        .run = cmd_signal,
    },
    {
        .name = "list",
        .operands = "",
        .summary = "List the sandboxes",
        .options = {OPT_LABEL_FILTER, OPT_STATUS_FILTER},
        .run = cmd_list,
    },
    {
        .name = "kill",
        .operands = "ID...",
        .summary = "Destroy sandboxes",
        .details = "Exit status: 0 when all are gone, 1 when one could not be destroyed.",
        .operands_min = 1,
        .operands_max = -1,
        .completes = COMPLETES_SANDBOX,
        .run = cmd_kill,
    },
    {
        .name = "extend",
        .operands = "ID DURATION",
        .summary = "Give a sandbox a new deadline",
        .details = "It is destroyed so long from now, for example after 5m, whatever its deadline "
                   "was. A sandbox without --timeout has none and gets none.",
        .operands_min = 2,
        .operands_max = 2,
        .completes = COMPLETES_SANDBOX,
        .run = cmd_extend,
    },
    {
        .name = "events",
        .operands = "[ID]",
        .summary = "Show what happens to sandboxes",
        .details = "Shows what the keeper remembers, its last 1000 events, also of sandboxes that "
                   "have ended; with --follow also what happens from now on.",
        .options = {OPT_FOLLOW, OPT_SINCE},
        .operands_max = 1,
        .completes = COMPLETES_SANDBOX,
        .run = cmd_events,
    },
    {
        .name = "logs",
        .operands = "ID",
        .summary = "Show what happened to a sandbox",
        .details = "Its events, or the end of what its guest wrote to the console. Works for those "
                   "that ended lately, too.",
        .options = {OPT_CONSOLE, OPT_FOLLOW},
        .operands_min = 1,
        .operands_max = 1,
        .completes = COMPLETES_SANDBOX,
        .run = cmd_logs,
    },
    {
        .name = "stats",
        .operands = "[ID...]",
        .summary = "Show what sandboxes take",
        .details = "On a terminal the table is shown anew every two seconds, until Ctrl-C. CPU "
                   "time, host memory and disk are what the host pays; memory and tasks are the "
                   "guest's own claim.",
        .options = {OPT_ONCE},
        .operands_max = -1,
        .completes = COMPLETES_SANDBOX,
        .run = cmd_stats,
    },
    {
        .name = "env list",
        .operands = "ID",
        .summary = "List the variables of a sandbox",
        .operands_min = 1,
        .operands_max = 1,
        .completes = COMPLETES_SANDBOX,
        .run = cmd_env_list,
    },
    {
        .name = "env get",
        .operands = "ID NAME",
        .summary = "Print the value of a variable",
        .operands_min = 2,
        .operands_max = 2,
        .completes = COMPLETES_SANDBOX,
        .run = cmd_env_get,
    },
    {
        .name = "env set",
        .operands = "ID NAME=VALUE...",
        .summary = "Set variables for later commands",
        .details = "Commands that run already keep what they have.",
        .operands_min = 2,
        .operands_max = -1,
        .completes = COMPLETES_SANDBOX,
        .run = cmd_env_set,
    },
    {
        .name = "env delete",
        .operands = "ID NAME...",
        .summary = "Delete variables",
        .details = "A variable that every command has, such as PATH, is then what it was at first.",
        .operands_min = 2,
        .operands_max = -1,
        .completes = COMPLETES_SANDBOX,
        .run = cmd_env_delete,
    },
    {
        .name = "pause",
        .operands = "ID",
        .summary = "Stop a sandbox's CPUs",
        .details = "It keeps its memory and uses no CPU. Its --timeout goes on.",
        .operands_min = 1,
        .operands_max = 1,
        .completes = COMPLETES_SANDBOX,
        .run = cmd_pause,
    },
    {
        .name = "resume",
        .operands = "ID",
        .summary = "Let a paused sandbox go on",
        .operands_min = 1,
        .operands_max = 1,
        .completes = COMPLETES_SANDBOX,
        .run = cmd_resume,
    },
    {
        .name = "fork",
        .operands = "ID",
        .summary = "Make running copies of a sandbox",
        .details =
            "Each copy has memory, disk and processes of the moment of the fork, and an id of its "
            "own. Nobody is attached to the processes in it. Programs whose random generators "
            "were seeded before the fork must reseed them.\n\n"
            "Prints the ids, one a line. Without --timeout the copies live as long as this "
            "command, which waits for Ctrl-C (or SIGTERM, SIGHUP) and then destroys them. With "
            "--timeout the command returns at once and they live until then.\n\n"
            "Exit status: 0; 1 when there was an error or all copies ended by themselves; 2 for a "
            "wrong command line.",
        .options = {OPT_COUNT_CHILDREN, OPT_ENV, OPT_LABEL, OPT_TIMEOUT, OPT_START_TIMEOUT,
                    OPT_WAIT},
        .operands_min = 1,
        .operands_max = 1,
        .completes = COMPLETES_SANDBOX,
        .run = cmd_fork,
    },
    {
        .name = "forward",
        .operands = "ID [ADDRESS:]HOSTPORT:GUESTPORT...",
        .summary = "Have ports here lead to ports of a sandbox",
        .details =
            "Listens at ADDRESS (127.0.0.1 unless given) and HOSTPORT (0: any free one) until Ctrl-C "
            "(or SIGTERM, SIGHUP), or until the sandbox ends. PORT alone stands for PORT:PORT. "
            "Absolute paths of unix sockets may stand for both sides.\n\n"
            "Exit status: 0 after a signal; 1 when there was an error or the sandbox ended; 2 for a "
            "wrong command line.",
        .operands_min = 2,
        .operands_max = -1,
        .completes = COMPLETES_SANDBOX,
        .run = cmd_forward,
    },
    {
        .name = "ports",
        .operands = "ID",
        .summary = "List the ports that a sandbox listens on",
        .details = "TCP ports, and who has them, as the sandbox itself says.",
        .operands_min = 1,
        .operands_max = 1,
        .completes = COMPLETES_SANDBOX,
        .run = cmd_ports,
    },
    {
        .name = "snapshot create",
        .operands = "ID NAME",
        .summary = "Save a sandbox under a name",
        .details = "Memory and disk are kept until the snapshot is removed; the sandbox goes on. "
                   "Start others from it with: sbx run --root NAME",
        .operands_min = 2,
        .operands_max = 2,
        .completes = COMPLETES_SANDBOX,
        .run = cmd_snapshot_create,
    },
    {
        .name = "snapshot list",
        .operands = "",
        .summary = "List the snapshots",
        .run = cmd_snapshot_list,
    },
    {
        .name = "snapshot remove",
        .operands = "NAME",
        .summary = "Remove a snapshot",
        .details = "Sandboxes that were started from it go on.",
        .operands_min = 1,
        .operands_max = 1,
        .completes = COMPLETES_SNAPSHOT,
        .run = cmd_snapshot_remove,
    },
    {
        .name = "image build",
        .operands = "[NAME]",
        .summary = "Build an image from Debian's packages",
        .details = "Takes a minute or two. NAME is builtin:debian-13 unless given.",
        .options = {OPT_MIRROR, OPT_NO_DENO, OPT_BUILD_FORCE},
        .operands_max = 1,
        .completes = COMPLETES_IMAGE,
        .run = cmd_image_build,
    },
    {
        .name = "image list",
        .operands = "",
        .summary = "List the images",
        .run = cmd_image_list,
    },
    {
        .name = "image remove",
        .operands = "NAME[@VERSION]",
        .summary = "Remove an image, or one version of it",
        .operands_min = 1,
        .operands_max = 1,
        .completes = COMPLETES_IMAGE,
        .run = cmd_image_remove,
    },
    {
        .name = "image verify",
        .operands = "[NAME[@VERSION]]",
        .summary = "Compare an image with its checksums",
        .details = "NAME is builtin:debian-13 unless given; without VERSION it is the newest one.",
        .operands_max = 1,
        .completes = COMPLETES_IMAGE,
        .run = cmd_image_verify,
    },
    {
        .name = "template build",
        .operands = "",
        .summary = "Boot a VM and save it, to start sandboxes from",
        .details = "The keeper does this by itself when a kind of sandbox is first wanted; with "
                   "this command it is done before.",
        .options = {OPT_MEMORY, OPT_CPUS, OPT_DISK, OPT_IMAGE, OPT_TEMPLATE_FORCE},
        .run = cmd_template_build,
    },
    {
        .name = "template list",
        .operands = "",
        .summary = "List the templates",
        .run = cmd_template_list,
    },
    {
        .name = "template remove",
        .operands = "[ID...]",
        .summary = "Remove templates",
        .details = "Of an ID the first 8 digits will do. A template that is wanted again is built "
                   "again.",
        .options = {OPT_ALL},
        .operands_max = -1,
        .completes = COMPLETES_TEMPLATE,
        .run = cmd_template_remove,
    },
    {
        .name = "pool list",
        .operands = "",
        .summary = "List the pools of spares",
        .run = cmd_pool_list,
    },
    {
        .name = "pool fill",
        .operands = "COUNT",
        .summary = "Wait until so many spares are ready",
        .options = {OPT_MEMORY, OPT_CPUS, OPT_DISK, OPT_IMAGE, OPT_FILL_TIMEOUT},
        .operands_min = 1,
        .operands_max = 1,
        .run = cmd_pool_fill,
    },
    {
        .name = "pool set",
        .operands = "",
        .summary = "Set size and budget of the pools",
        .details = "Holds until the keeper ends; LIBSANDBOX_SPARES and LIBSANDBOX_SPARE_MEMORY in "
                   "its environment are for every keeper.",
        .options = {OPT_SIZE, OPT_BUDGET},
        .run = cmd_pool_set,
    },
    {
        .name = "pool drain",
        .operands = "[NAME[@VERSION]]",
        .summary = "End spares, of an image or all",
        .operands_max = 1,
        .completes = COMPLETES_IMAGE,
        .run = cmd_pool_drain,
    },
    {
        .name = "doctor",
        .operands = "",
        .summary = "Check whether this host can run sandboxes",
        .details = "Exit status: 0 when it can, 1 when something is missing.",
        .run = cmd_doctor,
    },
    {
        .name = "keeper stop",
        .operands = "",
        .summary = "Stop the process that keeps your sandboxes",
        .details = "The next command that needs a keeper starts a new one.",
        .options = {OPT_STOP_FORCE},
        .run = cmd_keeper_stop,
    },
    {
        .name = "keeper limits",
        .operands = "",
        .summary = "Show or set how much all sandboxes may take",
        .details = "Without options shows the limits and what is in use. Limits hold until the "
                   "keeper ends; LIBSANDBOX_MAX_SANDBOXES, LIBSANDBOX_MAX_MEMORY and "
                   "LIBSANDBOX_MAX_VCPUS in its environment are for every keeper.",
        .options = {OPT_MAX_SANDBOXES, OPT_MAX_MEMORY, OPT_MAX_VCPUS},
        .run = cmd_keeper_limits,
    },
    {
        .name = "completion",
        .operands = "bash|zsh|fish",
        .summary = "Print a completion script for a shell",
        .details = "For bash, put this into ~/.bashrc:  source <(sbx completion bash)",
        .operands_min = 1,
        .operands_max = 1,
        .completes = COMPLETES_SHELL,
        .run = cmd_completion,
    },
    {
        .name = "version",
        .operands = "",
        .summary = "Show the versions of sbx and libsandbox",
        .run = cmd_version,
    },
    {
        .name = "help",
        .operands = "[COMMAND]",
        .summary = "Show help for sbx or one of its commands",
        .operands_max = 2,
        .completes = COMPLETES_COMMAND,
        .run = cmd_help,
    },
    {.name = NULL},
};

bool command_in_group(const struct command_spec *command, const char *group)
{
    size_t length = strlen(group);

    return strncmp(command->name, group, length) == 0 && command->name[length] == ' ';
}

const struct group_spec *group_find(const char *name)
{
    for (const struct group_spec *group = group_specs; group->name; group++)
        if (strcmp(group->name, name) == 0)
            return group;
    return NULL;
}

const struct command_spec *command_find(char *const *words, int count, int *used)
{
    if (count < 1 || strchr(words[0], ' '))
        return NULL;
    for (const struct command_spec *command = command_specs; command->name; command++) {
        if (strcmp(command->name, words[0]) == 0) {
            *used = 1;
            return command;
        }
        if (count > 1 && command_in_group(command, words[0]) &&
            strcmp(command->name + strlen(words[0]) + 1, words[1]) == 0) {
            *used = 2;
            return command;
        }
    }
    return NULL;
}
