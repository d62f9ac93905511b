/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ports: connecting to them, waiting for them, listing them. See include/sandbox/port.h; forwards
 * are in forward.c.
 *
 * The program makes a pair of sockets and passes one of them along; the keeper carries what comes.
 * Waiting and listing is done by a worker in the guest: its output is the guest's word and no more.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "client/private.h"
#include "client/worker-end.h"
#include "wire/fd.h"

/* What a list may take; each of 65535 ports at two addresses would take this. */
#define LIST_BYTES_MAX (8u << 20)
/* How much longer than it was told to wait a worker may take to say so, in a guest that is busy. */
#define ANSWER_MS 10000

int sbx_target_to_json(int port, const char *path, JsonObject **params, const char *operation,
                       sbx_error **error)
{
    if (path == NULL && (port < 1 || port > 65535))
        return sbx_fail(error, SBX_E_INVALID, 0, operation, NULL,
                        "%d is not a port from 1 to 65535", port);
    if (path != NULL && (path[0] != '/' || strlen(path) > SBX_GUEST_PATH_MAX))
        return sbx_fail(error, SBX_E_INVALID, 0, operation, NULL,
                        "\"%.200s\" is not an absolute path of at most %d bytes", path,
                        SBX_GUEST_PATH_MAX);
    *params = json_object_new();
    if (path != NULL)
        json_object_set_member(*params, "path", sbx_json_bytes_node(path));
    else
        json_object_set_int_member(*params, "port", port);
    return SBX_OK;
}

static int connect_to(sbx *sandbox, int port, const char *path, int *fd_out, const char *operation,
                      sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    JsonObject *params;
    int ends[2];
    int code;

    if (fd_out == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, operation, NULL, "fd_out is NULL");
    code = sbx_check_handle(sandbox, operation, error);
    if (code == SBX_OK)
        code = sbx_target_to_json(port, path, &params, operation, error);
    if (code < 0)
        return code;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
        json_object_unref(params);
        return sbx_fail(error, SBX_E_SYSTEM, errno, operation, NULL,
                        "cannot make a pair of sockets: %s", g_strerror(errno));
    }
    code = sbx_handle_call(sandbox, "port.connect", params, &ends[1], 1, &reply, operation, error);
    close(ends[1]);
    if (code < 0)
        close(ends[0]);
    else
        *fd_out = ends[0];
    return code;
}

int sbx_connect_port(sbx *sandbox, int port, int *fd_out, sbx_error **error)
{
    return connect_to(sandbox, port, NULL, fd_out, __func__, error);
}

int sbx_connect_unix(sbx *sandbox, const char *guest_path, int *fd_out, sbx_error **error)
{
    if (guest_path == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "guest_path is NULL");
    return connect_to(sandbox, 0, guest_path, fd_out, __func__, error);
}

/* --- the worker --- */

/* An error of a call that this one is made of. */
static int fail_inside(sbx_error *reason, const char *operation, sbx_error **error)
{
    int code =
        sbx_fail_cause(error, sbx_error_code(reason), sbx_error_errno(reason), operation,
                       sbx_error_hint(reason), sbx_error_cause(reason), sbx_error_message(reason));

    sbx_error_free(reason);
    return code;
}

/* It runs as root, who may see whose socket is whose; its standard input ends when we do. */
static int start_worker(sbx *sandbox, const char *const *args, sbx_process **process,
                        const char *operation, sbx_error **error)
{
    sbx_command *command = sbx_command_new("ports");
    sbx_error *reason = NULL;
    int code = SBX_OK;

    if (command == NULL)
        return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, operation, NULL, "out of memory");
    command->is_worker = 1;
    command->stdio[SBX_STDIN] = SBX_STDIO_PIPE;
    command->stdio[SBX_STDERR] = SBX_STDIO_NULL;
    code = sbx_command_set_user(command, "root", &reason);
    for (; code == SBX_OK && *args != NULL; args++)
        code = sbx_command_add_arg(command, *args, &reason);
    if (code == SBX_OK)
        code = sbx_spawn(sandbox, command, process, &reason);
    sbx_command_unref(command);
    return reason != NULL ? fail_inside(reason, operation, error) : code;
}

