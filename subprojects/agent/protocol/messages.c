/* messages.c: the short messages (info, exit record, failure, signal) and request paths. */
#include "protocol.h"

#include <string.h>

typedef bool (*ItemFunc)(const struct sbx_tlv *item, void *out);

static bool decode(const void *data, size_t length, ItemFunc each, void *out)
{
    struct sbx_tlv_reader reader;
    struct sbx_tlv item;
    int more;

    sbx_tlv_reader_init(&reader, data, length);
    while ((more = sbx_tlv_next(&reader, &item)) == 1)
        if (!each(&item, out))
            return false;
    return more == 0;
}

static bool info_item(const struct sbx_tlv *item, void *out)
{
    struct sbx_info *info = out;
    switch (item->tag) {
    case SBX_TAG_VERSION:
        return (info->version = sbx_tlv_get_string(item, SBX_PROTO_MAX_TEXT)) != NULL;
    case SBX_TAG_KERNEL:
        return (info->kernel = sbx_tlv_get_string(item, SBX_PROTO_MAX_TEXT)) != NULL;
    case SBX_TAG_BOOT_AGENT:
        return sbx_tlv_get_u64(item, &info->boot_agent);
    case SBX_TAG_BOOT_READY:
        return sbx_tlv_get_u64(item, &info->boot_ready);
    default:
        return true;
    }
}

bool sbx_info_decode(const void *data, size_t length, struct sbx_info *out)
{
    struct sbx_info info = {0};
    if (!decode(data, length, info_item, &info) || info.version == NULL || info.kernel == NULL)
        return false;
    *out = info;
    return true;
}

void sbx_info_encode(struct sbx_tlv_writer *writer, const struct sbx_info *info)
{
    sbx_tlv_put_string(writer, SBX_TAG_VERSION, info->version);
    sbx_tlv_put_string(writer, SBX_TAG_KERNEL, info->kernel);
    sbx_tlv_put_u64(writer, SBX_TAG_BOOT_AGENT, info->boot_agent);
    sbx_tlv_put_u64(writer, SBX_TAG_BOOT_READY, info->boot_ready);
}

struct exit_state {
    struct sbx_exit record;
    bool ended;
};

/* The others are the host's to say. */
static bool known_cause(uint32_t cause)
{
    return cause <= SBX_EXIT_CAUSE_OOM || cause == SBX_EXIT_CAUSE_CPU;
}

static bool exit_item(const struct sbx_tlv *item, void *out)
{
    struct exit_state *state = out;
    struct sbx_exit *record = &state->record;
    uint32_t flag;

    switch (item->tag) {
    case SBX_TAG_EXIT_CODE:
    case SBX_TAG_EXIT_SIGNAL:
        if (state->ended || !sbx_tlv_get_u32(item, &record->status))
            return false;
        state->ended = true;
        record->signalled = item->tag == SBX_TAG_EXIT_SIGNAL;
        return record->signalled ? record->status >= 1 && record->status <= 64
                                 : record->status <= 255;
    case SBX_TAG_EXIT_OOM:
        if (!sbx_tlv_get_u32(item, &flag))
            return false;
        record->oom = flag != 0;
        return flag <= 1;
    case SBX_TAG_CPU_USER:
        return sbx_tlv_get_u64(item, &record->cpu_user);
    case SBX_TAG_CPU_SYSTEM:
        return sbx_tlv_get_u64(item, &record->cpu_system);
    case SBX_TAG_MAX_RSS:
        return sbx_tlv_get_u64(item, &record->max_rss);
    case SBX_TAG_WALL:
        return sbx_tlv_get_u64(item, &record->wall);
    case SBX_TAG_EXIT_CAUSE:
        return sbx_tlv_get_u32(item, &record->cause) && known_cause(record->cause);
    case SBX_TAG_PEAK_MEMORY:
        return sbx_tlv_get_u64(item, &record->peak_memory);
    default:
        return true;
    }
}

bool sbx_exit_decode(const void *data, size_t length, struct sbx_exit *out)
{
    struct exit_state state = {0};
    if (!decode(data, length, exit_item, &state) || !state.ended)
        return false;
    *out = state.record;
    return true;
}

