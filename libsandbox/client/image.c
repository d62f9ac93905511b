/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Images: see include/sandbox/image.h. The work is done by the helper program sbx-image, whose
 * progress and answer come through pipes that are read on the calling thread.
 *
 * The program that we are linked into may ignore SIGCHLD or reap children of its own accord: the
 * answer decides what happened, not the exit code, and the helper is waited for by a pidfd.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/private.h"
#include "wire/fd.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

#define CHILD_PROGRESS_FD 3

enum {
    FIRST_FREE_FD = 10, /* above all descriptors that the child gets */
    LINE_BYTES = 2048,
    ANSWER_BYTES = 8 * 1024 * 1024,
    URL_BYTES = 2048,
    ARGS = 10,
};

struct sbx_image_build_options {
    char *mirror;
    int deno;
    int force;
};

struct sbx_image_list {
    JsonArray *items; /* of objects */
};

/* One run of the helper. */
typedef struct {
    const char *operation;
    sbx_progress_func progress;
    void *data;
    pid_t pid;
    int pidfd;
    int progress_fd;
    int answer_fd;
    GString *line;
    GString *answer;
    int permille;
    int cancelled;
} Helper;

extern char **environ;

static int make_pipe(int *ours, int *theirs)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    *ours = ends[0];
    *theirs = fcntl(ends[1], F_DUPFD_CLOEXEC, FIRST_FREE_FD);
    sbx_fd_close(ends[1]);
    return *theirs < 0 ? -1 : 0;
}

/* The child starts with the default for every signal, whatever this program does with them. */
static int set_signals(posix_spawnattr_t *attributes)
{
    sigset_t all, none;

    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(attributes, &all);
    posix_spawnattr_setsigmask(attributes, &none);
    return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

static int set_files(posix_spawn_file_actions_t *actions, int answer, int progress)
{
    int result = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);

    if (result == 0)
        result = posix_spawn_file_actions_adddup2(actions, answer, 1);
    if (result == 0)
        result = posix_spawn_file_actions_addopen(actions, 2, "/dev/null", O_WRONLY, 0);
    if (result == 0)
        result = posix_spawn_file_actions_adddup2(actions, progress, CHILD_PROGRESS_FD);
    return result;
}

/* Returns an errno value. */
static int spawn(Helper *helper, char *const *argv, int answer, int progress)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int result = posix_spawn_file_actions_init(&actions);

    if (result != 0)
        return result;
    result = posix_spawnattr_init(&attributes);
    if (result == 0) {
        result = set_signals(&attributes);
        if (result == 0)
            result = set_files(&actions, answer, progress);
        if (result == 0)
            result = posix_spawn(&helper->pid, argv[0], &actions, &attributes, argv, environ);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return result;
}

static int start(Helper *helper, char *const *argv, sbx_error **error)
{
    g_auto(fd_t) answer = -1;
    g_auto(fd_t) progress = -1;
    int result;

    if (make_pipe(&helper->answer_fd, &answer) < 0 ||
        make_pipe(&helper->progress_fd, &progress) < 0)
        return sbx_fail(error, SBX_E_SYSTEM, errno, helper->operation, NULL,
                        "cannot make a pipe to the helper program: %s", g_strerror(errno));
    result = spawn(helper, argv, answer, progress);
    if (result != 0)
        return sbx_fail(error, SBX_E_SYSTEM, result, helper->operation, NULL,
                        "cannot start the helper program %s: %s", argv[0], g_strerror(result));
    /* Without one (it may have ended already) cancellation still works through the pipe. */
    helper->pidfd = pidfd_open(helper->pid, 0);
    return SBX_OK;
}

/* The helper notices either: the signal, or that nobody reads its progress any more. */
static void cancel(Helper *helper)
{
    helper->cancelled = 1;
    if (helper->pidfd >= 0)
        pidfd_send_signal(helper->pidfd, SIGTERM, NULL, 0);
    sbx_fd_clear(&helper->progress_fd);
}

/* "PERMILLE\tSTAGE\ttext" */
static void take_line(Helper *helper, char *line)
{
    char *stage = strchr(line, '\t');
    char *text = stage != NULL ? strchr(stage + 1, '\t') : NULL;
    long permille;

    if (text == NULL || helper->progress == NULL)
        return;
    *stage++ = '\0';
    *text++ = '\0';
    permille = strtol(line, NULL, 10);
    helper->permille = (int)CLAMP(permille, helper->permille, 1000);
    if (helper->progress(helper->data, helper->permille, stage, text) != 0)
        cancel(helper);
}

static void take_progress(Helper *helper, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length && !helper->cancelled; i++) {
        if (bytes[i] == '\n') {
            take_line(helper, helper->line->str);
            g_string_truncate(helper->line, 0);
        } else if (helper->line->len < LINE_BYTES) {
            g_string_append_c(helper->line, bytes[i]);
        }
    }
}

static void take_answer(Helper *helper, const char *bytes, size_t length)
{
    if (helper->answer->len + length <= ANSWER_BYTES)
        g_string_append_len(helper->answer, bytes, (gssize)length);
}

