/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The doctor: the image that sandboxes boot from, and the tools that make images and disks. */
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include <sandbox/image.h>

#include "image/store.h"
#include "keeper/doctor.h"

#define SYSTEM_IMAGES "/var/lib/libsandbox/images"
#define KEYRING "/usr/share/keyrings/debian-archive-keyring.gpg"
/* What build-image adds to the caller's PATH. */
#define SBIN_PATH ":/usr/local/sbin:/usr/sbin:/sbin"

/* assume_storage_prezeroed, see keeper/disk.c. */
enum { MKE2FS_MAJOR = 1, MKE2FS_MINOR = 47 };

void sbx_doctor_check_mke2fs(SbxDoctor *doctor, SbxCheck *check)
{
    g_autofree char *path = sbx_doctor_find(doctor->path, "mke2fs");
    g_autofree char *said = path != NULL ? sbx_doctor_capture(path, "-V") : NULL;
    guint major = 0, minor = 0;

    if (path == NULL)
        sbx_check_set(check, SBX_CHECK_ERROR, "as root: apt-get install e2fsprogs",
                      "mke2fs, which makes the disks of sandboxes, is not in %s", doctor->path);
    else if (said == NULL || !sbx_doctor_parse_version(said, &major, &minor))
        sbx_check_set(check, SBX_CHECK_ERROR, "as root: apt-get install --reinstall e2fsprogs",
                      "%s -V does not tell a version", path);
    else if (major < MKE2FS_MAJOR || (major == MKE2FS_MAJOR && minor < MKE2FS_MINOR))
        sbx_check_set(check, SBX_CHECK_ERROR, "install e2fsprogs 1.47 or newer (Debian 12 has it)",
                      "%s is version %u.%u, too old for assume_storage_prezeroed", path, major,
                      minor);
    else
        sbx_check_set(check, SBX_CHECK_OK, NULL, "%s %u.%u", path, major, minor);
}

/* The directories that the keeper will look in. */
static SbxImageDirs *image_dirs(const SbxDoctorPaths *paths, GError **error)
{
    SbxImageDirs *dirs;

    if (paths->data_dir == NULL)
        return sbx_image_dirs_new(error);
    dirs = g_new0(SbxImageDirs, 1);
    dirs->own = g_build_filename(paths->data_dir, "images", NULL);
    if (geteuid() != 0)
        dirs->fallback = g_strdup(SYSTEM_IMAGES);
    dirs->cache = g_strdup(paths->cache_dir);
    return dirs;
}

/* The first of a name is the newest. */
static const SbxImageEntry *newest(GPtrArray *images, const char *name)
{
    for (guint i = 0; i < images->len; i++) {
        const SbxImageEntry *entry = images->pdata[i];

        if (strcmp(entry->name, name) == 0)
            return entry;
    }
    return NULL;
}

void sbx_doctor_check_image(SbxDoctor *doctor, SbxCheck *check)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SbxImageDirs) dirs = image_dirs(doctor->paths, &error);
    g_autoptr(GPtrArray) images = dirs != NULL ? sbx_image_store_list(dirs, &error) : NULL;
    const SbxImageEntry *image = images != NULL ? newest(images, SBX_IMAGE_DEFAULT) : NULL;

    if (images == NULL)
        sbx_check_set(check, SBX_CHECK_ERROR, "make that directory readable for this user", "%s",
                      error->message);
    else if (image == NULL)
        sbx_check_set(check, SBX_CHECK_WARNING, "run `sbx image build` (needs half a minute)",
                      SBX_IMAGE_DEFAULT " is not in %s%s%s", dirs->own,
                      dirs->fallback != NULL ? " or " : "",
                      dirs->fallback != NULL ? dirs->fallback : "");
    else if (image->kernel_release == NULL)
        sbx_check_set(check, SBX_CHECK_ERROR, "run `sbx image build --force`",
                      "the newest " SBX_IMAGE_DEFAULT " is damaged: %s has no good manifest",
                      image->dir);
    else
        sbx_check_set(check, SBX_CHECK_OK, NULL, "%s@%s, kernel %s, %" G_GUINT64_FORMAT " MiB",
                      image->name, image->version, image->kernel_release, image->disk_size >> 20);
}

