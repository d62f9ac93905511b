/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where images live. Follows the XDG base directory specification, which says that a relative path
 * in its variables is to be ignored.
 */
#include "image/dirs.h"

#include <unistd.h>

#include "image/failure.h"

#define SYSTEM_DATA_DIR "/var/lib/libsandbox"

static SbxImageDirs *dirs_in(const char *data)
{
    SbxImageDirs *dirs = g_new0(SbxImageDirs, 1);

    dirs->own = g_build_filename(data, "images", NULL);
    dirs->cache = g_build_filename(data, "cache", NULL);
    return dirs;
}

static char *xdg_dir(const char *variable, const char *below_home)
{
    const char *value = g_getenv(variable);

    if (value && g_path_is_absolute(value))
        return g_build_filename(value, "libsandbox", NULL);
    return g_build_filename(g_get_home_dir(), below_home, "libsandbox", NULL);
}

SbxImageDirs *sbx_image_dirs_new(GError **error)
{
    const char *override = g_getenv("LIBSANDBOX_DATA_DIR");
    g_autofree char *data = NULL;
    SbxImageDirs *dirs;

    if (override && !g_path_is_absolute(override)) {
        sbx_fault_set(error, SBX_E_INVALID, 0,
                            "set LIBSANDBOX_DATA_DIR to an absolute path, or unset it",
                            "LIBSANDBOX_DATA_DIR is \"%s\", which is not an absolute path",
                            override);
        return NULL;
    }
    if (override || geteuid() == 0)
        return dirs_in(override ? override : SYSTEM_DATA_DIR);
    data = xdg_dir("XDG_DATA_HOME", ".local/share");
    dirs = dirs_in(data);
    dirs->fallback = g_strdup(SYSTEM_DATA_DIR "/images");
    g_free(dirs->cache);
    dirs->cache = xdg_dir("XDG_CACHE_HOME", ".cache");
    return dirs;
}

void sbx_image_dirs_free(SbxImageDirs *dirs)
{
    if (!dirs)
        return;
    g_free(dirs->own);
    g_free(dirs->fallback);
    g_free(dirs->cache);
    g_free(dirs);
}