/* One read from a descriptor that is ready; closes it at its end. */
static void take(Helper *helper, int *fd, void (*sink)(Helper *, const char *, size_t))
{
    char bytes[4096];
    ssize_t n = read(*fd, bytes, sizeof bytes);

    if (n > 0)
        sink(helper, bytes, (size_t)n);
    else if (n == 0 || (errno != EINTR && errno != EAGAIN))
        sbx_fd_clear(fd);
}

static void converse(Helper *helper)
{
    while (helper->answer_fd >= 0 || helper->progress_fd >= 0) {
        struct pollfd fds[] = {{.fd = helper->progress_fd, .events = POLLIN},
                               {.fd = helper->answer_fd, .events = POLLIN}};

        if (poll(fds, G_N_ELEMENTS(fds), -1) < 0)
            continue;
        if (fds[0].revents != 0)
            take(helper, &helper->progress_fd, take_progress);
        if (fds[1].revents != 0)
            take(helper, &helper->answer_fd, take_answer);
    }
}

/* ECHILD: this program ignores SIGCHLD or has reaped it, and it is gone. */
static void reap(Helper *helper)
{
    siginfo_t info;
    idtype_t type = helper->pidfd >= 0 ? (idtype_t)P_PIDFD : P_PID;
    id_t id = helper->pidfd >= 0 ? (id_t)helper->pidfd : (id_t)helper->pid;

    while (waitid(type, id, &info, WEXITED) < 0 && errno == EINTR)
        ;
}

static int judge(Helper *helper, JsonObject **out, sbx_error **error)
{
    g_autoptr(JsonObject) answer =
        sbx_json_parse(helper->answer->str, helper->answer->len, NULL);
    JsonObject *failure = sbx_json_get_object(answer, "error");

    if (helper->cancelled)
        return sbx_fail(error, SBX_E_CANCELLED, 0, helper->operation, NULL,
                        "the progress callback cancelled the call");
    if (failure != NULL)
        return sbx_fail_fault(error, helper->operation, sbx_fault_from_json(failure));
    if (answer == NULL)
        return sbx_fail(error, SBX_E_SYSTEM, 0, helper->operation,
                        "see whether the system log tells that it was killed, then try again",
                        "the helper program sbx-image ended without an answer");
    *out = g_steal_pointer(&answer);
    return SBX_OK;
}

static int run_in(Helper *helper, char *const *argv, JsonObject **out, sbx_error **error)
{
    int code = start(helper, argv, error);

    if (code < 0)
        return code;
    converse(helper);
    reap(helper);
    return judge(helper, out, error);
}

/* Runs sbx-image with @args (NULL-terminated, at most ARGS - 4). */
static int run(const char *const *args, sbx_progress_func progress, void *data,
               const char *operation, JsonObject **out, sbx_error **error)
{
    Helper helper = {.operation = operation,
                     .progress = progress,
                     .data = data,
                     .pidfd = -1,
                     .progress_fd = -1,
                     .answer_fd = -1};
    char *program = sbx_find_helper("sbx-image", operation, error);
    const char *argv[ARGS + 1] = {program, "--progress-fd", G_STRINGIFY(CHILD_PROGRESS_FD)};
    int code;

    if (program == NULL)
        return SBX_E_UNAVAILABLE;
    for (int i = 0; args[i] != NULL && i < ARGS - 3; i++)
        argv[i + 3] = args[i];
    helper.line = g_string_new(NULL);
    helper.answer = g_string_new(NULL);
    code = run_in(&helper, (char *const *)argv, out, error);
    sbx_fd_clear(&helper.pidfd);
    sbx_fd_clear(&helper.progress_fd);
    sbx_fd_clear(&helper.answer_fd);
    g_string_free(helper.line, TRUE);
    g_string_free(helper.answer, TRUE);
    free(program);
    return code;
}

/* A name goes into the arguments, so it must not look like an option. */
static int check_name(const char *image, const char *operation, sbx_error **error)
{
    if (image != NULL && image[0] != '-' && image[0] != '\0')
        return SBX_OK;
    return sbx_fail(error, SBX_E_INVALID, 0, operation,
                    "image names look like \"" SBX_IMAGE_DEFAULT "\"",
                    "\"%s\" is not the name of an image", image != NULL ? image : "NULL");
}

sbx_image_build_options *sbx_image_build_options_new(void)
{
    sbx_image_build_options *options = calloc(1, sizeof *options);

    if (options != NULL)
        options->deno = 1;
    return options;
}

void sbx_image_build_options_free(sbx_image_build_options *options)
{
    if (options == NULL)
        return;
    free(options->mirror);
    free(options);
}

int sbx_image_build_options_set_mirror(sbx_image_build_options *options, const char *url,
                                       sbx_error **error)
{
    char *copy = NULL;

    if (options == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "options is NULL");
    if (url != NULL && (strstr(url, ":/") == NULL || strlen(url) > URL_BYTES || url[0] == '-'))
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, "give an http:, https: or file: URL",
                        "the mirror is not a usable URL");
    if (url != NULL) {
        copy = strdup(url);
        if (copy == NULL)
            return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, __func__, NULL, "out of memory");
    }
    free(options->mirror);
    options->mirror = copy;
    return SBX_OK;
}

