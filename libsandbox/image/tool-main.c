/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sbx-image: the helper program behind the public image functions.
 *
 *   sbx-image build NAME [--mirror URL] [--no-deno] [--force]
 *   sbx-image list
 *   sbx-image remove NAME[@VERSION]
 *   sbx-image verify NAME[@VERSION]
 *
 * The answer is one JSON object on stdout: the result, or {"error": {...}} in the form of
 * wire/fault.h, and then the exit code is 1. With --progress-fd N, lines "PERMILLE\tSTAGE\ttext" go
 * to that descriptor, and the work is cancelled when its reader or our parent goes.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "image/build.h"
#include "image/failure.h"
#include "image/store.h"
#include "wire/json.h"

enum { URL_MAX = 2048 };

typedef struct {
    char *mirror;
    gboolean no_deno;
    gboolean force;
    int progress_fd;
    char **words; /* command and name */
} Options;

typedef struct {
    const Options *options;
    SbxImageDirs *dirs;
    SbxImageName *name;
    SbxCancel cancel;
    int permille;
} Tool;

static gboolean report(gpointer data, int permille, const char *stage, const char *text)
{
    Tool *tool = data;
    g_autofree char *line = NULL;

    if (sbx_cancel_check(&tool->cancel))
        return FALSE;
    if (tool->options->progress_fd < 0)
        return TRUE;
    tool->permille = MAX(tool->permille, permille);
    line = g_strdup_printf("%d\t%s\t%s\n", tool->permille, stage, text);
    return sbx_write_all(tool->options->progress_fd, line, strlen(line));
}

/* The script lies beside this program, in the build tree as well as when installed. */
static char *find_script(GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autofree char *self = g_file_read_link("/proc/self/exe", &reason);
    g_autofree char *dir = self ? g_path_get_dirname(self) : NULL;
    g_autofree char *script = dir ? g_build_filename(dir, "build-image", NULL) : NULL;

    if (script && access(script, X_OK) == 0)
        return g_steal_pointer(&script);
    sbx_fault_set(error, SBX_E_UNAVAILABLE, errno, "install libsandbox completely (meson install)",
                  "%s is missing", script ? script : "build-image");
    return NULL;
}

static gboolean check_mirror(const char *mirror, GError **error)
{
    static const char *const schemes[] = {"http://", "https://", "file:///"};
    gboolean ok = FALSE;

    if (!mirror)
        return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(schemes); i++)
        ok = ok || (g_str_has_prefix(mirror, schemes[i]) && mirror[strlen(schemes[i])]);
    for (const char *c = mirror; *c; c++)
        ok = ok && g_ascii_isgraph(*c) && !strchr("\"'\\`$<>[]", *c);
    if (ok && strlen(mirror) <= URL_MAX)
        return TRUE;
    sbx_fault_set(error, SBX_E_INVALID, 0, "give an http:, https: or file: URL",
                  "the mirror is not a usable URL");
    return FALSE;
}

static JsonObject *run_build(Tool *tool, GError **error)
{
    g_autofree char *script = find_script(error);
    g_autofree char *version = NULL;
    const SbxImageBuild build = {
        .dirs = tool->dirs,
        .name = tool->name,
        .program = script,
        .mirror = tool->options->mirror,
        .no_deno = tool->options->no_deno,
        .force = tool->options->force,
        .progress = report,
        .data = tool,
        .cancel = &tool->cancel,
    };
    JsonObject *result;
    int built;

    if (!script || !check_mirror(tool->options->mirror, error))
        return NULL;
    built = sbx_image_build_run(&build, &version, error);
    if (built < 0)
        return NULL;
    result = json_object_new();
    json_object_set_string_member(result, "version", version);
    json_object_set_boolean_member(result, "built", built > 0);
    return result;
}

static JsonObject *entry_to_json(const SbxImageEntry *entry)
{
    JsonObject *object = json_object_new();

    json_object_set_string_member(object, "name", entry->name);
    json_object_set_string_member(object, "version", entry->version);
    json_object_set_int_member(object, "created_ms", entry->created_ms);
    json_object_set_int_member(object, "size", (gint64)entry->disk_size);
    if (entry->kernel_release)
        json_object_set_string_member(object, "kernel", entry->kernel_release);
    sbx_json_set_text(object, "path", entry->dir);
    json_object_set_boolean_member(object, "in_use", entry->in_use);
    return object;
}

static JsonObject *run_list(Tool *tool, GError **error)
{
    g_autoptr(GPtrArray) entries = sbx_image_store_list(tool->dirs, error);
    JsonArray *array;
    JsonObject *result;

    if (!entries)
        return NULL;
    array = json_array_new();
    for (guint i = 0; i < entries->len; i++)
        json_array_add_object_element(array, entry_to_json(entries->pdata[i]));
    result = json_object_new();
    json_object_set_array_member(result, "images", array);
    return result;
}

