/* format.h: the block before each entry of an archive. */
#ifndef SBX_TAR_FORMAT_H
#define SBX_TAR_FORMAT_H

#include "tar.h"

enum { TAR_BLOCK = 512 };

struct tar_header {
    char name[100];
    char mode[8];
    char uid[8];
    char gid[8];
    char size[12];
    char mtime[12];
    char checksum[8];
    char type;
    char link[100];
    char magic[8]; /* with the version */
    char uname[32];
    char gname[32];
    char major[8];
    char minor[8];
    char prefix[155];
    char unused[12];
};

/* What GNU tar has where ustar has the prefix, and in blocks that continue it. */
struct tar_gnu_extent {
    char offset[12];
    char length[12];
};

struct tar_gnu_sparse {
    char before[386];
    struct tar_gnu_extent extents[4];
    char more;
    char size[12];
    char after[17];
};

struct tar_gnu_more {
    struct tar_gnu_extent extents[21];
    char more;
    char after[7];
};

_Static_assert(sizeof(struct tar_header) == TAR_BLOCK, "a header is one block");
_Static_assert(sizeof(struct tar_gnu_sparse) == TAR_BLOCK, "a header is one block");
_Static_assert(sizeof(struct tar_gnu_more) == TAR_BLOCK, "a header is one block");

/* Octal, or GNU's base 256. False: it is no number. An empty field is 0. */
bool tar_number_parse(const char *field, size_t length, int64_t *out);
/* Octal with a NUL; false, and as much as fits, when the value is too large. */
bool tar_number_format(char *field, size_t length, uint64_t value);

bool tar_header_is_zero(const struct tar_header *header);
bool tar_header_is_sound(const struct tar_header *header); /* its checksum */
void tar_header_seal(struct tar_header *header);

#endif
