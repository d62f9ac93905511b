/* connection.h: connections to ports and sockets of the guest, for clients of the host. Each is one
 * request, whose two bodies are what the connection carries. */
#ifndef SBX_CONNECTION_H
#define SBX_CONNECTION_H

#include "server.h"

/* Begins to connect to what the request's path names; answers it, now or later. */
void connection_begin(struct request *request);
/* The client says this; the client says no more. */
void connection_write(struct connection *connection, const uint8_t *bytes, size_t length);
void connection_end(struct connection *connection);
/* Its request is gone. */
void connection_detach(struct connection *connection);
/* Breaks all of them off: a clone has its parent's, whose clients are not its own. */
void connection_forget_all(void);

#endif
