/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Archives made by hand, and trees to compare: see tar-fixture.h. */
#include "tar-fixture.h"

#include <check.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pax.h"

char *tar_dir;
static gsize last_header;

static int run(const char *script, char **output)
{
    g_autofree char *command =
        g_strdup_printf("cd '%s' && umask 022 && set -e\n%s", tar_dir, script);
    const char *argv[] = {"bash", "-c", command, NULL};
    int status = -1;

    ck_assert(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, output, NULL,
                           &status, NULL));
    return status;
}

void tar_setup(void)
{
    tar_dir = g_dir_make_tmp("sbx-tar-XXXXXX", NULL);
    ck_assert_ptr_nonnull(tar_dir);
}

void tar_teardown(void)
{
    run("chmod -R u+rwx . && rm -rf \"$PWD\"", NULL);
    g_free(tar_dir);
}

const char *tar_at(const char *name)
{
    g_autofree char *path = g_build_filename(tar_dir, name, NULL);

    return g_intern_string(path);
}

void tar_sh(const char *format, ...)
{
    g_autofree char *script = NULL;
    va_list args;

    va_start(args, format);
    script = g_strdup_vprintf(format, args);
    va_end(args);
    ck_assert_msg(run(script, NULL) == 0, "%s", script);
}

char *tar_describe(const char *name)
{
    g_autofree char *script =
        g_strdup_printf("cd '%s'\n"
                        "find . \\( -type d -printf '%%P|d|%%m|%%T@\\n' \\) -o "
                        "-printf '%%P|%%y|%%m|%%l|%%n|%%s|%%T@\\n' | LC_ALL=C sort\n"
                        "find . -type f -print0 | LC_ALL=C sort -z | xargs -0 -r cksum\n"
                        "python3 - <<'END'\n"
                        "import os\n"
                        "for top, dirs, files in os.walk(b'.'):\n"
                        "    for n in sorted(dirs + files):\n"
                        "        p = os.path.join(top, n)\n"
                        "        for x in sorted(os.listxattr(p, follow_symlinks=False)):\n"
                        "            if x != 'security.selinux':\n"
                        "                print(p, x, os.getxattr(p, x, follow_symlinks=False))\n"
                        "END\n",
                        name);
    char *text = NULL;

    ck_assert_int_eq(run(script, &text), 0);
    return text;
}

struct tar_header *tar_put_header(GByteArray *archive, char type, const char *name, guint64 size)
{
    struct tar_header header = {.type = type};

    last_header = archive->len;
    memcpy(header.name, name, MIN(strlen(name), sizeof header.name));
    memcpy(header.magic, "ustar\00000", sizeof header.magic);
    tar_number_format(header.mode, sizeof header.mode, type == '5' ? 0755 : 0644);
    tar_number_format(header.uid, sizeof header.uid, geteuid());
    tar_number_format(header.gid, sizeof header.gid, getegid());
    tar_number_format(header.size, sizeof header.size, size);
    tar_number_format(header.mtime, sizeof header.mtime, 1000000000);
    tar_header_seal(&header);
    g_byte_array_append(archive, (const guint8 *)&header, sizeof header);
    return (struct tar_header *)(archive->data + last_header);
}

void tar_seal(GByteArray *archive)
{
    tar_header_seal((struct tar_header *)(archive->data + last_header));
}

static void put_data(GByteArray *archive, const void *data, gsize size)
{
    static const guint8 zeros[TAR_BLOCK];

    if (size > 0)
        g_byte_array_append(archive, data, (guint)size);
    g_byte_array_append(archive, zeros, (guint)((TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK));
}

void tar_put(GByteArray *archive, char type, const char *name, const char *link, const void *data,
             gsize size)
{
    struct tar_header *header = tar_put_header(archive, type, name, size);

    if (link != NULL)
        memcpy(header->link, link, MIN(strlen(link), sizeof header->link));
    tar_seal(archive);
    put_data(archive, data, size);
}

void tar_put_pax(GByteArray *archive, int type, ...)
{
    struct tar_pax pax = {0};
    struct tar_failure failure;
    const char *pair;
    va_list args;

    va_start(args, type);
    while ((pair = va_arg(args, const char *)) != NULL) {
        const char *equals = strchr(pair, '=');
        g_autofree char *key = g_strndup(pair, (gsize)(equals - pair));

        ck_assert(tar_pax_add(&pax, key, equals + 1, strlen(equals + 1), &failure));
    }
    va_end(args);
    tar_put(archive, (char)type, "pax", NULL, pax.bytes, pax.length);
    free(pax.bytes);
}

void tar_put_end(GByteArray *archive)
{
    static const guint8 zeros[2 * TAR_BLOCK];

    g_byte_array_append(archive, zeros, sizeof zeros);
}

gboolean tar_try(const GByteArray *archive, const struct tar_options *options,
                 struct tar_counts *counts, struct tar_failure *failure)
{
    struct tar_options own = *options;

    own.target = tar_at("out");
    own.into = true;
    failure->text[0] = '\0';
    return tar_extract_memory(&own, archive->data, archive->len, NULL, counts, failure);
}

void tar_make(const char *file, const char *source, guint64 *warnings)
{
    struct tar_options options = TAR_OPTIONS_DEFAULT;
    char *sources[] = {(char *)tar_at(source)};
    struct tar_failure failure;
    struct tar_counts counts;
    int fd = open(tar_at(file), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    options.sources = sources;
    options.source_count = 1;
    ck_assert_msg(tar_create(&options, fd, -1, NULL, &counts, &failure), "%s", failure.text);
    close(fd);
    if (warnings != NULL)
        *warnings = counts.warnings;
}

void tar_unmake(const char *file, const char *target, guint64 *warnings)
{
    struct tar_options options = TAR_OPTIONS_DEFAULT;
    struct tar_failure failure;
    struct tar_counts counts;
    int fd = open(tar_at(file), O_RDONLY | O_CLOEXEC);

    options.target = tar_at(target);
    ck_assert_msg(tar_extract(&options, fd, -1, NULL, &counts, &failure), "%s", failure.text);
    close(fd);
    if (warnings != NULL)
        *warnings = counts.warnings;
}
