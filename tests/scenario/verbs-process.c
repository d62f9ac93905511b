/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands and processes. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "scenario.h"

#define BLOCK 65536

#define COMMAND_OPTIONS                                                                            \
    "script program args env clear_env cwd user deadline_ms output_limit memory_limit "            \
    "process_limit cpu_limit_ms merge "

static int set_variable(void *command, const char *name, const char *value, sbx_error **error)
{
    return sbx_command_set_env(command, name, value, error);
}

static int set_limits(Step *step, sbx_command *command)
{
    sbx_error **error = &step->error;
    int code = SBX_OK;

    if (has(step, "deadline_ms"))
        code = sbx_command_set_deadline(command, number_of(step, "deadline_ms", 0), error);
    if (code >= 0 && has(step, "output_limit"))
        code = sbx_command_set_output_limit(command, number_of(step, "output_limit", 0), error);
    if (code >= 0 && has(step, "memory_limit"))
        code = sbx_command_set_memory_limit(command, (guint64)number_of(step, "memory_limit", 0),
                                            error);
    if (code >= 0 && has(step, "process_limit"))
        code =
            sbx_command_set_process_limit(command, (int)number_of(step, "process_limit", 0), error);
    if (code >= 0 && has(step, "cpu_limit_ms"))
        code = sbx_command_set_cpu_limit(command, number_of(step, "cpu_limit_ms", 0), error);
    return code;
}

/* The options that all three verbs have. */
static int set_command(Step *step, sbx_command *command)
{
    g_auto(GStrv) args = words_of(step, "args");
    sbx_error **error = &step->error;
    int code = for_each_pair(step, "env", set_variable, command);

    for (guint i = 0; args[i] != NULL && code >= 0; i++)
        code = sbx_command_add_arg(command, args[i], error);
    sbx_command_clear_env(command, is_set(step, "clear_env"));
    if (code >= 0 && has(step, "cwd"))
        code = sbx_command_set_cwd(command, text_of(step, "cwd"), error);
    if (code >= 0 && has(step, "user"))
        code = sbx_command_set_user(command, text_of(step, "user"), error);
    if (code >= 0 && is_set(step, "merge"))
        code = sbx_command_set_stdio(command, SBX_STDERR, SBX_STDIO_MERGE, error);
    return code >= 0 ? set_limits(step, command) : code;
}

static sbx_command *command_of(const Step *step)
{
    return has(step, "script") ? sbx_command_new_script(text_of(step, "script"))
                               : sbx_command_new(text_of(step, "program"));
}

static JsonObject *how_it_ended(int exit_code, int signal, int cause, int oom, int cut)
{
    static const char *const causes[] = {"exit", "signal", "oom",    "deadline",
                                         "cpu",  "output", "unknown"};
    JsonObject *object = json_object_new();

    json_object_set_int_member(object, "exit", exit_code);
    if (signal != 0)
        json_object_set_int_member(object, "signal", signal);
    if (cause != SBX_CAUSE_EXIT)
        json_object_set_string_member(object, "cause", causes[cause]);
    if (oom)
        json_object_set_boolean_member(object, "oom", TRUE);
    if (cut)
        json_object_set_boolean_member(object, "cut", TRUE);
    return object;
}

static void set_output(JsonObject *object, const char *key, const void *data, gsize length)
{
    if (length > 0)
        json_object_set_member(object, key, node_bytes(data, length));
}

static JsonNode *node_result(const sbx_result *result)
{
    JsonObject *object = how_it_ended(sbx_result_exit_code(result), sbx_result_signal(result),
                                      sbx_result_cause(result), sbx_result_oom(result),
                                      sbx_result_output_cut(result));
    gsize length;
    const void *data = sbx_result_stdout(result, &length);

    set_output(object, "stdout", data, length);
    data = sbx_result_stderr(result, &length);
    set_output(object, "stderr", data, length);
    return node_object(object);
}

