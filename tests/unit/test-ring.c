/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ring: the last bytes of a stream, whatever the pieces they came in, within what all may take. */
#include "agent/ring.h"

#include <check.h>
#include <string.h>

#include "lib/test-main.h"

static void assert_holds(AgentRing *ring, const guint8 *bytes, gsize length, gsize *total)
{
    g_autoptr(GByteArray) held = agent_ring_take(ring, total);

    ck_assert_uint_eq(held != NULL ? held->len : 0, length);
    if (length > 0)
        ck_assert_int_eq(memcmp(held->data, bytes, length), 0);
    ck_assert_uint_eq(ring->size, 0);
}

/* Against the whole stream, which a ring must always be the end of. */
START_TEST(random_pieces)
{
    g_autoptr(GRand) random = g_rand_new_with_seed((guint32)_i);
    g_autoptr(GByteArray) all = g_byte_array_new();
    AgentRing ring = {0};
    gsize total = 0;

    for (int i = 0; i < 60; i++) {
        gsize length = (gsize)g_rand_int_range(random, 0, i % 7 == 0 ? 400000 : 30000);
        g_autofree guint8 *piece = g_malloc(length + 1);
        gsize wanted;

        for (gsize j = 0; j < length; j++)
            piece[j] = (guint8)g_rand_int(random);
        agent_ring_append(&ring, piece, length, &total);
        g_byte_array_append(all, piece, (guint)length);
        wanted = MIN(all->len, (gsize)AGENT_RING_MOST);
        ck_assert_uint_eq(ring.length, wanted);
        ck_assert_uint_le(ring.size, AGENT_RING_MOST);
        ck_assert_uint_eq(total, ring.size);
        if (i % 20 == 19) {
            assert_holds(&ring, all->data + all->len - wanted, wanted, &total);
            g_byte_array_set_size(all, 0);
        }
    }
    ck_assert_uint_eq(total, 0);
}
END_TEST

START_TEST(empty)
{
    AgentRing ring = {0};
    gsize total = 0;

    agent_ring_append(&ring, (const guint8 *)"", 0, &total);
    ck_assert_uint_eq(total, 0);
    assert_holds(&ring, NULL, 0, &total);
    agent_ring_clear(&ring, &total);
    ck_assert_uint_eq(total, 0);
}
END_TEST

/* Many share: no more than the total, and yet everyone has the least. */
START_TEST(a_shared_total)
{
    enum { RINGS = 200 };
    static AgentRing rings[RINGS];
    g_autofree guint8 *bytes = g_malloc(AGENT_RING_MOST);
    gsize total = 0;

    for (gsize i = 0; i < AGENT_RING_MOST; i++)
        bytes[i] = (guint8)(i * 7 / 3);
    for (int i = 0; i < RINGS; i++) {
        agent_ring_append(&rings[i], bytes, AGENT_RING_MOST, &total);
        ck_assert_uint_ge(rings[i].size, AGENT_RING_LEAST);
        ck_assert_uint_le(total, AGENT_RINGS_TOTAL + (gsize)RINGS * AGENT_RING_LEAST);
    }
    ck_assert_uint_eq(rings[0].length, AGENT_RING_MOST);
    ck_assert_uint_eq(rings[RINGS - 1].length, AGENT_RING_LEAST);
    for (int i = 0; i < RINGS; i++) {
        gsize length = rings[i].length;

        assert_holds(&rings[i], bytes + AGENT_RING_MOST - length, length, &total);
    }
    ck_assert_uint_eq(total, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ring");
    TCase *cases = tcase_create("ring");

    tcase_add_loop_test(cases, random_pieces, 0, 5);
    tcase_add_test(cases, empty);
    tcase_add_test(cases, a_shared_total);
    suite_add_tcase(suite, cases);
    return test_run(suite);
}