static JsonObject *run_remove(Tool *tool, GError **error)
{
    int removed = sbx_image_store_remove(tool->dirs, tool->name, error);
    JsonObject *result;

    if (removed < 0)
        return NULL;
    result = json_object_new();
    json_object_set_int_member(result, "removed", removed);
    return result;
}

static JsonObject *run_verify(Tool *tool, GError **error)
{
    g_autoptr(SbxImage) image =
        sbx_image_store_verify(tool->dirs, tool->name, report, tool, error);
    JsonObject *result;

    if (!image)
        return NULL;
    result = json_object_new();
    json_object_set_string_member(result, "version", image->version);
    return result;
}

static const struct {
    const char *word;
    gboolean takes_name;
    JsonObject *(*run)(Tool *tool, GError **error);
} commands[] = {
    {"build", TRUE, run_build},
    {"list", FALSE, run_list},
    {"remove", TRUE, run_remove},
    {"verify", TRUE, run_verify},
};

static JsonObject *run_command(Tool *tool, guint index, GError **error)
{
    if (!sbx_cancel_init(&tool->cancel, tool->options->progress_fd, error))
        return NULL;
    tool->dirs = sbx_image_dirs_new(error);
    if (!tool->dirs)
        return NULL;
    if (commands[index].takes_name) {
        tool->name = sbx_image_parse_name(tool->options->words[1], error);
        if (!tool->name)
            return NULL;
    }
    return commands[index].run(tool, error);
}

static JsonObject *run(const Options *options, GError **error)
{
    guint words = options->words ? g_strv_length(options->words) : 0;
    Tool tool = {.options = options, .cancel = {.signal_fd = -1}};
    JsonObject *result = NULL;
    guint i = 0;

    while (i < G_N_ELEMENTS(commands) && (!words || strcmp(commands[i].word, options->words[0])))
        i++;
    if (i < G_N_ELEMENTS(commands) && words == (commands[i].takes_name ? 2 : 1))
        result = run_command(&tool, i, error);
    else
        sbx_fault_set(error, SBX_E_INVALID, 0, "see sbx-image --help",
                      "sbx-image needs one of build, list, remove, verify, and the image's name");
    sbx_image_dirs_free(tool.dirs);
    sbx_image_name_free(tool.name);
    sbx_cancel_clear(&tool.cancel);
    return result;
}

static gboolean parse(char ***argv, Options *options, GError **error)
{
    const GOptionEntry entries[] = {
        {"mirror", 0, 0, G_OPTION_ARG_STRING, &options->mirror, "Debian mirror to use", "URL"},
        {"no-deno", 0, 0, G_OPTION_ARG_NONE, &options->no_deno, "Leave Deno out", NULL},
        {"force", 0, 0, G_OPTION_ARG_NONE, &options->force, "Build a new version anyway", NULL},
        {"progress-fd", 0, 0, G_OPTION_ARG_INT, &options->progress_fd, "Report progress", "N"},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->words, "", NULL},
        {0},
    };
    g_autoptr(GOptionContext) context = g_option_context_new("build|list|remove|verify [NAME]");
    g_autoptr(GError) reason = NULL;

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse_strv(context, argv, &reason)) {
        sbx_fault_set(error, SBX_E_INVALID, 0, "see sbx-image --help", "%s", reason->message);
        return FALSE;
    }
    if (options->progress_fd < 0 || fcntl(options->progress_fd, F_SETFD, FD_CLOEXEC) == 0)
        return TRUE;
    sbx_fault_set(error, SBX_E_INVALID, EBADF, NULL, "descriptor %d of --progress-fd is not open",
                  options->progress_fd);
    return FALSE;
}

/* Whatever the calling program does to signals, its umask or its descriptors is its own affair. */
static void detach_from_caller(int progress_fd)
{
    unsigned int kept = (unsigned int)MAX(progress_fd, 2);

    if (kept > 3)
        close_range(3, kept - 1, 0);
    close_range(kept + 1, ~0U, 0);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    umask(022);
    if (chdir("/") < 0)
        return;
}

static gboolean answer(JsonObject *object)
{
    gsize length;
    g_autofree char *text = sbx_json_print(object, &length);

    return sbx_write_all(STDOUT_FILENO, text, length) && sbx_write_all(STDOUT_FILENO, "\n", 1);
}

int main(int argc, char **argv)
{
    g_auto(GStrv) words = g_strdupv(argv);
    Options options = {.progress_fd = -1};
    g_autoptr(JsonObject) result = NULL;
    g_autoptr(GError) error = NULL;
    gboolean ok;

    (void)argc;
    if (parse(&words, &options, &error)) {
        detach_from_caller(options.progress_fd);
        if (options.progress_fd >= 0)
            prctl(PR_SET_PDEATHSIG, SIGTERM);
        result = run(&options, &error);
    }
    ok = result != NULL;
    if (!ok) {
        result = json_object_new();
        json_object_set_object_member(result, "error", sbx_fault_to_json(error));
    }
    ok = answer(result) && ok;
    g_free(options.mirror);
    g_strfreev(options.words);
    return ok ? 0 : 1;
}
