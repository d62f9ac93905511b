/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Forwards. See include/sandbox/port.h.
 *
 * The program makes the listening socket, so that its own rights and namespace count, and passes it
 * to the keeper, which accepts from then on. What holds the forward is a lease, as with a session
 * sandbox (see handle.c); on it the keeper also says why the forward has ended.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/private.h"
#include "wire/fd.h"

typedef union {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_un un;
} Address;

struct sbx_forward {
    gint refs;
    pid_t pid;
    sbx *sandbox;
    int lease;
    int port;
    char *address;
    char *made;   /* path of the socket to be removed, or NULL */
    dev_t device; /* of that socket */
    ino_t inode;
    pthread_mutex_t lock; /* guards what follows */
    int state;            /* 0, or the code of its end */
    char *failure;
};

/* --- the listening socket --- */

static int bad_address(const char *address, const char *operation, sbx_error **error)
{
    return sbx_fail(error, SBX_E_INVALID, 0, operation,
                    "give an IPv4 or IPv6 address in numbers, or an absolute path",
                    "\"%.200s\" is not an address to listen at", address);
}

/* Returns the length of the address, or an error code. */
static int parse_address(const char *text, int port, Address *out, const char *operation,
                         sbx_error **error)
{
    memset(out, 0, sizeof *out);
    if (port < 0 || port > 65535 || (text[0] == '/' && port != 0))
        return sbx_fail(error, SBX_E_INVALID, 0, operation, NULL,
                        "%d is not a port to listen at \"%.200s\"", port, text);
    if (text[0] == '/') {
        if (strlen(text) >= sizeof out->un.sun_path)
            return bad_address(text, operation, error);
        out->un.sun_family = AF_UNIX;
        memcpy(out->un.sun_path, text, strlen(text));
        return sizeof out->un;
    }
    if (inet_pton(AF_INET, text, &out->in.sin_addr) == 1) {
        out->in.sin_family = AF_INET;
        out->in.sin_port = htons((uint16_t)port);
        return sizeof out->in;
    }
    if (inet_pton(AF_INET6, text, &out->in6.sin6_addr) == 1) {
        out->in6.sin6_family = AF_INET6;
        out->in6.sin6_port = htons((uint16_t)port);
        return sizeof out->in6;
    }
    return bad_address(text, operation, error);
}

static int cannot_listen(const char *text, int port, int number, const char *operation,
                         sbx_error **error)
{
    g_autofree char *where =
        text[0] == '/' ? g_strdup(text) : g_strdup_printf("%s, port %d", text, port);

    if (number == EADDRINUSE && text[0] == '/')
        return sbx_fail(error, SBX_E_EXISTS, number, operation,
                        "remove it if nobody needs it, or take another path",
                        "cannot listen at %s: it exists already", where);
    if (number == EADDRINUSE)
        return sbx_fail(error, SBX_E_BUSY, number, operation, "take another port, or 0 for any",
                        "cannot listen at %s: it is in use", where);
    return sbx_fail(error, number == EACCES || number == EPERM ? SBX_E_DENIED : SBX_E_SYSTEM,
                    number, operation, NULL, "cannot listen at %s: %s", where, g_strerror(number));
}

/* Returns a listening socket, or an error code. */
static int make_listener(const char *text, int port, const char *operation, sbx_error **error)
{
    Address address;
    g_auto(fd_t) fd = -1;
    int length = parse_address(text, port, &address, operation, error);
    int on = 1;

    if (length < 0)
        return length;
    fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return cannot_listen(text, port, errno, operation, error);
    if (address.any.sa_family == AF_UNIX)
        fchmod(fd, 0600); /* what bind() makes has this mode from the beginning */
    else
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address.any.sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, &address.any, (socklen_t)length) < 0)
        return cannot_listen(text, port, errno, operation, error);
    if (listen(fd, SOMAXCONN) < 0) {
        int number = errno;

        if (address.any.sa_family == AF_UNIX)
            unlink(text);
        return cannot_listen(text, port, number, operation, error);
    }
    return sbx_fd_steal(&fd);
}

