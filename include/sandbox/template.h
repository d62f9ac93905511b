/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Templates: booted VMs, saved, from which sandboxes start without booting.
 *
 * There is one per image version, memory, vCPUs, disk size and hypervisor. The keeper makes them by
 * itself when they are first wanted, and removes those that were not used for long; these calls are
 * for making one ahead of time and for freeing disk space. A template is a cache: removing one
 * costs time later, nothing else. LIBSANDBOX_TEMPLATES=0 turns them off.
 */
#ifndef SANDBOX_TEMPLATE_H
#define SANDBOX_TEMPLATE_H

#include <stddef.h>
#include <stdint.h>

#include <sandbox/image.h>
#include <sandbox/options.h>

SBX_BEGIN_DECLS

typedef struct sbx_template_list sbx_template_list;

#define SBX_TEMPLATE_READY 0
#define SBX_TEMPLATE_BUILDING 1

/**
 * sbx_template_build:
 * @options: image, memory, vCPUs and disk size of the sandboxes that the template is for, or NULL
 *   for the defaults; the other options do not matter, but root must not be set
 * @force: 1 to build it anew even when there is a good one, 0 not to
 * @progress: called as the build goes on, or NULL; also when a signal interrupts waiting, so that a
 *   handler's flag is seen at once
 * @data: for @progress
 * @id: (out): the template's id, 64 hexadecimal digits, freed with sbx_free(); may be NULL
 * @error: where to put an error, or NULL
 *
 * Boots a VM of that kind and saves it. Blocks for the time of a boot and of writing its memory;
 * waits for a build of the same that is under way and uses its result. After a cancellation the
 * keeper may still complete the template.
 *
 * Returns 1 when one was built, 0 when there was one already.
 * Errors: SBX_E_INVALID, SBX_E_NOT_FOUND (no such image), SBX_E_IMAGE, SBX_E_NO_SPACE, SBX_E_BUSY,
 * SBX_E_BOOT, SBX_E_UNSUPPORTED (this hypervisor cannot, or templates are turned off),
 * SBX_E_CANCELLED, SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_template_build(const sbx_options *options, int force, sbx_progress_func progress,
                                  void *data, char **id, sbx_error **error);

/**
 * sbx_template_remove:
 * @id: a template's id, or its first 8 or more digits when no other begins with them
 * @error: where to put an error, or NULL
 *
 * Removes it; sandboxes that were started from it go on. Blocks for a moment; starts a keeper when
 * there is none. Returns the number of templates removed, 1.
 *
 * Errors: SBX_E_INVALID (not an id, or more than one begins with it), SBX_E_NOT_FOUND, SBX_E_BUSY
 * (it is being built), SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_template_remove(const char *id, sbx_error **error);

/**
 * sbx_template_remove_all:
 * @error: where to put an error, or NULL
 *
 * Removes every template of this user that is not being built; likewise. Returns how many.
 * Errors: SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_template_remove_all(sbx_error **error);

/**
 * sbx_template_list_get:
 * @out: (out): the list; the caller frees it with sbx_template_list_free()
 * @error: where to put an error, or NULL
 *
 * Lists the templates of this user. The list is immutable and may be read from any thread. Blocks
 * for a moment; starts a keeper when there is none. Errors: SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_template_list_get(sbx_template_list **out, sbx_error **error);

/** sbx_template_list_free: frees the list; NULL is fine. Since: 0.1 */
SBX_PUBLIC void sbx_template_list_free(sbx_template_list *list);

/** sbx_template_list_length: the number of templates in it. Since: 0.1 */
SBX_PUBLIC size_t sbx_template_list_length(const sbx_template_list *list);

/*
 * The following take an index below sbx_template_list_length(). Strings are owned by the list. An
 * index out of range gives NULL, 0 or -1; so does what cannot be told of a damaged template.
 */

/** sbx_template_list_id: its id, 64 hexadecimal digits. Since: 0.1 */
SBX_PUBLIC const char *sbx_template_list_id(const sbx_template_list *list, size_t index);

/** sbx_template_list_state: one of SBX_TEMPLATE_. Since: 0.1 */
SBX_PUBLIC int sbx_template_list_state(const sbx_template_list *list, size_t index);

/** sbx_template_list_image: name and version of its image, "NAME@VERSION". Since: 0.1 */
SBX_PUBLIC const char *sbx_template_list_image(const sbx_template_list *list, size_t index);

/** sbx_template_list_memory: guest memory in bytes. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_template_list_memory(const sbx_template_list *list, size_t index);

/** sbx_template_list_vcpus: number of virtual CPUs. Since: 0.1 */
SBX_PUBLIC int sbx_template_list_vcpus(const sbx_template_list *list, size_t index);

/** sbx_template_list_disk_size: size of the sandbox's disk in bytes. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_template_list_disk_size(const sbx_template_list *list, size_t index);

/** sbx_template_list_accelerator: "kvm" or "tcg". Since: 0.1 */
SBX_PUBLIC const char *sbx_template_list_accelerator(const sbx_template_list *list, size_t index);

/** sbx_template_list_vmm: the hypervisor that made it, for example "QEMU 7.2.19". Since: 0.1 */
SBX_PUBLIC const char *sbx_template_list_vmm(const sbx_template_list *list, size_t index);

/** sbx_template_list_created: when it was made, milliseconds since 1970 UTC. Since: 0.1 */
SBX_PUBLIC int64_t sbx_template_list_created(const sbx_template_list *list, size_t index);

/** sbx_template_list_used: when a VM was last started from it, likewise. Since: 0.1 */
SBX_PUBLIC int64_t sbx_template_list_used(const sbx_template_list *list, size_t index);

/** sbx_template_list_size: bytes it takes on the host's disk. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_template_list_size(const sbx_template_list *list, size_t index);

SBX_END_DECLS

#endif
