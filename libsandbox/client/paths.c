/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where things are: helper programs and the directories of this user.
 *
 * Helpers are looked for beside the loaded library first, so that a build tree and a relocated
 * prefix (a Python wheel, say) use their own, and then in the compiled-in libexec directory.
 */
#include "client/paths.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/private.h"
#include "config.h"

static char *try_helper(const char *directory, const char *below, const char *name)
{
    g_autofree char *path = g_build_filename(directory, below, name, NULL);
    char *found;

    if (access(path, X_OK) != 0)
        return NULL;
    found = realpath(path, NULL);
    return found;
}

/* Directory of the shared library, or NULL. */
static char *library_dir(void)
{
    Dl_info info;

    if (dladdr((const void *)(uintptr_t)sbx_version, &info) == 0 || info.dli_fname == NULL ||
        strchr(info.dli_fname, '/') == NULL)
        return NULL;
    return g_path_get_dirname(info.dli_fname);
}

char *sbx_find_helper(const char *name, const char *operation, sbx_error **error)
{
    static const char *const beside[] = {"keeper", "image", "transfer", "../subprojects/agent",
                                         SBX_LIBEXEC_FROM_LIBDIR};
    const char *forced = secure_getenv("LIBSANDBOX_LIBEXEC_DIR");
    g_autofree char *directory = library_dir();
    char *found = NULL;

    if (forced != NULL)
        found = try_helper(forced, "", name);
    for (size_t i = 0; found == NULL && directory != NULL && i < G_N_ELEMENTS(beside); i++)
        found = try_helper(directory, beside[i], name);
    if (found == NULL)
        found = try_helper(SBX_LIBEXECDIR, "", name);
    if (found == NULL)
        sbx_fail(error, SBX_E_UNAVAILABLE, ENOENT, operation,
                 "install libsandbox completely (meson install), or set LIBSANDBOX_LIBEXEC_DIR",
                 "libsandbox's helper program %s is not in %s", name, SBX_LIBEXECDIR);
    return found;
}

/* $VARIABLE/libsandbox, or HOME/fallback/libsandbox. NULL when there is no usable HOME. */
static char *xdg_dir(const char *variable, const char *fallback)
{
    const char *value = secure_getenv(variable);
    const char *home = secure_getenv("HOME");

    if (value != NULL && value[0] == '/')
        return g_build_filename(value, "libsandbox", NULL);
    if (home != NULL && home[0] == '/')
        return g_build_filename(home, fallback, "libsandbox", NULL);
    return NULL;
}

static char *state_path(const char *below, const char *variable, const char *fallback)
{
    const char *forced = secure_getenv("LIBSANDBOX_DATA_DIR");

    if (forced != NULL && forced[0] == '/')
        return g_build_filename(forced, below, NULL);
    if (geteuid() == 0)
        return g_build_filename("/var/lib/libsandbox", below, NULL);
    return xdg_dir(variable, fallback);
}

char *sbx_data_dir(void)
{
    return state_path("", "XDG_DATA_HOME", ".local/share");
}

char *sbx_cache_dir(void)
{
    return state_path("cache", "XDG_CACHE_HOME", ".cache");
}

char *sbx_log_dir(void)
{
    return state_path("log", "XDG_STATE_HOME", ".local/state");
}

/* The directory is ours alone to write: a stranger could have put it into /tmp first. */
static int check_private(const char *path, const char *operation, sbx_error **error)
{
    struct stat status;

    if (lstat(path, &status) < 0)
        return sbx_fail(error, SBX_E_SYSTEM, errno, operation, NULL,
                        "cannot examine the runtime directory %s: %s", path, g_strerror(errno));
    if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 022) != 0)
        return sbx_fail(error, SBX_E_DENIED, 0, operation,
                        "remove it, or set XDG_RUNTIME_DIR to a directory of your own",
                        "the runtime directory %s is not a directory that only you can write",
                        path);
    return SBX_OK;
}

char *sbx_runtime_dir(const char *operation, sbx_error **error)
{
    const char *forced = secure_getenv("LIBSANDBOX_RUNTIME_DIR");
    const char *xdg = secure_getenv("XDG_RUNTIME_DIR");
    g_autofree char *path = NULL;

    if (forced != NULL && forced[0] == '/')
        path = g_strdup(forced);
    else if (geteuid() == 0)
        path = g_strdup("/run/libsandbox");
    else if (xdg != NULL && xdg[0] == '/')
        path = g_build_filename(xdg, "libsandbox", NULL);
    else
        path = g_strdup_printf("/tmp/libsandbox-%u", (unsigned int)geteuid());
    if (g_mkdir_with_parents(path, 0700) < 0) {
        sbx_fail(error, errno == EACCES || errno == EROFS ? SBX_E_DENIED : SBX_E_SYSTEM, errno,
                 operation, "set XDG_RUNTIME_DIR to a directory that you can write",
                 "cannot make the runtime directory %s: %s", path, g_strerror(errno));
        return NULL;
    }
    if (check_private(path, operation, error) < 0)
        return NULL;
    /* Root's keeper serves from it as another user, who must be able to pass through. */
    if (geteuid() == 0 && chmod(path, 0711) < 0) {
        sbx_fail(error, SBX_E_SYSTEM, errno, operation, NULL, "cannot change the mode of %s: %s",
                 path, g_strerror(errno));
        return NULL;
    }
    return g_steal_pointer(&path);
}
