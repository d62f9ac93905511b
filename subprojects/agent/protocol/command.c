/* command.c: the two messages the keeper sends that hold lists, command and setup. */
#include "protocol.h"

#include <stdlib.h>
#include <string.h>

/* Points at every string of one tag, in order; NULL-terminated. Counted first, so that the length
 * of the array follows from the bytes that are really there. */
static bool collect(const void *data, size_t length, uint8_t tag, size_t max, const char ***out,
                    size_t *count)
{
    struct sbx_tlv_reader reader;
    struct sbx_tlv item;
    size_t n = 0;

    sbx_tlv_reader_init(&reader, data, length);
    while (sbx_tlv_next(&reader, &item) == 1)
        n += item.tag == tag;
    if (n > max)
        return false;
    const char **list = calloc(n + 1, sizeof *list);
    if (list == NULL)
        return false;
    sbx_tlv_reader_init(&reader, data, length);
    for (size_t i = 0; i < n && sbx_tlv_next(&reader, &item) == 1;)
        if (item.tag == tag)
            list[i++] = (const char *)item.value;
    *out = list;
    *count = n;
    return true;
}

static bool valid_env(const struct sbx_tlv *item)
{
    const char *text = sbx_tlv_get_string(item, SBX_PROTO_MAX_COMMAND);
    return text != NULL && text[0] != '=' && strchr(text, '=') != NULL;
}

static bool command_item(const struct sbx_tlv *item, struct sbx_command *out)
{
    switch (item->tag) {
    case SBX_TAG_ARG:
        return sbx_tlv_get_string(item, SBX_PROTO_MAX_COMMAND) != NULL;
    case SBX_TAG_ENV:
        return valid_env(item);
    case SBX_TAG_SCRIPT:
        out->script = sbx_tlv_get_string(item, SBX_PROTO_MAX_SCRIPT);
        out->script_length = item->length - 1;
        return out->script != NULL;
    case SBX_TAG_CWD:
        return (out->cwd = sbx_tlv_get_string(item, SBX_PROTO_MAX_CWD)) != NULL;
    case SBX_TAG_USER:
        return (out->user = sbx_tlv_get_string(item, SBX_PROTO_MAX_NAME)) != NULL;
    case SBX_TAG_FLAGS:
        return sbx_tlv_get_u32(item, &out->flags) && (out->flags & ~SBX_COMMAND_ALL_FLAGS) == 0;
    case SBX_TAG_ROWS:
        return sbx_tlv_get_u32(item, &out->rows) && out->rows <= SBX_PROTO_MAX_CELLS;
    case SBX_TAG_COLUMNS:
        return sbx_tlv_get_u32(item, &out->columns) && out->columns <= SBX_PROTO_MAX_CELLS;
    case SBX_TAG_MEMORY_LIMIT:
        return sbx_tlv_get_u64(item, &out->memory_limit);
    case SBX_TAG_TASK_LIMIT:
        return sbx_tlv_get_u32(item, &out->task_limit);
    case SBX_TAG_CPU_LIMIT:
        return sbx_tlv_get_u64(item, &out->cpu_limit);
    default:
        return true;
    }
}

static bool valid_terminal(const struct sbx_command *command)
{
    if (command->rows == 0 || command->columns == 0)
        return command->rows == command->columns;
    return (command->flags & (SBX_COMMAND_STDOUT | SBX_COMMAND_STDERR)) == SBX_COMMAND_STDOUT;
}

bool sbx_command_decode(const void *data, size_t length, struct sbx_command *out)
{
    struct sbx_tlv_reader reader;
    struct sbx_tlv item;
    struct sbx_command command = {0};
    int more;

    sbx_tlv_reader_init(&reader, data, length);
    while ((more = sbx_tlv_next(&reader, &item)) == 1)
        if (!command_item(&item, &command))
            return false;
    if (more < 0 || !valid_terminal(&command))
        return false;
    if (!collect(data, length, SBX_TAG_ARG, SBX_PROTO_MAX_ARGS, &command.argv, &command.argc) ||
        !collect(data, length, SBX_TAG_ENV, SBX_PROTO_MAX_ENV, &command.env, &command.env_count) ||
        (command.argc == 0 && command.script == NULL)) {
        sbx_command_clear(&command);
        return false;
    }
    *out = command;
    return true;
}