/* As a program with an event loop has it: the call runs as an op, which is cancelled. */
static int run_cancelled(Step *step, const sbx_command *command, sbx_result **out)
{
    sbx_op *op = NULL;
    int code = sbx_run_start(step->on, command, out, NULL, &op, &step->error);

    if (code < 0)
        return code;
    code = sbx_op_wait(op, (int)number_of(step, "cancel_after_ms", 0), &step->error);
    if (code == 0) {
        sbx_op_cancel(op);
        code = sbx_op_wait(op, -1, &step->error);
    }
    if (code > 0)
        code = sbx_op_finish(op, &step->error);
    sbx_op_unref(op);
    return code;
}

static int run(Step *step)
{
    g_autoptr(sbx_command) command = command_of(step);
    g_autoptr(sbx_result) result = NULL;
    int code = set_command(step, command);

    if (code < 0)
        return code;
    if (has(step, "cancel_after_ms"))
        code = run_cancelled(step, command, &result);
    else if (json_object_get_size(step->arguments) == 5 && has(step, "script"))
        code = sbx_sh(step->on, text_of(step, "script"), &result, &step->error);
    else
        code = sbx_run(step->on, command, &result, &step->error);
    if (code >= 0)
        step->result = node_result(result);
    return code;
}

static int spawn(Step *step)
{
    g_autoptr(sbx_command) command = command_of(step);
    sbx_process *process = NULL;
    int code = set_command(step, command);

    if (code >= 0 && has(step, "stdin"))
        code = sbx_command_set_stdio(command, SBX_STDIN, SBX_STDIO_PIPE, &step->error);
    if (code >= 0 && has(step, "terminal")) {
        JsonObject *size = json_object_get_object_member(step->arguments, "terminal");

        code = sbx_command_set_terminal(command, (int)json_object_get_int_member(size, "rows"),
                                        (int)json_object_get_int_member(size, "columns"),
                                        &step->error);
    }
    sbx_command_set_detached(command, is_set(step, "detached"));
    if (code >= 0)
        code = sbx_spawn(step->on, command, &process, &step->error);
    if (code >= 0)
        keep(step, text_of(step, "as"), PROCESS, process);
    return code;
}

static int end_input(Step *step)
{
    int fd = sbx_process_take_fd(step->on, SBX_STDIN);

    if (fd >= 0)
        close(fd);
    return SBX_OK;
}

static int write_input(Step *step)
{
    g_autoptr(GBytes) bytes = bytes_of(step, "data");
    gsize length;
    const char *data = g_bytes_get_data(bytes, &length);
    int fd = sbx_process_fd(step->on, SBX_STDIN);

    for (gsize done = 0; done < length;) {
        ssize_t n = write(fd, data + done, length - done);

        if (n < 0 && errno != EINTR)
            return host_failed(step, errno);
        done += n > 0 ? (gsize)n : 0;
    }
    return is_set(step, "close") ? end_input(step) : SBX_OK;
}

static int read_output(Step *step)
{
    int stream = g_str_equal(text_of(step, "stream"), "stdout") ? SBX_STDOUT : SBX_STDERR;
    gsize wanted = (gsize)number_of(step, "length", G_MAXINT64);
    g_autoptr(GByteArray) came = g_byte_array_new();
    guint8 block[BLOCK];

    while (came->len < wanted) {
        ssize_t n =
            read(sbx_process_fd(step->on, stream), block, MIN(sizeof block, wanted - came->len));

        if (n < 0 && errno != EINTR)
            return host_failed(step, errno);
        if (n == 0)
            break;
        if (n > 0)
            g_byte_array_append(came, block, (guint)n);
    }
    step->result = node_bytes(came->data, came->len);
    return SBX_OK;
}

static int wait_for(Step *step)
{
    sbx_process *process = step->on;
    int code = sbx_process_wait(process, (int)number_of(step, "timeout_ms", -1), &step->error);
    JsonObject *object;

    if (code < 0)
        return code;
    if (code > 0) {
        object = how_it_ended(sbx_process_exit_code(process), sbx_process_exit_signal(process),
                              sbx_process_cause(process), sbx_process_oom(process),
                              sbx_process_output_cut(process));
    } else {
        object = json_object_new();
        json_object_set_boolean_member(object, "running", TRUE);
    }
    step->result = node_object(object);
    return code;
}

