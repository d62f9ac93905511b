/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ports: connections from the host to TCP ports and sockets of a sandbox.
 *
 * A connection has a socket of the client's, either sent along with a request or accepted from a
 * listening socket that was: a forward. Who may connect, where and in which network namespace is
 * thus decided by the client's own rights, not by the keeper's. A forward is held by a lease as a
 * session sandbox is, and ends with its sandbox, as all connections do.
 */
#ifndef SBX_KEEPER_PORT_H
#define SBX_KEEPER_PORT_H

#include "keeper/sandbox.h"

void sbx_port_method_connect(SbxKeeper *keeper, SbxRequest *request);
void sbx_port_method_forward(SbxKeeper *keeper, SbxRequest *request);
/* The sandbox is ending: so do its forwards and connections. */
void sbx_ports_end(SbxSandbox *sandbox);

#endif
