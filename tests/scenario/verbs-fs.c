/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file system by paths, directories and trees. */
#include "scenario.h"

static const struct {
    const char *option;
    guint flag;
} flags[] = {
    {"recursive", SBX_FS_RECURSIVE},     {"no_follow", SBX_FS_NO_FOLLOW},
    {"append", SBX_FS_APPEND},           {"create_new", SBX_FS_CREATE_NEW},
    {"no_create", SBX_FS_NO_CREATE},     {"atomic", SBX_FS_ATOMIC},
    {"no_replace", SBX_FS_NO_REPLACE},   {"follow_links", SBX_FS_FOLLOW_LINKS},
    {"no_files", SBX_FS_NO_FILES},       {"no_directories", SBX_FS_NO_DIRECTORIES},
    {"no_symlinks", SBX_FS_NO_SYMLINKS},
};

static int add_patterns(Step *step, const char *key, sbx_fs_options *options,
                        int (*add)(sbx_fs_options *, const char *, sbx_error **))
{
    g_auto(GStrv) patterns = words_of(step, key);
    int code = SBX_OK;

    for (guint i = 0; patterns[i] != NULL && code >= 0; i++)
        code = add(options, patterns[i], &step->error);
    return code;
}

/* Sets whatever of a step is an option of files. */
static int set_options(Step *step, sbx_fs_options *options)
{
    sbx_error **error = &step->error;
    guint set = 0;
    int code;

    for (gsize i = 0; i < G_N_ELEMENTS(flags); i++)
        set |= is_set(step, flags[i].option) ? flags[i].flag : 0;
    code = sbx_fs_options_set_flags(options, set, error);
    if (code >= 0)
        code = sbx_fs_options_set_user(options, text_of(step, "user"), error);
    if (code >= 0)
        code = sbx_fs_options_set_mode(options, mode_of(step, "mode"), error);
    if (code >= 0)
        code = sbx_fs_options_set_directory(options, text_of(step, "directory"), error);
    if (code >= 0)
        code = sbx_fs_options_set_affixes(options, text_of(step, "prefix"), text_of(step, "suffix"),
                                          error);
    if (code >= 0)
        code = sbx_fs_options_set_max_depth(options, (int)number_of(step, "max_depth", -1), error);
    if (has(step, "max_size"))
        sbx_fs_options_set_max_size(options, (guint64)number_of(step, "max_size", 0));
    if (code >= 0)
        code = add_patterns(step, "match", options, sbx_fs_options_add_match);
    return code >= 0 ? add_patterns(step, "skip", options, sbx_fs_options_add_skip) : code;
}

static const char *path_of(const Step *step)
{
    return text_of(step, "path");
}

static int write_with(Step *step, sbx_fs_options *options)
{
    g_autoptr(GBytes) bytes = bytes_of(step, "data");
    gsize length;
    const void *data = g_bytes_get_data(bytes, &length);

    return sbx_fs_write_file(step->on, path_of(step), options, data, length, &step->error);
}

static int read_with(Step *step, sbx_fs_options *options)
{
    void *data = NULL;
    gsize length = 0;
    int code = sbx_fs_read_file(step->on, path_of(step), options, &data, &length, &step->error);

    if (code >= 0)
        step->result = node_bytes(data, length);
    sbx_free(data);
    return code;
}

typedef int (*StatCall)(sbx *, const char *, const sbx_fs_options *, sbx_stat **, sbx_error **);
typedef int (*PathCall)(sbx *, const char *, const sbx_fs_options *, char **, sbx_error **);
typedef int (*DirCall)(sbx *, const char *, const sbx_fs_options *, sbx_dir **, sbx_error **);

static int stat_with(Step *step, sbx_fs_options *options, StatCall call)
{
    g_autoptr(sbx_stat) known = NULL;
    int code = call(step->on, path_of(step), options, &known, &step->error);

    if (code >= 0)
        step->result = node_stat(known, is_set(step, "times"));
    return code;
}

/* What takes a path and gives one. */
static int path_with(Step *step, sbx_fs_options *options, PathCall call)
{
    char *out = NULL;
    int code = call(step->on, path_of(step), options, &out, &step->error);

    if (code >= 0)
        step->result = node_text(out);
    sbx_free(out);
    return code;
}

