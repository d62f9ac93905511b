/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The QMP monitor: see qmp.h.
 *
 * A command is in one of two queues, `to_send` until the socket has taken its last byte, then
 * `awaiting`. QEMU answers in order, so only the first of `awaiting` can be the one that is
 * answered. What fails goes to `failed`, and callbacks run from the main loop alone, in dispatch().
 */
#include "virt/qmp.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    COMMANDS_MAX = 256,
    READ_SIZE = 64 << 10,
    /* json-glib's parser recurses and has no limit of its own. */
    DEPTH_MAX = 16,
    /* It compares each repeated member name with all others: 1 MiB of such took minutes, this many
     * take 25 ms. QEMU's answer to "query-migrate" has some 60. */
    VALUES_MAX = 4096,
    DESCRIPTION_MAX = 512,
};

typedef struct {
    SbxQmpDone done;
    gpointer data;
    char *name;
    gint64 id;
    char *text;
    gsize length, sent;
    int fd;              /* travels with the first byte; then -1 */
    gboolean carries_fd; /* whether there was one */
    GError *error;       /* in `failed` only */
} Command;

struct SbxQmp {
    gatomicrefcount refs; /* the owner's, the source's, and dispatch()'s */
    GMainContext *context;
    GSource *source; /* NULL when the monitor is lost and nothing is left to be told */
    gpointer fd_tag;
    int fd;
    SbxQmpEvent event;
    gpointer data;
    GError *error; /* why the monitor was lost; NULL while it was not */
    int write_errno;
    gboolean greeted;
    gboolean blocked;  /* the socket is full */
    gboolean fd_taken; /* a descriptor was sent and its command has no answer yet */
    gint64 last_id;
    GQueue to_send, awaiting, failed;
    GQueue losses;  /* of sbx_qmp_when_lost() */
    GByteArray *in; /* the beginning of a line, or NULL */
    gsize scanned;  /* so much of it has no end of line */
};

typedef struct {
    GSource source;
    SbxQmp *qmp;
} QmpSource;

GQuark sbx_qmp_error_quark(void)
{
    return g_quark_from_static_string("sbx-qmp-error");
}

static void command_free(Command *command)
{
    if (command->fd >= 0)
        close(command->fd);
    g_clear_error(&command->error);
    g_free(command->name);
    g_free(command->text);
    g_free(command);
}

static void unref(SbxQmp *qmp)
{
    if (!g_atomic_ref_count_dec(&qmp->refs))
        return;
    g_clear_error(&qmp->error);
    g_clear_pointer(&qmp->in, g_byte_array_unref);
    g_main_context_unref(qmp->context);
    g_free(qmp);
}

/* --- the source --- */

static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer data);

static void finalize(GSource *source)
{
    unref(((QmpSource *)source)->qmp);
}

/* A monitor that is lost has no source, but a command to it still ends in a callback. */
static void wake(SbxQmp *qmp)
{
    static GSourceFuncs funcs = {.dispatch = dispatch, .finalize = finalize};

    if (qmp->source == NULL) {
        qmp->source = g_source_new(&funcs, sizeof(QmpSource));
        g_atomic_ref_count_inc(&qmp->refs);
        ((QmpSource *)qmp->source)->qmp = qmp;
        g_source_set_static_name(qmp->source, "qmp");
        g_source_attach(qmp->source, qmp->context);
    }
    g_source_set_ready_time(qmp->source, 0);
}

/* Waits for what may come next, or goes when nothing can. */
static void settle(SbxQmp *qmp)
{
    if (qmp->fd_tag != NULL)
        g_source_modify_unix_fd(qmp->source, qmp->fd_tag, G_IO_IN | (qmp->blocked ? G_IO_OUT : 0));
    if (!g_queue_is_empty(&qmp->failed) || (qmp->error == NULL && qmp->write_errno != 0)) {
        wake(qmp);
    } else if (qmp->error != NULL && qmp->source != NULL) {
        g_source_destroy(qmp->source);
        g_clear_pointer(&qmp->source, g_source_unref);
    }
}

/* --- failures --- */

static void fail_command(SbxQmp *qmp, Command *command, GError *error)
{
    command->error = error;
    g_queue_push_tail(&qmp->failed, command);
}

static void fail_all(SbxQmp *qmp, GQueue *commands)
{
    Command *command;

    while ((command = g_queue_pop_head(commands)) != NULL)
        fail_command(qmp, command, g_error_copy(qmp->error));
}

