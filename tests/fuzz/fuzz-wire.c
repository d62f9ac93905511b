/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-wire.c: what a program that is not our client, or a keeper that is not ours, can send. The
 * first byte chooses what the rest is: a packet, the text of a long message, a fault, the parameters of a
 * new sandbox. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sandbox/error.h>
#include <sandbox/options.h>

#include "keeper/sandbox.h"
#include "wire/fault.h"
#include "wire/json.h"
#include "wire/message.h"

enum { LONGEST_INPUT = 60 << 10 };

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

static void check(gboolean fine)
{
    if (!fine)
        abort();
}

/* Every getter on every member; what comes out must have its promised form. */
static void touch(JsonObject *object)
{
    g_autoptr(GList) names = json_object_get_members(object);

    for (GList *item = names; item != NULL; item = item->next) {
        const char *name = item->data;
        g_autofree char *bytes = sbx_json_get_bytes(object, name);
        g_auto(GStrv) list = sbx_json_get_bytes_array(object, name);
        const char *text = sbx_json_get_string(object, name);

        check(text == NULL || g_utf8_validate(text, -1, NULL));
        check(text == NULL || bytes != NULL);
        check(list == NULL || sbx_json_get_array(object, name) != NULL || list[0] == NULL);
        sbx_json_get_int(object, name, 0);
        sbx_json_get_boolean(object, name, FALSE);
        if (sbx_json_get_object(object, name) != NULL)
            touch(sbx_json_get_object(object, name));
    }
}

/* What was received prints as text that is received as the same. */
static void print_again(JsonObject *object)
{
    gsize length;
    g_autofree char *text = sbx_json_print(object, &length);
    g_autoptr(JsonObject) again = sbx_json_parse(text, length, NULL);
    g_autofree char *twice = again != NULL ? sbx_json_print(again, NULL) : NULL;

    check(twice == NULL || strcmp(text, twice) == 0);
}

static void receive(int socket)
{
    g_auto(SbxMessage) message = {0};
    g_autoptr(GError) error = NULL;
    int got = sbx_message_receive(socket, &message, &error);

    check((got < 0) == (error != NULL) && (got > 0) == (message.object != NULL));
    check(message.n_fds <= SBX_MESSAGE_FDS_MAX);
    if (got > 0) {
        touch(message.object);
        print_again(message.object);
    }
}

static void packet(const guint8 *data, size_t size)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return;
    check(send(ends[1], data, size, MSG_NOSIGNAL) == (ssize_t)size);
    close(ends[1]);
    receive(ends[0]);
    close(ends[0]);
}

static void long_message(const guint8 *data, size_t size)
{
    union {
        char space[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {.align = {.cmsg_len = CMSG_LEN(sizeof(int)),
                           .cmsg_level = SOL_SOCKET,
                           .cmsg_type = SCM_RIGHTS}};
    struct iovec part = {.iov_base = (void *)"M", .iov_len = 1};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space,
                            .msg_controllen = sizeof control.space};
    int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    int ends[2];

    if (fd < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return;
    check(write(fd, data, size) == (ssize_t)size);
    check(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0);
    memcpy(CMSG_DATA(&control.align), &fd, sizeof fd);
    check(sendmsg(ends[1], &header, MSG_NOSIGNAL) == 1);
    close(ends[1]);
    close(fd);
    receive(ends[0]);
    close(ends[0]);
}

static void fault(JsonObject *object)
{
    g_autoptr(GError) error = sbx_fault_from_json(object);
    g_autoptr(JsonObject) again = sbx_fault_to_json(error);

    check(sbx_fault_code(error) < 0 && error->message != NULL);
    print_again(again);
}

static void config(JsonObject *object)
{
    SbxSandboxConfig wanted;
    g_autoptr(GError) error = NULL;
    gboolean fine = sbx_sandbox_config_parse(object, &wanted, &error);

    check(fine == (error == NULL));
    if (fine) {
        check(wanted.memory >= SBX_MEMORY_MIN && wanted.memory <= SBX_MEMORY_MAX);
        check(wanted.vcpus >= 1 && wanted.vcpus <= SBX_VCPUS_MAX);
        check(wanted.disk_size >= SBX_DISK_SIZE_MIN && wanted.disk_size <= SBX_DISK_SIZE_MAX);
        check(wanted.timeout_ms >= 0 && wanted.timeout_ms <= SBX_TIMEOUT_MAX_MS);
        check(g_strv_length(wanted.env) <= SBX_ENV_MAX);
        for (char **entry = wanted.env; *entry != NULL; entry++)
            check(strchr(*entry, '=') > *entry);
    }
    sbx_sandbox_config_clear(&wanted);
}

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    g_autoptr(JsonObject) object = NULL;

    if (size < 2 || size > LONGEST_INPUT)
        return 0;
    switch (data[0] % 4) {
    case 0:
        packet(data + 1, size - 1);
        return 0;
    case 1:
        long_message(data + 1, size - 1);
        return 0;
    default:
        object = sbx_json_parse((const char *)data + 1, size - 1, NULL);
    }
    if (object != NULL && data[0] % 4 == 2)
        fault(object);
    else if (object != NULL)
        config(object);
    return 0;
}
