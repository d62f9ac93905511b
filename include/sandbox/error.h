/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Errors.
 *
 * Every call that can fail returns an int: 0 or a positive number is success, a negative number is
 * one of the SBX_E_ codes below. The codes are part of the ABI: a number never changes its meaning.
 * The last parameter, sbx_error **error, may be NULL; otherwise a failing call stores a new
 * sbx_error there (the caller frees it with sbx_error_free()), and a successful call leaves it
 * untouched. Other outputs are untouched on failure. The library never prints.
 */
#ifndef SANDBOX_ERROR_H
#define SANDBOX_ERROR_H

#include <sandbox/macros.h>

SBX_BEGIN_DECLS

/* An error with its explanation. Immutable, may be read from any thread. */
typedef struct sbx_error sbx_error;

#define SBX_OK 0
#define SBX_E_INVALID (-1)     /* an argument is not acceptable; nothing was done */
#define SBX_E_NO_MEMORY (-2)   /* this program or the host is out of memory */
#define SBX_E_SYSTEM (-3)      /* a system call failed: see sbx_error_errno() */
#define SBX_E_UNAVAILABLE (-4) /* the host lacks something (QEMU, libvirt, an image): see the hint */
#define SBX_E_KEEPER (-5)      /* the keeper process could not be started, or the link to it broke */
#define SBX_E_PROTOCOL (-6)    /* a peer broke the protocol; the link to it was closed */
#define SBX_E_NOT_FOUND (-7)   /* no sandbox, image, process or file of that name */
#define SBX_E_EXISTS (-8)      /* something of that name exists already */
#define SBX_E_BUSY (-9)        /* in use, or the host has no room for one more now */
#define SBX_E_NO_SPACE (-10)   /* a disk is full */
#define SBX_E_DENIED (-11)     /* permission denied */
#define SBX_E_TIMEOUT (-12)    /* the deadline passed */
#define SBX_E_CANCELLED (-13)  /* the caller, or somebody else of this user, cancelled */
#define SBX_E_BOOT (-14)       /* the guest did not come up */
#define SBX_E_GONE (-15)       /* the sandbox has ended: killed, expired or died */
#define SBX_E_EXEC (-16)       /* the program could not be started inside the sandbox */
#define SBX_E_IMAGE (-17)      /* the image is damaged or of an unknown format */
#define SBX_E_UNSUPPORTED (-18) /* not possible with this hypervisor or this version */
#define SBX_E_FORKED (-19)     /* the handle belongs to the process before fork() */
#define SBX_E_TOO_BIG (-20)    /* a size exceeds a documented limit */
#define SBX_E_INTERNAL (-21)   /* a defect in libsandbox; please report it */
#define SBX_E_FILE (-22)       /* a file operation in the sandbox failed: see sbx_error_errno() */

/**
 * sbx_error_code:
 * @error: an error, not NULL
 *
 * Returns the SBX_E_ code, the same number the failed call returned.
 * Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC int sbx_error_code(const sbx_error *error);

/**
 * sbx_error_message:
 * @error: an error, not NULL
 *
 * One sentence for a person: what was tried, on what, and what went wrong. UTF-8, no newline at the
 * end, may quote text that came from the guest (control characters are escaped).
 * Owned by @error. Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC const char *sbx_error_message(const sbx_error *error);

/**
 * sbx_error_hint:
 * @error: an error, not NULL
 *
 * What to do next, as one sentence, or NULL when there is nothing useful to say.
 * Owned by @error. Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC const char *sbx_error_hint(const sbx_error *error);

/**
 * sbx_error_operation:
 * @error: an error, not NULL
 *
 * The public function that failed, for example "sbx_create". Owned by @error.
 * Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC const char *sbx_error_operation(const sbx_error *error);

/**
 * sbx_error_errno:
 * @error: an error, not NULL
 *
 * The errno value behind the failure, or 0 when there was none.
 * Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC int sbx_error_errno(const sbx_error *error);

/**
 * sbx_error_cause:
 * @error: an error, not NULL
 *
 * Details from the layer below (libvirt's message, the last lines of the guest's console), possibly
 * several lines, or NULL. Owned by @error. Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC const char *sbx_error_cause(const sbx_error *error);

/**
 * sbx_error_free:
 * @error: an error, or NULL
 *
 * Frees the error. Never blocks. Since: 0.1
 */
SBX_PUBLIC void sbx_error_free(sbx_error *error);

/**
 * sbx_error_code_name:
 * @code: an SBX_E_ code or SBX_OK
 *
 * The name of a code, for example "SBX_E_NOT_FOUND"; "SBX_E_UNKNOWN" for a number that this version
 * does not know. Static string. Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC const char *sbx_error_code_name(int code);

SBX_END_DECLS

#endif
