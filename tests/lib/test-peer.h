/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A keeper's end of the wire that says what a test tells it to, so that tests see what the library
 * sends, and how it takes answers that no real keeper gives. It runs in threads, in a runtime
 * directory of its own.
 */
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>

#define TEST_PEER_LEASES_MAX 64

/* What is said to the next request. The strings must outlive it. */
typedef struct {
    const char *notifications[8]; /* JSON objects, sent before the answer */
    const char *later[16];        /* the same, sent after it */
    const char *result;           /* JSON object; NULL: `code` */
    int code;                     /* SBX_E_ code of an error */
    int leases;                   /* as many sockets go with the result */
    gboolean dies_greeting;       /* closes the connection instead of greeting */
    gboolean dies_before;         /* ... instead of an answer, after the notifications */
    gboolean dies_after;          /* ... after the answer and what is said later; the leases go, too */
    gboolean signals;             /* instead of an answer: signals for the main thread until it has
                                     closed the connection */
} TestAnswer;

/* Check's fixture. Afterwards the library finds this peer as its keeper. */
void test_peer_start(void);
void test_peer_stop(void);

/* What is said to every request from now on; forgets what came so far. */
void test_peer_answer(const TestAnswer *answer);
/* The number of requests since then, without greetings, and the nth of them: its method, its
 * parameters (NULL: none), the number of descriptors with it. */
guint test_peer_requests(void);
const char *test_peer_method(guint nth);
JsonObject *test_peer_params(guint nth);
guint test_peer_fds(guint nth);
/* Waits until the nth lease of the last answer is closed or written to; returns the bytes read. */
int test_peer_lease_ended(guint nth);
/* Whether it is so now. */
gboolean test_peer_lease_is_quiet(guint nth);
/* Waits until the library has closed the connection. */
void test_peer_wait_closed(void);