/* Ends the monitor. Safe wherever it is called; callbacks come later. */
static void lose(SbxQmp *qmp, SbxQmpError code, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void lose(SbxQmp *qmp, SbxQmpError code, const char *format, ...)
{
    va_list args;

    if (qmp->error != NULL)
        return;
    va_start(args, format);
    qmp->error = g_error_new_valist(SBX_QMP_ERROR, (int)code, format, args);
    va_end(args);
    g_source_remove_unix_fd(qmp->source, g_steal_pointer(&qmp->fd_tag));
    close(qmp->fd);
    qmp->fd = -1;
    fail_all(qmp, &qmp->awaiting);
    fail_all(qmp, &qmp->to_send);
    fail_all(qmp, &qmp->losses);
    wake(qmp);
}

static void violation(SbxQmp *qmp, const char *what)
{
    lose(qmp, SBX_QMP_ERROR_PROTOCOL, "QEMU's monitor was closed, for QEMU sent %s", what);
}

static void finish(SbxQmp *qmp, Command *command, JsonObject *result, const GError *error)
{
    if (command->done != NULL)
        command->done(qmp, result, error, command->data);
    command_free(command);
}

/* Those that fail meanwhile wait for the next turn: a caller that tries again and again must not
 * keep the main loop to itself. */
static void tell_failed(SbxQmp *qmp)
{
    for (guint n = g_queue_get_length(&qmp->failed); n > 0; n--) {
        Command *command = g_queue_pop_head(&qmp->failed);

        finish(qmp, command, NULL, command->error);
    }
}

/* --- sending --- */

/* False when the socket is full or broken. A descriptor arrives with the byte it was sent with, so
 * each command has a message of its own. */
static gboolean send_command(SbxQmp *qmp, Command *command)
{
    union {
        char space[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};

    while (command->sent < command->length) {
        struct iovec part = {command->text + command->sent, command->length - command->sent};
        struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};

        if (command->fd >= 0) {
            header.msg_control = control.space;
            header.msg_controllen = sizeof control.space;
            struct cmsghdr *item = CMSG_FIRSTHDR(&header);
            item->cmsg_level = SOL_SOCKET;
            item->cmsg_type = SCM_RIGHTS;
            item->cmsg_len = CMSG_LEN(sizeof(int));
            memcpy(CMSG_DATA(item), &command->fd, sizeof(int));
        }
        ssize_t n = sendmsg(qmp->fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            qmp->blocked = errno == EAGAIN;
            qmp->write_errno = errno == EAGAIN ? 0 : errno;
            return FALSE;
        }
        command->sent += (gsize)n;
        if (command->fd >= 0) {
            close(command->fd);
            command->fd = -1;
            qmp->fd_taken = TRUE;
        }
    }
    return TRUE;
}

/* QEMU keeps only the descriptor that came last, so the next one waits until the last was answered,
 * and what was said after it waits as well. */
static void transmit(SbxQmp *qmp)
{
    Command *command;

    qmp->blocked = FALSE;
    while (qmp->error == NULL && qmp->write_errno == 0 &&
           (command = g_queue_peek_head(&qmp->to_send)) != NULL) {
        if ((command->fd >= 0 && qmp->fd_taken) || !send_command(qmp, command))
            return;
        g_queue_push_tail(&qmp->awaiting, g_queue_pop_head(&qmp->to_send));
    }
}

static char *command_text(const char *name, JsonObject *arguments, gint64 id, gsize *length)
{
    g_autoptr(JsonGenerator) generator = json_generator_new();
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    JsonObject *object = json_object_new();
    g_autofree char *text = NULL;

    json_object_set_string_member(object, "execute", name);
    if (arguments != NULL)
        json_object_set_object_member(object, "arguments", arguments);
    json_object_set_int_member(object, "id", id);
    json_node_take_object(node, object);
    json_generator_set_root(generator, node);
    text = json_generator_to_data(generator, length);
    ++*length;
    return g_strconcat(text, "\n", NULL);
}

static Command *command_new(const char *name, SbxQmpDone done, gpointer data)
{
    Command *command = g_new0(Command, 1);

    command->name = g_strdup(name);
    command->done = done;
    command->data = data;
    command->fd = -1;
    return command;
}

/* Why a command cannot be sent; NULL when it can. */
static GError *refusal(SbxQmp *qmp, Command *command, int fd)
{
    if (qmp->error != NULL)
        return g_error_copy(qmp->error);
    if (g_queue_get_length(&qmp->awaiting) + g_queue_get_length(&qmp->to_send) >= COMMANDS_MAX)
        return g_error_new(SBX_QMP_ERROR, SBX_QMP_ERROR_COMMAND,
                           "cannot send %s to QEMU: too many commands (%d) have no answer yet",
                           command->name, COMMANDS_MAX);
    if (fd >= 0 && (command->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0)) < 0)
        return g_error_new(SBX_QMP_ERROR, SBX_QMP_ERROR_COMMAND,
                           "cannot send %s to QEMU: cannot duplicate its descriptor %d: %s",
                           command->name, fd, g_strerror(errno));
    command->carries_fd = fd >= 0;
    return NULL;
}

