/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The sandbox handle. See include/sandbox/handle.h.
 *
 * A session sandbox is held by its lease, a socket whose other end the keeper watches: the last unref
 * writes a byte to it and closes it. The byte matters when a forked child still has the socket
 * open. The keeper also gets a pidfd of this process, so that a crash counts although such a child
 * lives on.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client/private.h"
#include "wire/fd.h"

static JsonObject *options_to_json(const sbx_options *options)
{
    JsonObject *object = json_object_new();

    sbx_options_add_kind(options, object);
    if (options->root != NULL)
        json_object_set_string_member(object, "root", options->root);
    json_object_set_int_member(object, "timeout_ms", options->timeout_ms);
    json_object_set_int_member(object, "start_timeout_ms", options->start_timeout_ms);
    json_object_set_int_member(object, "wait_ms", options->wait_ms);
    json_object_set_int_member(object, "spares", options->spares);
    json_object_set_object_member(object, "env", sbx_strings_to_json(options->env));
    json_object_set_object_member(object, "labels", sbx_strings_to_json(options->labels));
    return object;
}

int sbx_handle_new(const char *id, int *lease, sbx **out, const char *operation, sbx_error **error)
{
    sbx *sandbox;

    if (id == NULL || strlen(id) >= sizeof sandbox->id)
        return sbx_fail(error, SBX_E_PROTOCOL, 0, operation, NULL,
                        "the keeper's answer has no sandbox id");
    sandbox = g_try_new0(sbx, 1);
    if (sandbox == NULL)
        return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, operation, NULL, "out of memory");
    sandbox->refs = 1;
    sandbox->pid = getpid();
    sandbox->lease = sbx_fd_steal(lease);
    sandbox->umask = 022;
    g_mutex_init(&sandbox->workers_lock);
    g_queue_init(&sandbox->turn_queue);
    g_strlcpy(sandbox->id, id, sizeof sandbox->id);
    *out = sandbox;
    return SBX_OK;
}

/* From an answer with "id" and perhaps a lease. */
static int take_handle(SbxReply *reply, sbx **out, const char *operation, sbx_error **error)
{
    int none = -1;

    return sbx_handle_new(sbx_json_get_string(reply->result, "id"),
                          reply->n_fds > 0 ? &reply->fds[0] : &none, out, operation, error);
}

int sbx_self_pidfd(void)
{
    return (int)syscall(SYS_pidfd_open, getpid(), 0);
}

int sbx_create(const sbx_options *options, sbx **out, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    sbx_options *defaults = NULL;
    int self;
    int code;

    if (out == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "out is NULL");
    if (options != NULL && options->root != NULL && (options->chosen & SBX_CHOSE_IMAGE) != 0)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, "leave one of them out",
                        "a sandbox starts from the image \"%s\" or from the snapshot \"%s\", "
                        "not from both",
                        options->image, options->root);
    if (options == NULL) {
        defaults = sbx_options_new();
        if (defaults == NULL)
            return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, __func__, NULL, "out of memory");
        options = defaults;
    }
    self = sbx_self_pidfd();
    code = sbx_call(1, "sandbox.create", options_to_json(options), &self, self >= 0 ? 1 : 0, &reply,
                    __func__, error);
    if (self >= 0)
        close(self);
    sbx_options_unref(defaults);
    return code < 0 ? code : take_handle(&reply, out, __func__, error);
}

/* ^sbx_([a-z]{3})_[0-9a-hjkmnp-z]{20}$ */
int sbx_id_ok(const char *id)
{
    if (strlen(id) != 28 || strncmp(id, "sbx_", 4) != 0 || id[7] != '_')
        return 0;
    for (int i = 4; i < 7; i++)
        if (!g_ascii_islower(id[i]))
            return 0;
    for (int i = 8; i < 28; i++)
        if (strchr("0123456789abcdefghjkmnpqrstuvwxyz", id[i]) == NULL)
            return 0;
    return 1;
}

static int not_found(const char *id, const char *operation, sbx_error **error)
{
    return sbx_fail(error, SBX_E_NOT_FOUND, 0, operation, "`sbx list` shows the running ones",
                    "there is no sandbox %s", id);
}

static JsonObject *id_params(const char *id)
{
    JsonObject *params = json_object_new();

    json_object_set_string_member(params, "id", id);
    return params;
}