static int signal_it(Step *step)
{
    const char *scope = text_of(step, "scope");
    int number = (int)number_of(step, "signal", 0);

    if (scope == NULL)
        return sbx_process_signal(step->on, number, &step->error);
    return sbx_process_signal_scope(step->on, number,
                                    g_str_equal(scope, "process") ? SBX_SCOPE_PROCESS
                                    : g_str_equal(scope, "group") ? SBX_SCOPE_GROUP
                                                                  : SBX_SCOPE_ALL,
                                    &step->error);
}

static int kill_it(Step *step)
{
    return sbx_process_kill(step->on, &step->error);
}

static int resize(Step *step)
{
    return sbx_process_resize(step->on, (int)number_of(step, "rows", 0),
                              (int)number_of(step, "columns", 0), &step->error);
}

static int detach(Step *step)
{
    return sbx_process_detach(step->on, &step->error);
}

static int attach(Step *step)
{
    sbx_process *other = kept(step, text_of(step, "to"), PROCESS);
    sbx_process *process = NULL;
    int code = sbx_process_attach(step->on, other != NULL ? sbx_process_id(other) : 0, &process,
                                  &step->error);

    if (code >= 0)
        keep(step, text_of(step, "as"), PROCESS, process);
    return code;
}

static int list(Step *step)
{
    g_autoptr(sbx_process_list) found = NULL;
    int code = sbx_process_list_get(step->on, &found, &step->error);
    GPtrArray *objects;

    if (code < 0)
        return code;
    objects = g_ptr_array_new();
    for (gsize i = 0; i < sbx_process_list_length(found); i++) {
        gboolean running = sbx_process_list_state(found, i) == SBX_PROCESS_RUNNING;
        JsonObject *object;

        if (is_set(step, "running") && !running)
            continue;
        object = json_object_new();
        json_object_set_string_member(object, "name", sbx_process_list_command(found, i));
        json_object_set_string_member(object, "user", sbx_process_list_user(found, i));
        json_object_set_string_member(object, "state", running ? "running" : "exited");
        g_ptr_array_add(objects, object);
    }
    step->result = node_sorted_objects(objects, "name");
    return code;
}

static int usage(Step *step)
{
    g_autoptr(sbx_usage) now = NULL;
    int code = sbx_process_get_usage(step->on, &now, &step->error);
    JsonObject *object;

    if (code < 0)
        return code;
    object = json_object_new();
    json_object_set_boolean_member(object, "memory", sbx_usage_memory(now) > 0);
    json_object_set_boolean_member(object, "tasks", sbx_usage_tasks(now) > 0);
    step->result = node_object(object);
    return code;
}

static int quote(Step *step)
{
    g_auto(GStrv) words = words_of(step, "words");
    char *quoted = has(step, "text")
                       ? sbx_quote(text_of(step, "text"))
                       : sbx_quote_words((const char *const *)words, g_strv_length(words));

    step->result = node_text(quoted);
    sbx_free(quoted);
    return SBX_OK;
}

const Verb process_verbs[] = {
    {"sh", SANDBOX, run, COMMAND_OPTIONS "cancel_after_ms"},
    {"run", SANDBOX, run, COMMAND_OPTIONS "cancel_after_ms"},
    {"spawn", SANDBOX, spawn, COMMAND_OPTIONS "stdin terminal detached"},
    {"process.write", PROCESS, write_input, "data close"},
    {"process.close", PROCESS, end_input, ""},
    {"process.read", PROCESS, read_output, "stream length"},
    {"process.wait", PROCESS, wait_for, "timeout_ms"},
    {"process.signal", PROCESS, signal_it, "signal scope"},
    {"process.kill", PROCESS, kill_it, ""},
    {"process.resize", PROCESS, resize, "rows columns"},
    {"process.detach", PROCESS, detach, ""},
    {"process.attach", SANDBOX, attach, "to"},
    {"process.list", SANDBOX, list, "running"},
    {"process.usage", PROCESS, usage, ""},
    {"quote", NOTHING, quote, "text words"},
    {NULL, NOTHING, NULL, NULL},
};
