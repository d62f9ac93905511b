/* inodes.h: what is known of files, by device and inode. */
#ifndef SBX_TAR_INODES_H
#define SBX_TAR_INODES_H

#include <sys/types.h>

#include "tar.h"

struct tar_inode {
    uint64_t device;
    uint64_t inode; /* 0: free; no file has it */
    uint64_t value;
};

struct tar_inodes {
    struct tar_inode *slots;
    size_t allocated; /* a power of two, or 0 */
    size_t used;
};

/* The value, or NULL. */
uint64_t *tar_inodes_find(struct tar_inodes *inodes, dev_t device, ino_t inode);
/* Adds one that is not there, or changes it. False: out of memory, or too many. */
bool tar_inodes_set(struct tar_inodes *inodes, dev_t device, ino_t inode, uint64_t value);
void tar_inodes_clear(struct tar_inodes *inodes);

#endif
