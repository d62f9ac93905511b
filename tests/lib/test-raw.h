/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program on the keeper's socket that is not our client: it says what it likes. */
#pragma once

/* Connects to the socket of this test's keeper. */
int test_raw_connect(void);
/* The same, and says hello. */
int test_raw_greet(void);
/* Sends a packet; the answer's error code, 0 for a result, 1 when the connection was closed. */
int test_raw_ask(int fd, const char *text);
/* Asks for a method; @params is the text of an object. */
int test_raw_call(int fd, const char *method, const char *params);
/* Sends the same and does not wait for the answer. */
void test_raw_send(int fd, const char *method, const char *params);

#define TEST_RAW_HELLO                                                                             \
    "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"hello\",\"params\":{\"protocol\":1}}"
