/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Command: what to run. See include/sandbox/process.h. */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "client/op-private.h"
#include "client/private.h"

static sbx_command *command_new(const char *program, const char *script)
{
    sbx_command *command = g_try_new0(sbx_command, 1);

    if (command == NULL)
        return NULL;
    command->refs = 1;
    command->program = g_strdup(program);
    command->script = g_strdup(script);
    command->bytes = strlen(program != NULL ? program : script);
    command->args = g_ptr_array_new_with_free_func(g_free);
    command->env = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    command->stdio[SBX_STDIN] = SBX_STDIO_NULL;
    command->stdio[SBX_STDOUT] = SBX_STDIO_PIPE;
    command->stdio[SBX_STDERR] = SBX_STDIO_PIPE;
    return command;
}

sbx_command *sbx_command_new(const char *program)
{
    return command_new(program != NULL ? program : "", NULL);
}

sbx_command *sbx_command_new_script(const char *script)
{
    return command_new(NULL, script != NULL ? script : "");
}

sbx_command *sbx_command_ref(sbx_command *command)
{
    g_atomic_int_inc(&command->refs);
    return command;
}

sbx_command *sbx_command_unref(sbx_command *command)
{
    if (command == NULL || !g_atomic_int_dec_and_test(&command->refs))
        return NULL;
    g_free(command->program);
    g_free(command->script);
    g_ptr_array_unref(command->args);
    g_hash_table_unref(command->env);
    g_free(command->cwd);
    g_free(command->user);
    for (int i = 0; i < 3 && command->owns_fds; i++)
        if (command->stdio[i] == SBX_STDIO_FD && command->fds[i] >= 0)
            close(command->fds[i]);
    g_free(command);
    return NULL;
}

_Static_assert(sizeof(sbx_command) == 160, "sbx_command_copy() must know every member");

sbx_command *sbx_command_copy(const sbx_command *command)
{
    sbx_command *copy = g_try_new(sbx_command, 1);

    if (copy == NULL)
        return NULL;
    *copy = *command;
    copy->refs = 1;
    copy->program = g_strdup(command->program);
    copy->script = g_strdup(command->script);
    copy->args = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < command->args->len; i++)
        g_ptr_array_add(copy->args, g_strdup(command->args->pdata[i]));
    copy->env = sbx_strings_copy(command->env);
    copy->cwd = g_strdup(command->cwd);
    copy->user = g_strdup(command->user);
    /* Whoever it was copied from may close his at once. */
    copy->owns_fds = TRUE;
    for (int i = 0; i < 3; i++)
        if (command->stdio[i] == SBX_STDIO_FD)
            copy->fds[i] = sbx_op_copy_fd(command->fds[i]); /* an -errno is told when it starts */
    return copy;
}

int sbx_command_add_arg(sbx_command *command, const char *arg, sbx_error **error)
{
    if (arg == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "the argument is NULL");
    if (command->args->len >= SBX_ARGS_MAX ||
        command->bytes + strlen(arg) + 1 > SBX_COMMAND_BYTES_MAX)
        return sbx_fail(error, SBX_E_TOO_BIG, 0, __func__, NULL,
                        "the command has more than %d arguments or %d bytes", SBX_ARGS_MAX,
                        SBX_COMMAND_BYTES_MAX);
    command->bytes += strlen(arg) + 1;
    g_ptr_array_add(command->args, g_strdup(arg));
    return SBX_OK;
}

/* What a variable takes of a command's bytes. */
static size_t env_bytes(const char *name, const char *value)
{
    return value != NULL ? strlen(name) + strlen(value) + 2 : 0;
}

int sbx_command_set_env(sbx_command *command, const char *name, const char *value,
                        sbx_error **error)
{
    int code = sbx_check_env(name, value, command->env, __func__, error);
    size_t bytes;

    if (code < 0)
        return code;
    bytes = command->bytes - env_bytes(name, g_hash_table_lookup(command->env, name)) +
            env_bytes(name, value);
    if (value != NULL && bytes > SBX_COMMAND_BYTES_MAX)
        return sbx_fail(error, SBX_E_TOO_BIG, 0, __func__, NULL,
                        "the command has more than %d bytes", SBX_COMMAND_BYTES_MAX);
    command->bytes = bytes;
    if (value == NULL)
        g_hash_table_remove(command->env, name);
    else
        g_hash_table_replace(command->env, g_strdup(name), g_strdup(value));
    return SBX_OK;
}

void sbx_command_clear_env(sbx_command *command, int clear)
{
    command->clear_env = clear != 0;
}

void sbx_command_end_output_at_exit(sbx_command *command, int end)
{
    command->output_ends_at_exit = end != 0;
}