static const char *const kinds[] = {
    [SBX_KIND_UNKNOWN] = "unknown",
    [SBX_KIND_FILE] = "file",
    [SBX_KIND_DIRECTORY] = "directory",
    [SBX_KIND_SYMLINK] = "symlink",
    [SBX_KIND_FIFO] = "fifo",
    [SBX_KIND_SOCKET] = "socket",
    [SBX_KIND_CHAR_DEVICE] = "char_device",
    [SBX_KIND_BLOCK_DEVICE] = "block_device",
};

static int list_with(Step *step, sbx_fs_options *options)
{
    g_autoptr(sbx_dir) dir = NULL;
    g_autoptr(GPtrArray) objects =
        g_ptr_array_new_with_free_func((GDestroyNotify)json_object_unref);
    int code = sbx_fs_read_dir(step->on, path_of(step), options, &dir, &step->error);

    while (code >= 0 && (code = sbx_dir_next(dir, &step->error)) > 0) {
        JsonObject *object = json_object_new();

        json_object_set_string_member(object, "name", sbx_dir_name(dir));
        json_object_set_string_member(object, "kind", kinds[sbx_dir_kind(dir)]);
        g_ptr_array_add(objects, object);
    }
    if (code == 0) {
        g_ptr_array_set_free_func(objects, NULL); /* the array of the result has them */
        step->result = node_sorted_objects(g_steal_pointer(&objects), "name");
    }
    return code;
}

static int find_with(Step *step, sbx_fs_options *options, DirCall call)
{
    g_autoptr(sbx_dir) dir = NULL;
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    const char *where = has(step, "pattern") ? text_of(step, "pattern") : path_of(step);
    int code = call(step->on, where, options, &dir, &step->error);

    while (code >= 0 && (code = sbx_dir_next(dir, &step->error)) > 0)
        g_ptr_array_add(paths, g_strdup(sbx_dir_path(dir)));
    if (code == 0)
        step->result = node_sorted_texts(g_steal_pointer(&paths));
    return code;
}

static int temp_with(Step *step, sbx_fs_options *options,
                     int (*call)(sbx *, const sbx_fs_options *, char **, sbx_error **))
{
    char *out = NULL;
    int code = call(step->on, options, &out, &step->error);

    if (code >= 0)
        step->result = node_text(out);
    sbx_free(out);
    return code;
}

static int open_with(Step *step, sbx_fs_options *options)
{
    static const char *const names[] = {"read",   "write",      "append",
                                        "create", "create_new", "truncate"};
    g_auto(GStrv) wanted = words_of(step, "flags");
    sbx_file *file = NULL;
    guint open_flags = 0;
    int code;

    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_strv_contains((const char *const *)wanted, names[i]))
            open_flags |= 1u << i; /* SBX_OPEN_ in their order */
    code = sbx_fs_open(step->on, path_of(step), open_flags, options, &file, &step->error);
    if (code >= 0)
        keep(step, text_of(step, "as"), OPEN_FILE, file);
    return code;
}

static int watch_with(Step *step, sbx_fs_options *options)
{
    sbx_watch *watch = NULL;
    int code = sbx_fs_watch(step->on, path_of(step), options, &watch, &step->error);

    if (code >= 0)
        keep(step, text_of(step, "as"), WATCH, watch);
    return code;
}

static int umask_it(Step *step)
{
    int previous = 0;
    int code = sbx_fs_umask(step->on, mode_of(step, "mask"), &previous, &step->error);
    g_autofree char *text = g_strdup_printf("%04o", (guint)previous);

    if (code >= 0)
        step->result = node_text(text);
    return code;
}

/* Makes the function of a verb from a call with the step's options. */
#define FS_VERB(name, call)                                                                        \
    static int name(Step *step)                                                                    \
    {                                                                                              \
        g_autoptr(sbx_fs_options) options = sbx_fs_options_new();                                  \
        int code = set_options(step, options);                                                     \
                                                                                                   \
        return code >= 0 ? (call) : code;                                                          \
    }

