/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fork: running copies of a sandbox. See include/sandbox/fork.h. */
#include <errno.h>

#include "client/private.h"
#include "wire/fd.h"

/* The handles of children that have come so far. */
typedef struct {
    sbx *handles[SBX_FORK_MAX];
    unsigned int count;
} Children;

static void children_clear(Children *children)
{
    for (unsigned int i = 0; i < children->count; i++)
        sbx_unref(children->handles[i]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Children, children_clear)

/* What a child has from its parent cannot be chosen. */
static int check_options(const sbx_options *options, const char *operation, sbx_error **error)
{
    static const struct {
        unsigned int chosen;
        const char *name;
    } inherited[] = {
        {SBX_CHOSE_IMAGE, "image"},
        {SBX_CHOSE_MEMORY, "memory"},
        {SBX_CHOSE_VCPUS, "number of virtual CPUs"},
        {SBX_CHOSE_DISK_SIZE, "disk size"},
        {SBX_CHOSE_SPARES, "number of spares"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(inherited); i++)
        if ((options->chosen & inherited[i].chosen) != 0)
            return sbx_fail(error, SBX_E_INVALID, 0, operation, "leave it out of the options",
                            "the %s of a fork cannot be chosen: it is a copy of its parent",
                            inherited[i].name);
    if (options->root != NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, operation, "leave it out of the options",
                        "a fork starts from its parent, not from the snapshot \"%s\"",
                        options->root);
    return SBX_OK;
}

static JsonObject *fork_params(const sbx_options *options, unsigned int count)
{
    JsonObject *params = json_object_new();

    json_object_set_int_member(params, "count", count);
    json_object_set_int_member(params, "timeout_ms", options->timeout_ms);
    json_object_set_int_member(params, "start_timeout_ms", options->start_timeout_ms);
    json_object_set_int_member(params, "wait_ms", options->wait_ms);
    if (g_hash_table_size(options->env) > 0)
        json_object_set_object_member(params, "env", sbx_strings_to_json(options->env));
    json_object_set_object_member(params, "labels", sbx_strings_to_json(options->labels));
    return params;
}

/* Makes handles of the answer. One that is not what was asked for ends the children that it has
 * leases of: those close with the answer. */
static int take_children(SbxReply *reply, unsigned int count, int session, sbx **out,
                         const char *operation, sbx_error **error)
{
    g_auto(Children) children = {.count = 0};
    JsonArray *ids = sbx_json_get_array(reply->result, "ids");

    if (ids == NULL || json_array_get_length(ids) != count ||
        reply->n_fds != (session ? (int)count : 0))
        return sbx_fail(error, SBX_E_PROTOCOL, 0, operation, NULL,
                        "the keeper's answer does not have %u children", count);
    for (; children.count < count; children.count++) {
        g_autofree char *id = sbx_json_node_bytes(json_array_get_element(ids, children.count));
        int none = -1;
        int code = sbx_handle_new(id, session ? &reply->fds[children.count] : &none,
                                  &children.handles[children.count], operation, error);

        if (code < 0)
            return code;
    }
    for (unsigned int i = 0; i < count; i++)
        out[i] = g_steal_pointer(&children.handles[i]);
    return SBX_OK;
}

int sbx_fork(sbx *sandbox, unsigned int count, const sbx_options *options, sbx **out,
             sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    g_auto(fd_t) self = -1;
    sbx_options *defaults = NULL;
    int session;
    int code;

    if (out == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "out is NULL");
    if (count < 1 || count > SBX_FORK_MAX)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, "call it more than once for more",
                        "%u children are out of range: 1 to %d", count, SBX_FORK_MAX);
    code = options != NULL ? check_options(options, __func__, error) : SBX_OK;
    if (code == SBX_OK)
        code = sbx_check_handle(sandbox, __func__, error);
    if (code < 0)
        return code;
    if (options == NULL)
        options = defaults = sbx_options_new();
    if (options == NULL)
        return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, __func__, NULL, "out of memory");
    session = options->timeout_ms == SBX_TIMEOUT_SESSION;
    self = sbx_self_pidfd();
    code = sbx_handle_call(sandbox, "sandbox.fork", fork_params(options, count), &self,
                           self >= 0 ? 1 : 0, &reply, __func__, error);
    sbx_options_unref(defaults);
    return code < 0 ? code : take_children(&reply, count, session, out, __func__, error);
}
