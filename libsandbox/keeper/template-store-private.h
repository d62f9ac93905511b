/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared by the files of the template store. Names are always looked up in an open directory, and
 * links are not followed.
 *
 * Inside, a defect of a template is a fault with the code SBX_E_IMAGE, whose message is the
 * sentence for the log; other codes say that nothing could be found out.
 */
#ifndef SBX_KEEPER_TEMPLATE_STORE_PRIVATE_H
#define SBX_KEEPER_TEMPLATE_STORE_PRIVATE_H

#include <sys/stat.h>

#include "image/digest.h"
#include "keeper/template-store.h"
#include "wire/fd.h"

#define SBX_TEMPLATE_BUILD_PREFIX "build-"
#define SBX_TEMPLATE_LOCK_SUFFIX ".lock"
#define SBX_TEMPLATE_JSON "template.json"
#define SBX_TEMPLATE_STAMP "stamp"
#define SBX_TEMPLATE_USED "used"

#define SBX_TEMPLATE_SPACE_HINT                                                                    \
    "free some space where libsandbox keeps its data, or set LIBSANDBOX_DATA_DIR to a place with " \
    "more; see doc/environment.md"

/* QEMU's state without RAM is about 0.2 MB. */
#define SBX_TEMPLATE_STATE_MAX (64u << 20)

enum { SBX_TEMPLATE_MEMORY, SBX_TEMPLATE_DISK, SBX_TEMPLATE_STATE, SBX_TEMPLATE_N_FILES };
extern const char *const sbx_template_file_names[SBX_TEMPLATE_N_FILES];

/* --- template-store.c --- */

/* Opens the store's directory; @create: makes it. -1 without an error when there is none. */
int sbx_template_store_open(const char *dir, gboolean create, GError **error);
gboolean sbx_template_id_is_valid(const char *id);
int sbx_template_lock_at(int store, const char *id, gboolean wait, GError **error);

/* --- template-files.c --- */

/* A failed system call. */
void sbx_template_set_errno(GError **error, int sys_errno, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* A defect. Returns FALSE. */
gboolean sbx_template_set_damaged(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Whether @name still leads to what @fd is open on. */
gboolean sbx_template_is_still(int at, const char *name, int fd);
int sbx_template_open_dir(int at, const char *name);
/* Opens a regular file for reading; a defect when it is not there or something else. */
int sbx_template_open_file(int at, const char *name, struct stat *st, GError **error);
/* A name for a directory that nobody has. */
char *sbx_template_build_name(void);
/* Removes all in an open directory but the NULL-terminated names @keep (may be NULL). */
void sbx_template_empty(int fd, const char *const *keep);
/* Removes a directory and all in it, or a file; FALSE with errno set. */
gboolean sbx_template_remove_tree(int at, const char *name);
/* Takes the template that @fd is open on away at once, then removes its files. Another that came to
 * be there meanwhile stays. FALSE with errno set. */
gboolean sbx_template_take_away(int store, const char *id, int fd);
/* The names in a directory. */
GPtrArray *sbx_template_names(int at);

/* --- template-manifest.c: template.json --- */

typedef struct {
    JsonObject *object; /* to which the strings and notes belong */
    SbxTemplateKey key;
    JsonObject *notes;
    gint64 created_ms;
    struct {
        guint64 size;
        char sha256[SBX_DIGEST_SIZE];
    } files[SBX_TEMPLATE_N_FILES];
} SbxTemplateManifest;

void sbx_template_manifest_clear(SbxTemplateManifest *manifest);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SbxTemplateManifest, sbx_template_manifest_clear)

/* The file's text; all but object is used. */
char *sbx_template_manifest_print(const SbxTemplateManifest *manifest, gsize *length,
                                  GError **error);
/* Reads the file; it is of the template @id. */
gboolean sbx_template_manifest_parse(const char *text, gsize length, const char *id,
                                     SbxTemplateManifest *manifest, GError **error);
gboolean sbx_template_manifest_read(int at, const char *id, SbxTemplateManifest *manifest,
                                    GError **error);

/* --- template-check.c --- */

/* The open files of a template, and what they were when they were opened. */
typedef struct {
    int fds[SBX_TEMPLATE_N_FILES];
    struct stat st[SBX_TEMPLATE_N_FILES];
} SbxTemplateFiles;

void sbx_template_files_clear(SbxTemplateFiles *files);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SbxTemplateFiles, sbx_template_files_clear)

gboolean sbx_template_files_open(int at, SbxTemplateFiles *files, GError **error);
/* Compares sizes; that of the state only has limits when @state_size is 0. */
gboolean sbx_template_files_check_sizes(const SbxTemplateFiles *files, const SbxTemplateKey *key,
                                        guint64 state_size, GError **error);
gboolean sbx_template_file_digest(const SbxTemplateFiles *files, int which,
                                  char hex[SBX_DIGEST_SIZE], GError **error);
/* The state as bytes, checked. */
GBytes *sbx_template_state_read(const SbxTemplateFiles *files, const SbxTemplateManifest *manifest,
                                GError **error);

/* Whether every write after @now will show in the file's times: the clock that the kernel takes
 * them from advances by ticks, and must have gone on since the last write. */
gboolean sbx_template_is_settled(const struct stat *st, const struct timespec *now);
gboolean sbx_template_is_unchanged(const SbxTemplateFiles *files, int which);
/* What the stamp of these files says. */
char *sbx_template_stamp_text(const SbxTemplateManifest *manifest, const SbxTemplateFiles *files);
/* Writes the stamp, unless the files are not what they were when they were opened, or had not
 * settled at @since, before they were read. */
void sbx_template_stamp_write(int at, const SbxTemplateManifest *manifest,
                              const SbxTemplateFiles *files, const struct timespec *since);
/* Memory and disk have their checksums: by their stamp, or by reading them. */
gboolean sbx_template_check_contents(int at, const SbxTemplateManifest *manifest,
                                     const SbxTemplateFiles *files, GError **error);

void sbx_template_now(struct timespec *now);
void sbx_template_mark_used(int at);
/* In milliseconds since 1970; 0 when unknown. */
gint64 sbx_template_used_ms(int at);

#endif
