/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The template store: listing, removal, and sweeping what nobody uses.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <sandbox/error.h>

#include "keeper/template-store-private.h"
#include "wire/fault.h"

#define DAY_MS (G_GINT64_CONSTANT(24) * 60 * 60 * 1000)

/* --- list --- */

void sbx_template_entry_free(SbxTemplateEntry *entry)
{
    if (!entry)
        return;
    g_free(entry->id);
    g_free(entry->image);
    g_free(entry->vmm);
    g_free(entry->accelerator);
    g_clear_pointer(&entry->notes, json_object_unref);
    g_free(entry);
}

static guint64 size_on_disk(int at)
{
    g_autoptr(GPtrArray) names = sbx_template_names(at);
    guint64 size = 0;
    struct stat st;

    for (guint i = 0; i < names->len; i++) {
        if (fstatat(at, names->pdata[i], &st, AT_SYMLINK_NOFOLLOW) == 0)
            size += (guint64)st.st_blocks * 512;
    }
    return size;
}

/* Asks without taking the lock: who wants it must not find us in the way. */
static gboolean is_locked(int store, const char *id)
{
    g_autofree char *name = g_strconcat(id, SBX_TEMPLATE_LOCK_SUFFIX, NULL);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    g_auto(fd_t) fd = openat(store, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    return fd >= 0 && fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

static void describe(SbxTemplateEntry *entry, int at)
{
    g_auto(SbxTemplateManifest) manifest = {0};

    entry->size = size_on_disk(at);
    entry->used_ms = sbx_template_used_ms(at);
    if (!sbx_template_manifest_read(at, entry->id, &manifest, NULL))
        return;
    entry->image = g_strdup(manifest.key.image);
    entry->vmm = g_strdup(manifest.key.vmm);
    entry->accelerator = g_strdup(manifest.key.accelerator);
    entry->memory = manifest.key.memory;
    entry->disk_size = manifest.key.disk_size;
    entry->vcpus = manifest.key.vcpus;
    entry->created_ms = manifest.created_ms;
    entry->notes = json_object_ref(manifest.notes);
}

/* @name is that of a template or of its lock; NULL when there is nothing to tell. */
static SbxTemplateEntry *entry_new(int store, const char *name)
{
    gboolean is_lock = g_str_has_suffix(name, SBX_TEMPLATE_LOCK_SUFFIX);
    gsize length = strlen(name) - (is_lock ? strlen(SBX_TEMPLATE_LOCK_SUFFIX) : 0);
    g_autofree char *id = g_strndup(name, length);
    g_auto(fd_t) at = -1;
    SbxTemplateEntry *entry;
    gboolean building;

    if (!sbx_template_id_is_valid(id))
        return NULL;
    at = sbx_template_open_dir(store, id);
    building = is_locked(store, id);
    /* One that is there is listed by its directory. */
    if (is_lock ? at >= 0 || !building : at < 0)
        return NULL;
    entry = g_new0(SbxTemplateEntry, 1);
    entry->id = g_steal_pointer(&id);
    entry->building = building;
    if (at >= 0)
        describe(entry, at);
    return entry;
}

static int newest_use_first(gconstpointer a, gconstpointer b)
{
    const SbxTemplateEntry *x = *(const SbxTemplateEntry *const *)a;
    const SbxTemplateEntry *y = *(const SbxTemplateEntry *const *)b;

    if (x->used_ms != y->used_ms)
        return x->used_ms > y->used_ms ? -1 : 1;
    return strcmp(x->id, y->id);
}

GPtrArray *sbx_template_store_list(const char *dir, GError **error)
{
    g_autoptr(GPtrArray) entries =
        g_ptr_array_new_with_free_func((GDestroyNotify)sbx_template_entry_free);
    g_autoptr(GPtrArray) names = NULL;
    g_autoptr(GError) reason = NULL;
    g_auto(fd_t) store = sbx_template_store_open(dir, FALSE, &reason);

    if (reason) {
        g_propagate_error(error, g_steal_pointer(&reason));
        return NULL;
    }
    if (store < 0)
        return g_steal_pointer(&entries);
    names = sbx_template_names(store);
    for (guint i = 0; i < names->len; i++) {
        SbxTemplateEntry *entry = entry_new(store, names->pdata[i]);

        if (entry)
            g_ptr_array_add(entries, entry);
    }
    g_ptr_array_sort(entries, newest_use_first);
    return g_steal_pointer(&entries);
}

/* --- remove --- */

static gboolean exists(int at, const char *name)
{
    struct stat st;

    return fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* With its lock held, which goes too: who waits for it finds that and makes another. */
static gboolean remove_locked(int store, const char *id, GError **error)
{
    g_autofree char *lock = g_strconcat(id, SBX_TEMPLATE_LOCK_SUFFIX, NULL);
    g_auto(fd_t) at = sbx_template_open_dir(store, id);
    gboolean ok = at >= 0 ? sbx_template_take_away(store, id, at)
                          : sbx_template_remove_tree(store, id);

    if (!ok)
        sbx_template_set_errno(error, errno, "cannot remove the template %.12s", id);
    unlinkat(store, lock, 0);
    return ok;
}

static gboolean not_found(const char *dir, const char *id, GError **error)
{
    g_autofree char *shown = g_utf8_make_valid(id, (gssize)strnlen(id, SBX_DIGEST_SIZE));

    sbx_fault_set(error, SBX_E_NOT_FOUND, 0, NULL, "there is no template %s in %s", shown, dir);
    return FALSE;
}

gboolean sbx_template_store_remove(const char *dir, const char *id, GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_auto(fd_t) store = sbx_template_store_open(dir, FALSE, &reason);
    g_auto(fd_t) lock = -1;

    if (reason) {
        g_propagate_error(error, g_steal_pointer(&reason));
        return FALSE;
    }
    if (store < 0 || !sbx_template_id_is_valid(id) ||
        (!exists(store, id) && !is_locked(store, id)))
        return not_found(dir, id, error);
    lock = sbx_template_lock_at(store, id, FALSE, error);
    if (lock < 0)
        return FALSE;
    if (!exists(store, id))
        return not_found(dir, id, error);
    return remove_locked(store, id, error);
}

/* --- sweep --- */

static void sweep_build(int store, const char *name)
{
    g_auto(fd_t) fd = sbx_template_open_dir(store, name);

    /* Between open and flock its maker may have published it: then the name is gone. */
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && sbx_template_is_still(store, name, fd))
        sbx_template_remove_tree(store, name);
}

static gboolean is_unused(int store, const char *id, guint unused_days)
{
    g_auto(fd_t) at = sbx_template_open_dir(store, id);

    return at >= 0 &&
           sbx_template_used_ms(at) <= g_get_real_time() / 1000 - unused_days * DAY_MS;
}

static void sweep_template(int store, const char *id, guint unused_days)
{
    g_auto(fd_t) lock = -1;

    if (!is_unused(store, id, unused_days))
        return;
    lock = sbx_template_lock_at(store, id, FALSE, NULL);
    if (lock >= 0 && is_unused(store, id, unused_days))
        remove_locked(store, id, NULL);
}

static void sweep_lock(int store, const char *name)
{
    g_autofree char *id = g_strndup(name, strlen(name) - strlen(SBX_TEMPLATE_LOCK_SUFFIX));
    g_auto(fd_t) lock = -1;

    if (!sbx_template_id_is_valid(id) || exists(store, id) || is_locked(store, id))
        return;
    lock = sbx_template_lock_at(store, id, FALSE, NULL);
    if (lock >= 0 && !exists(store, id))
        unlinkat(store, name, 0);
}

void sbx_template_store_sweep(const char *dir, guint unused_days)
{
    g_auto(fd_t) store = sbx_template_store_open(dir, FALSE, NULL);
    g_autoptr(GPtrArray) names = store >= 0 ? sbx_template_names(store) : NULL;

    for (guint i = 0; names && i < names->len; i++) {
        const char *name = names->pdata[i];

        if (g_str_has_prefix(name, SBX_TEMPLATE_BUILD_PREFIX))
            sweep_build(store, name);
        else if (g_str_has_suffix(name, SBX_TEMPLATE_LOCK_SUFFIX))
            sweep_lock(store, name);
        else if (sbx_template_id_is_valid(name))
            sweep_template(store, name, unused_days);
    }
}
