/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The completion script for bash. It needs no bash-completion package. The words are cut from the
 * line by white space alone, since bash also splits at ':' and '@', which names of images contain.
 */
#include "completion.h"

#include <string.h>

#include "commands.h"

static const char script_head[] = "# bash completion for sbx; made by `sbx completion bash`\n"
                                  "\n";

static const char script_body[] =
    "_sbx_offer() {\n"
    "    case $1 in\n"
    "        sandbox) sbx list -q 2>/dev/null ;;\n"
    "        image) sbx image list -q 2>/dev/null ;;\n"
    "        snapshot) sbx snapshot list -q 2>/dev/null ;;\n"
    "        template) sbx template list -q 2>/dev/null ;;\n"
    "        status) echo starting running paused stopped ;;\n"
    "        shell) echo bash zsh fish ;;\n"
    "        file) sbx list -q 2>/dev/null | sed 's/$/:/'; compgen -f -- \"$cur\" ;;\n"
    "        command) _sbx_commands '' ;;\n"
    "    esac\n"
    "}\n"
    "\n"
    "_sbx() {\n"
    "    local line=${COMP_LINE:0:COMP_POINT} cur previous='' word offer='' prefix command=''\n"
    "    local -a words operands=()\n"
    "    local -i index skip=0 options=1\n"
    "    COMPREPLY=()\n"
    "    cur=${line##*[[:space:]]}\n"
    "    read -ra words <<<\"${line%\"$cur\"}\"\n"
    "\n"
    "    # The words that are neither options nor their values, and the command they begin with.\n"
    "    for ((index = 1; index < ${#words[@]}; index++)); do\n"
    "        word=${words[index]}\n"
    "        if ((skip)); then\n"
    "            skip=0\n"
    "        elif ((options)) && [[ $word == -- ]]; then\n"
    "            options=0\n"
    "        elif ((options)) && [[ $word == -* ]]; then\n"
    "            _sbx_takes_value \"$word\" && skip=1\n"
    "        elif [[ -z $command || -n $(_sbx_commands \"$command\") ]]; then\n"
    "            command+=${command:+ }$word\n"
    "        else\n"
    "            operands+=(\"$word\")\n"
    "        fi\n"
    "        previous=$word\n"
    "    done\n"
    "\n"
    "    if ((skip)); then\n"
    "        offer=$(_sbx_offer \"$(_sbx_value \"$command\" \"$previous\")\")\n"
    "    elif _sbx_takes_command \"$command\" &&\n"
    "        ((${#operands[@]} > $(_sbx_operands_max \"$command\"))); then\n"
    "        : # words of the guest's command\n"
    "    elif ((options)) && [[ $cur == -* ]]; then\n"
    "        offer=$(_sbx_options \"$command\")\n"
    "    elif [[ -n $(_sbx_commands \"$command\") ]]; then\n"
    "        offer=$(_sbx_commands \"$command\")\n"
    "    elif ((${#operands[@]} < $(_sbx_operands_max \"$command\"))); then\n"
    "        offer=$(_sbx_offer \"$(_sbx_operand \"$command\")\")\n"
    "    fi\n"
    "    mapfile -t COMPREPLY < <(compgen -W \"$offer\" -- \"$cur\")\n"
    "\n"
    "    # Bash replaces only what is behind its last word break.\n"
    "    prefix=${cur%\"${cur##*[:=@]}\"}\n"
    "    COMPREPLY=(\"${COMPREPLY[@]#\"$prefix\"}\")\n"
    "}\n"
    "\n"
    "complete -F _sbx sbx\n";

static const char *offer_name(enum completes completes)
{
    static const char *const names[] = {
        [COMPLETES_NOTHING] = "nothing", [COMPLETES_SANDBOX] = "sandbox",
        [COMPLETES_IMAGE] = "image",     [COMPLETES_SNAPSHOT] = "snapshot",
        [COMPLETES_TEMPLATE] = "template", [COMPLETES_STATUS] = "status",
        [COMPLETES_SHELL] = "shell",     [COMPLETES_COMMAND] = "command",
        [COMPLETES_FILE] = "file",
    };

    return names[completes];
}

