/* control.c: requests with one small answer: setup, ping, park, signal. */
#include "agent/session-private.h"

typedef struct {
    SbxAgentSession *session; /* a reference */
    SbxAgentDoneFunc done;
    gpointer data;
    gboolean is_setup, is_park;
    GError *error;
} Control;

static void report(gpointer object)
{
    Control *control = object;

    if (control->done != NULL)
        control->done(control->session, control->error, control->data);
    g_clear_error(&control->error);
    agent_session_unref(control->session);
    g_free(control);
}

static void take_info(SbxAgentSession *session, AgentStream *stream)
{
    struct sbx_info info;

    if (stream->reply == NULL || !sbx_info_decode(stream->reply->data, stream->reply->len, &info)) {
        agent_session_violation(session, "a malformed answer to setup");
        return;
    }
    g_free(session->agent_version);
    g_free(session->kernel_release);
    session->agent_version = g_utf8_make_valid(info.version, -1);
    session->kernel_release = g_utf8_make_valid(info.kernel, -1);
    session->info = (SbxAgentInfo){.agent_version = session->agent_version,
                                   .kernel_release = session->kernel_release,
                                   .boot_agent_ns = info.boot_agent,
                                   .boot_ready_ns = info.boot_ready};
    session->has_info = TRUE;
}

static void closed(AgentStream *stream, guint32 error_code)
{
    Control *control = stream->owner;

    (void)error_code;
    control->error = agent_stream_failure(stream);
    if (control->error == NULL && control->is_setup) {
        take_info(control->session, stream);
        control->error = agent_stream_failure(stream);
    }
    if (control->error == NULL && control->is_park)
        control->session->parked = TRUE;
    agent_session_defer(control->session, report, control);
}

static const AgentStreamOps ops = {.closed = closed};

static void request(SbxAgentSession *session, const char *method, const char *path,
                    struct sbx_tlv_writer *body, Control *control)
{
    control->session = agent_session_ref(session);
    if (body != NULL && body->failed) {
        sbx_tlv_writer_clear(body);
        control->error =
            g_error_new(SBX_AGENT_ERROR, SBX_AGENT_ERROR_INVALID, "the request is too large");
        agent_session_defer(session, report, control);
        return;
    }
    if (agent_stream_open(session, method, path, body, NULL, &ops, control) != NULL)
        return;
    control->error = session->error != NULL
                         ? g_error_copy(session->error)
                         : g_error_new(SBX_AGENT_ERROR, SBX_AGENT_ERROR_CLOSED, "it is parked");
    agent_session_defer(session, report, control);
}

void agent_control_request(SbxAgentSession *session, const char *method, const char *path,
                           struct sbx_tlv_writer *body, SbxAgentDoneFunc done, gpointer data)
{
    Control *control = g_new0(Control, 1);

    control->done = done;
    control->data = data;
    request(session, method, path, body, control);
}

void sbx_agent_session_setup(SbxAgentSession *session, const SbxAgentSetup *setup,
                             SbxAgentDoneFunc done, gpointer data)
{
    Control *control = g_new0(Control, 1);
    struct sbx_tlv_writer body;
    struct sbx_setup message = {
        .hostname = setup->hostname,
        .machine_id = setup->machine_id,
        .realtime = setup->realtime_ns,
        .entropy = setup->entropy,
        .entropy_length = setup->entropy_length,
        .env = (const char **)setup->env,
        .env_count = setup->env != NULL ? g_strv_length((char **)setup->env) : 0,
    };

    control->done = done;
    control->data = data;
    control->is_setup = TRUE;
    sbx_tlv_writer_init(&body, SBX_PROTO_MAX_SETUP);
    sbx_setup_encode(&body, &message);
    request(session, "POST", SBX_PROTO_PATH "setup", &body, control);
}

const SbxAgentInfo *sbx_agent_session_get_info(SbxAgentSession *session)
{
    return session->has_info ? &session->info : NULL;
}

void sbx_agent_session_ping(SbxAgentSession *session, SbxAgentDoneFunc done, gpointer data)
{
    agent_control_request(session, "GET", SBX_PROTO_PATH "ping", NULL, done, data);
}

void sbx_agent_session_park(SbxAgentSession *session, SbxAgentDoneFunc done, gpointer data)
{
    Control *control = g_new0(Control, 1);

    control->done = done;
    control->data = data;
    control->is_park = TRUE;
    request(session, "POST", SBX_PROTO_PATH "park", NULL, control);
}
