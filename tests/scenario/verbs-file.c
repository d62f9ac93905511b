/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Open files, what is known about files, watches. */
#include "scenario.h"

static const char *kind_of(const sbx_stat *stat)
{
    static const struct {
        int (*is)(const sbx_stat *stat);
        const char *kind;
    } kinds[] = {
        {sbx_stat_is_file, "file"},
        {sbx_stat_is_directory, "directory"},
        {sbx_stat_is_symlink, "symlink"},
        {sbx_stat_is_fifo, "fifo"},
        {sbx_stat_is_socket, "socket"},
        {sbx_stat_is_char_device, "char_device"},
        {sbx_stat_is_block_device, "block_device"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (kinds[i].is(stat))
            return kinds[i].kind;
    return "unknown";
}

JsonNode *node_stat(const sbx_stat *stat, gboolean with_times)
{
    JsonObject *object = json_object_new();

    json_object_set_string_member(object, "kind", kind_of(stat));
    set_mode(object, "mode", sbx_stat_mode(stat));
    json_object_set_int_member(object, "uid", sbx_stat_uid(stat));
    json_object_set_int_member(object, "gid", sbx_stat_gid(stat));
    if (!sbx_stat_is_directory(stat)) {
        json_object_set_int_member(object, "size", (gint64)sbx_stat_size(stat));
        json_object_set_int_member(object, "nlink", (gint64)sbx_stat_nlink(stat));
    }
    if (with_times) {
        json_object_set_int_member(object, "mtime_ms", sbx_stat_mtime(stat) / 1000000);
        json_object_set_int_member(object, "atime_ms", sbx_stat_atime(stat) / 1000000);
    }
    return node_object(object);
}

static int read_it(Step *step)
{
    gsize size = (gsize)number_of(step, "size", 0);
    g_autofree char *buffer = g_malloc(size);
    gsize length = 0;
    int code = sbx_file_read(step->on, buffer, size, &length, &step->error);

    if (code >= 0)
        step->result = node_bytes(buffer, length);
    return code;
}

static int write_it(Step *step)
{
    g_autoptr(GBytes) bytes = bytes_of(step, "data");
    gsize length;
    const void *data = g_bytes_get_data(bytes, &length);

    return sbx_file_write(step->on, data, length, &step->error);
}

static int seek(Step *step)
{
    const char *from = text_of(step, "whence");
    int whence = g_str_equal(from, "set")   ? SBX_SEEK_SET
                 : g_str_equal(from, "cur") ? SBX_SEEK_CUR
                                            : SBX_SEEK_END;
    gint64 position = 0;
    int code =
        sbx_file_seek(step->on, number_of(step, "offset", 0), whence, &position, &step->error);

    if (code >= 0)
        step->result = node_number(position);
    return code;
}

static int cut(Step *step)
{
    return sbx_file_truncate(step->on, number_of(step, "size", 0), &step->error);
}

static int sync_it(Step *step)
{
    return sbx_file_sync(step->on, &step->error);
}

static int close_it(Step *step)
{
    return sbx_file_close(step->on, &step->error);
}

static int lock(Step *step)
{
    guint flags = (is_set(step, "exclusive") ? SBX_LOCK_EXCLUSIVE : SBX_LOCK_SHARED) |
                  (is_set(step, "try") ? SBX_LOCK_TRY : 0);

    return sbx_file_lock(step->on, flags, &step->error);
}

static int unlock(Step *step)
{
    return sbx_file_unlock(step->on, &step->error);
}

static int stat_it(Step *step)
{
    g_autoptr(sbx_stat) known = NULL;
    int code = sbx_file_stat(step->on, &known, &step->error);

    if (code >= 0)
        step->result = node_stat(known, is_set(step, "times"));
    return code;
}

static int watch_until(Step *step)
{
    static const char *const kinds[] = {
        [SBX_WATCH_CREATE] = "create",         [SBX_WATCH_MODIFY] = "modify",
        [SBX_WATCH_REMOVE] = "remove",         [SBX_WATCH_RENAME] = "rename",
        [SBX_WATCH_ATTRIBUTES] = "attributes", [SBX_WATCH_OVERFLOW] = "overflow",
    };
    JsonObject *object;
    int code;

    do
        code = sbx_watch_next(step->on, -1, &step->error);
    while (code > 0 && (!g_str_equal(kinds[sbx_watch_kind(step->on)], text_of(step, "event")) ||
                        !g_str_equal(sbx_watch_path(step->on), text_of(step, "path"))));
    if (code <= 0)
        return code;
    object = json_object_new();
    json_object_set_string_member(object, "event", text_of(step, "event"));
    json_object_set_string_member(object, "path", sbx_watch_path(step->on));
    if (sbx_watch_to(step->on) != NULL)
        json_object_set_string_member(object, "to", sbx_watch_to(step->on));
    step->result = node_object(object);
    return code;
}

const Verb file_verbs[] = {
    {"file.read", OPEN_FILE, read_it, "size"},
    {"file.write", OPEN_FILE, write_it, "data"},
    {"file.seek", OPEN_FILE, seek, "offset whence"},
    {"file.truncate", OPEN_FILE, cut, "size"},
    {"file.sync", OPEN_FILE, sync_it, ""},
    {"file.close", OPEN_FILE, close_it, ""},
    {"file.lock", OPEN_FILE, lock, "exclusive try"},
    {"file.unlock", OPEN_FILE, unlock, ""},
    {"file.stat", OPEN_FILE, stat_it, "times"},
    {"watch.until", WATCH, watch_until, "event path"},
    {NULL, NOTHING, NULL, NULL},
};