int sbx_connect(const char *id, const sbx_options *options, sbx **out, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    sbx_error *reason = NULL;
    int code;

    if (id == NULL || !sbx_id_ok(id))
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, "ids look like sbx_loc_ and 20 letters or digits",
                        "\"%.64s\" is not a sandbox id", id != NULL ? id : "(null)");
    if (out == NULL || options != NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "out must not be NULL, and options is reserved: pass NULL");
    code = sbx_call(0, "sandbox.connect", id_params(id), NULL, 0, &reply, __func__, &reason);
    if (reason != NULL)
        return sbx_fail_with(error, reason);
    if (code == SBX_E_NOT_FOUND) /* there is no keeper */
        return not_found(id, __func__, error);
    return take_handle(&reply, out, __func__, error);
}

int sbx_check_handle(sbx *sandbox, const char *operation, sbx_error **error)
{
    if (sandbox == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, operation, NULL, "sandbox is NULL");
    if (sandbox->pid != getpid())
        return sbx_fail(error, SBX_E_FORKED, 0, operation, "use sbx_connect() with the id",
                        "the handle of %s was made before fork()", sandbox->id);
    return SBX_OK;
}

int sbx_kill(sbx *sandbox, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    sbx_error *reason = NULL;
    int code = sbx_check_handle(sandbox, __func__, error);

    if (code < 0)
        return code;
    code = sbx_call(0, "sandbox.kill", id_params(sandbox->id), NULL, 0, &reply, __func__, &reason);
    /* Without a keeper, and after it, there are no sandboxes. */
    if (code == SBX_E_NOT_FOUND) {
        sbx_error_free(reason);
        return SBX_OK;
    }
    return reason != NULL ? sbx_fail_with(error, reason) : code;
}

int sbx_handle_call(sbx *sandbox, const char *method, JsonObject *params, const int *fds, int n_fds,
                    SbxReply *reply, const char *operation, sbx_error **error)
{
    g_autoptr(JsonObject) owned = params;
    sbx_error *reason = NULL;
    int code = sbx_check_handle(sandbox, operation, error);

    if (code < 0)
        return code;
    json_object_set_string_member(owned, "id", sandbox->id);
    code = sbx_call(0, method, g_steal_pointer(&owned), fds, n_fds, reply, operation, &reason);
    if (code == SBX_E_NOT_FOUND) {
        sbx_error_free(reason);
        return sbx_fail(error, SBX_E_GONE, 0, operation, NULL, "the sandbox %s has ended",
                        sandbox->id);
    }
    return reason != NULL ? sbx_fail_with(error, reason) : code;
}

int sbx_pause(sbx *sandbox, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};

    return sbx_handle_call(sandbox, "sandbox.pause", json_object_new(), NULL, 0, &reply, __func__,
                           error);
}

int sbx_resume(sbx *sandbox, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};

    return sbx_handle_call(sandbox, "sandbox.resume", json_object_new(), NULL, 0, &reply, __func__,
                           error);
}

int sbx_extend(sbx *sandbox, int64_t milliseconds, int64_t *deadline, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    JsonObject *params;
    int code;

    if (milliseconds < 1 || milliseconds > SBX_TIMEOUT_MAX_MS)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "a timeout of %" G_GINT64_FORMAT " ms is out of range", milliseconds);
    params = json_object_new();
    json_object_set_int_member(params, "timeout_ms", milliseconds);
    code = sbx_handle_call(sandbox, "sandbox.extend", params, NULL, 0, &reply, __func__, error);
    if (code >= 0 && deadline != NULL)
        *deadline = sbx_json_get_int(reply.result, "deadline_ms", 0);
    return code;
}

sbx *sbx_ref(sbx *sandbox)
{
    g_atomic_int_inc(&sandbox->refs);
    return sandbox;
}

sbx *sbx_unref(sbx *sandbox)
{
    if (sandbox == NULL || !g_atomic_int_dec_and_test(&sandbox->refs))
        return NULL;
    if (sandbox->lease >= 0) {
        if (sandbox->pid == getpid())
            (void)!send(sandbox->lease, "r", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
        close(sandbox->lease);
    }
    sbx_fs_close_idle(sandbox);
    g_mutex_clear(&sandbox->workers_lock);
    g_free(sandbox);
    return NULL;
}

const char *sbx_id(sbx *sandbox)
{
    return sandbox->id;
}

const char *sbx_version(void)
{
    return SBX_VERSION_STRING;
}
