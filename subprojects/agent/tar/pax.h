/* pax.h: extended headers, which are lines "LENGTH KEYWORD=VALUE". */
#ifndef SBX_TAR_PAX_H
#define SBX_TAR_PAX_H

#include "tar.h"

struct tar_record {
    char *key;
    char *value;
    size_t length; /* of the value; behind it stands a NUL */
};

/* Takes the next record from [*cursor, end), which is changed. 1, 0 at the end, -1: malformed. */
int tar_pax_next(char **cursor, char *end, struct tar_record *record);

struct tar_pax {
    char *bytes;
    size_t length;
    size_t allocated;
};

bool tar_pax_add(struct tar_pax *pax, const char *key, const void *value, size_t length,
                 struct tar_failure *failure);
bool tar_pax_add_number(struct tar_pax *pax, const char *key, uint64_t value,
                        struct tar_failure *failure);
bool tar_pax_add_time(struct tar_pax *pax, const char *key, int64_t seconds, uint32_t nanoseconds,
                      struct tar_failure *failure);

/* Decimal; false when it is no number, or too large. */
bool tar_decimal_parse(const char *text, uint64_t *out);
/* "-1.5" is half a second after -2. */
bool tar_time_parse(const char *text, int64_t *seconds, uint32_t *nanoseconds);

#endif
