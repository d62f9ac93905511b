/* format.c: the block before each entry of an archive. */
#include "format.h"

#include <stdio.h>
#include <string.h>

/* Base 256, marked by the first bit; the second is the sign. */
static bool parse_binary(const unsigned char *field, size_t length, int64_t *out)
{
    bool negative = (field[0] & 0x40) != 0;
    uint64_t value = negative ? ~UINT64_C(0) : 0;

    for (size_t i = 0; i < length; i++) {
        unsigned byte = i > 0 ? field[i] : negative ? field[0] | 0x80u : field[0] & 0x7fu;

        if (length - i > 8) {
            if (byte != (negative ? 0xffu : 0u))
                return false;
            continue;
        }
        value = value << 8 | byte;
    }
    if ((value >> 63 != 0) != negative)
        return false;
    *out = (int64_t)value;
    return true;
}

bool tar_number_parse(const char *field, size_t length, int64_t *out)
{
    uint64_t value = 0;
    size_t i = 0;

    if (((unsigned char)field[0] & 0x80) != 0)
        return parse_binary((const unsigned char *)field, length, out);
    while (i < length && field[i] == ' ')
        i++;
    for (; i < length && field[i] >= '0' && field[i] <= '7'; i++)
        value = value << 3 | (uint64_t)(field[i] - '0');
    for (; i < length; i++)
        if (field[i] == '\0')
            break; /* old writers leave rubbish behind it */
        else if (field[i] != ' ')
            return false;
    *out = (int64_t)value;
    return true;
}

bool tar_number_format(char *field, size_t length, uint64_t value)
{
    uint64_t mask = (UINT64_C(1) << (3 * (length - 1))) - 1;

    for (size_t i = 0; i < length - 1; i++)
        field[length - 2 - i] = (char)('0' + (value >> (3 * i) & 7));
    field[length - 1] = '\0';
    return value <= mask;
}

bool tar_header_is_zero(const struct tar_header *header)
{
    static const struct tar_header zero;

    return memcmp(header, &zero, sizeof zero) == 0;
}

/* Some old writers added up signed bytes. */
bool tar_header_is_sound(const struct tar_header *header)
{
    const unsigned char *bytes = (const unsigned char *)header;
    size_t first = offsetof(struct tar_header, checksum);
    int64_t sum = 8 * ' ';
    int64_t signed_sum = 8 * ' ';
    int64_t wanted;

    for (size_t i = 0; i < sizeof *header; i++) {
        if (i >= first && i < first + sizeof header->checksum)
            continue;
        sum += bytes[i];
        signed_sum += (signed char)bytes[i];
    }
    return tar_number_parse(header->checksum, sizeof header->checksum, &wanted) &&
           (wanted == sum || wanted == signed_sum);
}

void tar_header_seal(struct tar_header *header)
{
    const unsigned char *bytes = (const unsigned char *)header;
    unsigned sum = 0;

    memset(header->checksum, ' ', sizeof header->checksum);
    for (size_t i = 0; i < sizeof *header; i++)
        sum += bytes[i];
    tar_number_format(header->checksum, 7, sum);
}
