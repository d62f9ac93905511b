/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ports: connections from this host to TCP ports and unix sockets inside a sandbox.
 *
 * sbx_connect_port() makes one connection, as connect() does. An sbx_forward listens here and makes
 * one for each that it accepts, as `ssh -L` does. Guests need no network for it.
 *
 * Connections are full duplex streams: an end of either side's (shutdown(SHUT_WR)) is one at the
 * other side, and the other direction goes on. A slow end holds up its own connection only. A
 * sandbox has at most SBX_CONNECTIONS_MAX connections at once.
 *
 * In the sandbox they come from 127.0.0.1, or from ::1 when nothing listens there, and to sockets
 * of its file system from its root.
 */
#ifndef SANDBOX_PORT_H
#define SANDBOX_PORT_H

#include <stddef.h>
#include <stdint.h>

#include <sandbox/handle.h>

SBX_BEGIN_DECLS

typedef struct sbx_forward sbx_forward;
typedef struct sbx_port_list sbx_port_list;

#define SBX_CONNECTIONS_MAX 256 /* connections of one sandbox at the same time */
#define SBX_GUEST_PATH_MAX 107  /* bytes in the path of a guest's socket */

/**
 * sbx_connect_port:
 * @sandbox: a running sandbox
 * @port: a TCP port in it, 1 to 65535
 * @fd_out: (out): a connected unix stream socket, blocking and close-on-exec; the caller closes it
 * @error: where to put an error, or NULL
 *
 * Connects to a port. Blocks until something in the sandbox has accepted, at most 30 s.
 *
 * What is read from and written to the socket is what the guest's server writes and reads,
 * end-of-file included. When the guest or its end breaks the connection off, reading gives
 * end-of-file, or ECONNRESET when bytes written here were not taken any more; writing gives EPIPE.
 * The socket does not hold the sandbox.
 *
 * Errors: SBX_E_INVALID, SBX_E_SYSTEM (see sbx_error_errno(): ECONNREFUSED when nothing listens),
 * SBX_E_TIMEOUT, SBX_E_BUSY (too many connections; the sandbox is paused), SBX_E_GONE,
 * SBX_E_KEEPER. Any thread. Since: 0.1
 */
SBX_PUBLIC int sbx_connect_port(sbx *sandbox, int port, int *fd_out, sbx_error **error);

/**
 * sbx_connect_unix:
 * @sandbox: a running sandbox
 * @guest_path: absolute path of a listening stream socket in it, at most SBX_GUEST_PATH_MAX bytes
 * @fd_out: (out): as for sbx_connect_port()
 * @error: where to put an error, or NULL
 *
 * Like sbx_connect_port().
 *
 * Errors: those of sbx_connect_port(); errnos are ENOENT, ECONNREFUSED when nobody listens, EAGAIN
 * when the server's queue is full. Since: 0.1
 */
SBX_PUBLIC int sbx_connect_unix(sbx *sandbox, const char *guest_path, int *fd_out,
                                sbx_error **error);

/**
 * sbx_forward_new:
 * @sandbox: a sandbox
 * @guest_port: a TCP port in it, 1 to 65535. Nothing need listen yet
 * @host_address: where to listen: an IPv4 or IPv6 address in numbers, NULL for "127.0.0.1", or the
 *   absolute path of a unix socket to be made, at most 107 bytes, for this user only
 * @host_port: the port here, 0 for any that is free; 0 with a unix socket
 * @out: (out): the forward; the caller drops it with sbx_forward_unref()
 * @error: where to put an error, or NULL
 *
 * Listens here and connects each connection that comes to @guest_port. A connection that nothing in
 * the sandbox accepts, or that is one too many, is reset.
 *
 * The forward ends, with its connections, when its last reference is dropped, when this program
 * ends, or when the sandbox does; it does not hold the sandbox. Whoever reaches the address can
 * connect: with other addresses than loopback ones think of a firewall.
 *
 * Blocks for one exchange with the keeper. Errors: SBX_E_INVALID, SBX_E_BUSY (the address is in
 * use), SBX_E_EXISTS (there is something at the path), SBX_E_DENIED, SBX_E_SYSTEM, SBX_E_GONE,
 * SBX_E_KEEPER. Any thread. Since: 0.1
 */
SBX_PUBLIC int sbx_forward_new(sbx *sandbox, int guest_port, const char *host_address,
                               int host_port, sbx_forward **out, sbx_error **error);

/**
 * sbx_forward_new_unix:
 * @sandbox: a sandbox
 * @guest_path: absolute path of a stream socket in it, at most SBX_GUEST_PATH_MAX bytes
 * @host_address: as for sbx_forward_new()
 * @host_port: likewise
 * @out: (out): likewise
 * @error: where to put an error, or NULL
 *
 * The same for a socket in the sandbox's file system.
 *
 * Errors: those of sbx_forward_new(). Since: 0.1
 */
SBX_PUBLIC int sbx_forward_new_unix(sbx *sandbox, const char *guest_path, const char *host_address,
                                    int host_port, sbx_forward **out, sbx_error **error);

/**
 * sbx_forward_new_fd:
 * @sandbox: a sandbox
 * @guest_port: a TCP port in it, or 0
 * @guest_path: with @guest_port 0: a socket, as for sbx_forward_new_unix(); else NULL
 * @listen_fd: a listening stream socket. It stays the caller's, who should close it: as long as a
 *   copy is open the port stays taken. It is made non-blocking
 * @out: (out): as for sbx_forward_new()
 * @error: where to put an error, or NULL
 *
 * The same with a socket that somebody else has made, be it in another network namespace, on a port
 * that needs rights, or by a service manager.
 *
 * Errors: those of sbx_forward_new(); SBX_E_INVALID when it is no listening socket. Since: 0.1
 */