void sbx_image_build_options_set_deno(sbx_image_build_options *options, int wanted)
{
    if (options != NULL)
        options->deno = wanted != 0;
}

void sbx_image_build_options_set_force(sbx_image_build_options *options, int force)
{
    if (options != NULL)
        options->force = force != 0;
}

static int take_built(JsonObject *answer, char **version, const char *operation,
                      sbx_error **error)
{
    const char *text = sbx_json_get_string(answer, "version");
    char *copy;

    if (text == NULL)
        return sbx_fail(error, SBX_E_PROTOCOL, 0, operation, NULL,
                        "the helper program sbx-image gave no version");
    if (version != NULL) {
        copy = strdup(text);
        if (copy == NULL)
            return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, operation, NULL, "out of memory");
        *version = copy;
    }
    return sbx_json_get_boolean(answer, "built", FALSE) ? 1 : 0;
}

int sbx_image_build(const char *image, const sbx_image_build_options *options,
                    sbx_progress_func progress, void *data, char **version, sbx_error **error)
{
    const char *name = image != NULL ? image : SBX_IMAGE_DEFAULT;
    const char *args[ARGS] = {"build", name};
    g_autoptr(JsonObject) answer = NULL;
    int n = 2;
    int code = check_name(name, __func__, error);

    if (code < 0)
        return code;
    if (options != NULL && options->mirror != NULL) {
        args[n++] = "--mirror";
        args[n++] = options->mirror;
    }
    if (options != NULL && !options->deno)
        args[n++] = "--no-deno";
    if (options != NULL && options->force)
        args[n++] = "--force";
    code = run(args, progress, data, __func__, &answer, error);
    return code < 0 ? code : take_built(answer, version, __func__, error);
}

int sbx_image_remove(const char *image, sbx_error **error)
{
    const char *args[] = {"remove", image, NULL};
    g_autoptr(JsonObject) answer = NULL;
    int code = check_name(image, __func__, error);

    if (code == SBX_OK)
        code = run(args, NULL, NULL, __func__, &answer, error);
    return code < 0 ? code : (int)sbx_json_get_int(answer, "removed", 0);
}

int sbx_image_verify(const char *image, sbx_progress_func progress, void *data, sbx_error **error)
{
    const char *args[] = {"verify", image, NULL};
    g_autoptr(JsonObject) answer = NULL;
    int code = check_name(image, __func__, error);

    if (code == SBX_OK)
        code = run(args, progress, data, __func__, &answer, error);
    return code;
}

int sbx_image_list_get(sbx_image_list **out, sbx_error **error)
{
    const char *const args[] = {"list", NULL};
    g_autoptr(JsonObject) answer = NULL;
    sbx_image_list *list;
    JsonArray *items;
    int code;

    if (out == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "out is NULL");
    code = run(args, NULL, NULL, __func__, &answer, error);
    if (code < 0)
        return code;
    list = malloc(sizeof *list);
    if (list == NULL)
        return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, __func__, NULL, "out of memory");
    items = sbx_json_get_array(answer, "images");
    list->items = items != NULL ? json_array_ref(items) : json_array_new();
    *out = list;
    return SBX_OK;
}

void sbx_image_list_free(sbx_image_list *list)
{
    if (list == NULL)
        return;
    json_array_unref(list->items);
    free(list);
}

size_t sbx_image_list_length(const sbx_image_list *list)
{
    return list != NULL ? json_array_get_length(list->items) : 0;
}

static JsonObject *item(const sbx_image_list *list, size_t index)
{
    JsonNode *node;

    if (index >= sbx_image_list_length(list))
        return NULL;
    node = json_array_get_element(list->items, (guint)index);
    return JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

const char *sbx_image_list_name(const sbx_image_list *list, size_t index)
{
    return sbx_json_get_string(item(list, index), "name");
}

const char *sbx_image_list_version(const sbx_image_list *list, size_t index)
{
    return sbx_json_get_string(item(list, index), "version");
}

int64_t sbx_image_list_created(const sbx_image_list *list, size_t index)
{
    return sbx_json_get_int(item(list, index), "created_ms", 0);
}

uint64_t sbx_image_list_size(const sbx_image_list *list, size_t index)
{
    return (uint64_t)sbx_json_get_int(item(list, index), "size", 0);
}

/* A damaged version has none: its manifest cannot be read. */
const char *sbx_image_list_kernel(const sbx_image_list *list, size_t index)
{
    JsonObject *object = item(list, index);
    const char *kernel = sbx_json_get_string(object, "kernel");

    return kernel == NULL && object != NULL ? "" : kernel;
}

const char *sbx_image_list_path(const sbx_image_list *list, size_t index)
{
    return sbx_json_get_string(item(list, index), "path");
}

int sbx_image_list_in_use(const sbx_image_list *list, size_t index)
{
    JsonObject *object = item(list, index);

    return object == NULL ? -1 : sbx_json_get_boolean(object, "in_use", FALSE) ? 1 : 0;
}
