/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line is read by getopt_long(), which is fed from the table in commands.c, in two or
 * three passes: global options up to the command's name, then the command's options. Behind a
 * command that takes a command (run, exec) options may stand before the first word and, for exec,
 * once more before the second; what follows belongs to the guest. An error is recorded and reading
 * goes on, so that a --json behind it still decides how it is reported.
 */
#include "parse.h"

#include <getopt.h>
#include <string.h>

#include "suggest.h"

#define OPTIONS_MAX (COMMAND_OPTIONS_MAX + 8)
#define LONG_BASE 256 /* getopt's value of a long option is this plus its option_id */

/* One set of options in the form that getopt_long() wants. */
struct getopt_set {
    struct option longs[OPTIONS_MAX];
    enum option_id ids[OPTIONS_MAX];
    int length;
    char shorts[2 * OPTIONS_MAX + 3];
};

static void set_add(struct getopt_set *set, enum option_id id)
{
    const struct option_spec *spec = &option_specs[id];
    char *end = set->shorts + strlen(set->shorts);

    g_assert(set->length < OPTIONS_MAX - 1);
    set->ids[set->length] = id;
    set->longs[set->length++] = (struct option){
        .name = spec->name,
        .has_arg = !spec->value     ? no_argument
                   : spec->optional ? optional_argument
                                    : required_argument,
        .val = LONG_BASE + (int)id,
    };
    if (spec->letter) {
        *end++ = spec->letter;
        if (spec->value)
            *end = ':';
    }
}

/* in_order: stop at the first word that is no option. */
static void set_init(struct getopt_set *set, const struct command_spec *command, bool in_order)
{
    memset(set, 0, sizeof(*set));
    strcpy(set->shorts, in_order ? "+:" : ":");
    if (command)
        for (const enum option_id *id = command->options; *id != OPT_NONE; id++)
            set_add(set, *id);
    else
        set_add(set, OPT_VERSION);
    for (const enum option_id *id = global_options; *id != OPT_NONE; id++)
        set_add(set, *id);
}

/* The option that getopt_long() returned, or OPT_NONE. */
static enum option_id set_lookup(const struct getopt_set *set, int value)
{
    for (int i = 0; i < set->length; i++)
        if (value == set->longs[i].val || (value && value == option_specs[set->ids[i]].letter))
            return set->ids[i];
    return OPT_NONE;
}

static char *help_hint(const struct invocation *inv)
{
    if (inv->command)
        return g_strdup_printf("see: sbx %s --help", inv->command->name);
    if (inv->group)
        return g_strdup_printf("see: sbx %s --help", inv->group->name);
    return g_strdup("see: sbx --help");
}

/* Records an error unless there is one already. Takes both strings; without a hint: see --help. */
static void usage_error(struct invocation *inv, char *message, char *hint)
{
    if (inv->usage_error) {
        g_free(message);
        g_free(hint);
        return;
    }
    inv->usage_error = message;
    inv->usage_hint = hint ? hint : help_hint(inv);
}

static char *unknown_option_hint(const struct getopt_set *set, const char *word)
{
    g_autofree char *name = g_strndup(word + 2, strcspn(word + 2, "="));
    const char *names[OPTIONS_MAX + 1] = {NULL};
    const char *nearest;

    for (int i = 0; i < set->length; i++)
        names[i] = set->longs[i].name;
    nearest = suggest_nearest(name, names);
    return nearest ? g_strdup_printf("did you mean --%s?", nearest) : NULL;
}

static bool is_ambiguous(const struct getopt_set *set, const char *word)
{
    size_t length = strcspn(word + 2, "=");
    int matches = 0;

    for (int i = 0; i < set->length; i++)
        matches += strncmp(set->longs[i].name, word + 2, length) == 0;
    return matches > 1;
}

/* getopt_long() returned '?': an unknown option, or a flag with a value. */
static void bad_option(struct invocation *inv, const struct getopt_set *set, const char *word)
{
    enum option_id id = set_lookup(set, optopt);

    if (id != OPT_NONE)
        usage_error(inv, g_strdup_printf("option --%s takes no value", option_specs[id].name),
                    NULL);
    else if (optopt)
        usage_error(inv, g_strdup_printf("unknown option -%c", optopt), NULL);
    else if (is_ambiguous(set, word))
        usage_error(inv, g_strdup_printf("option %s is ambiguous", word), NULL);
    else
        usage_error(inv, g_strdup_printf("unknown option %s", word),
                    unknown_option_hint(set, word));
}

static void missing_value(struct invocation *inv, const struct getopt_set *set)
{
    const struct option_spec *spec = &option_specs[set_lookup(set, optopt)];

    usage_error(inv, g_strdup_printf("option --%s needs a value: %s", spec->name, spec->value),
                NULL);
}

static void add_value(struct invocation *inv, enum option_id id, const char *value)
{
    inv->values = g_renew(struct option_value, inv->values, inv->values_length + 1);
    inv->values[inv->values_length++] = (struct option_value){.id = id, .value = value};
}