void sbx_qmp_execute(SbxQmp *qmp, const char *name, JsonObject *arguments, int fd, SbxQmpDone done,
                     gpointer data)
{
    Command *command = command_new(name, done, data);
    GError *error = refusal(qmp, command, fd);

    if (error != NULL) {
        g_clear_pointer(&arguments, json_object_unref);
        fail_command(qmp, command, error);
        wake(qmp);
        return;
    }
    command->id = ++qmp->last_id;
    command->text = command_text(name, arguments, command->id, &command->length);
    g_queue_push_tail(&qmp->to_send, command);
    transmit(qmp);
    settle(qmp);
}

/* --- what QEMU says --- */

/* Whether a line is one object and nothing else, within the limits above, as far as JSON proper
 * goes. json-glib would also read comments and strings in single quotes, in which brackets did not
 * count, and several values, of which it loses all but one. */
static gboolean is_bounded(const char *line, gsize length)
{
    int depth = 0, values = 0;
    gboolean in_string = FALSE, over = FALSE;

    for (gsize i = 0; i < length; i++) {
        char c = line[i];

        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = FALSE;
        } else if (g_ascii_isspace(c)) {
            continue;
        } else if (over || (depth == 0 && c != '{') || strchr("'/#", c) != NULL) {
            return FALSE;
        } else if (c == '"') {
            in_string = TRUE;
        } else if (c == '[' || c == '{') {
            if (++depth > DEPTH_MAX)
                return FALSE;
        } else if (c == ']' || c == '}') {
            over = --depth == 0;
        } else if (c == ',' && ++values > VALUES_MAX) {
            return FALSE;
        }
    }
    return over;
}

/* NULL when it is no such line; nor what is no UTF-8, or has a NUL: json-glib sees to that. */
static JsonParser *parse(const char *line, gsize length)
{
    g_autoptr(JsonParser) parser = NULL;

    if (!is_bounded(line, length))
        return NULL;
    parser = json_parser_new_immutable();
    if (!json_parser_load_from_data(parser, line, (gssize)length, NULL) ||
        json_parser_get_root(parser) == NULL ||
        !JSON_NODE_HOLDS_OBJECT(json_parser_get_root(parser)))
        return NULL;
    return g_steal_pointer(&parser);
}

static JsonObject *object_member(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);

    return node != NULL && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static JsonNode *value_member(JsonObject *object, const char *name, GType type)
{
    JsonNode *node = json_object_get_member(object, name);

    if (node == NULL || !JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != type)
        return NULL;
    return node;
}

/* One line for people: an error may end on a terminal. */
static char *description_of(JsonObject *error)
{
    JsonNode *node = value_member(error, "desc", G_TYPE_STRING);
    const char *text = node != NULL ? json_node_get_string(node) : "";
    GString *line = g_string_new(NULL);

    for (int n = 0; *text != '\0' && n < DESCRIPTION_MAX; n++, text = g_utf8_next_char(text)) {
        gunichar c = g_utf8_get_char(text);

        g_string_append_unichar(line, g_unichar_iscntrl(c) ? ' ' : c);
    }
    if (line->len == 0)
        g_string_assign(line, "QEMU gave no reason");
    return g_string_free(line, FALSE);
}

static void take_event(SbxQmp *qmp, JsonObject *message)
{
    JsonNode *name = value_member(message, "event", G_TYPE_STRING);

    if (name == NULL)
        violation(qmp, "an event without a name");
    else if (qmp->event != NULL)
        qmp->event(qmp, json_node_get_string(name), object_member(message, "data"), qmp->data);
}