/* Takes down where the socket listens. */
static void describe(sbx_forward *forward, int fd)
{
    Address address;
    socklen_t length = sizeof address;
    char text[INET6_ADDRSTRLEN] = "";

    memset(&address, 0, sizeof address);
    if (getsockname(fd, &address.any, &length) < 0)
        length = 0;
    if (address.any.sa_family == AF_INET) {
        forward->port = ntohs(address.in.sin_port);
        inet_ntop(AF_INET, &address.in.sin_addr, text, sizeof text);
        forward->address = g_strdup_printf("%s:%d", text, forward->port);
    } else if (address.any.sa_family == AF_INET6) {
        forward->port = ntohs(address.in6.sin6_port);
        inet_ntop(AF_INET6, &address.in6.sin6_addr, text, sizeof text);
        forward->address = g_strdup_printf("[%s]:%d", text, forward->port);
    } else {
        forward->address = g_strndup(address.un.sun_path, sizeof address.un.sun_path);
    }
}

/* A socket of the file system that was made for a forward is removed unless another took its name.
 */
static void note_made(sbx_forward *forward, const char *path)
{
    struct stat info;

    if (lstat(path, &info) < 0)
        return;
    forward->made = g_strdup(path);
    forward->device = info.st_dev;
    forward->inode = info.st_ino;
}

static void remove_made(const sbx_forward *forward)
{
    struct stat info;

    if (forward->made != NULL && lstat(forward->made, &info) == 0 &&
        info.st_dev == forward->device && info.st_ino == forward->inode)
        unlink(forward->made);
}

/* --- the forward --- */

/* @path, when not NULL, is what has been made for it. */
static int forward_fd(sbx *sandbox, JsonObject *params, int fd, const char *path, sbx_forward **out,
                      const char *operation, sbx_error **error)
{
    g_auto(SbxReply) reply = {0};
    int fds[2] = {fd, sbx_self_pidfd()};
    sbx_forward *forward;
    int code = sbx_handle_call(sandbox, "port.forward", params, fds, fds[1] >= 0 ? 2 : 1, &reply,
                               operation, error);

    sbx_fd_clear(&fds[1]);
    if (code < 0)
        return code;
    if (reply.n_fds != 1)
        return sbx_fail(error, SBX_E_PROTOCOL, 0, operation, NULL,
                        "the keeper's answer has no lease");
    forward = g_try_new0(sbx_forward, 1);
    if (forward == NULL)
        return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, operation, NULL, "out of memory");
    forward->refs = 1;
    forward->pid = getpid();
    forward->sandbox = sbx_ref(sandbox);
    forward->lease = sbx_fd_steal(&reply.fds[0]);
    pthread_mutex_init(&forward->lock, NULL);
    describe(forward, fd);
    if (path != NULL)
        note_made(forward, path);
    *out = forward;
    return SBX_OK;
}

static int forward_new(sbx *sandbox, int guest_port, const char *guest_path,
                       const char *host_address, int host_port, sbx_forward **out,
                       const char *operation, sbx_error **error)
{
    const char *address = host_address != NULL ? host_address : "127.0.0.1";
    const char *path = address[0] == '/' ? address : NULL;
    JsonObject *params = NULL;
    int code;
    int fd;

    if (out == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, operation, NULL, "out is NULL");
    code = sbx_check_handle(sandbox, operation, error);
    if (code == SBX_OK)
        code = sbx_target_to_json(guest_port, guest_path, &params, operation, error);
    if (code < 0)
        return code;
    fd = make_listener(address, host_port, operation, error);
    if (fd < 0) {
        json_object_unref(params);
        return fd;
    }
    code = forward_fd(sandbox, params, fd, path, out, operation, error);
    if (code < 0 && path != NULL)
        unlink(path);
    close(fd);
    return code;
}

int sbx_forward_new(sbx *sandbox, int guest_port, const char *host_address, int host_port,
                    sbx_forward **out, sbx_error **error)
{
    return forward_new(sandbox, guest_port, NULL, host_address, host_port, out, __func__, error);
}

int sbx_forward_new_unix(sbx *sandbox, const char *guest_path, const char *host_address,
                         int host_port, sbx_forward **out, sbx_error **error)
{
    if (guest_path == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "guest_path is NULL");
    return forward_new(sandbox, 0, guest_path, host_address, host_port, out, __func__, error);
}

