/* connection.h: a connection to a port or socket of the guest, for a client with a socket of its
 * own. The rules of session.h hold. */
#ifndef SBX_AGENT_CONNECTION_H
#define SBX_AGENT_CONNECTION_H

#include "agent/session.h"

G_BEGIN_DECLS

typedef struct _SbxAgentConnection SbxAgentConnection;

/* As many the agent takes at once. */
#define SBX_AGENT_CONNECTIONS_MAX 256

/* A path that can be asked for: absolute, at most 107 bytes. */
gboolean sbx_agent_connection_path_ok(const char *path);

/* error NULL: it is connected. Otherwise number is the guest's errno, or 0. */
typedef void (*SbxAgentConnectedFunc)(SbxAgentConnection *connection, const GError *error,
                                      int number, gpointer data);

/* Connects to a TCP port of the guest (127.0.0.1, or else ::1), or with port 0 to the socket of
 * that path, and carries what fd, a stream socket, gives and takes. fd is taken in any case.
 *
 * connected is called first; nothing is read before. Then bytes are carried until both directions
 * have ended, each by itself: an end of one side's is shut down at the other's. What one side
 * resets is reset at the other (a unix socket's peer sees an end), also when the session ends. A
 * client that has closed its socket is given up when for a minute nobody took what it had said.
 *
 * Every byte is counted in *bytes_in (into the guest) or *bytes_out, which must outlive it.
 *
 * notify releases data when all is over and fd is closed, on every path, as the last callback.
 * Returns a reference. */
SbxAgentConnection *sbx_agent_connection_new(SbxAgentSession *session, guint port, const char *path,
                                             int fd, guint64 *bytes_in, guint64 *bytes_out,
                                             SbxAgentConnectedFunc connected, gpointer data,
                                             GDestroyNotify notify);
/* Resets both sides. connected is not called any more, notify will be. */
void sbx_agent_connection_cancel(SbxAgentConnection *connection);
void sbx_agent_connection_unref(SbxAgentConnection *connection);

/* How long what a client has said before it closed its socket is kept for a server that does not
 * take it: 60, as long as Linux keeps the rest of a closed TCP socket. Tests have it shorter. */
extern guint sbx_agent_linger_seconds;

/* Closes a socket so that the peer sees a reset, where that exists. */
void sbx_agent_reset_socket(int fd);

G_END_DECLS

#endif