static void take_answer(SbxQmp *qmp, JsonObject *message)
{
    JsonNode *id = value_member(message, "id", G_TYPE_INT64);
    JsonObject *refused = object_member(message, "error");
    Command *command = g_queue_peek_head(&qmp->awaiting);
    g_autoptr(GError) error = NULL;

    if (json_object_has_member(message, "return") == (refused != NULL)) {
        violation(qmp, "what is no event, no result and no error");
        return;
    }
    if (command == NULL || id == NULL || json_node_get_int(id) != command->id) {
        violation(qmp, "an answer to something else than what it was asked");
        return;
    }
    g_queue_pop_head(&qmp->awaiting);
    if (command->carries_fd)
        qmp->fd_taken = FALSE;
    if (refused != NULL) {
        g_autofree char *description = description_of(refused);
        error = g_error_new(SBX_QMP_ERROR, SBX_QMP_ERROR_COMMAND, "QEMU refused %s: %s",
                            command->name, description);
    }
    finish(qmp, command, object_member(message, "return"), error);
}

static void take_line(SbxQmp *qmp, const char *line, gsize length)
{
    g_autoptr(JsonParser) parser = length <= SBX_QMP_LINE_MAX ? parse(line, length) : NULL;

    if (parser == NULL) {
        violation(qmp, length > SBX_QMP_LINE_MAX ? "a line that is too long"
                                                 : "a line that is no JSON object within limits");
        return;
    }
    JsonObject *message = json_node_get_object(json_parser_get_root(parser));
    if (!qmp->greeted && object_member(message, "QMP") == NULL)
        violation(qmp, "no greeting");
    else if (!qmp->greeted)
        qmp->greeted = TRUE;
    else if (json_object_has_member(message, "event"))
        take_event(qmp, message);
    else
        take_answer(qmp, message);
}

/* Any callback may free the monitor, which is then lost. */
static void take_lines(SbxQmp *qmp)
{
    const char *end;
    gsize start = 0;

    while (qmp->error == NULL && (end = memchr(qmp->in->data + qmp->scanned, '\n',
                                               qmp->in->len - qmp->scanned)) != NULL) {
        const char *line = (const char *)qmp->in->data + start;

        start = qmp->scanned = (gsize)(end + 1 - (const char *)qmp->in->data);
        take_line(qmp, line, (gsize)(end - line));
    }
    if (qmp->error != NULL || start == qmp->in->len) {
        g_clear_pointer(&qmp->in, g_byte_array_unref);
        qmp->scanned = 0;
        return;
    }
    if (start > 0)
        g_byte_array_remove_range(qmp->in, 0, (guint)start);
    qmp->scanned = qmp->in->len;
    if (qmp->in->len > SBX_QMP_LINE_MAX)
        violation(qmp, "a line that is too long");
}

/* What QEMU said before it went counts, so a broken pipe is no reason to stop reading before the
 * last byte. */
static void receive(SbxQmp *qmp)
{
    guint8 buffer[READ_SIZE];
    ssize_t n = read(qmp->fd, buffer, sizeof buffer);

    if (n > 0) {
        if (qmp->in == NULL)
            qmp->in = g_byte_array_new();
        g_byte_array_append(qmp->in, buffer, (guint)n);
        take_lines(qmp);
    } else if (n == 0 || errno == ECONNRESET) {
        /* Reset: it did not read all. QEMU quits without the end of "quit"'s line. */
        lose(qmp, SBX_QMP_ERROR_CLOSED, "QEMU closed its monitor");
    } else if (errno == EAGAIN && qmp->write_errno != 0) {
        lose(qmp, SBX_QMP_ERROR_CLOSED, "cannot write to QEMU's monitor: %s",
             g_strerror(qmp->write_errno));
    } else if (errno != EAGAIN && errno != EINTR) {
        lose(qmp, SBX_QMP_ERROR_CLOSED, "cannot read from QEMU's monitor: %s", g_strerror(errno));
    }
}

static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
    SbxQmp *qmp = ((QmpSource *)source)->qmp;
    GIOCondition seen = qmp->fd_tag != NULL ? g_source_query_unix_fd(source, qmp->fd_tag) : 0;

    (void)callback;
    (void)data;
    g_atomic_ref_count_inc(&qmp->refs);
    g_source_set_ready_time(source, -1);
    if (qmp->error == NULL && ((seen & ~G_IO_OUT) != 0 || qmp->write_errno != 0))
        receive(qmp);
    transmit(qmp);
    tell_failed(qmp);
    settle(qmp);
    unref(qmp);
    return G_SOURCE_CONTINUE;
}

/* --- a monitor's life --- */

static void negotiated(SbxQmp *qmp, JsonObject *result, const GError *error, gpointer data)
{
    (void)result;
    (void)data;
    if (error != NULL)
        violation(qmp, "an error where the capabilities were to be agreed upon");
}

