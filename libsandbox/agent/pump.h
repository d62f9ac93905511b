/* pump.h: between a file descriptor of the application and an HTTP/2 stream. */
#ifndef SBX_AGENT_PUMP_H
#define SBX_AGENT_PUMP_H

#include "agent/session-private.h"

/* Called when the pump has closed its fd; intact is FALSE when the agent cut the stream off. From
 * the same places as the ops of a stream. */
typedef void (*AgentPumpDone)(gpointer owner, gboolean intact);

typedef struct {
    SbxAgentSession *session; /* borrowed from the owner */
    int fd;                   /* -1: done */
    gboolean is_socket;
    gboolean follow_reader;   /* output: ends when the fd's reader goes, also while there is none */
    SbxFdWatch *watch;
    AgentStream *stream;      /* NULL when there is none any more */
    AgentPumpDone done;
    gpointer owner;
    gboolean deferred;        /* input: nghttp2 waits for bytes */
    GByteArray *queue;        /* output: what the fd did not take; at most the stream's window */
    gsize queue_sent;
    gboolean ended;           /* output: the stream has ended well */
} AgentPump;

/* fd is taken. done may be NULL. */
void agent_pump_init(AgentPump *pump, SbxAgentSession *session, int fd, AgentPumpDone done,
                     gpointer owner);
/* Opens the stream that sends what the fd gives. */
void agent_pump_send(AgentPump *pump, const char *path);
/* Opens the stream whose answer goes to the fd. */
void agent_pump_receive(AgentPump *pump, const char *path);
/* Closes the fd and abandons the stream; done is not called. */
void agent_pump_stop(AgentPump *pump);

#endif
