/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* KVM's clock in saved states: see kvm-clock.h. */
#include "keeper/kvm-clock.h"

#include <string.h>

/* A subsection of QEMU's migration stream: a type, the name with its length before it, a version of four
 * bytes. Its only field is the flag, a byte. Streams have to be understood by other versions of QEMU, so
 * none of it can change. */
static const char subsection[] = "\x05\x1akvmclock/clock_is_reliable\x00\x00\x00\x01";

enum { LENGTH = sizeof subsection - 1 };

/* The flag's place at or after @from, or @size. */
static gsize find_flag(const guint8 *data, gsize size, gsize from)
{
    const guint8 *found = from < size ? memmem(data + from, size - from, subsection, LENGTH) : NULL;
    gsize at = found != NULL ? (gsize)(found - data) + LENGTH : size;

    return MIN(at, size);
}

GBytes *sbx_kvm_clock_distrust(GBytes *state)
{
    gsize size = 0;
    const guint8 *data = g_bytes_get_data(state, &size);
    gsize at = find_flag(data, size, 0);
    guint8 *changed;

    if (at >= size)
        return g_bytes_ref(state);
    changed = g_memdup2(data, size);
    /* All: a guest may have brought the same bytes into a device's buffer before it. */
    for (; at < size; at = find_flag(changed, size, at + 1))
        changed[at] = 0;
    return g_bytes_new_take(changed, size);
}