SBX_PUBLIC int sbx_forward_new_fd(sbx *sandbox, int guest_port, const char *guest_path,
                                  int listen_fd, sbx_forward **out, sbx_error **error);

/**
 * sbx_forward_ref:
 * @forward: a forward, not NULL
 *
 * Takes one more reference and returns @forward. Any thread. Since: 0.1
 */
SBX_PUBLIC sbx_forward *sbx_forward_ref(sbx_forward *forward);

/**
 * sbx_forward_unref:
 * @forward: a forward, or NULL
 *
 * Drops a reference; returns NULL. The last one ends the forward and its connections, a moment
 * later, and removes the unix socket it has made. In a child after fork() it ends nothing. Never
 * blocks; any thread. Since: 0.1
 */
SBX_PUBLIC sbx_forward *sbx_forward_unref(sbx_forward *forward);

/**
 * sbx_forward_port:
 * @forward: a forward
 *
 * The TCP port here, also when any was asked for; 0 with a unix socket. Never blocks; any thread.
 * Since: 0.1
 */
SBX_PUBLIC int sbx_forward_port(sbx_forward *forward);

/**
 * sbx_forward_address:
 * @forward: a forward
 *
 * Where it listens: "127.0.0.1:8080", "[::1]:8080" or the path of a unix socket. Owned by @forward.
 * Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC const char *sbx_forward_address(sbx_forward *forward);

/**
 * sbx_forward_fd:
 * @forward: a forward
 *
 * A descriptor that becomes readable (poll for POLLIN) when the forward has ended by itself. Only
 * for polling. Owned by @forward. Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC int sbx_forward_fd(sbx_forward *forward);

/**
 * sbx_forward_wait:
 * @forward: a forward
 * @timeout_ms: milliseconds to wait at most; 0 only looks, -1 waits for ever
 * @error: where to put an error, or NULL
 *
 * Waits for the forward to end by itself.
 *
 * Returns 0 when the time ran out and it still works.
 *
 * Errors: why it does not: SBX_E_GONE (the sandbox has ended), SBX_E_SYSTEM (the socket was shut
 * down); SBX_E_INVALID (a timeout below -1). Since: 0.1
 */
SBX_PUBLIC int sbx_forward_wait(sbx_forward *forward, int timeout_ms, sbx_error **error);

/**
 * sbx_wait_port:
 * @sandbox: a running sandbox
 * @port: a TCP port in it, 1 to 65535
 * @timeout_ms: milliseconds to wait at most; 0 only looks, -1 waits for ever
 * @error: where to put an error, or NULL
 *
 * Waits until something in the sandbox listens on the port, where sbx_connect_port() reaches it.
 * Nothing connects to it. Since no kernel tells when somebody listens, a small program in the
 * sandbox looks for it, after 5 ms at first and every 100 ms in the end.
 *
 * Returns 1 when something listens, 0 when the time ran out. Errors: SBX_E_INVALID, SBX_E_BUSY (the
 * sandbox is paused), SBX_E_GONE, SBX_E_KEEPER, SBX_E_PROTOCOL (somebody in the sandbox stopped the
 * program). Any thread. Since: 0.1
 */
SBX_PUBLIC int sbx_wait_port(sbx *sandbox, int port, int timeout_ms, sbx_error **error);

/**
 * sbx_list_ports:
 * @sandbox: a running sandbox
 * @out: (out): the list; the caller frees it with sbx_port_list_free()
 * @error: where to put an error, or NULL
 *
 * Lists the TCP ports that something in the sandbox listens on. All of it is the guest's own claim.
 * Blocks while the sandbox looks, some milliseconds. Errors: SBX_E_BUSY (it is paused), SBX_E_GONE,
 * SBX_E_KEEPER, SBX_E_PROTOCOL, SBX_E_TIMEOUT (what looked did not end). Any thread. Since: 0.1
 */
SBX_PUBLIC int sbx_list_ports(sbx *sandbox, sbx_port_list **out, sbx_error **error);

/** sbx_port_list_free: frees the list; NULL is fine. Since: 0.1 */
SBX_PUBLIC void sbx_port_list_free(sbx_port_list *list);

/** sbx_port_list_length: the number of ports in it. Since: 0.1 */
SBX_PUBLIC size_t sbx_port_list_length(const sbx_port_list *list);

/*
 * The following take an index below sbx_port_list_length(). Strings are owned by the list. An index
 * out of range gives NULL, 0 or -1.
 */

/** sbx_port_list_port: the port, 1 to 65535. Since: 0.1 */
SBX_PUBLIC int sbx_port_list_port(const sbx_port_list *list, size_t index);

/** sbx_port_list_address: the address it is bound to, in numbers: "0.0.0.0" and "::" are all.
 * Since: 0.1 */
SBX_PUBLIC const char *sbx_port_list_address(const sbx_port_list *list, size_t index);

/** sbx_port_list_uid: the user ID of its owner in the sandbox, or -1. Since: 0.1 */
SBX_PUBLIC int64_t sbx_port_list_uid(const sbx_port_list *list, size_t index);

/** sbx_port_list_pid: the process in the sandbox that has it, 0 when it is not to be found. Since:
 * 0.1 */
SBX_PUBLIC int sbx_port_list_pid(const sbx_port_list *list, size_t index);

/** sbx_port_list_program: that process's name, UTF-8 without control characters; "" when it is not
 * to be found. Since: 0.1 */
SBX_PUBLIC const char *sbx_port_list_program(const sbx_port_list *list, size_t index);

SBX_END_DECLS

#endif
