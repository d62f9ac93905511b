/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Host: what this machine offers, and the keeper process that serves this user. */
#ifndef SANDBOX_HOST_H
#define SANDBOX_HOST_H

#include <sandbox/error.h>

SBX_BEGIN_DECLS

/**
 * sbx_doctor:
 * @json: (out): the report as JSON text, freed with sbx_free()
 * @error: where to put an error, or NULL
 *
 * Examines the host: libvirt, QEMU, KVM, namespaces, directories, images. The report is an object
 * {"ok": bool, "version": str, "accelerator": "kvm"|"tcg"|null, "uri": str,
 *  "checks": [{"name": str, "status": "ok"|"warning"|"error", "detail": str, "hint": str|null}]}.
 * A host that lacks something is a success of this call. Starts no keeper. Blocks for a moment.
 * Errors: SBX_E_UNAVAILABLE, SBX_E_SYSTEM. Since: 0.1
 */
SBX_PUBLIC int sbx_doctor(char **json, sbx_error **error);

/**
 * sbx_keeper_stop:
 * @force: 0 to refuse while sandboxes are alive, 1 to destroy them
 * @error: where to put an error, or NULL
 *
 * Ends this user's keeper and waits until it is gone. The next call that needs one starts a new one.
 * Returns 1 when one was stopped, 0 when none ran. Errors: SBX_E_BUSY, SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_keeper_stop(int force, sbx_error **error);

/**
 * sbx_free:
 * @memory: something this library said to free with sbx_free(), or NULL
 *
 * Since: 0.1
 */
SBX_PUBLIC void sbx_free(void *memory);

SBX_END_DECLS

#endif
