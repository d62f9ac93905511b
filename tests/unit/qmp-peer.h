/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of the QMP monitor share: a monitor, a scripted QEMU at the other end of its
 * socket, in the same thread, and what callbacks were told.
 */
#pragma once

#include <glib.h>

#include "virt/qmp.h"

#define QMP_GREETING "{\"QMP\": {\"version\": {}, \"capabilities\": [\"oob\"]}}\r\n"
#define QMP_HELLO QMP_GREETING "{\"return\": {}, \"id\": 1}\r\n"

/* What one callback was told. */
typedef struct {
    int calls;
    gint64 number; /* the result's "n"; -1 without one, -2 without a result */
    gboolean failed;
    int code;
    char message[1024];
    gboolean frees; /* it is to free the monitor */
} Answer;

extern SbxQmp *monitor;
extern int theirs;    /* the scripted QEMU's end */
extern GString *told; /* names of events ("+": with data) and results' numbers, in their order; NULL
                         without the setup */

/* A checked fixture. The teardown fails when a descriptor was left open. */
void peer_setup(void);
void peer_teardown(void);
/* The setup's part that makes the monitor; on the thread-default context. */
void peer_start(void);

/* An SbxQmpDone; its data is an Answer. Fails when it is called twice, or inside a call. */
void on_done(SbxQmp *qmp, JsonObject *result, const GError *error, gpointer data);
void assert_failed(const Answer *answer, SbxQmpError code, const char *message);
void assert_result(const Answer *answer, gint64 number);

/* Sends a command without arguments; @answer may be NULL. */
void execute(const char *name, int fd, Answer *answer);
void drop_monitor(void);
/* Runs the main loop until nothing is left to do, or until a callback came. */
void settle(void);
void wait_for(const Answer *answer);

/* What QEMU says. An event named "FREE" has the monitor freed in its callback. */
void say(const char *text);
void say_bytes(const char *bytes, gsize length);
void say_result(int id, int number);
/* One line as QEMU reads it, byte by byte; NULL when there is none for now. *fd is what came with
 * its first byte; one that comes later, or without an @fd, is a failure. */
char *hear(int *fd);
void expect_line(const char *expected);
/* Hears and answers what comes first. */
void negotiate(void);
void hang_up(void);
void assert_hung_up(void);
