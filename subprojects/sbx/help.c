/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See help.h. */
#include "help.h"

#include <glib.h>
#include <string.h>

#include "terminal.h"

#define TEXT_COLUMN 28 /* where explanations start */

static void print_heading(FILE *stream, const char *heading)
{
    fprintf(stream, "\n%s%s%s\n", terminal_bold(stream), heading, terminal_reset(stream));
}

/* A term, and its explanation beside it, or below it when the term is long. */
static void print_entry(FILE *stream, const char *term, const char *text)
{
    fprintf(stream, "  %s", term);
    if (strlen(term) + 4 > TEXT_COLUMN)
        fprintf(stream, "\n%*s", TEXT_COLUMN, "");
    else
        fprintf(stream, "%*s", (int)(TEXT_COLUMN - 2 - strlen(term)), "");
    terminal_wrap(stream, text, TEXT_COLUMN, TEXT_COLUMN);
}

static void print_option(FILE *stream, enum option_id id)
{
    const struct option_spec *spec = &option_specs[id];
    const char short_form[] = {'-', spec->letter, ',', ' ', '\0'};
    g_autofree char *term =
        g_strdup_printf("%s--%s%s%s%s", spec->letter ? short_form : "    ", spec->name,
                        spec->optional ? "[=" : spec->value ? " " : "",
                        spec->value ? spec->value : "", spec->optional ? "]" : "");

    print_entry(stream, term, spec->help);
}

static void print_options(FILE *stream, const char *heading, const enum option_id *ids)
{
    if (*ids == OPT_NONE)
        return;
    print_heading(stream, heading);
    for (; *ids != OPT_NONE; ids++)
        print_option(stream, *ids);
}

static void print_commands(FILE *stream, const struct group_spec *group)
{
    print_heading(stream, "Commands:");
    for (const struct command_spec *command = command_specs; command->name; command++)
        if (!group || command_in_group(command, group->name))
            print_entry(stream, command->name, command->summary);
}

void help_print(FILE *stream)
{
    fputs("Usage: sbx [OPTIONS] COMMAND [ARG...]\n\nRun untrusted code in a fresh Linux microVM.\n",
          stream);
    print_commands(stream, NULL);
    print_options(stream, "Options, good with every command:", global_options);
    print_option(stream, OPT_VERSION);
    fputs("\nMore about a command: sbx COMMAND --help\n", stream);
}

void help_print_group(FILE *stream, const struct group_spec *group)
{
    fprintf(stream, "Usage: sbx %s COMMAND [ARG...]\n\n%s.\n", group->name, group->summary);
    print_commands(stream, group);
    print_options(stream, "Options, good with every command:", global_options);
}

void help_print_command(FILE *stream, const struct command_spec *command)
{
    fprintf(stream, "Usage: sbx %s [OPTIONS]%s%s\n\n%s.\n", command->name,
            *command->operands ? " " : "", command->operands, command->summary);
    if (command->details) {
        fputc('\n', stream);
        terminal_wrap(stream, command->details, 0, 0);
    }
    print_options(stream, "Options:", command->options);
    print_options(stream, "Options, good with every command:", global_options);
}