FS_VERB(write_it, write_with(step, options))
FS_VERB(read_it, read_with(step, options))
FS_VERB(stat_it, stat_with(step, options, sbx_fs_stat))
FS_VERB(lstat_it, stat_with(step, options, sbx_fs_lstat))
FS_VERB(make_dir, sbx_fs_mkdir(step->on, path_of(step), options, &step->error))
FS_VERB(read_dir, list_with(step, options))
FS_VERB(walk, find_with(step, options, sbx_fs_walk))
FS_VERB(glob, find_with(step, options, sbx_fs_glob))
FS_VERB(rename_it,
        sbx_fs_rename(step->on, path_of(step), text_of(step, "to"), options, &step->error))
FS_VERB(copy, sbx_fs_copy_file(step->on, path_of(step), text_of(step, "to"), options, &step->error))
FS_VERB(remove_it, sbx_fs_remove(step->on, path_of(step), options, &step->error))
FS_VERB(link_it, sbx_fs_link(step->on, path_of(step), text_of(step, "to"), options, &step->error))
FS_VERB(make_symlink,
        sbx_fs_symlink(step->on, text_of(step, "target"), path_of(step), options, &step->error))
FS_VERB(read_link, path_with(step, options, sbx_fs_readlink))
FS_VERB(real_path, path_with(step, options, sbx_fs_realpath))
FS_VERB(change_mode,
        sbx_fs_chmod(step->on, path_of(step), mode_of(step, "mode"), options, &step->error))
FS_VERB(change_owner, sbx_fs_chown(step->on, path_of(step), number_of(step, "uid", -1),
                                   number_of(step, "gid", -1), options, &step->error))
FS_VERB(set_times, sbx_fs_utime(step->on, path_of(step), number_of(step, "atime_ms", 0) * 1000000,
                                number_of(step, "mtime_ms", 0) * 1000000, options, &step->error))
FS_VERB(cut,
        sbx_fs_truncate(step->on, path_of(step), number_of(step, "size", 0), options, &step->error))
FS_VERB(temp_dir, temp_with(step, options, sbx_fs_temp_dir))
FS_VERB(temp_file, temp_with(step, options, sbx_fs_temp_file))
FS_VERB(open_it, open_with(step, options))
FS_VERB(watch, watch_with(step, options))

#define FIND_OPTIONS "user max_depth match skip follow_links no_files no_directories no_symlinks "

const Verb fs_verbs[] = {
    {"fs.write", SANDBOX, write_it, "path data user mode append create_new no_create atomic"},
    {"fs.read", SANDBOX, read_it, "path user max_size"},
    {"fs.stat", SANDBOX, stat_it, "path user times"},
    {"fs.lstat", SANDBOX, lstat_it, "path user times"},
    {"fs.mkdir", SANDBOX, make_dir, "path user recursive mode"},
    {"fs.readdir", SANDBOX, read_dir, "path user"},
    {"fs.walk", SANDBOX, walk, "path " FIND_OPTIONS},
    {"fs.glob", SANDBOX, glob, "pattern directory " FIND_OPTIONS},
    {"fs.rename", SANDBOX, rename_it, "path to user no_replace"},
    {"fs.copy", SANDBOX, copy, "path to user no_replace"},
    {"fs.remove", SANDBOX, remove_it, "path user recursive"},
    {"fs.link", SANDBOX, link_it, "path to user"},
    {"fs.symlink", SANDBOX, make_symlink, "target path user"},
    {"fs.readlink", SANDBOX, read_link, "path user"},
    {"fs.realpath", SANDBOX, real_path, "path user"},
    {"fs.chmod", SANDBOX, change_mode, "path mode user"},
    {"fs.chown", SANDBOX, change_owner, "path uid gid user no_follow"},
    {"fs.utime", SANDBOX, set_times, "path atime_ms mtime_ms user"},
    {"fs.truncate", SANDBOX, cut, "path size user"},
    {"fs.umask", SANDBOX, umask_it, "mask"},
    {"fs.temp_dir", SANDBOX, temp_dir, "directory prefix suffix user"},
    {"fs.temp_file", SANDBOX, temp_file, "directory prefix suffix user"},
    {"fs.open", SANDBOX, open_it, "path flags mode user"},
    {"fs.watch", SANDBOX, watch, "path recursive user"},
    {NULL, NOTHING, NULL, NULL},
};
