/* ring.c: see ring.h. */
#include "agent/ring.h"

#include <string.h>

static void copy_out(const AgentRing *ring, guint8 *to)
{
    gsize first = MIN(ring->length, ring->size - ring->start);

    if (ring->length == 0)
        return;
    memcpy(to, ring->data + ring->start, first);
    memcpy(to + first, ring->data, ring->length - first);
}

static void resize(AgentRing *ring, gsize size, gsize *total)
{
    guint8 *data = g_malloc(size);

    copy_out(ring, data);
    g_free(ring->data);
    *total += size - ring->size;
    ring->data = data;
    ring->size = size;
    ring->start = 0;
}

/* So that @wanted bytes fit, if that may be. */
static void grow(AgentRing *ring, gsize wanted, gsize *total)
{
    gsize size = MAX(ring->size, (gsize)AGENT_RING_LEAST);

    while (size < wanted && size < AGENT_RING_MOST &&
           *total - ring->size + size * 2 <= AGENT_RINGS_TOTAL)
        size *= 2;
    if (size > ring->size)
        resize(ring, size, total);
}

void agent_ring_append(AgentRing *ring, const guint8 *bytes, gsize length, gsize *total)
{
    gsize end;
    gsize first;

    if (length == 0)
        return;
    grow(ring, ring->length + length, total);
    if (length > ring->size) {
        bytes += length - ring->size;
        length = ring->size;
    }
    if (ring->length + length > ring->size) {
        gsize lost = ring->length + length - ring->size;

        ring->start = (ring->start + lost) % ring->size;
        ring->length -= lost;
    }
    end = (ring->start + ring->length) % ring->size;
    first = MIN(length, ring->size - end);
    memcpy(ring->data + end, bytes, first);
    memcpy(ring->data, bytes + first, length - first);
    ring->length += length;
}

GByteArray *agent_ring_take(AgentRing *ring, gsize *total)
{
    GByteArray *taken = NULL;

    if (ring->length > 0) {
        taken = g_byte_array_sized_new((guint)ring->length);
        g_byte_array_set_size(taken, (guint)ring->length);
        copy_out(ring, taken->data);
    }
    agent_ring_clear(ring, total);
    return taken;
}

void agent_ring_clear(AgentRing *ring, gsize *total)
{
    *total -= ring->size;
    g_free(ring->data);
    *ring = (AgentRing){0};
}
