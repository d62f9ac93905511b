/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Servers in threads of a test, and what their clients do. With the fake driver a guest is a
 * process of this machine, so that these are servers in it.
 */
#pragma once

#include <glib.h>

/* What a server does with a connection, in a thread of its own; closes it. */
typedef void (*TestServe)(int fd, gpointer data);

typedef struct {
    int listen_fd;
    int port;
    char *path; /* of a unix socket, or NULL */
    TestServe serve;
    gpointer data;
    GThread *thread;
    GMutex lock;
    GCond changed;
    guint accepted; /* guarded by the lock */
    guint running;  /* likewise: threads that serve */
} TestServer;

/* Listens on a free port of an address: "127.0.0.1", "::1"; or at the absolute path of a unix
 * socket.
 * @serve NULL: nobody accepts. */
TestServer *test_server_new(const char *address, TestServe serve, gpointer data);
/* Stops listening, and waits until all connections have been served. */
void test_server_free(TestServer *server);
/* Waits until so many connections have been accepted, or so few are being served. */
void test_server_wait_accepted(TestServer *server, guint count);
void test_server_wait_running(TestServer *server, guint count);

/* Sends back what comes, until it ends. */
void test_serve_echo(int fd, gpointer data);

/* Connects to what a forward listens at, "127.0.0.1:PORT", "[::1]:PORT" or a path. */
int test_connect(const char *address);
/* The same, -1 with errno when that fails. */
int test_try_connect(const char *address);
/* All of it, or the test fails. */
void test_write(int fd, const void *bytes, gsize length);
void test_read(int fd, void *bytes, gsize length);
/* Whether the other end says no more: 0, or errno. Whatever comes before it is thrown away. */
int test_end(int fd);
/* Closes it so that the peer sees a reset. */
void test_reset(int fd);
/* Fails the test when nothing is to be read, or written, in 60 s. */
void test_wait_ready(int fd, short events);
/* Byte @at of stream @nr of a test: streams differ, and so do their parts. */
guint8 test_byte(guint nr, guint64 at);
/* Writes or reads and checks @length bytes of stream @nr. */
void test_write_stream(int fd, guint nr, guint64 length);
void test_read_stream(int fd, guint nr, guint64 length);
