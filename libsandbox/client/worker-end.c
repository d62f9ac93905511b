/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The end of a worker: see worker-end.h. */
#include "client/worker-end.h"

#include <signal.h>

#include "client/process-private.h"

int sbx_worker_end_ms = 10 * 1000;

void sbx_worker_kill(sbx_process *process)
{
    JsonObject *params = json_object_new();
    SbxLink link = {.fd = -1};

    json_object_set_string_member(params, "sandbox", process->sandbox->id);
    json_object_set_int_member(params, "process", process->number);
    json_object_set_int_member(params, "signal", SIGKILL);
    json_object_set_int_member(params, "scope", SBX_SCOPE_ALL);
    if (sbx_link_take(0, &link, __func__, NULL) == SBX_OK)
        sbx_link_send(&link, "process.signal", json_object_ref(params), NULL, 0, __func__, NULL);
    sbx_link_drop(&link);
    json_object_unref(params);
}

int sbx_worker_end(sbx_process *process, int patience_ms, const char *operation, sbx_error **error)
{
    sbx_error *reason = NULL;
    int code = sbx_process_wait(process, patience_ms, &reason);

    if (code == 0) {
        sbx_worker_kill(process);
        code = sbx_process_wait(process, sbx_worker_end_ms, &reason);
        if (code >= 0)
            return sbx_fail(error, SBX_E_TIMEOUT, 0, operation, "see what keeps the sandbox busy",
                            "the helper in the sandbox %s had done its work and did not end%s",
                            process->sandbox->id,
                            code > 0 ? "; it was killed" : ", not even killed");
    }
    if (code > 0)
        return code;
    code =
        sbx_fail_cause(error, sbx_error_code(reason), sbx_error_errno(reason), operation,
                       sbx_error_hint(reason), sbx_error_cause(reason), sbx_error_message(reason));
    sbx_error_free(reason);
    return code;
}
