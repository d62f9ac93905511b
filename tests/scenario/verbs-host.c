/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Transfers, and what stands at this end of them. */
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scenario.h"

static int set_options(Step *step, sbx_transfer_options *options)
{
    static const char *const policies[] = {"replace", "refuse", "keep", NULL};
    g_auto(GStrv) excludes = words_of(step, "exclude");
    int code = sbx_transfer_options_set_user(options, text_of(step, "user"), &step->error);

    sbx_transfer_options_set_glob(options, is_set(step, "glob"));
    for (int i = 0; code >= 0 && policies[i] != NULL; i++) /* SBX_EXISTING_ in their order */
        if (g_strcmp0(policies[i], text_of(step, "existing")) == 0)
            code = sbx_transfer_options_set_existing(options, i, &step->error);
    for (guint i = 0; code >= 0 && excludes[i] != NULL; i++)
        code = sbx_transfer_options_add_exclude(options, excludes[i], &step->error);
    return code;
}

static int transfer(Step *step, int (*call)(Step *step, const sbx_transfer_options *options))
{
    g_autoptr(sbx_transfer_options) options = sbx_transfer_options_new();
    int code = set_options(step, options);

    if (code >= 0)
        code = call(step, options);
    if (code >= 0)
        step->result = node_number(code);
    return code;
}

static int upload_with(Step *step, const sbx_transfer_options *options)
{
    g_autofree char *local = local_path(step, "local");

    return sbx_upload(step->on, local, text_of(step, "path"), options, &step->error);
}

static int upload(Step *step)
{
    return transfer(step, upload_with);
}

static int download_with(Step *step, const sbx_transfer_options *options)
{
    g_autofree char *local = local_path(step, "local");

    return sbx_download(step->on, text_of(step, "path"), local, options, &step->error);
}

static int download(Step *step)
{
    return transfer(step, download_with);
}

static int across_with(Step *step, const sbx_transfer_options *options)
{
    return sbx_copy_across(step->on, text_of(step, "path"),
                           kept(step, text_of(step, "to"), SANDBOX), text_of(step, "to_path"),
                           options, &step->error);
}

static int copy_across(Step *step)
{
    return transfer(step, across_with);
}

static int host_write(Step *step)
{
    g_autoptr(GBytes) bytes = bytes_of(step, "data");
    g_autofree char *local = local_path(step, "local");
    gsize length;
    const void *data = g_bytes_get_data(bytes, &length);

    if (!g_file_set_contents(local, data, (gssize)length, NULL))
        return host_failed(step, errno);
    if (has(step, "mode") && g_chmod(local, mode_of(step, "mode")) < 0)
        return host_failed(step, errno);
    return SBX_OK;
}

static int host_mkdir(Step *step)
{
    g_autofree char *local = local_path(step, "local");

    return g_mkdir_with_parents(local, 0755) < 0 ? host_failed(step, errno) : SBX_OK;
}

static int host_symlink(Step *step)
{
    g_autofree char *local = local_path(step, "local");

    return symlink(text_of(step, "target"), local) < 0 ? host_failed(step, errno) : SBX_OK;
}

static int host_read(Step *step)
{
    g_autofree char *local = local_path(step, "local");
    g_autofree char *data = NULL;
    gsize length;

    if (!g_file_get_contents(local, &data, &length, NULL))
        return host_failed(step, errno);
    step->result = node_bytes(data, length);
    return SBX_OK;
}

static JsonObject *describe(const char *path, const char *relative)
{
    JsonObject *object = json_object_new();
    GStatBuf known;

    json_object_set_string_member(object, "path", relative);
    if (g_lstat(path, &known) < 0)
        known.st_mode = 0;
    if (S_ISDIR(known.st_mode)) {
        json_object_set_string_member(object, "kind", "directory");
    } else if (S_ISLNK(known.st_mode)) {
        g_autofree char *target = g_file_read_link(path, NULL);

        json_object_set_string_member(object, "kind", "symlink");
        json_object_set_string_member(object, "target", target);
    } else {
        json_object_set_string_member(object, "kind", S_ISREG(known.st_mode) ? "file" : "other");
        set_mode(object, "mode", known.st_mode);
        json_object_set_int_member(object, "size", known.st_size);
    }
    return object;
}

/* Adds what is below a directory. */
static void add_tree(GPtrArray *objects, const char *top, const char *below)
{
    g_autofree char *directory = g_build_filename(top, below, NULL);
    GDir *dir = g_dir_open(directory, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(directory, name, NULL);
        g_autofree char *relative =
            *below != '\0' ? g_build_filename(below, name, NULL) : g_strdup(name);

        g_ptr_array_add(objects, describe(path, relative));
        if (g_file_test(path, G_FILE_TEST_IS_DIR) && !g_file_test(path, G_FILE_TEST_IS_SYMLINK))
            add_tree(objects, top, relative);
    }
    g_clear_pointer(&dir, g_dir_close);
}

static int host_tree(Step *step)
{
    g_autofree char *local = local_path(step, "local");
    GPtrArray *objects = g_ptr_array_new();

    add_tree(objects, local, "");
    step->result = node_sorted_objects(objects, "path");
    return SBX_OK;
}

#define TRANSFER_OPTIONS "local path user existing exclude"

const Verb host_verbs[] = {
    {"upload", SANDBOX, upload, TRANSFER_OPTIONS},
    {"download", SANDBOX, download, TRANSFER_OPTIONS " glob"},
    {"copy_across", SANDBOX, copy_across, "path to to_path"},
    {"host.write", NOTHING, host_write, "local data mode"},
    {"host.mkdir", NOTHING, host_mkdir, "local"},
    {"host.symlink", NOTHING, host_symlink, "target local"},
    {"host.read", NOTHING, host_read, "local"},
    {"host.tree", NOTHING, host_tree, "local"},
    {NULL, NOTHING, NULL, NULL},
};
