/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The completion script for fish: one `complete` line per command, option and operand. */
#include "completion.h"

#include <string.h>

#include "commands.h"

static const char script_functions[] =
    "# The words typed so far that are neither options nor their values.\n"
    "function __sbx_words\n"
    "    set -l skip 0\n"
    "    for word in (commandline -opc)[2..-1]\n"
    "        if test $skip = 1\n"
    "            set skip 0\n"
    "        else if contains -- $word $__sbx_valued\n"
    "            set skip 1\n"
    "        else if not string match -q -- '-*' $word\n"
    "            echo $word\n"
    "        end\n"
    "    end\n"
    "end\n"
    "\n"
    "# __sbx_at MAX WORD...: the words begin with these, and at most MAX follow (-1: any number).\n"
    "function __sbx_at\n"
    "    set -l words (__sbx_words)\n"
    "    set -l max $argv[1]\n"
    "    set -e argv[1]\n"
    "    set -l length (count $argv)\n"
    "    test (count $words) -ge $length; or return 1\n"
    "    if test $length -gt 0\n"
    "        test \"$words[1..$length]\" = \"$argv\"; or return 1\n"
    "    end\n"
    "    test $max = -1; or test (count $words) -le (math $length + $max)\n"
    "end\n"
    "\n"
    "complete -c sbx -f\n";

static void print_quoted(FILE *stream, const char *text)
{
    fputc('\'', stream);
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            fputc('\\', stream);
        fputc(*text, stream);
    }
    fputc('\'', stream);
}

static const char *offer(enum completes completes)
{
    switch (completes) {
    case COMPLETES_SANDBOX:
        return "(sbx list -q 2>/dev/null)";
    case COMPLETES_IMAGE:
        return "(sbx image list -q 2>/dev/null)";
    case COMPLETES_SNAPSHOT:
        return "(sbx snapshot list -q 2>/dev/null)";
    case COMPLETES_TEMPLATE:
        return "(sbx template list -q 2>/dev/null)";
    case COMPLETES_STATUS:
        return "starting running paused stopped";
    case COMPLETES_FILE:
        return "(sbx list -q 2>/dev/null | string replace -r \\$ :; "
               "__fish_complete_path (commandline -ct))";
    case COMPLETES_SHELL:
        return "bash zsh fish";
    default:
        return NULL;
    }
}

/* Condition "at most max words behind these", then the rest of the line. */
static void print_option(FILE *stream, int max, const char *words, enum option_id id)
{
    const struct option_spec *spec = &option_specs[id];

    fprintf(stream, "complete -c sbx -n '__sbx_at %d %s' -l %s", max, words, spec->name);
    if (spec->letter)
        fprintf(stream, " -s %c", spec->letter);
    if (spec->value && !spec->optional)
        fputs(" -x", stream);
    if (offer(spec->completes))
        fprintf(stream, " -a '%s'", offer(spec->completes));
    fputs(" -d ", stream);
    print_quoted(stream, spec->help);
    fputc('\n', stream);
}

static void print_word(FILE *stream, const char *before, const char *word, const char *summary)
{
    fprintf(stream, "complete -c sbx -n '__sbx_at 0 %s' -a %s -d ", before, word);
    print_quoted(stream, summary);
    fputc('\n', stream);
}

static void print_command_words(FILE *stream, const char *before)
{
    for (const struct command_spec *command = command_specs; command->name; command++)
        if (!strchr(command->name, ' '))
            print_word(stream, before, command->name, command->summary);
    for (const struct group_spec *group = group_specs; group->name; group++)
        print_word(stream, before, group->name, group->summary);
}

static void print_command(FILE *stream, const struct command_spec *command)
{
    int options_max = command->takes_command ? command->operands_min : -1;
    int operands_max = command->takes_command      ? command->operands_min - 1
                       : command->operands_max < 0 ? -1
                                                   : command->operands_max - 1;

    for (const enum option_id *id = command->options; *id != OPT_NONE; id++)
        print_option(stream, options_max, command->name, *id);
    for (const enum option_id *id = global_options; *id != OPT_NONE; id++)
        print_option(stream, options_max, command->name, *id);
    if (offer(command->completes))
        fprintf(stream, "complete -c sbx -n '__sbx_at %d %s' -a '%s'\n", operands_max,
                command->name, offer(command->completes));
    else if (command->completes == COMPLETES_COMMAND)
        print_command_words(stream, command->name);
}

void completion_fish(FILE *stream)
{
    fputs("# fish completion for sbx; made by `sbx completion fish`\n\nset -g __sbx_valued",
          stream);
    for (int id = OPT_NONE + 1; id < OPT_COUNT; id++) {
        if (!option_specs[id].value || option_specs[id].optional)
            continue;
        if (option_specs[id].letter)
            fprintf(stream, " -%c", option_specs[id].letter);
        fprintf(stream, " --%s", option_specs[id].name);
    }
    fprintf(stream, "\n\n%s\n", script_functions);

    print_command_words(stream, "");
    for (const enum option_id *id = global_options; *id != OPT_NONE; id++)
        print_option(stream, 0, "", *id);
    print_option(stream, 0, "", OPT_VERSION);
    for (const struct command_spec *command = command_specs; command->name; command++) {
        const char *space = strchr(command->name, ' ');

        if (space) {
            char group[32];

            snprintf(group, sizeof(group), "%.*s", (int)(space - command->name), command->name);
            print_word(stream, group, space + 1, command->summary);
        }
        print_command(stream, command);
    }
}