void sbx_command_clear(struct sbx_command *command)
{
    free(command->argv);
    free(command->env);
    *command = (struct sbx_command){0};
}

static void put_all(struct sbx_tlv_writer *writer, uint8_t tag, const char **list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sbx_tlv_put_string(writer, tag, list[i]);
}

static void put_limits(struct sbx_tlv_writer *writer, const struct sbx_command *command)
{
    if (command->memory_limit > 0)
        sbx_tlv_put_u64(writer, SBX_TAG_MEMORY_LIMIT, command->memory_limit);
    if (command->task_limit > 0)
        sbx_tlv_put_u32(writer, SBX_TAG_TASK_LIMIT, command->task_limit);
    if (command->cpu_limit > 0)
        sbx_tlv_put_u64(writer, SBX_TAG_CPU_LIMIT, command->cpu_limit);
}

void sbx_command_encode(struct sbx_tlv_writer *writer, const struct sbx_command *command)
{
    sbx_tlv_put_u32(writer, SBX_TAG_FLAGS, command->flags);
    if (command->rows > 0 || command->columns > 0) {
        sbx_tlv_put_u32(writer, SBX_TAG_ROWS, command->rows);
        sbx_tlv_put_u32(writer, SBX_TAG_COLUMNS, command->columns);
    }
    put_limits(writer, command);
    put_all(writer, SBX_TAG_ARG, command->argv, command->argc);
    put_all(writer, SBX_TAG_ENV, command->env, command->env_count);
    sbx_tlv_put_string(writer, SBX_TAG_CWD, command->cwd);
    sbx_tlv_put_string(writer, SBX_TAG_USER, command->user);
    if (command->script != NULL)
        sbx_tlv_put(writer, SBX_TAG_SCRIPT, command->script, command->script_length + 1);
}

static bool valid_machine_id(const char *text)
{
    return text != NULL && strlen(text) == 32 && strspn(text, "0123456789abcdef") == 32;
}

/* What sethostname and /etc/hosts can both hold: letters, digits, dots and hyphens. */
static bool valid_hostname(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-._"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return text != NULL && text[0] != 0 && text[strspn(text, allowed)] == 0;
}

static bool setup_item(const struct sbx_tlv *item, struct sbx_setup *out)
{
    switch (item->tag) {
    case SBX_TAG_HOSTNAME:
        return valid_hostname(out->hostname = sbx_tlv_get_string(item, 64));
    case SBX_TAG_MACHINE_ID:
        return valid_machine_id(out->machine_id = sbx_tlv_get_string(item, 32));
    case SBX_TAG_REALTIME:
        return sbx_tlv_get_u64(item, &out->realtime) && out->realtime <= INT64_MAX;
    case SBX_TAG_ENTROPY:
        out->entropy = item->value;
        out->entropy_length = item->length;
        return item->length <= SBX_PROTO_MAX_ENTROPY;
    case SBX_TAG_ENV:
        return valid_env(item);
    default:
        return true;
    }
}

bool sbx_setup_decode(const void *data, size_t length, struct sbx_setup *out)
{
    struct sbx_tlv_reader reader;
    struct sbx_tlv item;
    struct sbx_setup setup = {0};
    int more;

    sbx_tlv_reader_init(&reader, data, length);
    while ((more = sbx_tlv_next(&reader, &item)) == 1)
        if (!setup_item(&item, &setup))
            return false;
    if (more < 0 ||
        !collect(data, length, SBX_TAG_ENV, SBX_PROTO_MAX_ENV, &setup.env, &setup.env_count))
        return false;
    *out = setup;
    return true;
}

void sbx_setup_clear(struct sbx_setup *setup)
{
    free(setup->env);
    *setup = (struct sbx_setup){0};
}

void sbx_setup_encode(struct sbx_tlv_writer *writer, const struct sbx_setup *setup)
{
    sbx_tlv_put_string(writer, SBX_TAG_HOSTNAME, setup->hostname);
    sbx_tlv_put_string(writer, SBX_TAG_MACHINE_ID, setup->machine_id);
    if (setup->realtime != 0)
        sbx_tlv_put_u64(writer, SBX_TAG_REALTIME, setup->realtime);
    if (setup->entropy_length > 0)
        sbx_tlv_put(writer, SBX_TAG_ENTROPY, setup->entropy, setup->entropy_length);
    put_all(writer, SBX_TAG_ENV, setup->env, setup->env_count);
}
