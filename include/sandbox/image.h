/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Images: what sandboxes boot from.
 *
 * An image has a name ("builtin:debian-13") and any number of versions side by side. A version is
 * never changed once it is there: building makes a new one, running sandboxes keep theirs.
 * They live in $XDG_DATA_HOME/libsandbox/images (root: /var/lib/libsandbox/images); an ordinary user
 * also sees root's. Image calls need no keeper; they run in a helper process.
 */
#ifndef SANDBOX_IMAGE_H
#define SANDBOX_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include <sandbox/error.h>

SBX_BEGIN_DECLS

#define SBX_IMAGE_DEFAULT "builtin:debian-13"

typedef struct sbx_image_build_options sbx_image_build_options;
typedef struct sbx_image_list sbx_image_list;

/**
 * sbx_progress_func:
 * @data: the caller's pointer
 * @permille: 0 to 1000, never falling
 * @stage: short stable word for what is being done, for example "packages"
 * @text: the same for a person
 *
 * Called on the thread that made the blocking call, from within it. Return 0 to go on; any other
 * value cancels, and the call then fails with SBX_E_CANCELLED. The strings are valid during the
 * call. Since: 0.1
 */
typedef int (*sbx_progress_func)(void *data, int permille, const char *stage, const char *text);

/** sbx_image_build_options_new: defaults; NULL when memory is short. Since: 0.1 */
SBX_PUBLIC sbx_image_build_options *sbx_image_build_options_new(void);

/** sbx_image_build_options_free: frees them; NULL is fine. Since: 0.1 */
SBX_PUBLIC void sbx_image_build_options_free(sbx_image_build_options *options);

/**
 * sbx_image_build_options_set_mirror:
 * @options: options
 * @url: URL of the Debian mirror to take packages from, or NULL for Debian's own. Copied.
 * @error: where to put an error, or NULL
 *
 * Packages are verified with Debian's keys whatever the mirror. Never blocks. Errors: SBX_E_INVALID.
 * Since: 0.1
 */
SBX_PUBLIC int sbx_image_build_options_set_mirror(sbx_image_build_options *options, const char *url,
                                                  sbx_error **error);

/**
 * sbx_image_build_options_set_deno:
 * @options: options
 * @wanted: 1 to put Deno into the image when npm can fetch it (the default), 0 to leave it out
 *
 * Since: 0.1
 */
SBX_PUBLIC void sbx_image_build_options_set_deno(sbx_image_build_options *options, int wanted);

/**
 * sbx_image_build_options_set_force:
 * @options: options
 * @force: 1 to build a new version even when there is one already, 0 not to (the default)
 *
 * Since: 0.1
 */
SBX_PUBLIC void sbx_image_build_options_set_force(sbx_image_build_options *options, int force);

/**
 * sbx_image_build:
 * @image: the name of a builtin image, or NULL for SBX_IMAGE_DEFAULT
 * @options: how, or NULL
 * @progress: called often enough for a progress bar, or NULL
 * @data: for @progress
 * @version: (out): the version that is there now, freed with sbx_free(); may be NULL
 * @error: where to put an error, or NULL
 *
 * Builds the image from Debian's packages. Blocks for a minute or two. The new version appears whole
 * or not at all; after a failure, cancellation or crash nothing is left that the next build would
 * not clean up. When another process builds the same image, waits for it and uses its result.
 *
 * Returns 1 when a version was built, 0 when there was one already.
 * Errors: SBX_E_NOT_FOUND (no such builtin image), SBX_E_UNAVAILABLE (a tool is missing, or the mirror
 * unreachable), SBX_E_NO_SPACE, SBX_E_DENIED, SBX_E_CANCELLED, SBX_E_SYSTEM. Since: 0.1
 */
SBX_PUBLIC int sbx_image_build(const char *image, const sbx_image_build_options *options,
                               sbx_progress_func progress, void *data, char **version,
                               sbx_error **error);

/**
 * sbx_image_remove:
 * @image: "NAME" for all its versions, or "NAME@VERSION" for one
 * @error: where to put an error, or NULL
 *
 * Ends the spares of the image first, as sbx_pool_drain() does: they are gone also when the call
 * then fails. Starts no keeper. Blocks until the files are removed.
 *
 * Returns the number of versions removed. Nothing is removed when one of them is in use.
 * Errors: SBX_E_NOT_FOUND, SBX_E_BUSY (a sandbox runs on it), SBX_E_DENIED. Since: 0.1
 */
SBX_PUBLIC int sbx_image_remove(const char *image, sbx_error **error);

/**
 * sbx_image_verify:
 * @image: "NAME" for its newest version, or "NAME@VERSION"
 * @progress: for a progress bar, or NULL
 * @data: for @progress
 * @error: where to put an error, or NULL
 *
 * Reads every file of the version and compares it with its checksum. Blocks for seconds.
 * Errors: SBX_E_NOT_FOUND, SBX_E_IMAGE (what differs), SBX_E_CANCELLED. Since: 0.1
 */
SBX_PUBLIC int sbx_image_verify(const char *image, sbx_progress_func progress, void *data,
                                sbx_error **error);

/**
 * sbx_image_list_get:
 * @out: (out): the list; the caller frees it with sbx_image_list_free()
 * @error: where to put an error, or NULL
 *
 * Lists every version of every image this user can use, newest first within a name.
 * Errors: SBX_E_SYSTEM, SBX_E_UNAVAILABLE. Since: 0.1
 */
SBX_PUBLIC int sbx_image_list_get(sbx_image_list **out, sbx_error **error);

/** sbx_image_list_free: frees the list; NULL is fine. Since: 0.1 */
SBX_PUBLIC void sbx_image_list_free(sbx_image_list *list);

/** sbx_image_list_length: the number of versions in it. Since: 0.1 */
SBX_PUBLIC size_t sbx_image_list_length(const sbx_image_list *list);

/*
 * The following take an index below sbx_image_list_length(). Strings are owned by the list. An index
 * out of range gives NULL, 0 or -1.
 */

/** sbx_image_list_name: the image's name. Since: 0.1 */
SBX_PUBLIC const char *sbx_image_list_name(const sbx_image_list *list, size_t index);

/** sbx_image_list_version: the version. Since: 0.1 */
SBX_PUBLIC const char *sbx_image_list_version(const sbx_image_list *list, size_t index);

/** sbx_image_list_created: when it was built, milliseconds since 1970 UTC. Since: 0.1 */
SBX_PUBLIC int64_t sbx_image_list_created(const sbx_image_list *list, size_t index);

/** sbx_image_list_size: bytes it takes on the host's disk. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_image_list_size(const sbx_image_list *list, size_t index);

/** sbx_image_list_kernel: its kernel release. Since: 0.1 */
SBX_PUBLIC const char *sbx_image_list_kernel(const sbx_image_list *list, size_t index);

/** sbx_image_list_path: the directory that holds it. Since: 0.1 */
SBX_PUBLIC const char *sbx_image_list_path(const sbx_image_list *list, size_t index);

/** sbx_image_list_in_use: 1 when a sandbox runs on it now, else 0. Since: 0.1 */
SBX_PUBLIC int sbx_image_list_in_use(const sbx_image_list *list, size_t index);

SBX_END_DECLS

#endif