void sbx_exit_encode(struct sbx_tlv_writer *writer, const struct sbx_exit *record)
{
    sbx_tlv_put_u32(writer, record->signalled ? SBX_TAG_EXIT_SIGNAL : SBX_TAG_EXIT_CODE,
                    record->status);
    sbx_tlv_put_u32(writer, SBX_TAG_EXIT_OOM, record->oom);
    sbx_tlv_put_u64(writer, SBX_TAG_CPU_USER, record->cpu_user);
    sbx_tlv_put_u64(writer, SBX_TAG_CPU_SYSTEM, record->cpu_system);
    sbx_tlv_put_u64(writer, SBX_TAG_MAX_RSS, record->max_rss);
    sbx_tlv_put_u64(writer, SBX_TAG_WALL, record->wall);
    sbx_tlv_put_u32(writer, SBX_TAG_EXIT_CAUSE, record->cause);
    sbx_tlv_put_u64(writer, SBX_TAG_PEAK_MEMORY, record->peak_memory);
}

static bool failure_item(const struct sbx_tlv *item, void *out)
{
    struct sbx_failure *failure = out;
    switch (item->tag) {
    case SBX_TAG_FAILURE:
        return sbx_tlv_get_u32(item, &failure->kind);
    case SBX_TAG_ERRNO:
        return sbx_tlv_get_u32(item, &failure->error) && failure->error < 4096;
    case SBX_TAG_TEXT:
        return (failure->text = sbx_tlv_get_string(item, SBX_PROTO_MAX_TEXT)) != NULL;
    default:
        return true;
    }
}

bool sbx_failure_decode(const void *data, size_t length, struct sbx_failure *out)
{
    struct sbx_failure failure = {0};
    if (!decode(data, length, failure_item, &failure) || failure.text == NULL)
        return false;
    *out = failure;
    return true;
}

void sbx_failure_encode(struct sbx_tlv_writer *writer, const struct sbx_failure *failure)
{
    sbx_tlv_put_u32(writer, SBX_TAG_FAILURE, failure->kind);
    sbx_tlv_put_u32(writer, SBX_TAG_ERRNO, failure->error);
    sbx_tlv_put_string(writer, SBX_TAG_TEXT, failure->text);
}

static bool signal_item(const struct sbx_tlv *item, void *out)
{
    struct sbx_signal *message = out;
    if (item->tag == SBX_TAG_SIGNAL)
        return sbx_tlv_get_u32(item, &message->number);
    if (item->tag == SBX_TAG_SCOPE)
        return sbx_tlv_get_u32(item, &message->scope);
    return true;
}

bool sbx_signal_decode(const void *data, size_t length, struct sbx_signal *out)
{
    struct sbx_signal message = {0};
    if (!decode(data, length, signal_item, &message) || message.number < 1 ||
        message.number > 64 || message.scope > SBX_SCOPE_CGROUP)
        return false;
    *out = message;
    return true;
}

void sbx_signal_encode(struct sbx_tlv_writer *writer, const struct sbx_signal *message)
{
    sbx_tlv_put_u32(writer, SBX_TAG_SIGNAL, message->number);
    sbx_tlv_put_u32(writer, SBX_TAG_SCOPE, message->scope);
}

static bool size_item(const struct sbx_tlv *item, void *out)
{
    struct sbx_size *size = out;
    if (item->tag == SBX_TAG_ROWS)
        return sbx_tlv_get_u32(item, &size->rows);
    if (item->tag == SBX_TAG_COLUMNS)
        return sbx_tlv_get_u32(item, &size->columns);
    return true;
}

bool sbx_size_decode(const void *data, size_t length, struct sbx_size *out)
{
    struct sbx_size size = {0};
    if (!decode(data, length, size_item, &size) || size.rows < 1 || size.columns < 1 ||
        size.rows > SBX_PROTO_MAX_CELLS || size.columns > SBX_PROTO_MAX_CELLS)
        return false;
    *out = size;
    return true;
}

void sbx_size_encode(struct sbx_tlv_writer *writer, const struct sbx_size *size)
{
    sbx_tlv_put_u32(writer, SBX_TAG_ROWS, size->rows);
    sbx_tlv_put_u32(writer, SBX_TAG_COLUMNS, size->columns);
}

