/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The template store: locks, and loading.
 *
 * Loading opens first and checks what it opened, so that another keeper's removal or publication in
 * the middle changes nothing: a defect counts only while the name still leads to what was checked.
 */
#include "keeper/template-store.h"

#include <fcntl.h>
#include <string.h>

#include <sandbox/error.h>

#include "keeper/template-store-private.h"
#include "wire/fault.h"

/* Every further attempt means that another keeper removed or published it meanwhile. */
enum { LOAD_ATTEMPTS = 16, MARK_MINUTES = 60, ID_LENGTH = 64 };

static gboolean check_owner(const char *dir, const struct stat *st, GError **error)
{
    if (st->st_uid != geteuid() && st->st_uid != 0)
        sbx_fault_set(error, SBX_E_DENIED, 0, "set LIBSANDBOX_DATA_DIR to a directory of your own",
                      "the templates' directory %s belongs to another user, %u", dir,
                      (unsigned)st->st_uid);
    else if (st->st_mode & S_IWOTH)
        sbx_fault_set(error, SBX_E_DENIED, 0,
                      "chmod 700 it, or set LIBSANDBOX_DATA_DIR to a directory of your own",
                      "everybody may write to the templates' directory %s", dir);
    else
        return TRUE;
    return FALSE;
}

int sbx_template_store_open(const char *dir, gboolean create, GError **error)
{
    g_auto(fd_t) fd = -1;
    struct stat st;

    if (create && g_mkdir_with_parents(dir, 0700) < 0) {
        sbx_template_set_errno(error, errno, "cannot make the templates' directory %s", dir);
        return -1;
    }
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && !create)
        return -1;
    if (fd < 0 || fstat(fd, &st) < 0) {
        sbx_template_set_errno(error, errno, "cannot open the templates' directory %s", dir);
        return -1;
    }
    return check_owner(dir, &st, error) ? sbx_fd_steal(&fd) : -1;
}

gboolean sbx_template_id_is_valid(const char *id)
{
    return strlen(id) == ID_LENGTH && strspn(id, "0123456789abcdef") == ID_LENGTH;
}

static gboolean check_id(const char *id, GError **error)
{
    g_autofree char *shown = NULL;

    if (sbx_template_id_is_valid(id))
        return TRUE;
    shown = g_utf8_make_valid(id, (gssize)strnlen(id, ID_LENGTH));
    sbx_fault_set(error, SBX_E_INVALID, 0, "an id has 64 hexadecimal digits, 0-9 and a-f",
                  "\"%s\" is not the id of a template", shown);
    return FALSE;
}

/* --- locks --- */

static int lock_file(int fd, gboolean wait)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int result;

    do {
        result = fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock);
    } while (result < 0 && errno == EINTR);
    return result;
}

