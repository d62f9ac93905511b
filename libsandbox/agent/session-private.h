/* session-private.h: shared by the parts of the session: session.c (life, input and output),
 * reset.c (the beginning of a clone's), stream.c (nghttp2 callbacks), control.c (small requests),
 * metrics.c, process.c and pump.c, connection.c. */
#ifndef SBX_AGENT_SESSION_PRIVATE_H
#define SBX_AGENT_SESSION_PRIVATE_H

#include "agent/fd-watch.h"
#include "agent/session.h"

#include <nghttp2/nghttp2.h>
#include <protocol.h>

typedef struct _AgentStream AgentStream;
typedef struct _AgentReset AgentReset;

struct _SbxAgentSession {
    gatomicrefcount refs;
    int fd;
    GMainContext *context;
    GSource *source;           /* holds a reference to the session */
    gpointer fd_tag;
    nghttp2_session *h2;       /* NULL once closed */
    AgentReset *reset;         /* until a clone's agent has answered: nothing may be sent yet */
    gboolean inside_h2;        /* one of its callbacks may be running: do not delete it */
    gboolean in_turn;
    gboolean parked;           /* nothing may be sent any more */
    gboolean unheard;          /* the agent reads no more: what it had said is read to its end */
    GError *error;             /* why it ended, or is about to */
    GQueue streams;            /* of AgentStream, all that are alive */
    GQueue notices;            /* callbacks to be run from the main loop */
    GByteArray *out;
    gsize out_sent;
    guint64 last_id;
    gsize kept_bytes;          /* of the rings of all its pumps */
    SbxAgentInfo info;
    char *agent_version, *kernel_release;
    gboolean has_info;
    SbxAgentDoneFunc closed;
    gpointer data;
    GDestroyNotify notify;
};

/* What a stream's owner wants to know. All are called from inside nghttp2 or from closing, and must
 * only change state and defer callbacks. */
typedef struct {
    void (*headers)(AgentStream *stream);                              /* final headers are there */
    void (*data)(AgentStream *stream, const guint8 *bytes, gsize length);   /* owns the credit */
    void (*ended)(AgentStream *stream);                                /* END_STREAM came */
    void (*closed)(AgentStream *stream, guint32 error_code);           /* called exactly once */
} AgentStreamOps;

struct _AgentStream {
    SbxAgentSession *session;
    GList link;
    const AgentStreamOps *ops;
    gpointer owner;
    gint32 id;
    int status;                /* 0 before headers */
    guint64 pid;               /* from the headers, 0: none */
    gboolean complete;         /* END_STREAM came */
    GByteArray *reply;         /* collected when ops->data is NULL; capped */
    struct sbx_tlv_writer body;
    gsize body_sent;
};

/* --- session.c */
SbxAgentSession *agent_session_ref(SbxAgentSession *session);
void agent_session_unref(SbxAgentSession *session);
/* Records why the session ends; it ends when control is back in the main loop's hands. */
void agent_session_fail(SbxAgentSession *session, SbxAgentError code, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
void agent_session_violation(SbxAgentSession *session, const char *what);
gboolean agent_session_is_open(SbxAgentSession *session);
/* There is something to send: soon, from the main loop. */
void agent_session_wake(SbxAgentSession *session);
/* From a GSource of this session: sends, and runs what was deferred. */
void agent_session_turn(SbxAgentSession *session);
typedef void (*AgentNotice)(gpointer object);
/* Calls run from the main loop; object must be kept alive by a reference that run gives back. */
void agent_session_defer(SbxAgentSession *session, AgentNotice run, gpointer object);

/* --- reset.c */
/* Looks for the answer, and clears session->reset when it is complete. Returns how many of the
 * bytes were not the new session's. */
gsize agent_reset_receive(SbxAgentSession *session, const guint8 *bytes, gsize length);
void agent_reset_free(AgentReset *reset);

/* --- stream.c */
nghttp2_session *agent_h2_new(SbxAgentSession *session);
/* NULL body: GET or PUT without one. provider NULL: body is sent, if it has any. NULL when the
 * session is closed. The stream takes body over in any case. */
AgentStream *agent_stream_open(SbxAgentSession *session, const char *method, const char *path,
                               struct sbx_tlv_writer *body, const nghttp2_data_provider *provider,
                               const AgentStreamOps *ops, gpointer owner);
/* The owner has no more interest. */
void agent_stream_abandon(AgentStream *stream, guint32 error_code);
/* The error a finished stream's answer stands for; NULL for success. */
GError *agent_stream_failure(AgentStream *stream);
void agent_stream_free(AgentStream *stream);

/* --- control.c */
void agent_control_request(SbxAgentSession *session, const char *method, const char *path,
                           struct sbx_tlv_writer *body, SbxAgentDoneFunc done, gpointer data);

/* --- metrics.c */
void agent_process_ask_usage(SbxAgentSession *session, SbxAgentProcess *process, guint64 id,
                             SbxAgentUsageFunc done, gpointer data);

#endif