static int stopped(int exit_code, const char *operation, sbx_error **error)
{
    return sbx_fail(error, SBX_E_PROTOCOL, 0, operation, NULL,
                    "what looked at the ports in the sandbox was stopped there: exit code %d",
                    exit_code);
}

int sbx_wait_port(sbx *sandbox, int port, int timeout_ms, sbx_error **error)
{
    int64_t deadline = sbx_now_ms() + timeout_ms;
    sbx_process *process = NULL;
    sbx_error *reason = NULL;
    char port_text[16], left_text[16];
    const char *const args[] = {"wait", port_text, left_text, NULL};
    int code = sbx_check_handle(sandbox, __func__, error);

    if (code >= 0)
        code = sbx_check_timeout(timeout_ms, __func__, error);
    if (code < 0)
        return code;
    if (port < 1 || port > 65535)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "%d is not a port from 1 to 65535",
                        port);
    snprintf(port_text, sizeof port_text, "%d", port);
    snprintf(left_text, sizeof left_text, "%d", timeout_ms);
    code = start_worker(sandbox, args, &process, __func__, error);
    if (code < 0)
        return code;
    deadline = MAX(deadline - sbx_now_ms(), 0) + ANSWER_MS;
    code = sbx_process_wait(process, timeout_ms < 0 ? -1 : (int)MIN(deadline, G_MAXINT), &reason);
    if (code > 0) {
        int exit_code = sbx_process_exit_code(process);

        code =
            exit_code == 0 || exit_code == 1 ? exit_code == 0 : stopped(exit_code, __func__, error);
    }
    sbx_process_unref(process);
    return reason != NULL ? fail_inside(reason, __func__, error) : code;
}

/* --- the list --- */

typedef struct {
    int port;
    int pid;
    int64_t uid;
    char address[INET6_ADDRSTRLEN];
    char *program;
} Port;

struct sbx_port_list {
    GArray *ports; /* of Port */
};

static void port_clear(gpointer data)
{
    g_free(((Port *)data)->program);
}

/* A number of at most max, with a blank behind it; moves *text there. */
static int take_number(const char **text, guint64 max, guint64 *out)
{
    char *end;

    if (!g_ascii_isdigit(**text))
        return 0;
    errno = 0;
    *out = g_ascii_strtoull(*text, &end, 10);
    if (errno != 0 || *out > max || *end != ' ')
        return 0;
    *text = end + 1;
    return 1;
}

/* The rest of a line, made fit to be printed. */
static char *take_program(const char *text)
{
    char *program = g_utf8_make_valid(text, -1);

    for (char *at = program; *at != '\0'; at++)
        if (g_ascii_iscntrl(*at))
            *at = '?';
    return program;
}

/* See subprojects/agent/src/ports.h. */
static int parse_line(const char *line, Port *port)
{
    const char *blank = strchr(line, ' ');
    guint64 number, uid, pid;
    guchar bytes[16];

    memset(port, 0, sizeof *port);
    if (blank == NULL || (size_t)(blank - line) >= sizeof port->address)
        return 0;
    memcpy(port->address, line, (size_t)(blank - line));
    line = blank + 1;
    if ((inet_pton(AF_INET, port->address, bytes) != 1 &&
         inet_pton(AF_INET6, port->address, bytes) != 1) ||
        !take_number(&line, 65535, &number) || !take_number(&line, G_MAXUINT32, &uid) ||
        !take_number(&line, G_MAXINT, &pid))
        return 0;
    port->port = (int)number;
    port->uid = (int64_t)uid;
    port->pid = (int)pid;
    port->program = take_program(line);
    return 1;
}

