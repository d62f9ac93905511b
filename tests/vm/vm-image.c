/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See vm-image.h. */
#include "vm-image.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vm-env.h"

#define ROOTFS "rootfs.ext4"
#define KERNEL "vmlinux"
#define MODULES "modules.cpio"
#define MANIFEST "manifest.json"

static void run(const char *const *argv)
{
    g_autoptr(GError) error = NULL;
    gint status = -1;

    if (!g_spawn_sync("/", (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
                      &status, &error) ||
        !g_spawn_check_wait_status(status, &error))
        ck_abort_msg("%s: %s", argv[0], error->message);
}

static void copy_file(const char *directory, const char *name)
{
    g_autofree char *from = g_build_filename(vm_image_dir(), name, NULL);
    const char *argv[] = {"cp", "--reflink=auto", from, directory, NULL};

    run(argv);
}

static void write_file(const char *directory, const char *name, const void *bytes, gsize length)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autoptr(GError) error = NULL;

    if (!g_file_set_contents(path, bytes, (gssize)length, &error))
        ck_abort_msg("%s", error->message);
}

static void flip(const char *directory, const char *name, off_t at)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    unsigned char byte = 0;

    ck_assert_int_eq(pread(fd, &byte, 1, at), 1);
    byte ^= 0x10;
    ck_assert_int_eq(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

/* A file of zeros with the two bytes by which ext4 is recognised, and nothing else of it. */
static void write_empty_rootfs(const char *directory)
{
    static const unsigned char magic[2] = {0x53, 0xef};
    g_autofree char *zeros = g_malloc0(1 << 20);

    memcpy(zeros + 1024 + 56, magic, sizeof magic);
    write_file(directory, ROOTFS, zeros, 1 << 20);
}

/* The smallest thing that QEMU boots as a kernel by PVH: `cli; 1: hlt; jmp 1b`. */
static void write_halting_kernel(const char *directory)
{
    struct {
        Elf64_Ehdr elf;
        Elf64_Phdr load;
        Elf64_Phdr note_header;
        Elf64_Nhdr note;
        char xen[4];
        guint64 entry;
        unsigned char code[8];
    } file = {0};
    const guint64 base = 0x1000000;

    memcpy(file.elf.e_ident, ELFMAG, SELFMAG);
    file.elf.e_ident[EI_CLASS] = ELFCLASS64;
    file.elf.e_ident[EI_DATA] = ELFDATA2LSB;
    file.elf.e_ident[EI_VERSION] = EV_CURRENT;
    file.elf.e_type = ET_EXEC;
    file.elf.e_machine = EM_X86_64;
    file.elf.e_version = EV_CURRENT;
    file.elf.e_phoff = offsetof(typeof(file), load);
    file.elf.e_ehsize = sizeof file.elf;
    file.elf.e_phentsize = sizeof file.load;
    file.elf.e_phnum = 2;
    file.load.p_type = PT_LOAD;
    file.load.p_flags = PF_R | PF_X;
    file.load.p_vaddr = file.load.p_paddr = base;
    file.load.p_filesz = file.load.p_memsz = sizeof file;
    file.load.p_align = 4096;
    file.note_header.p_type = PT_NOTE;
    file.note_header.p_offset = offsetof(typeof(file), note);
    file.note_header.p_filesz = file.note_header.p_memsz =
        sizeof file.note + sizeof file.xen + sizeof file.entry;
    file.note_header.p_align = 4;
    file.note.n_namesz = sizeof file.xen;
    file.note.n_descsz = sizeof file.entry;
    file.note.n_type = 18; /* XEN_ELFNOTE_PHYS32_ENTRY */
    memcpy(file.xen, "Xen", 4);
    file.entry = base + offsetof(typeof(file), code);
    file.elf.e_entry = file.entry;
    memcpy(file.code, "\xfa\xf4\xeb\xfd", 4);
    write_file(directory, KERNEL, &file, sizeof file);
}

static char *digest(const char *path, guint64 *size)
{
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, NULL);

    ck_assert_msg(file != NULL, "cannot read %s", path);
    *size = g_mapped_file_get_length(file);
    return g_compute_checksum_for_data(G_CHECKSUM_SHA256,
                                       (const guchar *)g_mapped_file_get_contents(file), *size);
}

