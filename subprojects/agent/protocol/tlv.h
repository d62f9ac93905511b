/* tlv.h: lists of one byte tag, four bytes length (big endian), value. */
#ifndef SBX_AGENT_TLV_H
#define SBX_AGENT_TLV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sbx_tlv {
    uint8_t tag;
    uint32_t length;
    const uint8_t *value;
};

struct sbx_tlv_reader {
    const uint8_t *next;
    size_t left;
};

/* Grows by itself up to limit; after a failure (too long, out of memory) every put does nothing. */
struct sbx_tlv_writer {
    uint8_t *data;
    size_t length;
    size_t allocated;
    size_t limit;
    bool failed;
};

void sbx_tlv_reader_init(struct sbx_tlv_reader *reader, const void *data, size_t length);
/* 1 with the next item, 0 at the end, -1 when the rest is not a TLV. */
int sbx_tlv_next(struct sbx_tlv_reader *reader, struct sbx_tlv *item);
bool sbx_tlv_get_u32(const struct sbx_tlv *item, uint32_t *out);
bool sbx_tlv_get_u64(const struct sbx_tlv *item, uint64_t *out);
/* The string in item, or NULL when it is not terminated, has a NUL inside or exceeds max bytes. */
const char *sbx_tlv_get_string(const struct sbx_tlv *item, size_t max);

void sbx_tlv_writer_init(struct sbx_tlv_writer *writer, size_t limit);
void sbx_tlv_writer_clear(struct sbx_tlv_writer *writer);
void sbx_tlv_put(struct sbx_tlv_writer *writer, uint8_t tag, const void *value, size_t length);
void sbx_tlv_put_u32(struct sbx_tlv_writer *writer, uint8_t tag, uint32_t value);
void sbx_tlv_put_u64(struct sbx_tlv_writer *writer, uint8_t tag, uint64_t value);
/* NULL puts nothing. */
void sbx_tlv_put_string(struct sbx_tlv_writer *writer, uint8_t tag, const char *value);

#endif