/* What build-image needs, with the Debian packages. The first of a package stands for it. */
void sbx_doctor_check_tools(SbxDoctor *doctor, SbxCheck *check)
{
    static const struct {
        const char *program;
        const char *package;
    } tools[] = {
        {"mmdebstrap", "mmdebstrap"}, {"apt-get", "apt"},
        {"dpkg-deb", "dpkg"},         {"gpg", "gpg"},
        {"mke2fs", "e2fsprogs"},      {"zstd", "zstd"},
        {"xz", "xz-utils"},           {"unshare", "util-linux"},
        {"mount", "mount"},
    };
    const char *own = g_getenv("PATH");
    g_autofree char *path = g_strconcat(own != NULL ? own : "", SBIN_PATH, NULL);
    g_autoptr(GString) missing = g_string_new(NULL);
    g_autoptr(GString) hint = g_string_new("as root: apt-get install");

    (void)doctor;
    for (size_t i = 0; i < G_N_ELEMENTS(tools); i++) {
        g_autofree char *found = sbx_doctor_find(path, tools[i].program);

        if (found != NULL)
            continue;
        g_string_append_printf(missing, " %s", tools[i].program);
        g_string_append_printf(hint, " %s", tools[i].package);
    }
    if (access(KEYRING, R_OK) < 0) {
        g_string_append(missing, " " KEYRING);
        g_string_append(hint, " debian-archive-keyring");
    }
    if (missing->len > 0)
        sbx_check_set(check, SBX_CHECK_WARNING, hint->str,
                      "images cannot be built, only used; missing:%s", missing->str);
    else
        sbx_check_set(check, SBX_CHECK_OK, NULL, "all that building an image needs is there");
}

/* Whether /etc/subuid or /etc/subgid has a range for the user, by name or number. */
static gboolean has_range(const char *file, const char *name)
{
    g_autofree char *text = NULL;
    g_autofree char *number = g_strdup_printf("%u:", geteuid());
    g_autofree char *prefix = name != NULL ? g_strconcat(name, ":", NULL) : g_strdup(number);
    g_auto(GStrv) lines = NULL;
    gboolean found = FALSE;

    if (!g_file_get_contents(file, &text, NULL, NULL))
        return FALSE;
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++)
        found = found || g_str_has_prefix(*line, prefix) || g_str_has_prefix(*line, number);
    return found;
}

void sbx_doctor_check_subids(SbxDoctor *doctor, SbxCheck *check)
{
    struct passwd *user = getpwuid(geteuid());
    const char *name = user != NULL ? user->pw_name : NULL;
    g_autofree char *mapper = sbx_doctor_find(doctor->path, "newuidmap");
    g_autofree char *hint = NULL;

    if (geteuid() == 0) {
        sbx_check_set(check, SBX_CHECK_OK, NULL, "root needs none");
    } else if (mapper == NULL) {
        sbx_check_set(check, SBX_CHECK_WARNING, "as root: apt-get install uidmap",
                      "images cannot be built, only used: newuidmap is missing");
    } else if (!has_range("/etc/subuid", name) || !has_range("/etc/subgid", name)) {
        hint = g_strdup_printf("as root: usermod --add-subuids 100000-165535 --add-subgids "
                               "100000-165535 %s (numbers that nobody else has)",
                               name != NULL ? name : "USER");
        sbx_check_set(check, SBX_CHECK_WARNING, hint,
                      "images cannot be built, only used: /etc/subuid or /etc/subgid has no range "
                      "for user %u",
                      geteuid());
    } else {
        sbx_check_set(check, SBX_CHECK_OK, NULL, "there is a range for user %s", name);
    }
}