/* A manifest that is true of what lies there. */
static void write_manifest(const char *directory)
{
    static const char *const names[] = {ROOTFS, KERNEL, MODULES};
    GString *text =
        g_string_new("{\"format\": 1, \"name\": \"" SBX_IMAGE_DEFAULT "\", "
                     "\"created\": \"2026-01-01T00:00:00Z\", \"suite\": \"trixie\", "
                     "\"architecture\": \"x86_64\", \"kernel\": {\"release\": \"6.12.0\","
                     " \"package_version\": \"6.12.0-1\"}, \"deno\": null, "
                     "\"packages\": 1, \"files\": {");

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(directory, names[i], NULL);
        guint64 size;
        g_autofree char *sum = digest(path, &size);

        g_string_append_printf(text,
                               "%s\"%s\": {\"size\": %" G_GUINT64_FORMAT ", \"sha256\": \"%s\"}",
                               i > 0 ? ", " : "", names[i], size, sum);
    }
    g_string_append(text, "}}\n");
    write_file(directory, MANIFEST, text->str, text->len);
    g_string_free(text, TRUE);
}

/* A version's name ends with the start of its manifest's checksum. */
static void publish(const char *draft, const char *name)
{
    g_autofree char *manifest = g_build_filename(draft, MANIFEST, NULL);
    guint64 size;
    g_autofree char *sum = digest(manifest, &size);
    g_autofree char *final = g_strdup_printf("%s/20260101T000000Z-%.8s", name, sum);

    if (rename(draft, final) < 0)
        ck_abort_msg("cannot rename %s to %s: %s", draft, final, g_strerror(errno));
}

static void fill(VmImage kind, const char *draft)
{
    static const char nothing[4096] = "this is not a kernel\n";

    copy_file(draft, MODULES);
    if (kind == VM_IMAGE_NEVER_ANSWERS)
        write_halting_kernel(draft);
    else if (kind == VM_IMAGE_NO_KERNEL_CODE)
        write_file(draft, KERNEL, nothing, sizeof nothing);
    else
        copy_file(draft, KERNEL);
    if (kind >= VM_IMAGE_PANICS)
        write_empty_rootfs(draft);
    else
        copy_file(draft, ROOTFS);
    if (kind >= VM_IMAGE_PANICS)
        write_manifest(draft);
    else
        copy_file(draft, MANIFEST);
}

static void damage(VmImage kind, const char *draft)
{
    g_autofree char *rootfs = g_build_filename(draft, ROOTFS, NULL);
    g_autofree char *kernel = g_build_filename(draft, KERNEL, NULL);
    g_autofree char *manifest = g_build_filename(draft, MANIFEST, NULL);

    switch (kind) {
    case VM_IMAGE_TRUNCATED_ROOTFS:
        ck_assert_int_eq(truncate(rootfs, 100 * VM_MIB), 0);
        break;
    case VM_IMAGE_FLIPPED_BYTE:
        flip(draft, ROOTFS, 150 * VM_MIB);
        break;
    case VM_IMAGE_FLIPPED_KERNEL:
        flip(draft, KERNEL, 20 * VM_MIB);
        break;
    case VM_IMAGE_NO_KERNEL:
        ck_assert_int_eq(unlink(kernel), 0);
        break;
    case VM_IMAGE_BAD_MANIFEST:
        ck_assert_int_eq(truncate(manifest, 40), 0);
        break;
    default:
        break;
    }
}

char *vm_image_make(VmImage kind, const char *name)
{
    char *data = vm_path(name);
    g_autofree char *images = g_build_filename(data, "images", "builtin+debian-13", NULL);
    g_autofree char *draft = g_build_filename(data, "images", "draft", NULL);
    g_autofree char *cache = g_build_filename(data, "cache", NULL);
    g_autofree char *link = g_build_filename(cache, "libvirt", NULL);
    g_autofree char *shared = vm_path("data/cache/libvirt");

    ck_assert_int_eq(g_mkdir_with_parents(images, 0755), 0);
    ck_assert_int_eq(g_mkdir_with_parents(draft, 0755), 0);
    ck_assert_int_eq(g_mkdir_with_parents(cache, 0755), 0);
    ck_assert_int_eq(symlink(shared, link), 0);
    fill(kind, draft);
    /* The name is that of the manifest as it was when the image was published. */
    if (kind == VM_IMAGE_BAD_MANIFEST)
        damage(kind, draft);
    publish(draft, images);
    if (kind != VM_IMAGE_BAD_MANIFEST) {
        g_autofree char *found = NULL;
        g_autoptr(GDir) dir = g_dir_open(images, 0, NULL);

        found = g_build_filename(images, g_dir_read_name(dir), NULL);
        damage(kind, found);
    }
    return data;
}
