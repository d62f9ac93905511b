/* pax.c: records of extended headers. */
#include "pax.h"

#include "message.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BILLION = 1000000000 };

int tar_pax_next(char **cursor, char *end, struct tar_record *record)
{
    char *line = *cursor;
    char *p = line;
    size_t length = 0;
    char *equals;

    if (line == end)
        return 0;
    for (; p < end && *p >= '0' && *p <= '9'; p++) {
        length = length * 10 + (size_t)(*p - '0');
        if (length > (size_t)(end - line))
            return -1;
    }
    if (p == line || p == end || *p != ' ' || length < (size_t)(p - line) + 3 ||
        line[length - 1] != '\n')
        return -1;
    record->key = p + 1;
    equals = memchr(record->key, '=', (size_t)(line + length - record->key));
    if (equals == NULL || equals == record->key)
        return -1;
    *equals = '\0';
    line[length - 1] = '\0';
    record->value = equals + 1;
    record->length = (size_t)(line + length - 1 - record->value);
    *cursor = line + length;
    return 1;
}

static bool reserve(struct tar_pax *pax, size_t length, struct tar_failure *failure)
{
    size_t wanted = pax->length + length;
    char *bytes;

    if (wanted > TAR_PAX_MAX)
        return tar_fail(failure, TAR_TOO_BIG, "a file's header is longer than %d bytes",
                        TAR_PAX_MAX);
    if (wanted <= pax->allocated)
        return true;
    bytes = realloc(pax->bytes, 2 * wanted);
    if (bytes == NULL)
        return tar_fail(failure, TAR_NO_MEMORY, "out of memory");
    pax->bytes = bytes;
    pax->allocated = 2 * wanted;
    return true;
}

static size_t digits(size_t number)
{
    size_t count = 1;

    while (number >= 10) {
        number /= 10;
        count++;
    }
    return count;
}

bool tar_pax_add(struct tar_pax *pax, const char *key, const void *value, size_t length,
                 struct tar_failure *failure)
{
    size_t bare = 1 + strlen(key) + 1 + length + 1;
    size_t total = bare + digits(bare);

    /* The length counts its own digits. */
    if (bare + digits(total) != total)
        total = bare + digits(total);
    if (!reserve(pax, total + 1, failure))
        return false;
    pax->length += (size_t)sprintf(pax->bytes + pax->length, "%zu %s=", total, key);
    memcpy(pax->bytes + pax->length, value, length);
    pax->length += length;
    pax->bytes[pax->length++] = '\n';
    return true;
}

bool tar_pax_add_number(struct tar_pax *pax, const char *key, uint64_t value,
                        struct tar_failure *failure)
{
    char text[24];
    int length = snprintf(text, sizeof text, "%" PRIu64, value);

    return tar_pax_add(pax, key, text, (size_t)length, failure);
}

bool tar_pax_add_time(struct tar_pax *pax, const char *key, int64_t seconds, uint32_t nanoseconds,
                      struct tar_failure *failure)
{
    bool negative = seconds < 0;
    char text[48];
    int length;

    if (negative && nanoseconds > 0) {
        seconds++;
        nanoseconds = BILLION - nanoseconds;
    }
    length = snprintf(text, sizeof text, "%s%" PRIu64, negative ? "-" : "",
                      negative ? (uint64_t)0 - (uint64_t)seconds : (uint64_t)seconds);
    if (nanoseconds > 0)
        length += snprintf(text + length, sizeof text - (size_t)length, ".%09" PRIu32, nanoseconds);
    return tar_pax_add(pax, key, text, (size_t)length, failure);
}

bool tar_decimal_parse(const char *text, uint64_t *out)
{
    uint64_t value = 0;

    if (*text == '\0')
        return false;
    for (; *text >= '0' && *text <= '9'; text++) {
        if (value > (UINT64_MAX - 9) / 10)
            return false;
        value = value * 10 + (uint64_t)(*text - '0');
    }
    *out = value;
    return *text == '\0';
}

bool tar_time_parse(const char *text, int64_t *seconds, uint32_t *nanoseconds)
{
    bool negative = *text == '-';
    uint64_t whole = 0;
    uint32_t fraction = 0;
    uint32_t unit = BILLION;

    text += negative;
    if (*text < '0' || *text > '9')
        return false;
    for (; *text >= '0' && *text <= '9'; text++) {
        if (whole > INT64_MAX / 100)
            return false;
        whole = whole * 10 + (uint64_t)(*text - '0');
    }
    if (*text == '.')
        for (text++; *text >= '0' && *text <= '9'; text++)
            fraction += (unit /= 10) * (uint32_t)(*text - '0');
    if (*text != '\0')
        return false;
    *seconds = negative ? -(int64_t)whole - (fraction > 0) : (int64_t)whole;
    *nanoseconds = negative && fraction > 0 ? BILLION - fraction : fraction;
    return true;
}
