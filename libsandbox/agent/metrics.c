/* metrics.c: questions about figures: the machine's metrics, a process's usage. */
#include "agent/session-private.h"

typedef struct {
    SbxAgentSession *session; /* a reference */
    SbxAgentProcess *process; /* a reference; NULL: about the machine */
    SbxAgentMetricsFunc metrics_done;
    SbxAgentUsageFunc usage_done;
    gpointer data;
    SbxAgentMetrics metrics;
    SbxAgentUsage usage;
    GError *error;
} Question;

static void report(gpointer object)
{
    Question *question = object;

    if (question->process != NULL)
        question->usage_done(question->process, question->error == NULL ? &question->usage : NULL,
                             question->error, question->data);
    else
        question->metrics_done(question->session,
                               question->error == NULL ? &question->metrics : NULL,
                               question->error, question->data);
    g_clear_error(&question->error);
    sbx_agent_process_unref(question->process);
    agent_session_unref(question->session);
    g_free(question);
}

static gboolean take_usage(Question *question, const GByteArray *reply)
{
    struct sbx_usage usage;

    if (reply == NULL || !sbx_usage_decode(reply->data, reply->len, &usage))
        return FALSE;
    question->usage = (SbxAgentUsage){
        .cpu_user_us = usage.cpu_user,
        .cpu_system_us = usage.cpu_system,
        .memory = usage.memory,
        .peak_memory = MAX(usage.peak_memory, usage.memory),
        .tasks = usage.tasks,
        .read_bytes = usage.read_bytes,
        .written_bytes = usage.written_bytes,
    };
    return TRUE;
}

static gboolean take_metrics(Question *question, const GByteArray *reply)
{
    struct sbx_metrics metrics;

    if (reply == NULL || !sbx_metrics_decode(reply->data, reply->len, &metrics))
        return FALSE;
    question->metrics = (SbxAgentMetrics){
        .uptime_ns = metrics.uptime,
        .cpu_time_us = metrics.cpu_time,
        .memory_total = metrics.memory_total,
        .memory_available = MIN(metrics.memory_available, metrics.memory_total),
        .memory_peak = metrics.memory_peak,
        .disk_total = metrics.disk_total,
        .disk_free = MIN(metrics.disk_free, metrics.disk_total),
        .tasks = metrics.tasks,
        .load_milli = metrics.load,
    };
    return TRUE;
}

static void closed(AgentStream *stream, guint32 error_code)
{
    Question *question = stream->owner;

    (void)error_code;
    question->error = agent_stream_failure(stream);
    if (question->error == NULL && !(question->process != NULL
                                         ? take_usage(question, stream->reply)
                                         : take_metrics(question, stream->reply))) {
        agent_session_violation(question->session, "malformed figures");
        question->error = agent_stream_failure(stream);
    }
    agent_session_defer(question->session, report, question);
}

static const AgentStreamOps ops = {.closed = closed};

static void ask(Question *question, const char *path)
{
    SbxAgentSession *session = question->session;

    if (agent_stream_open(session, "GET", path, NULL, NULL, &ops, question) != NULL)
        return;
    question->error = session->error != NULL
                          ? g_error_copy(session->error)
                          : g_error_new(SBX_AGENT_ERROR, SBX_AGENT_ERROR_CLOSED, "it is parked");
    agent_session_defer(session, report, question);
}

void sbx_agent_session_get_metrics(SbxAgentSession *session, SbxAgentMetricsFunc done,
                                   gpointer data)
{
    Question *question = g_new0(Question, 1);

    question->session = agent_session_ref(session);
    question->metrics_done = done;
    question->data = data;
    ask(question, SBX_PROTO_PATH "metrics");
}

void agent_process_ask_usage(SbxAgentSession *session, SbxAgentProcess *process, guint64 id,
                             SbxAgentUsageFunc done, gpointer data)
{
    Question *question = g_new0(Question, 1);
    g_autofree char *path =
        g_strdup_printf(SBX_PROTO_PATH "processes/%" G_GUINT64_FORMAT "/usage", id);

    question->session = agent_session_ref(session);
    question->process = sbx_agent_process_ref(process);
    question->usage_done = done;
    question->data = data;
    ask(question, path);
}