bool sbx_decimal_parse(const char *text, size_t length, uint64_t *out)
{
    uint64_t value = 0;
    if (length == 0 || length > 20 || (length > 1 && text[0] == '0'))
        return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value))
            return false;
    }
    *out = value;
    return true;
}

struct path_name {
    const char *name;
    enum sbx_resource resource;
};

static enum sbx_resource find_name(const struct path_name *names, const char *text, size_t length)
{
    for (; names->name != NULL; names++)
        if (strlen(names->name) == length && memcmp(names->name, text, length) == 0)
            return names->resource;
    return SBX_RESOURCE_UNKNOWN;
}

static int digit_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* What is behind the prefix, or NULL. */
static const char *behind(const char *prefix, const char *path, size_t length)
{
    size_t size = strlen(prefix);
    return length > size && memcmp(path, prefix, size) == 0 ? path + size : NULL;
}

bool sbx_path_parse_socket(const char *path, size_t length, char socket[SBX_PROTO_MAX_SOCKET + 1])
{
    const char *digits = behind(SBX_PROTO_PATH "connections/unix/", path, length);
    size_t count = digits != NULL ? length - (size_t)(digits - path) : 0;

    if (count == 0 || count % 2 != 0 || count / 2 > SBX_PROTO_MAX_SOCKET)
        return false;
    for (size_t i = 0; i < count / 2; i++) {
        int high = digit_value(digits[2 * i]), low = digit_value(digits[2 * i + 1]);
        if (high < 0 || low < 0 || high * 16 + low == 0)
            return false;
        socket[i] = (char)(high * 16 + low);
    }
    socket[count / 2] = 0;
    return socket[0] == '/';
}

static enum sbx_resource parse_connection(const char *path, size_t length, uint64_t *id)
{
    const char *digits = behind(SBX_PROTO_PATH "connections/tcp/", path, length);
    char socket[SBX_PROTO_MAX_SOCKET + 1];

    if (digits == NULL)
        return sbx_path_parse_socket(path, length, socket) ? SBX_RESOURCE_UNIX
                                                           : SBX_RESOURCE_UNKNOWN;
    return sbx_decimal_parse(digits, length - (size_t)(digits - path), id) && *id >= 1 &&
                   *id <= UINT16_MAX
               ? SBX_RESOURCE_TCP
               : SBX_RESOURCE_UNKNOWN;
}

enum sbx_resource sbx_path_parse(const char *path, size_t length, uint64_t *id)
{
    static const char processes[] = SBX_PROTO_PATH "processes/";
    static const struct path_name whole[] = {{SBX_PROTO_PATH "setup", SBX_RESOURCE_SETUP},
                                             {SBX_PROTO_PATH "ping", SBX_RESOURCE_PING},
                                             {SBX_PROTO_PATH "park", SBX_RESOURCE_PARK},
                                             {SBX_PROTO_PATH "metrics", SBX_RESOURCE_METRICS},
                                             {NULL, SBX_RESOURCE_UNKNOWN}};
    static const struct path_name parts[] = {{"", SBX_RESOURCE_PROCESS},
                                             {"/stdin", SBX_RESOURCE_STDIN},
                                             {"/stdout", SBX_RESOURCE_STDOUT},
                                             {"/stderr", SBX_RESOURCE_STDERR},
                                             {"/signal", SBX_RESOURCE_SIGNAL},
                                             {"/resize", SBX_RESOURCE_RESIZE},
                                             {"/usage", SBX_RESOURCE_USAGE},
                                             {NULL, SBX_RESOURCE_UNKNOWN}};
    size_t prefix = sizeof processes - 1;

    if (behind(SBX_PROTO_PATH "connections/", path, length) != NULL)
        return parse_connection(path, length, id);
    if (length <= prefix || memcmp(path, processes, prefix) != 0)
        return find_name(whole, path, length);
    const char *slash = memchr(path + prefix, '/', length - prefix);
    size_t digits = slash != NULL ? (size_t)(slash - path) - prefix : length - prefix;
    if (!sbx_decimal_parse(path + prefix, digits, id))
        return SBX_RESOURCE_UNKNOWN;
    return find_name(parts, path + prefix + digits, length - prefix - digits);
}
