/* inodes.c: a hash table with open addressing, at most two thirds full. */
#include "inodes.h"

#include <stdlib.h>

enum { FIRST_SLOTS = 1024, MOST_SLOTS = 1 << 22 };

static struct tar_inode *slot_of(const struct tar_inodes *inodes, uint64_t device, uint64_t inode)
{
    uint64_t hash = (inode ^ device << 32 ^ device >> 32) * UINT64_C(0x9e3779b97f4a7c15);
    size_t at = (size_t)(hash >> 20) & (inodes->allocated - 1);

    while (inodes->slots[at].inode != 0 &&
           (inodes->slots[at].inode != inode || inodes->slots[at].device != device))
        at = (at + 1) & (inodes->allocated - 1);
    return &inodes->slots[at];
}

uint64_t *tar_inodes_find(struct tar_inodes *inodes, dev_t device, ino_t inode)
{
    struct tar_inode *slot;

    if (inodes->allocated == 0 || inode == 0)
        return NULL;
    slot = slot_of(inodes, device, inode);
    return slot->inode != 0 ? &slot->value : NULL;
}

static bool grow(struct tar_inodes *inodes)
{
    struct tar_inodes larger = {.allocated =
                                    inodes->allocated > 0 ? 2 * inodes->allocated : FIRST_SLOTS,
                                .used = inodes->used};

    if (larger.allocated > MOST_SLOTS)
        return false;
    larger.slots = calloc(larger.allocated, sizeof *larger.slots);
    if (larger.slots == NULL)
        return false;
    for (size_t i = 0; i < inodes->allocated; i++)
        if (inodes->slots[i].inode != 0)
            *slot_of(&larger, inodes->slots[i].device, inodes->slots[i].inode) = inodes->slots[i];
    free(inodes->slots);
    *inodes = larger;
    return true;
}

bool tar_inodes_set(struct tar_inodes *inodes, dev_t device, ino_t inode, uint64_t value)
{
    struct tar_inode *slot;

    if (inode == 0 || (3 * (inodes->used + 1) > 2 * inodes->allocated && !grow(inodes)))
        return false;
    slot = slot_of(inodes, device, inode);
    inodes->used += slot->inode == 0;
    *slot = (struct tar_inode){.device = device, .inode = inode, .value = value};
    return true;
}

void tar_inodes_clear(struct tar_inodes *inodes)
{
    free(inodes->slots);
    *inodes = (struct tar_inodes){0};
}
