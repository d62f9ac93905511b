/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The completion script for zsh: one `_arguments` call per command. */
#include "completion.h"

#include <string.h>

#include "commands.h"

static const char script_head[] = "#compdef sbx\n"
                                  "# zsh completion for sbx; made by `sbx completion zsh`\n"
                                  "\n"
                                  "_sbx_sandboxes() {\n"
                                  "    local -a ids\n"
                                  "    ids=(${(f)\"$(sbx list -q 2>/dev/null)\"})\n"
                                  "    compadd -- $ids\n"
                                  "}\n"
                                  "\n"
                                  "_sbx_images() {\n"
                                  "    local -a images\n"
                                  "    images=(${(f)\"$(sbx image list -q 2>/dev/null)\"})\n"
                                  "    compadd -- $images\n"
                                  "}\n"
                                  "\n"
                                  "_sbx_snapshots() {\n"
                                  "    local -a names\n"
                                  "    names=(${(f)\"$(sbx snapshot list -q 2>/dev/null)\"})\n"
                                  "    compadd -- $names\n"
                                  "}\n"
                                  "\n"
                                  "_sbx_templates() {\n"
                                  "    local -a ids\n"
                                  "    ids=(${(f)\"$(sbx template list -q 2>/dev/null)\"})\n"
                                  "    compadd -- $ids\n"
                                  "}\n"
                                  "\n"
                                  "_sbx_paths() {\n"
                                  "    local -a ids\n"
                                  "    ids=(${(f)\"$(sbx list -q 2>/dev/null)\"})\n"
                                  "    compadd -S : -- $ids\n"
                                  "    _files\n"
                                  "}\n"
                                  "\n";

static const char script_tail[] =
    "# Loaded by compinit the function runs at once; sourced it is registered.\n"
    "if [[ ${funcstack[1]} == _sbx ]]; then\n"
    "    _sbx \"$@\"\n"
    "else\n"
    "    compdef _sbx sbx\n"
    "fi\n";

/* Text inside single quotes, with a backslash before brackets and colons where those mean
 * something. */
static void print_text(FILE *stream, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'') {
            fputs("'\\''", stream);
            continue;
        }
        if (strchr("[]:\\", *text))
            fputc('\\', stream);
        fputc(*text, stream);
    }
}

static const char *action(enum completes completes)
{
    switch (completes) {
    case COMPLETES_SANDBOX:
        return "_sbx_sandboxes";
    case COMPLETES_IMAGE:
        return "_sbx_images";
    case COMPLETES_SNAPSHOT:
        return "_sbx_snapshots";
    case COMPLETES_TEMPLATE:
        return "_sbx_templates";
    case COMPLETES_STATUS:
        return "(starting running paused stopped)";
    case COMPLETES_SHELL:
        return "(bash zsh fish)";
    case COMPLETES_COMMAND:
        return "_sbx_commands";
    case COMPLETES_FILE:
        return "_sbx_paths";
    default:
        return " ";
    }
}

static void print_option_form(FILE *stream, const struct option_spec *spec, const char *form)
{
    fprintf(stream, "        '*%s[", form);
    print_text(stream, spec->help);
    fputc(']', stream);
    if (spec->value) {
        fputs(spec->optional ? "::" : ":", stream);
        print_text(stream, spec->value);
        fprintf(stream, ":%s", action(spec->completes));
    }
    fputs("' \\\n", stream);
}

static void print_options(FILE *stream, const enum option_id *ids)
{
    for (; *ids != OPT_NONE; ids++) {
        const struct option_spec *spec = &option_specs[*ids];
        char form[64];

        if (spec->letter) {
            snprintf(form, sizeof(form), "-%c%s", spec->letter, spec->value ? "+" : "");
            print_option_form(stream, spec, form);
        }
        snprintf(form, sizeof(form), "--%s%s", spec->name,
                 spec->optional ? "=-" : spec->value ? "=" : "");
        print_option_form(stream, spec, form);
    }
}

/* "image build" is completed by _sbx_image_build. */
static void print_function_name(FILE *stream, const char *name)
{
    fputs("_sbx_", stream);
    for (; *name; name++)
        fputc(*name == ' ' ? '_' : *name, stream);
}

static void print_command(FILE *stream, const struct command_spec *command)
{
    print_function_name(stream, command->name);
    fputs("() {\n    _arguments -S -A '-*' \\\n", stream);
    print_options(stream, command->options);
    print_options(stream, global_options);
    if (command->takes_command && command->operands_min == 1)
        fprintf(stream, "        '1: :%s' '*:: : '\n", action(command->completes));
    else if (command->takes_command)
        fputs("        '*:: : '\n", stream);
    else if (command->operands_max == 0)
        fputs("        ':: : '\n", stream);
    else if (command->operands_max == 1)
        fprintf(stream, "        '1: :%s'\n", action(command->completes));
    else
        fprintf(stream, "        '*: :%s'\n", action(command->completes));
    fputs("}\n\n", stream);
}

static void print_list_item(FILE *stream, const char *word, const char *summary)
{
    fprintf(stream, "        '%s:", word);
    print_text(stream, summary);
    fputs("'\n", stream);
}

/* A function that offers the words of a group, or of sbx itself. */
static void print_word_list(FILE *stream, const char *function, const char *group)
{
    fprintf(stream, "%s() {\n    local -a commands\n    commands=(\n", function);
    for (const struct command_spec *command = command_specs; command->name; command++) {
        if (group && command_in_group(command, group))
            print_list_item(stream, command->name + strlen(group) + 1, command->summary);
        else if (!group && !strchr(command->name, ' '))
            print_list_item(stream, command->name, command->summary);
    }
    for (const struct group_spec *g = group_specs; !group && g->name; g++)
        print_list_item(stream, g->name, g->summary);
    fputs("    )\n    _describe command commands\n}\n\n", stream);
}

static void print_dispatch(FILE *stream, const char *function, const char *list, const char *prefix)
{
    fprintf(stream,
            "%s() {\n"
            "    local state line\n"
            "    local curcontext=$curcontext\n"
            "    _arguments -C -S -A '-*' \\\n",
            function);
    print_options(stream, global_options);
    if (!*prefix)
        print_options(stream, (const enum option_id[]){OPT_VERSION, OPT_NONE});
    fprintf(stream,
            "        '1: :%s' '*:: :->rest' && return\n"
            "    [[ $state == rest ]] && (($+functions[_sbx_%s$words[1]])) && _sbx_%s$words[1]\n"
            "}\n\n",
            list, prefix, prefix);
}

void completion_zsh(FILE *stream)
{
    fputs(script_head, stream);
    for (const struct command_spec *command = command_specs; command->name; command++)
        print_command(stream, command);
    for (const struct group_spec *group = group_specs; group->name; group++) {
        char function[64];
        char list[64];
        char prefix[64];

        snprintf(function, sizeof(function), "_sbx_%s", group->name);
        snprintf(list, sizeof(list), "_sbx_%s_commands", group->name);
        snprintf(prefix, sizeof(prefix), "%s_", group->name);
        print_word_list(stream, list, group->name);
        print_dispatch(stream, function, list, prefix);
    }
    print_word_list(stream, "_sbx_commands", NULL);
    print_dispatch(stream, "_sbx", "_sbx_commands", "");
    fputs(script_tail, stream);
}
