/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program on the keeper's socket: see test-raw.h. */
#include "lib/test-raw.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/test-keeper.h"
#include "wire/json.h"
#include "wire/message.h"

int test_raw_connect(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    g_snprintf(address.sun_path, sizeof address.sun_path, "%s/keeper.sock", test_keeper.runtime);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

int test_raw_greet(void)
{
    int fd = test_raw_connect();

    ck_assert_int_eq(test_raw_ask(fd, TEST_RAW_HELLO), 0);
    return fd;
}

int test_raw_ask(int fd, const char *text)
{
    g_auto(SbxMessage) message = {0};
    JsonObject *fault;

    if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
        return 1;
    if (sbx_message_receive(fd, &message, NULL) <= 0)
        return 1;
    fault = sbx_json_get_object(message.object, "error");
    return fault != NULL ? (int)sbx_json_get_int(fault, "code", 2) : 0;
}

static char *request(const char *method, const char *params)
{
    return g_strdup_printf("{\"id\":1,\"method\":\"%s\",\"params\":%s}", method, params);
}

int test_raw_call(int fd, const char *method, const char *params)
{
    g_autofree char *text = request(method, params);

    return test_raw_ask(fd, text);
}

void test_raw_send(int fd, const char *method, const char *params)
{
    g_autofree char *text = request(method, params);

    ck_assert_msg(send(fd, text, strlen(text), MSG_NOSIGNAL) >= 0, "%s: %s", text,
                  g_strerror(errno));
}
