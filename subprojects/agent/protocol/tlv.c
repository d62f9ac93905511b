/* tlv.c: reading and writing lists of TLVs; the only place that looks at raw lengths. */
#include "tlv.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER = 5 };

static uint32_t load_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void store_u32(uint8_t *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

void sbx_tlv_reader_init(struct sbx_tlv_reader *reader, const void *data, size_t length)
{
    reader->next = data;
    reader->left = length;
}

int sbx_tlv_next(struct sbx_tlv_reader *reader, struct sbx_tlv *item)
{
    if (reader->left == 0)
        return 0;
    if (reader->left < HEADER)
        return -1;
    uint32_t length = load_u32(reader->next + 1);
    if (length > reader->left - HEADER)
        return -1;
    item->tag = reader->next[0];
    item->length = length;
    item->value = reader->next + HEADER;
    reader->next += HEADER + (size_t)length;
    reader->left -= HEADER + (size_t)length;
    return 1;
}

bool sbx_tlv_get_u32(const struct sbx_tlv *item, uint32_t *out)
{
    if (item->length != 4)
        return false;
    *out = load_u32(item->value);
    return true;
}

bool sbx_tlv_get_u64(const struct sbx_tlv *item, uint64_t *out)
{
    if (item->length != 8)
        return false;
    *out = (uint64_t)load_u32(item->value) << 32 | load_u32(item->value + 4);
    return true;
}

const char *sbx_tlv_get_string(const struct sbx_tlv *item, size_t max)
{
    if (item->length == 0 || item->length - 1 > max)
        return NULL;
    if (memchr(item->value, 0, item->length) != item->value + item->length - 1)
        return NULL;
    return (const char *)item->value;
}

void sbx_tlv_writer_init(struct sbx_tlv_writer *writer, size_t limit)
{
    *writer = (struct sbx_tlv_writer){.limit = limit};
}

void sbx_tlv_writer_clear(struct sbx_tlv_writer *writer)
{
    free(writer->data);
    *writer = (struct sbx_tlv_writer){.limit = writer->limit};
}

static bool reserve(struct sbx_tlv_writer *writer, size_t more)
{
    if (writer->failed || more > writer->limit - writer->length)
        return false;
    size_t needed = writer->length + more;
    if (needed <= writer->allocated)
        return true;
    size_t size = needed < 128 ? 256 : needed * 2;
    if (size > writer->limit)
        size = writer->limit;
    uint8_t *data = realloc(writer->data, size);
    if (data == NULL)
        return false;
    writer->data = data;
    writer->allocated = size;
    return true;
}

void sbx_tlv_put(struct sbx_tlv_writer *writer, uint8_t tag, const void *value, size_t length)
{
    if (length > UINT32_MAX - HEADER || !reserve(writer, HEADER + length)) {
        writer->failed = true;
        return;
    }
    uint8_t *at = writer->data + writer->length;
    at[0] = tag;
    store_u32(at + 1, (uint32_t)length);
    if (length > 0)
        memcpy(at + HEADER, value, length);
    writer->length += HEADER + length;
}

void sbx_tlv_put_u32(struct sbx_tlv_writer *writer, uint8_t tag, uint32_t value)
{
    uint8_t bytes[4];
    store_u32(bytes, value);
    sbx_tlv_put(writer, tag, bytes, sizeof bytes);
}

void sbx_tlv_put_u64(struct sbx_tlv_writer *writer, uint8_t tag, uint64_t value)
{
    uint8_t bytes[8];
    store_u32(bytes, (uint32_t)(value >> 32));
    store_u32(bytes + 4, (uint32_t)value);
    sbx_tlv_put(writer, tag, bytes, sizeof bytes);
}

void sbx_tlv_put_string(struct sbx_tlv_writer *writer, uint8_t tag, const char *value)
{
    if (value != NULL)
        sbx_tlv_put(writer, tag, value, strlen(value) + 1);
}
