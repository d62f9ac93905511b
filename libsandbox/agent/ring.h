/* ring.h: the last bytes of a stream that nobody reads for now. */
#ifndef SBX_AGENT_RING_H
#define SBX_AGENT_RING_H

#include <glib.h>

/* A ring begins with the least, which it always gets, and doubles up to the most, as long as the rings
 * that share a total have room. */
enum { AGENT_RING_LEAST = 4 << 10, AGENT_RING_MOST = 256 << 10, AGENT_RINGS_TOTAL = 16 << 20 };

typedef struct {
    guint8 *data;
    gsize size;
    gsize start;  /* of the oldest byte */
    gsize length;
} AgentRing;

/* Keeps these bytes and forgets the oldest that do not fit. *total is what all rings that share it
 * take. */
void agent_ring_append(AgentRing *ring, const guint8 *bytes, gsize length, gsize *total);
/* What it holds, oldest first, or NULL when that is nothing; it is empty and takes nothing then. */
GByteArray *agent_ring_take(AgentRing *ring, gsize *total);
void agent_ring_clear(AgentRing *ring, gsize *total);

#endif
