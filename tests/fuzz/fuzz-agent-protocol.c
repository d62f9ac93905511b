/* fuzz-agent-protocol.c: every decoder of the agent protocol. The first byte chooses one. */
#include <protocol.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void touch(const char *const *list, size_t count)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += strlen(list[i]);
    if (list[count] != NULL || total > SBX_PROTO_MAX_COMMAND)
        abort();
}

static void decode_command(const uint8_t *data, size_t size)
{
    struct sbx_command command;

    if (!sbx_command_decode(data, size, &command))
        return;
    touch((const char *const *)command.argv, command.argc);
    touch((const char *const *)command.env, command.env_count);
    if ((command.rows == 0) != (command.columns == 0) || command.rows > SBX_PROTO_MAX_CELLS)
        abort();
    if (command.script != NULL && strlen(command.script) != command.script_length)
        abort();
    sbx_command_clear(&command);
}

static void decode_setup(const uint8_t *data, size_t size)
{
    struct sbx_setup setup;

    if (!sbx_setup_decode(data, size, &setup))
        return;
    touch((const char *const *)setup.env, setup.env_count);
    sbx_setup_clear(&setup);
}

static void decode_short(const uint8_t *data, size_t size)
{
    struct sbx_info info;
    struct sbx_exit record;
    struct sbx_failure failure;
    struct sbx_signal message;

    if (sbx_info_decode(data, size, &info) && strlen(info.version) > SBX_PROTO_MAX_TEXT)
        abort();
    if (sbx_exit_decode(data, size, &record) && record.status > 255)
        abort();
    if (sbx_failure_decode(data, size, &failure) && strlen(failure.text) > SBX_PROTO_MAX_TEXT)
        abort();
    if (sbx_signal_decode(data, size, &message) && message.number > 64)
        abort();
}

static void decode_figures(const uint8_t *data, size_t size)
{
    struct sbx_size window;
    struct sbx_usage usage;
    struct sbx_metrics metrics;

    if (sbx_size_decode(data, size, &window) &&
        (window.rows < 1 || window.rows > SBX_PROTO_MAX_CELLS || window.columns < 1))
        abort();
    sbx_usage_decode(data, size, &usage);
    sbx_metrics_decode(data, size, &metrics);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t id;

    if (size == 0)
        return 0;
    switch (data[0] % 5) {
    case 0:
        decode_command(data + 1, size - 1);
        break;
    case 1:
        decode_setup(data + 1, size - 1);
        break;
    case 2:
        decode_short(data + 1, size - 1);
        break;
    case 3:
        decode_figures(data + 1, size - 1);
        break;
    default:
        sbx_path_parse((const char *)data + 1, size - 1, &id);
    }
    return 0;
}