static int parse_list(char *text, sbx_port_list **out, const char *operation, sbx_error **error)
{
    g_autoptr(GArray) ports = g_array_new(FALSE, FALSE, sizeof(Port));
    sbx_port_list *list;

    g_array_set_clear_func(ports, port_clear);
    for (char *end; (end = strchr(text, '\n')) != NULL; text = end + 1) {
        Port port;

        *end = '\0';
        if (!parse_line(text, &port))
            return sbx_fail(error, SBX_E_PROTOCOL, 0, operation, NULL,
                            "the sandbox's list of ports is malformed");
        g_array_append_val(ports, port);
    }
    list = g_try_new0(sbx_port_list, 1);
    if (list == NULL)
        return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, operation, NULL, "out of memory");
    list->ports = g_steal_pointer(&ports);
    *out = list;
    return SBX_OK;
}

/* All that the worker writes, with a NUL behind it. */
static int read_output(int fd, SbxBuffer *buffer, const char *operation, sbx_error **error)
{
    char *text;
    ssize_t n = 0;

    do {
        int ready = sbx_wait_one(fd, POLLIN, -1);

        n = ready < 0 ? ready : sbx_buffer_read(buffer, fd);
        if (buffer->length > LIST_BYTES_MAX)
            return sbx_fail(error, SBX_E_PROTOCOL, 0, operation, NULL,
                            "the sandbox's list of ports is too long");
    } while (n > 0);
    text = n == 0 ? realloc(buffer->data, buffer->length + 1) : NULL;
    if (text == NULL)
        return sbx_fail(error, n < 0 && n != -ENOMEM ? SBX_E_SYSTEM : SBX_E_NO_MEMORY, (int)-n,
                        operation, NULL, "cannot take in the list of ports: %s",
                        g_strerror((int)-n));
    text[buffer->length] = '\0';
    buffer->data = text;
    return SBX_OK;
}

int sbx_list_ports(sbx *sandbox, sbx_port_list **out, sbx_error **error)
{
    static const char *const args[] = {"list", NULL};
    sbx_process *process = NULL;
    SbxBuffer buffer = {0};
    int code;

    if (out == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "out is NULL");
    code = start_worker(sandbox, args, &process, __func__, error);
    if (code < 0)
        return code;
    code = read_output(sbx_process_fd(process, SBX_STDOUT), &buffer, __func__, error);
    if (code == SBX_OK)
        code = sbx_worker_end(process, sbx_worker_end_ms, __func__, error);
    if (code > 0)
        code = sbx_process_exit_code(process) == 0
                   ? parse_list(buffer.data, out, __func__, error)
                   : stopped(sbx_process_exit_code(process), __func__, error);
    sbx_process_unref(process);
    free(buffer.data);
    return code;
}

void sbx_port_list_free(sbx_port_list *list)
{
    if (list == NULL)
        return;
    g_array_unref(list->ports);
    g_free(list);
}

size_t sbx_port_list_length(const sbx_port_list *list)
{
    return list->ports->len;
}

static const Port *item(const sbx_port_list *list, size_t index)
{
    return index < list->ports->len ? &g_array_index(list->ports, Port, index) : NULL;
}

int sbx_port_list_port(const sbx_port_list *list, size_t index)
{
    const Port *port = item(list, index);

    return port != NULL ? port->port : 0;
}

const char *sbx_port_list_address(const sbx_port_list *list, size_t index)
{
    const Port *port = item(list, index);

    return port != NULL ? port->address : NULL;
}

int64_t sbx_port_list_uid(const sbx_port_list *list, size_t index)
{
    const Port *port = item(list, index);

    return port != NULL ? port->uid : -1;
}

int sbx_port_list_pid(const sbx_port_list *list, size_t index)
{
    const Port *port = item(list, index);

    return port != NULL ? port->pid : 0;
}

const char *sbx_port_list_program(const sbx_port_list *list, size_t index)
{
    const Port *port = item(list, index);

    return port != NULL ? port->program : NULL;
}