int sbx_forward_new_fd(sbx *sandbox, int guest_port, const char *guest_path, int listen_fd,
                       sbx_forward **out, sbx_error **error)
{
    JsonObject *params = NULL;
    int listens = 0;
    socklen_t length = sizeof listens;
    int code;

    if (out == NULL || (guest_port != 0 && guest_path != NULL))
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "out is NULL, or there is both a port and a path");
    code = sbx_check_handle(sandbox, __func__, error);
    if (code == SBX_OK)
        code = sbx_target_to_json(guest_port, guest_path, &params, __func__, error);
    if (code == SBX_OK &&
        (getsockopt(listen_fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) < 0 || !listens)) {
        json_object_unref(params);
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "descriptor %d is not a listening stream socket", listen_fd);
    }
    return code < 0 ? code : forward_fd(sandbox, params, listen_fd, NULL, out, __func__, error);
}

sbx_forward *sbx_forward_ref(sbx_forward *forward)
{
    g_atomic_int_inc(&forward->refs);
    return forward;
}

sbx_forward *sbx_forward_unref(sbx_forward *forward)
{
    if (forward == NULL || !g_atomic_int_dec_and_test(&forward->refs))
        return NULL;
    if (forward->pid == getpid()) {
        (void)!send(forward->lease, "r", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
        remove_made(forward);
    }
    close(forward->lease);
    pthread_mutex_destroy(&forward->lock);
    sbx_unref(forward->sandbox);
    g_free(forward->address);
    g_free(forward->made);
    g_free(forward->failure);
    g_free(forward);
    return NULL;
}

int sbx_forward_port(sbx_forward *forward)
{
    return forward->port;
}

const char *sbx_forward_address(sbx_forward *forward)
{
    return forward->address;
}

int sbx_forward_fd(sbx_forward *forward)
{
    return forward->lease;
}

/* With the lock held: takes in what the keeper said of the end. */
static void note_end(sbx_forward *forward)
{
    g_auto(SbxMessage) message = {0};
    g_autoptr(GError) reason = NULL;
    int got = sbx_message_receive(forward->lease, &message, NULL);
    JsonObject *fault = sbx_json_get_object(
        got > 0 ? sbx_json_get_object(message.object, "params") : NULL, "error");

    if (fault != NULL)
        reason = sbx_fault_from_json(fault);
    forward->state = reason != NULL ? sbx_fault_code(reason) : SBX_E_GONE;
    forward->failure =
        reason != NULL
            ? g_strdup(reason->message)
            : g_strdup_printf("the sandbox %s has ended: its keeper is gone", forward->sandbox->id);
    /* From here on it polls as readable, for whoever watches sbx_forward_fd(). */
    shutdown(forward->lease, SHUT_RD);
}

/* Looks for the end without waiting. Returns the state. */
static int look(sbx_forward *forward)
{
    struct pollfd waiting = {.fd = forward->lease, .events = POLLIN};
    int state;

    pthread_mutex_lock(&forward->lock);
    if (forward->state == 0 && poll(&waiting, 1, 0) > 0)
        note_end(forward);
    state = forward->state;
    pthread_mutex_unlock(&forward->lock);
    return state;
}

int sbx_forward_wait(sbx_forward *forward, int timeout_ms, sbx_error **error)
{
    int64_t deadline = timeout_ms < 0 ? -1 : sbx_now_ms() + timeout_ms;
    int state = sbx_check_handle(forward->sandbox, __func__, error);

    if (state >= 0)
        state = sbx_check_timeout(timeout_ms, __func__, error);
    if (state < 0)
        return state;
    state = look(forward);
    while (state == 0 && timeout_ms != 0) {
        int ready = sbx_wait_one(forward->lease, POLLIN, deadline);

        if (ready == 0)
            return 0;
        if (ready < 0)
            return sbx_fail(error, SBX_E_SYSTEM, -ready, __func__, NULL, "cannot wait: %s",
                            g_strerror(-ready));
        state = look(forward);
    }
    if (state < 0)
        return sbx_fail(error, state, 0, __func__, NULL, "%s", forward->failure);
    return 0;
}
