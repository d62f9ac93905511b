/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host: see include/sandbox/host.h. The report is written by `sbx-keeper --doctor`; only where
 * that program cannot be loaded, because libvirt is not installed, it is written here.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/aside.h"
#include "client/helper.h"
#include "client/paths.h"
#include "client/private.h"
#include "wire/fd.h"

#define LOADER_SAYS "error while loading shared libraries: "
#define CAUSE_BYTES 1500

/* "--option=value", when there is a value. */
static void add_option(GPtrArray *argv, const char *option, const char *value)
{
    if (value != NULL)
        g_ptr_array_add(argv, g_strdup_printf("--%s=%s", option, value));
}

/* Names of helper programs that are not there, or NULL. */
static char *missing_helpers(void)
{
    static const char *const names[] = {"sbx-launch", "sbx-agent", "sbx-image"};
    g_autoptr(GString) missing = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        char *path = sbx_find_helper(names[i], "sbx_doctor", NULL);

        if (path == NULL)
            g_string_append_printf(missing, "%s%s", missing->len > 0 ? ", " : "", names[i]);
        free(path);
    }
    return missing->len > 0 ? g_strdup(missing->str) : NULL;
}

static GPtrArray *doctor_arguments(const char *keeper)
{
    GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);
    sbx_error *problem = NULL;
    g_autofree char *runtime = sbx_runtime_dir("sbx_doctor", &problem);
    g_autofree char *data = sbx_data_dir();
    g_autofree char *cache = sbx_cache_dir();
    g_autofree char *logs = sbx_log_dir();
    g_autofree char *log = logs != NULL ? g_build_filename(logs, "keeper.log", NULL) : NULL;
    g_autofree char *missing = missing_helpers();

    g_ptr_array_add(argv, g_strdup(keeper));
    g_ptr_array_add(argv, g_strdup("--doctor"));
    add_option(argv, "runtime-dir", runtime);
    if (problem != NULL)
        add_option(argv, "runtime-problem", sbx_error_message(problem));
    add_option(argv, "data-dir", data);
    add_option(argv, "cache-dir", cache);
    add_option(argv, "log", log);
    add_option(argv, "missing", missing);
    g_ptr_array_add(argv, NULL);
    sbx_error_free(problem);
    return argv;
}

/* The report on a host where the keeper's program lacks a library. */
static char *report_without_keeper(const char *complaint)
{
    g_autoptr(JsonObject) report = json_object_new();
    JsonArray *checks = json_array_new();
    JsonObject *check = json_object_new();
    const char *uri = g_getenv("LIBSANDBOX_URI");
    const char *line = strstr(complaint, LOADER_SAYS) + strlen(LOADER_SAYS);
    g_autofree char *library = g_strndup(line, strcspn(line, ":\n"));
    g_autofree char *detail =
        g_strdup_printf("the keeper cannot be loaded: %.*s", (int)strcspn(line, "\n"), line);
    gboolean libvirt = g_str_has_prefix(library, "libvirt");
    g_autofree char *hint =
        libvirt ? g_strdup("as root: apt-get install libvirt0 libvirt-daemon-driver-qemu "
                           "qemu-system-x86")
                : g_strdup_printf("install the package that has %s (`apt-file search %s` tells)",
                                  library, library);

    json_object_set_string_member(check, "name", libvirt ? "libvirt" : "libraries");
    json_object_set_string_member(check, "status", "error");
    sbx_json_set_text(check, "detail", detail);
    sbx_json_set_text(check, "hint", hint);
    json_array_add_object_element(checks, check);
    json_object_set_boolean_member(report, "ok", FALSE);
    json_object_set_string_member(report, "version", sbx_version());
    json_object_set_null_member(report, "accelerator");
    sbx_json_set_text(report, "uri", uri != NULL ? uri : "qemu:///embed");
    json_object_set_array_member(report, "checks", checks);
    return sbx_json_print(report, NULL);
}

/* The report out of what the doctor said, or NULL. */
static char *read_report(const SbxHelper *helper)
{
    g_autoptr(JsonObject) report = sbx_json_parse(helper->answer->str, helper->answer->len, NULL);

    if (report != NULL && sbx_json_get_array(report, "checks") != NULL)
        return sbx_json_print(report, NULL);
    if (strstr(helper->complaint->str, LOADER_SAYS) != NULL)
        return report_without_keeper(helper->complaint->str);
    return NULL;
}

