/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The template store: saved VMs on disk.
 *
 * A template is one booted VM, saved: its RAM as a file that clones map copy-on-write, its devices'
 * state, its scratch disk. It can be restored only by the very VMM that saved it and for the very
 * machine, so everything that matters is part of its key, and the key's digest is its name:
 *
 *     DIR/ID/memory          the guest's RAM; sparse, never changed once it is there
 *     DIR/ID/state           QEMU's migration stream without RAM, about 0.2 MB
 *     DIR/ID/disk            the scratch disk; sparse
 *     DIR/ID/template.json   the key, sizes and checksums; written last
 *     DIR/ID/stamp           that memory and disk were found to have their checksums, see below
 *     DIR/ID/used            its mtime is when it was last used
 *     DIR/ID.lock            locked by who builds or removes it; an open-file-description lock, so
 *                            that a listing can ask without taking it
 *     DIR/build-XXXXXXXX/    one that is being made, flocked by its maker and renamed to ID when
 *                            complete; or one that was renamed from ID to be removed
 *
 * A template is there whole or not at all. Before its first use in a keeper it is checked: sizes
 * and checksums. Those of memory and disk are spared when the stamp (inode, size, mtime and ctime
 * in nanoseconds) says that nothing touched them since they were last found right. One that is damaged
 * is removed. sbx_template_still_good() is the cheap check before every clone.
 *
 * A template is code and data for QEMU: DIR must belong to us or root, and not be writable by
 * everybody, else nothing is taken from it (SBX_E_DENIED). It is made when needed. Links below it
 * are never followed.
 *
 * All functions block (disk) and may run in any number of worker threads, and any number of keepers
 * may share a directory.
 */
#ifndef SBX_KEEPER_TEMPLATE_STORE_H
#define SBX_KEEPER_TEMPLATE_STORE_H

#include <glib.h>
#include <json-glib/json-glib.h>

/* What a template is for. All of it is in the key. */
typedef struct {
    const char *image;         /* NAME@VERSION */
    const char *image_digest;  /* of its manifest: kernel, modules, root file system */
    const char *agent_digest;  /* of the agent's program */
    const char *machine;       /* whatever else shapes the VM: domain XML without names and paths,
                                  kernel command line, warm-up */
    const char *vmm;           /* "QEMU 7.2.19", and what tells one build of it from another */
    const char *accelerator;   /* "kvm" or "tcg"; for KVM with the host's CPU and kernel */
    guint64 memory;            /* bytes */
    guint vcpus;
    guint64 disk_size;         /* bytes */
} SbxTemplateKey;

typedef struct {
    gatomicrefcount refs;
    char *id;          /* 64 hexadecimal digits: the key's digest */
    char *dir;         /* DIR/ID */
    char *memory_path; /* for QEMU to map */
    guint64 memory;
    guint vcpus;
    guint64 disk_size;
    char *image;
    GBytes *state;     /* in memory: it is small */
    int disk_fd;       /* read-only */
    JsonObject *notes; /* what the builder noted, see sbx_template_publish(); never NULL */
    /* For still_good: dev, inode, size, mtime, ctime of memory and disk. */
    struct {
        guint64 dev, inode, size;
        gint64 mtime_ns, ctime_ns;
    } stamps[2];
    int marked; /* atomic; the minute (monotonic) in which it was last marked as used */
} SbxTemplate;

SbxTemplate *sbx_template_ref(SbxTemplate *template);
void sbx_template_unref(SbxTemplate *template); /* NULL is fine; closes, removes nothing */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SbxTemplate, sbx_template_unref)

/* The digest of a key; free it with g_free(). */
char *sbx_template_id(const SbxTemplateKey *key);

/* The template with that id, checked; marks it as used. NULL without an error when there is none
 * (or a damaged one was removed: *damage, to be freed, then says what was wrong). NULL with an error
 * when it cannot be told (out of descriptors, no permission). With @damage NULL a damaged one stays
 * where it is and is an error as well: SBX_E_IMAGE. */
SbxTemplate *sbx_template_load(const char *dir, const char *id, char **damage, GError **error);

/* Whether memory and disk are what they were when it was loaded; a few microseconds. When they are,
 * marks it as used (once an hour: a keeper may live for weeks). FALSE: load it again. */
gboolean sbx_template_still_good(SbxTemplate *template);

/* The right to build. Waits while another keeper builds the same one (blocks; sbx_template_load()
 * again afterwards). Returns the lock's descriptor, to be closed, or -1. With @wait FALSE: fails
 * with SBX_E_BUSY instead of waiting. */
int sbx_template_lock(const char *dir, const char *id, gboolean wait, GError **error);

/* A new build directory with an empty file "memory" of @memory bytes (sparse). Fails with
 * SBX_E_NO_SPACE when the file system has less free than the whole memory and some. Returns its
 * path, DIR/build-XXXXXXXX. Removed by sbx_template_discard(), by the next sweep if its maker died.
 * *hold (a descriptor) shows that its maker lives; close it after publish or discard. */
char *sbx_template_begin(const char *dir, guint64 memory, int *hold, GError **error);
void sbx_template_discard(const char *build_dir);

/* What to report instead of @reason when a build's file system is full; NULL when it is not. */
GError *sbx_template_full_fault(const char *build_dir, const GError *reason);

/* Completes a build whose directory has "memory" (key->memory bytes), "state" and "disk"
 * (key->disk_size bytes), to which nobody writes any more: checksums, syncs, writes template.json
 * and renames it to its id. One that is there and valid stays, and the build is discarded. Other
 * files in the build directory are removed. @notes (may be NULL) is kept: whatever the builder wants
 * back, nested 14 deep at most. The lock is held by the caller. On failure the build directory is
 * left to sbx_template_discard(). */
gboolean sbx_template_publish(const char *dir, const char *build_dir, const SbxTemplateKey *key,
                              JsonObject *notes, GError **error);

/* One line of a listing. */
typedef struct {
    char *id;
    char *image, *vmm, *accelerator; /* NULL when template.json cannot be read */
    guint64 memory, disk_size;
    guint vcpus;
    gint64 created_ms, used_ms;
    guint64 size;      /* bytes on disk, of all files */
    JsonObject *notes; /* see sbx_template_publish(); NULL likewise */
    gboolean building; /* somebody holds its lock; it may not be there yet (size 0, all unknown) */
} SbxTemplateEntry;
void sbx_template_entry_free(SbxTemplateEntry *entry);

/* SbxTemplateEntry*, newest use first. */
GPtrArray *sbx_template_store_list(const char *dir, GError **error);
/* Removes one; SBX_E_NOT_FOUND, SBX_E_BUSY while it is being built. Running clones keep what they
 * mapped. */
gboolean sbx_template_store_remove(const char *dir, const char *id, GError **error);
/* Removes build directories whose makers are gone, templates not used for @unused_days (0: all that
 * nobody is building), and lock files that nobody holds and that have no template. */
void sbx_template_store_sweep(const char *dir, guint unused_days);

#endif