SbxQmp *sbx_qmp_new(int fd, SbxQmpEvent event, gpointer data)
{
    SbxQmp *qmp = g_new0(SbxQmp, 1);

    g_atomic_ref_count_init(&qmp->refs);
    qmp->context = g_main_context_ref_thread_default();
    qmp->fd = fd;
    qmp->event = event;
    qmp->data = data;
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    wake(qmp);
    qmp->fd_tag = g_source_add_unix_fd(qmp->source, fd, G_IO_IN);
    sbx_qmp_execute(qmp, "qmp_capabilities", NULL, -1, negotiated, NULL);
    return qmp;
}

void sbx_qmp_when_lost(SbxQmp *qmp, SbxQmpDone done, gpointer data)
{
    Command *command = command_new(NULL, done, data);

    if (qmp->error == NULL) {
        g_queue_push_tail(&qmp->losses, command);
    } else {
        fail_command(qmp, command, g_error_copy(qmp->error));
        wake(qmp);
    }
}

void sbx_qmp_free(SbxQmp *qmp)
{
    if (qmp == NULL)
        return;
    lose(qmp, SBX_QMP_ERROR_CLOSED, "QEMU's monitor was closed");
    settle(qmp);
    unref(qmp);
}

/* --- saving and restoring --- */

typedef struct {
    SbxQmpDone done;
    gpointer data;
    char *name;
    gboolean put;       /* QEMU has the descriptor */
    GError *first;      /* what "getfd" failed with */
    GError *second;     /* what "migrate" failed with */
    gboolean one_ended; /* so the next to end is the last */
} Migration;

/* The two end in either order when one of them was never sent. A descriptor that "migrate" did not
 * take would stay with QEMU, and whoever reads the other end would wait forever. */
static void migration_step(SbxQmp *qmp, JsonObject *result, Migration *migration)
{
    if (!migration->one_ended) {
        migration->one_ended = TRUE;
        return;
    }
    if (migration->put && migration->second != NULL && qmp->error == NULL) {
        JsonObject *arguments = json_object_new();

        json_object_set_string_member(arguments, "fdname", migration->name);
        sbx_qmp_execute(qmp, "closefd", arguments, -1, NULL, NULL);
    }
    const GError *error = migration->first != NULL ? migration->first : migration->second;
    if (migration->done != NULL)
        migration->done(qmp, error == NULL ? result : NULL, error, migration->data);
    g_clear_error(&migration->first);
    g_clear_error(&migration->second);
    g_free(migration->name);
    g_free(migration);
}

static void fd_put(SbxQmp *qmp, JsonObject *result, const GError *error, gpointer data)
{
    Migration *migration = data;

    (void)result;
    migration->put = error == NULL;
    migration->first = error != NULL ? g_error_copy(error) : NULL;
    migration_step(qmp, NULL, migration);
}

static void migration_begun(SbxQmp *qmp, JsonObject *result, const GError *error, gpointer data)
{
    Migration *migration = data;

    migration->second = error != NULL ? g_error_copy(error) : NULL;
    migration_step(qmp, result, migration);
}

void sbx_qmp_migrate(SbxQmp *qmp, int fd, gboolean incoming, SbxQmpDone done, gpointer data)
{
    Migration *migration = g_new0(Migration, 1);
    JsonObject *put = json_object_new();
    JsonObject *begin = json_object_new();
    g_autofree char *uri = NULL;

    migration->done = done;
    migration->data = data;
    migration->name = g_strdup_printf("sbx-fd-%" G_GINT64_FORMAT, qmp->last_id + 1);
    uri = g_strconcat("fd:", migration->name, NULL);
    json_object_set_string_member(put, "fdname", migration->name);
    sbx_qmp_execute(qmp, "getfd", put, fd, fd_put, migration);
    json_object_set_string_member(begin, "uri", uri);
    sbx_qmp_execute(qmp, incoming ? "migrate-incoming" : "migrate", begin, -1, migration_begun,
                    migration);
}

static JsonObject *capability(const char *name, gboolean state)
{
    JsonObject *object = json_object_new();

    json_object_set_string_member(object, "capability", name);
    json_object_set_boolean_member(object, "state", state);
    return object;
}

void sbx_qmp_migrate_capabilities(SbxQmp *qmp, gboolean ignore_shared, SbxQmpDone done,
                                  gpointer data)
{
    JsonArray *capabilities = json_array_new();
    JsonObject *arguments = json_object_new();

    json_array_add_object_element(capabilities, capability("events", TRUE));
    json_array_add_object_element(capabilities, capability("x-ignore-shared", ignore_shared));
    json_object_set_array_member(arguments, "capabilities", capabilities);
    sbx_qmp_execute(qmp, "migrate-set-capabilities", arguments, -1, done, data);
}
