/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Images that are broken in one way, or not at all, made from the base image.
 *
 * Each is the only version in a data directory of its own. Unchanged files are copies, not links:
 * the store takes no symbolic links, and damage to a hard link would reach the original.
 */
#ifndef SBX_TESTS_VM_IMAGE_H
#define SBX_TESTS_VM_IMAGE_H

#include <glib.h>

typedef enum {
    VM_IMAGE_SOUND,            /* a copy */
    VM_IMAGE_TRUNCATED_ROOTFS, /* shorter than the manifest says */
    VM_IMAGE_FLIPPED_BYTE,     /* one byte in the middle of the root file system differs */
    VM_IMAGE_FLIPPED_KERNEL,   /* one byte of the kernel differs */
    VM_IMAGE_NO_KERNEL,        /* vmlinux is missing */
    VM_IMAGE_BAD_MANIFEST,     /* not JSON */
    /* The following are sound as images: their checksums are right. */
    VM_IMAGE_PANICS, /* the root file system is none: the agent gives up, the kernel panics */
    VM_IMAGE_NEVER_ANSWERS,  /* the "kernel" halts with interrupts off */
    VM_IMAGE_NO_KERNEL_CODE, /* vmlinux is no ELF file: QEMU refuses it */
} VmImage;

/* Makes the directory @name below the scratch directory; returns its path (freed with g_free()),
 * for LIBSANDBOX_DATA_DIR. Fails the test when it cannot. */
char *vm_image_make(VmImage kind, const char *name);

#endif
