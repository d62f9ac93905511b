/* pump.h: between a file descriptor of the application and an HTTP/2 stream. */
#ifndef SBX_AGENT_PUMP_H
#define SBX_AGENT_PUMP_H

#include "agent/ring.h"
#include "agent/session-private.h"

/* Called when the pump is over: its fd is closed, nothing comes any more; intact is FALSE when the agent
 * cut the stream off. From the same places as the ops of a stream. */
typedef void (*AgentPumpDone)(gpointer owner, gboolean intact);

/* How much output may still pass, of all pumps that share it. Called once, when there was more. */
typedef struct {
    gboolean is_limited;
    gboolean is_exceeded;
    guint64 left;
    void (*exceeded)(gpointer owner);
} AgentAllowance;

typedef struct {
    SbxAgentSession *session; /* borrowed from the owner */
    gboolean is_open;         /* something may still pass */
    int fd;                   /* -1: nobody is there now */
    gboolean is_socket;
    gboolean may_wait;        /* when nobody is at the fd any more, somebody may come */
    gboolean is_left;         /* ... and for that it waits without a limit */
    gboolean follow_reader;   /* output: ends when the fd's reader goes, also while there is none */
    SbxFdWatch *watch;
    GSource *timer;           /* until it is clear whether to wait */
    AgentStream *stream;      /* NULL when there is none any more */
    AgentPumpDone done;
    gpointer owner;
    AgentAllowance *allowance; /* of the owner; output */
    gboolean deferred;        /* input: nghttp2 waits for bytes */
    GByteArray *queue;        /* output: what the fd did not take; at most the stream's window and what
                                 was kept */
    gsize queue_sent;
    gsize queue_kept;         /* what is first in the queue and was credited already */
    AgentRing ring;           /* output that was kept; then there is no queue */
    gboolean ended;           /* output: the stream has ended well. Input: end it */
} AgentPump;

/* fd is taken; it may be -1 for a stream that is there and has nobody yet (is_wanted). done may be
 * NULL. */
void agent_pump_init(AgentPump *pump, SbxAgentSession *session, int fd, gboolean is_wanted,
                     AgentPumpDone done, gpointer owner);
/* Opens the stream that sends what the fd gives. */
void agent_pump_send(AgentPump *pump, const char *path);
/* Opens the stream whose answer goes to the fd. */
void agent_pump_receive(AgentPump *pump, const char *path);
/* Closes the fd and abandons the stream; done is not called. */
void agent_pump_stop(AgentPump *pump);

/* With may_wait: whoever is at the fd will not say so when he leaves. From then on output is kept, and
 * input waits, until somebody attaches. */
void agent_pump_allow_leaving(AgentPump *pump);
/* The same, leaving now. Input without may_wait ends. */
void agent_pump_leave(AgentPump *pump);
/* Somebody is there: output goes to him, what was kept first. TRUE when the pump was over and is open
 * again, to bring what was kept: done will be called once more. fd is taken. */
gboolean agent_pump_attach(AgentPump *pump, int fd);

#endif
