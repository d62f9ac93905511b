/* figures.c: what the agent measures: the usage of a process, the metrics of the machine. */
#include "protocol.h"

#include <stddef.h>

/* A message that is a list of numbers: each has its tag and its place. */
struct figure {
    uint8_t tag;
    uint8_t offset;
};

#define USAGE(tag, member) {tag, offsetof(struct sbx_usage, member)}
#define METRIC(tag, member) {tag, offsetof(struct sbx_metrics, member)}

static const struct figure usage_figures[] = {
    USAGE(SBX_TAG_CPU_USER, cpu_user),     USAGE(SBX_TAG_CPU_SYSTEM, cpu_system),
    USAGE(SBX_TAG_MEMORY, memory),         USAGE(SBX_TAG_PEAK_MEMORY, peak_memory),
    USAGE(SBX_TAG_TASKS, tasks),           USAGE(SBX_TAG_READ_BYTES, read_bytes),
    USAGE(SBX_TAG_WRITTEN_BYTES, written_bytes),
};

static const struct figure metric_figures[] = {
    METRIC(SBX_TAG_UPTIME, uptime),
    METRIC(SBX_TAG_CPU_TIME, cpu_time),
    METRIC(SBX_TAG_MEMORY_TOTAL, memory_total),
    METRIC(SBX_TAG_MEMORY_AVAILABLE, memory_available),
    METRIC(SBX_TAG_PEAK_MEMORY, memory_peak),
    METRIC(SBX_TAG_DISK_TOTAL, disk_total),
    METRIC(SBX_TAG_DISK_FREE, disk_free),
    METRIC(SBX_TAG_TASKS, tasks),
    METRIC(SBX_TAG_LOAD, load),
};

enum {
    USAGE_COUNT = sizeof usage_figures / sizeof usage_figures[0],
    METRIC_COUNT = sizeof metric_figures / sizeof metric_figures[0],
};

static uint64_t *place(void *message, const struct figure *figure)
{
    return (uint64_t *)(void *)((char *)message + figure->offset);
}

static bool decode(const void *data, size_t length, const struct figure *figures, size_t count,
                   void *out)
{
    struct sbx_tlv_reader reader;
    struct sbx_tlv item;
    int more;

    sbx_tlv_reader_init(&reader, data, length);
    while ((more = sbx_tlv_next(&reader, &item)) == 1)
        for (size_t i = 0; i < count; i++)
            if (item.tag == figures[i].tag && !sbx_tlv_get_u64(&item, place(out, &figures[i])))
                return false;
    return more == 0;
}

static void encode(struct sbx_tlv_writer *writer, const struct figure *figures, size_t count,
                   const void *message)
{
    for (size_t i = 0; i < count; i++)
        sbx_tlv_put_u64(writer, figures[i].tag, *place((void *)message, &figures[i]));
}

void sbx_usage_encode(struct sbx_tlv_writer *writer, const struct sbx_usage *usage)
{
    encode(writer, usage_figures, USAGE_COUNT, usage);
}

bool sbx_usage_decode(const void *data, size_t length, struct sbx_usage *out)
{
    struct sbx_usage usage = {0};
    if (!decode(data, length, usage_figures, USAGE_COUNT, &usage))
        return false;
    *out = usage;
    return true;
}

void sbx_metrics_encode(struct sbx_tlv_writer *writer, const struct sbx_metrics *metrics)
{
    encode(writer, metric_figures, METRIC_COUNT, metrics);
}

bool sbx_metrics_decode(const void *data, size_t length, struct sbx_metrics *out)
{
    struct sbx_metrics metrics = {0};
    if (!decode(data, length, metric_figures, METRIC_COUNT, &metrics))
        return false;
    *out = metrics;
    return true;
}