int sbx_template_lock_at(int store, const char *id, gboolean wait, GError **error)
{
    g_autofree char *name = g_strconcat(id, SBX_TEMPLATE_LOCK_SUFFIX, NULL);

    for (;;) {
        g_auto(fd_t) fd = openat(store, name,
                                 O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

        if (fd < 0 || lock_file(fd, wait) < 0) {
            if (fd >= 0 && (errno == EAGAIN || errno == EACCES))
                sbx_fault_set(error, SBX_E_BUSY, 0, "try again when that is done",
                              "the template %.12s is being built", id);
            else
                sbx_template_set_errno(error, errno, "cannot lock %s", name);
            return -1;
        }
        /* Or else it was swept before we had it. */
        if (sbx_template_is_still(store, name, fd))
            return sbx_fd_steal(&fd);
    }
}

int sbx_template_lock(const char *dir, const char *id, gboolean wait, GError **error)
{
    g_auto(fd_t) store = check_id(id, error) ? sbx_template_store_open(dir, TRUE, error) : -1;

    return store >= 0 ? sbx_template_lock_at(store, id, wait, error) : -1;
}

/* --- loading --- */

SbxTemplate *sbx_template_ref(SbxTemplate *template)
{
    g_atomic_ref_count_inc(&template->refs);
    return template;
}

void sbx_template_unref(SbxTemplate *template)
{
    if (!template || !g_atomic_ref_count_dec(&template->refs))
        return;
    g_free(template->id);
    g_free(template->dir);
    g_free(template->memory_path);
    g_free(template->image);
    g_clear_pointer(&template->state, g_bytes_unref);
    sbx_fd_clear(&template->disk_fd);
    json_object_unref(template->notes);
    g_free(template);
}

static gint64 to_ns(const struct timespec *time)
{
    return (gint64)time->tv_sec * 1000000000 + time->tv_nsec;
}

static int minute_now(void)
{
    return (int)(g_get_monotonic_time() / G_USEC_PER_SEC / 60);
}

static SbxTemplate *template_new(const char *dir, const char *id,
                                 const SbxTemplateManifest *manifest, SbxTemplateFiles *files,
                                 GBytes *state)
{
    SbxTemplate *template = g_new0(SbxTemplate, 1);

    g_atomic_ref_count_init(&template->refs);
    template->id = g_strdup(id);
    template->dir = g_build_filename(dir, id, NULL);
    template->memory_path =
        g_build_filename(template->dir, sbx_template_file_names[SBX_TEMPLATE_MEMORY], NULL);
    template->memory = manifest->key.memory;
    template->vcpus = manifest->key.vcpus;
    template->disk_size = manifest->key.disk_size;
    template->image = g_strdup(manifest->key.image);
    template->state = g_bytes_ref(state);
    template->disk_fd = sbx_fd_steal(&files->fds[SBX_TEMPLATE_DISK]);
    template->notes = json_object_ref(manifest->notes);
    template->marked = minute_now();
    for (int i = SBX_TEMPLATE_MEMORY; i <= SBX_TEMPLATE_DISK; i++) {
        template->stamps[i].dev = files->st[i].st_dev;
        template->stamps[i].inode = files->st[i].st_ino;
        template->stamps[i].size = (guint64)files->st[i].st_size;
        template->stamps[i].mtime_ns = to_ns(&files->st[i].st_mtim);
        template->stamps[i].ctime_ns = to_ns(&files->st[i].st_ctim);
    }
    return template;
}

static SbxTemplate *load_opened(const char *dir, const char *id, int at, GError **error)
{
    g_auto(SbxTemplateFiles) files = {.fds = {-1, -1, -1}};
    g_auto(SbxTemplateManifest) manifest = {0};
    g_autoptr(GBytes) state = NULL;

    if (!sbx_template_files_open(at, &files, error) ||
        !sbx_template_manifest_read(at, id, &manifest, error) ||
        !sbx_template_files_check_sizes(&files, &manifest.key,
                                        manifest.files[SBX_TEMPLATE_STATE].size, error))
        return NULL;
    state = sbx_template_state_read(&files, &manifest, error);
    if (!state || !sbx_template_check_contents(at, &manifest, &files, error))
        return NULL;
    sbx_template_mark_used(at);
    return template_new(dir, id, &manifest, &files, state);
}

/* Says what was wrong, and that it is still there when it is. */
static void report(char **damage, const char *what, gboolean removed)
{
    int reason = errno;

    if (!damage)
        return;
    *damage = removed ? g_strdup(what)
                      : g_strdup_printf("%s; it cannot be removed: %s", what, g_strerror(reason));
}

typedef enum { LOAD_DONE, LOAD_AGAIN } LoadResult;

/* The name leads to something that is not a directory. */
static LoadResult remove_other(int store, const char *id, char **damage)
{
    gboolean removed = unlinkat(store, id, 0) == 0;

    if (!removed && (errno == ENOENT || errno == EISDIR))
        return LOAD_AGAIN;
    report(damage, "it is not a directory", removed);
    return LOAD_DONE;
}

static LoadResult load_once(int store, const char *dir, const char *id, SbxTemplate **template,
                            char **damage, GError **error)
{
    g_auto(fd_t) at = sbx_template_open_dir(store, id);
    g_autoptr(GError) reason = NULL;

    if (at < 0 && errno == ENOENT)
        return LOAD_DONE;
    if (at < 0 && (errno == ENOTDIR || errno == ELOOP) && damage)
        return remove_other(store, id, damage);
    if (at < 0) {
        sbx_template_set_errno(error, errno, "cannot open the template %.12s in %s", id, dir);
        return LOAD_DONE;
    }
    *template = load_opened(dir, id, at, &reason);
    if (*template)
        return LOAD_DONE;
    if (!damage || !g_error_matches(reason, SBX_FAULT, SBX_E_IMAGE)) {
        g_prefix_error(&reason, "cannot load the template %.12s from %s: ", id, dir);
        g_propagate_error(error, g_steal_pointer(&reason));
        return LOAD_DONE;
    }
    if (!sbx_template_is_still(store, id, at))
        return LOAD_AGAIN;
    report(damage, reason->message, sbx_template_take_away(store, id, at));
    return LOAD_DONE;
}

SbxTemplate *sbx_template_load(const char *dir, const char *id, char **damage, GError **error)
{
    g_auto(fd_t) store = check_id(id, error) ? sbx_template_store_open(dir, FALSE, error) : -1;
    SbxTemplate *template = NULL;

    if (damage)
        *damage = NULL;
    if (store < 0)
        return NULL;
    for (int i = 0; i < LOAD_ATTEMPTS; i++) {
        if (load_once(store, dir, id, &template, damage, error) == LOAD_DONE)
            return template;
    }
    sbx_fault_set(error, SBX_E_BUSY, 0, "try again",
                  "the template %.12s is being removed and built again and again", id);
    return NULL;
}

static gboolean is_same(const SbxTemplate *template, int which, const struct stat *st)
{
    return template->stamps[which].dev == st->st_dev &&
           template->stamps[which].inode == st->st_ino &&
           template->stamps[which].size == (guint64)st->st_size &&
           template->stamps[which].mtime_ns == to_ns(&st->st_mtim) &&
           template->stamps[which].ctime_ns == to_ns(&st->st_ctim);
}

static void mark_again(SbxTemplate *template)
{
    int last = g_atomic_int_get(&template->marked);
    int now = minute_now();
    g_auto(fd_t) at = -1;

    if (now - last < MARK_MINUTES ||
        !g_atomic_int_compare_and_exchange(&template->marked, last, now))
        return;
    at = sbx_template_open_dir(AT_FDCWD, template->dir);
    if (at >= 0)
        sbx_template_mark_used(at);
}

gboolean sbx_template_still_good(SbxTemplate *template)
{
    struct stat memory, disk;

    /* QEMU opens the memory by its path; the disk is used by descriptor. */
    if (lstat(template->memory_path, &memory) < 0 || fstat(template->disk_fd, &disk) < 0 ||
        !is_same(template, SBX_TEMPLATE_MEMORY, &memory) ||
        !is_same(template, SBX_TEMPLATE_DISK, &disk))
        return FALSE;
    mark_again(template);
    return TRUE;
}