int sbx_doctor(char **json, sbx_error **error)
{
    g_auto(SbxHelper) helper = {.operation = __func__};
    g_autoptr(GPtrArray) argv = NULL;
    g_autofree char *report = NULL;
    char *keeper;
    char *copy;
    int code;

    if (json == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "json is NULL");
    keeper = sbx_find_helper("sbx-keeper", __func__, error);
    if (keeper == NULL)
        return SBX_E_UNAVAILABLE;
    argv = doctor_arguments(keeper);
    free(keeper);
    code = sbx_helper_run(&helper, (const char *const *)argv->pdata, error);
    if (code < 0)
        return code;
    report = read_report(&helper);
    if (report == NULL) {
        g_string_truncate(helper.complaint, MIN(helper.complaint->len, CAUSE_BYTES));
        return sbx_fail_cause(error, SBX_E_SYSTEM, 0, __func__,
                              "see whether the system log tells why it ended",
                              helper.complaint->len > 0 ? helper.complaint->str : NULL,
                              "`sbx-keeper --doctor` ended without a report");
    }
    copy = strdup(report);
    if (copy == NULL)
        return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, __func__, NULL, "out of memory");
    *json = copy;
    return SBX_OK;
}

/* Opens and takes a lock. Returns 0 or an errno value. */
static int lock(int directory, const char *name, int kind, int *fd)
{
    *fd = openat(directory, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*fd < 0)
        return errno;
    while (flock(*fd, kind) < 0)
        if (errno != EINTR)
            return errno;
    return 0;
}

/*
 * Waits until the guardian of a keeper that has closed its links is gone: it holds keeper.lock.
 * The start lock keeps others from starting the next keeper meanwhile, whose guardian would hold
 * keeper.lock for as long as that keeper lives. When one was started before we got the start lock,
 * it answers: then the guardian before it is gone, because a new one waits for that.
 * A guardian that ends while the start lock is taken leaves the socket to whoever has that lock.
 */
static int await_guardian(const SbxAside *aside)
{
    int directory = aside->fds[0];
    int guardian = -1;
    int start = -1;
    int code = lock(directory, "start.lock", LOCK_EX, &start);

    if (code == 0 && !sbx_keeper_listens(aside->data)) {
        code = lock(directory, "keeper.lock", LOCK_SH, &guardian);
        if (code == 0)
            unlinkat(directory, SBX_KEEPER_SOCKET, 0);
    }
    /* Forked children may have the descriptors, too: closing is not enough. */
    if (guardian >= 0) {
        flock(guardian, LOCK_UN);
        close(guardian);
    }
    if (start >= 0) {
        flock(start, LOCK_UN);
        close(start);
    }
    return code;
}

static int wait_for_guardian(const char *operation, sbx_error **error)
{
    sbx_error *reason = NULL;
    g_autofree char *runtime = sbx_runtime_dir(operation, &reason);
    g_auto(fd_t) directory = -1;
    struct sockaddr_un address;
    SbxAside aside = {.function = await_guardian, .data = &address};
    int code;

    if (runtime == NULL)
        return sbx_fail_with(error, reason);
    directory = open(runtime, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    aside.fds[0] = directory;
    aside.fds[1] = -1;
    sbx_keeper_address(directory, &address);
    code = directory < 0 ? -errno : sbx_aside(&aside);
    if (code == -ECANCELED)
        return sbx_wait_failed(code, operation, error);
    if (code < 0)
        return sbx_fail(error, SBX_E_KEEPER, -code, operation, NULL,
                        "cannot wait for the keeper's end: %s: %s", runtime, g_strerror(-code));
    return SBX_OK;
}

/* Until the keeper has closed its end of the link. */
static int wait_for_end(const SbxLink *link, const char *operation, sbx_error **error)
{
    char byte;
    ssize_t n;

    do {
        int ready = sbx_wait_one(link->fd, POLLIN, -1);

        if (ready < 0)
            return sbx_wait_failed(ready, operation, error);
        n = recv(link->fd, &byte, sizeof byte, 0);
    } while (n > 0 || (n < 0 && errno == EINTR));
    return SBX_OK;
}

int sbx_keeper_stop(int force, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    JsonObject *params;
    sbx_error *refusal = NULL;
    /* Not greeted: one of another version must be stoppable, too. */
    SbxLink link = {.fd = sbx_keeper_reach(__func__, error), .next_id = 1};
    int code;

    if (link.fd == SBX_E_NOT_FOUND)
        return 0;
    if (link.fd < 0)
        return link.fd;
    params = json_object_new();
    json_object_set_boolean_member(params, "force", force != 0);
    code = sbx_link_call(&link, "keeper.stop", params, NULL, 0, &reply, __func__, &refusal);
    /* One that has just ended by itself is as good as stopped. */
    if (code < 0 && !(code == SBX_E_KEEPER && sbx_error_errno(refusal) == EPIPE)) {
        sbx_link_drop(&link);
        if (error != NULL)
            *error = refusal;
        else
            sbx_error_free(refusal);
        return code;
    }
    sbx_error_free(refusal);
    code = wait_for_end(&link, __func__, error);
    sbx_link_drop(&link);
    if (code == SBX_OK)
        code = wait_for_guardian(__func__, error);
    return code < 0 ? code : 1;
}

void sbx_free(void *memory)
{
    free(memory);
}