/* Reads options from argv[1] on; returns the index of the first word that is left. */
static int parse_options(struct invocation *inv, const struct getopt_set *set, int argc,
                         char **argv)
{
    int value;

    optind = 0; /* glibc: start afresh */
    opterr = 0;
    while ((value = getopt_long(argc, argv, set->shorts, set->longs, NULL)) != -1) {
        if (value == '?')
            bad_option(inv, set, argv[optind - 1]);
        else if (value == ':')
            missing_value(inv, set);
        else
            add_value(inv, set_lookup(set, value), optarg);
    }
    return optind;
}

static void unknown_command(struct invocation *inv, char **words, int count)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const char *nearest;
    const char *word = words[0];

    inv->group = group_find(words[0]);
    if (inv->group && count > 1)
        word = words[1];
    for (const struct command_spec *command = command_specs; command->name; command++) {
        if (!inv->group)
            g_ptr_array_add(names, (char *)command->name);
        else if (command_in_group(command, inv->group->name))
            g_ptr_array_add(names, (char *)command->name + strlen(inv->group->name) + 1);
    }
    for (const struct group_spec *group = group_specs; !inv->group && group->name; group++)
        g_ptr_array_add(names, (char *)group->name);
    g_ptr_array_add(names, NULL);

    nearest = suggest_nearest(word, (const char *const *)names->pdata);
    usage_error(inv,
                g_strdup_printf("unknown command '%s%s%s'", inv->group ? inv->group->name : "",
                                inv->group ? " " : "", word),
                nearest ? g_strdup_printf("did you mean 'sbx %s%s%s'?",
                                          inv->group ? inv->group->name : "", inv->group ? " " : "",
                                          nearest)
                        : NULL);
}

/* A group's word alone, perhaps with options behind it: "sbx image --help". */
static void parse_bare_group(struct invocation *inv, int argc, char **argv)
{
    struct getopt_set set;
    int rest;

    inv->group = group_find(argv[0]);
    set_init(&set, NULL, true);
    rest = parse_options(inv, &set, argc, argv);
    if (rest < argc)
        unknown_command(inv, (char *[]){argv[0], argv[rest]}, 2);
}

static void check_operands(struct invocation *inv)
{
    const struct command_spec *command = inv->command;

    if (inv->operands_length < command->operands_min + (command->takes_command ? 1 : 0))
        usage_error(
            inv,
            g_strdup_printf(command->takes_command && inv->operands_length == command->operands_min
                                ? "'sbx %s' needs a command to run"
                                : "'sbx %s' needs more arguments",
                            command->name),
            g_strdup_printf("usage: sbx %s [OPTIONS] %s", command->name, command->operands));
    else if (command->operands_max >= 0 && inv->operands_length > command->operands_max)
        usage_error(inv,
                    g_strdup_printf("'sbx %s': unexpected argument '%s'", command->name,
                                    inv->operands[command->operands_max]),
                    NULL);
}

/* argv[0] is the last word of the command's name. */
static void parse_command(struct invocation *inv, int argc, char **argv)
{
    const struct command_spec *command = inv->command;
    struct getopt_set set;
    int rest;

    set_init(&set, command, command->takes_command);
    rest = parse_options(inv, &set, argc, argv);
    if (command->takes_command && command->operands_min == 1 && rest < argc &&
        strcmp(argv[rest - 1], "--") != 0) {
        /* exec: the id is now at `rest`. Options may follow it; they are read with the id's word in
         * the place of the program's name, and the id is then put before what they left over. */
        char *id = argv[rest];
        int more = parse_options(inv, &set, argc - rest, argv + rest);

        rest += more - 1;
        argv[rest] = id;
    }
    inv->operands = argv + rest;
    inv->operands_length = argc - rest;
}

void invocation_parse(struct invocation *inv, int argc, char **argv)
{
    struct getopt_set set;
    int rest;
    int used = 0;

    memset(inv, 0, sizeof(*inv));
    set_init(&set, NULL, true);
    rest = parse_options(inv, &set, argc, argv);
    inv->operands = argv + argc;
    if (rest == argc)
        return;

    inv->command = command_find(argv + rest, argc - rest, &used);
    if (inv->command) {
        parse_command(inv, argc - rest - used + 1, argv + rest + used - 1);
        if (!invocation_has(inv, OPT_HELP) && !invocation_has(inv, OPT_VERSION))
            check_operands(inv);
    } else if (group_find(argv[rest]) && (rest + 1 == argc || argv[rest + 1][0] == '-')) {
        parse_bare_group(inv, argc - rest, argv + rest);
    } else {
        unknown_command(inv, argv + rest, argc - rest);
    }
}

void invocation_clear(struct invocation *inv)
{
    g_clear_pointer(&inv->values, g_free);
    g_clear_pointer(&inv->usage_error, g_free);
    g_clear_pointer(&inv->usage_hint, g_free);
}

const char *invocation_value(const struct invocation *inv, enum option_id id)
{
    for (size_t i = inv->values_length; i > 0; i--)
        if (inv->values[i - 1].id == id)
            return inv->values[i - 1].value;
    return NULL;
}

bool invocation_has(const struct invocation *inv, enum option_id id)
{
    for (size_t i = 0; i < inv->values_length; i++)
        if (inv->values[i].id == id)
            return true;
    return false;
}