/* _sbx_commands "GROUP": the words that may follow; nothing when that is a whole command. */
static void print_commands(FILE *stream)
{
    fputs("_sbx_commands() {\n    case $1 in\n        '') echo", stream);
    for (const struct command_spec *command = command_specs; command->name; command++)
        if (!strchr(command->name, ' '))
            fprintf(stream, " %s", command->name);
    for (const struct group_spec *group = group_specs; group->name; group++)
        fprintf(stream, " %s", group->name);
    fputs(" ;;\n", stream);
    for (const struct group_spec *group = group_specs; group->name; group++) {
        fprintf(stream, "        '%s') echo", group->name);
        for (const struct command_spec *command = command_specs; command->name; command++)
            if (command_in_group(command, group->name))
                fprintf(stream, " %s", command->name + strlen(group->name) + 1);
        fputs(" ;;\n", stream);
    }
    fputs("    esac\n}\n\n", stream);
}

static void print_option_words(FILE *stream, const enum option_id *ids)
{
    for (; *ids != OPT_NONE; ids++) {
        if (option_specs[*ids].letter)
            fprintf(stream, " -%c", option_specs[*ids].letter);
        fprintf(stream, " --%s", option_specs[*ids].name);
    }
}

/* _sbx_options "COMMAND" */
static void print_options(FILE *stream)
{
    fputs("_sbx_options() {\n    case $1 in\n", stream);
    for (const struct command_spec *command = command_specs; command->name; command++) {
        if (command->options[0] == OPT_NONE)
            continue;
        fprintf(stream, "        '%s') echo -n '", command->name);
        print_option_words(stream, command->options);
        fputs("' ;;\n", stream);
    }
    fputs("        '') echo -n ' --version' ;;\n    esac\n    echo '", stream);
    print_option_words(stream, global_options);
    fputs("'\n}\n\n", stream);
}

/* Two commands may have an option of the same name: only the first is of interest here. */
static bool is_repeated(int id)
{
    for (int i = OPT_NONE + 1; i < id; i++)
        if (strcmp(option_specs[i].name, option_specs[id].name) == 0)
            return true;
    return false;
}

/* _sbx_takes_value "-o": the same for every command, since no two differ in that. */
static void print_takes_value(FILE *stream)
{
    const char *separator = "";

    fputs("_sbx_takes_value() {\n    case $1 in\n        ", stream);
    for (int id = OPT_NONE + 1; id < OPT_COUNT; id++) {
        if (!option_specs[id].value || option_specs[id].optional || is_repeated(id))
            continue;
        fprintf(stream, "%s--%s", separator, option_specs[id].name);
        separator = " | ";
        if (option_specs[id].letter)
            fprintf(stream, "%s-%c", separator, option_specs[id].letter);
    }
    fputs(") return 0 ;;\n    esac\n    return 1\n}\n\n", stream);
}

/* _sbx_value "COMMAND" "-o": what completes the option's value. */
static void print_value(FILE *stream)
{
    fputs("_sbx_value() {\n    case \"$1 $2\" in\n", stream);
    for (const struct command_spec *command = command_specs; command->name; command++)
        for (const enum option_id *id = command->options; *id != OPT_NONE; id++)
            if (option_specs[*id].completes != COMPLETES_NOTHING)
                fprintf(stream, "        '%s --%s') echo %s ;;\n", command->name,
                        option_specs[*id].name, offer_name(option_specs[*id].completes));
    fputs("    esac\n}\n\n", stream);
}

/* _sbx_operand, _sbx_operands_max and _sbx_takes_command "COMMAND" */
static void print_operands(FILE *stream)
{
    fputs("_sbx_operand() {\n    case $1 in\n", stream);
    for (const struct command_spec *command = command_specs; command->name; command++)
        if (command->completes != COMPLETES_NOTHING)
            fprintf(stream, "        '%s') echo %s ;;\n", command->name,
                    offer_name(command->completes));
    fputs("    esac\n}\n\n_sbx_operands_max() {\n    case $1 in\n", stream);
    for (const struct command_spec *command = command_specs; command->name; command++) {
        int max = command->takes_command      ? command->operands_min
                  : command->operands_max < 0 ? 9999
                                              : command->operands_max;

        fprintf(stream, "        '%s') echo %d ;;\n", command->name, max);
    }
    fputs("        *) echo 0 ;;\n    esac\n}\n\n_sbx_takes_command() {\n    case $1 in\n", stream);
    for (const struct command_spec *command = command_specs; command->name; command++)
        if (command->takes_command)
            fprintf(stream, "        '%s') return 0 ;;\n", command->name);
    fputs("    esac\n    return 1\n}\n\n", stream);
}

void completion_bash(FILE *stream)
{
    fputs(script_head, stream);
    print_commands(stream);
    print_options(stream);
    print_takes_value(stream);
    print_value(stream);
    print_operands(stream);
    fputs(script_body, stream);
}