int sbx_command_set_cwd(sbx_command *command, const char *directory, sbx_error **error)
{
    if (directory != NULL && (directory[0] != '/' || strlen(directory) >= 4096))
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "the directory \"%.200s\" is not an absolute path below 4096 bytes",
                        directory);
    g_free(command->cwd);
    command->cwd = g_strdup(directory);
    return SBX_OK;
}

int sbx_command_set_user(sbx_command *command, const char *user, sbx_error **error)
{
    if (user != NULL && (*user == '\0' || strlen(user) > 255 || strpbrk(user, ":\n") != NULL))
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "\"%.200s\" is not a user", user);
    g_free(command->user);
    command->user = g_strdup(user);
    return SBX_OK;
}

static int set_fd(sbx_command *command, int stream, int fd, const char *operation,
                  sbx_error **error)
{
    int flags = fd >= 0 ? fcntl(fd, F_GETFL) : -1;
    int way = flags & O_ACCMODE;

    if (flags < 0 || (flags & O_PATH) != 0)
        return sbx_fail(error, SBX_E_INVALID, 0, operation, NULL, "%d is not an open descriptor",
                        fd);
    if (way != O_RDWR && way != (stream == SBX_STDIN ? O_RDONLY : O_WRONLY))
        return sbx_fail(error, SBX_E_INVALID, 0, operation, NULL,
                        "descriptor %d is not open for %s", fd,
                        stream == SBX_STDIN ? "reading" : "writing");
    command->stdio[stream] = SBX_STDIO_FD;
    command->fds[stream] = fd;
    return SBX_OK;
}

int sbx_command_set_fd(sbx_command *command, int stream, int fd, sbx_error **error)
{
    if (stream < SBX_STDIN || stream > SBX_STDERR)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "%d is not a standard stream",
                        stream);
    return set_fd(command, stream, fd, __func__, error);
}

int sbx_command_set_deadline(sbx_command *command, int64_t milliseconds, sbx_error **error)
{
    if (milliseconds < 0 || milliseconds > SBX_TIMEOUT_MAX_MS)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "a deadline of %" PRId64 " ms is not between 0 and %" PRId64, milliseconds,
                        SBX_TIMEOUT_MAX_MS);
    command->deadline_ms = milliseconds;
    return SBX_OK;
}

int sbx_command_set_output_limit(sbx_command *command, int64_t bytes, sbx_error **error)
{
    if (bytes < 0)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "an output limit of %" PRId64 " bytes is below 0", bytes);
    command->output_limit = bytes;
    return SBX_OK;
}

void sbx_command_set_detached(sbx_command *command, int detached)
{
    command->is_detached = detached != 0;
}

int sbx_command_set_stdio(sbx_command *command, int stream, int mode, sbx_error **error)
{
    if (stream < SBX_STDIN || stream > SBX_STDERR)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "%d is not a standard stream",
                        stream);
    if (mode == SBX_STDIO_INHERIT)
        return set_fd(command, stream, stream, __func__, error);
    if (mode < SBX_STDIO_NULL || mode > SBX_STDIO_MERGE ||
        (mode == SBX_STDIO_MERGE && stream != SBX_STDERR))
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL,
                        "%d is not a mode of standard stream %d", mode, stream);
    command->stdio[stream] = mode;
    return SBX_OK;
}

JsonObject *sbx_command_to_json(const sbx_command *command)
{
    static const char *const modes[] = {"null", "pipe", "merge", NULL, "fd"};
    static const char *const streams[] = {"stdin", "stdout", "stderr"};
    JsonObject *object = json_object_new();
    JsonArray *args = json_array_new();

    if (command->script != NULL)
        json_object_set_member(object, "script", sbx_json_bytes_node(command->script));
    else
        json_object_set_member(object, "program", sbx_json_bytes_node(command->program));
    for (guint i = 0; i < command->args->len; i++)
        json_array_add_element(args, sbx_json_bytes_node(command->args->pdata[i]));
    json_object_set_array_member(object, "args", args);
    json_object_set_object_member(object, "env", sbx_strings_to_json(command->env));
    if (command->is_worker)
        json_object_set_boolean_member(object, "worker", TRUE);
    json_object_set_boolean_member(object, "clear_env", command->clear_env);
    json_object_set_boolean_member(object, "output_ends_at_exit", command->output_ends_at_exit);
    if (command->deadline_ms > 0)
        json_object_set_int_member(object, "deadline_ms", command->deadline_ms);
    if (command->output_limit > 0)
        json_object_set_int_member(object, "output_limit", command->output_limit);
    if (command->cwd != NULL)
        json_object_set_member(object, "cwd", sbx_json_bytes_node(command->cwd));
    if (command->user != NULL)
        json_object_set_member(object, "user", sbx_json_bytes_node(command->user));
    sbx_command_confines_to_json(command, object);
    for (int i = 0; i < 3; i++)
        json_object_set_string_member(object, streams[i], modes[command->stdio[i]]);
    return object;
}
