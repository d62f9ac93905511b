/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Made by generate-table.py of include/sandbox/; do not edit. */
/* clang-format off */
#include <sandbox/sandbox.h>

#include "table.h"

static void free_sbx(void *object)
{
    sbx_unref(object);
}

static void free_sbx_command(void *object)
{
    sbx_command_unref(object);
}

static void free_sbx_dir(void *object)
{
    sbx_dir_free(object);
}

static void free_sbx_env_list(void *object)
{
    sbx_env_list_free(object);
}

static void free_sbx_event(void *object)
{
    sbx_event_free(object);
}

static void free_sbx_events(void *object)
{
    sbx_events_free(object);
}

static void free_sbx_file(void *object)
{
    sbx_file_unref(object);
}

static void free_sbx_forward(void *object)
{
    sbx_forward_unref(object);
}

static void free_sbx_fs_options(void *object)
{
    sbx_fs_options_free(object);
}

static void free_sbx_image_build_options(void *object)
{
    sbx_image_build_options_free(object);
}

static void free_sbx_image_list(void *object)
{
    sbx_image_list_free(object);
}

static void free_sbx_limits(void *object)
{
    sbx_limits_free(object);
}

static void free_sbx_list(void *object)
{
    sbx_list_free(object);
}

static void free_sbx_list_options(void *object)
{
    sbx_list_options_free(object);
}

static void free_sbx_options(void *object)
{
    sbx_options_unref(object);
}

static void free_sbx_pool_list(void *object)
{
    sbx_pool_list_free(object);
}

static void free_sbx_port_list(void *object)
{
    sbx_port_list_free(object);
}

static void free_sbx_process(void *object)
{
    sbx_process_unref(object);
}

static void free_sbx_process_list(void *object)
{
    sbx_process_list_free(object);
}

static void free_sbx_result(void *object)
{
    sbx_result_free(object);
}

static void free_sbx_snapshot_list(void *object)
{
    sbx_snapshot_list_free(object);
}

static void free_sbx_stat(void *object)
{
    sbx_stat_free(object);
}

static void free_sbx_stats(void *object)
{
    sbx_stats_free(object);
}

static void free_sbx_template_list(void *object)
{
    sbx_template_list_free(object);
}

static void free_sbx_transfer_options(void *object)
{
    sbx_transfer_options_free(object);
}

static void free_sbx_usage(void *object)
{
    sbx_usage_free(object);
}

static void free_sbx_watch(void *object)
{
    sbx_watch_free(object);
}

const SbxType sbx_types[] = {
    [TYPE_SBX] = {"sbx", free_sbx},
    [TYPE_SBX_COMMAND] = {"sbx_command", free_sbx_command},
    [TYPE_SBX_DIR] = {"sbx_dir", free_sbx_dir},
    [TYPE_SBX_ENV_LIST] = {"sbx_env_list", free_sbx_env_list},
    [TYPE_SBX_EVENT] = {"sbx_event", free_sbx_event},
    [TYPE_SBX_EVENTS] = {"sbx_events", free_sbx_events},
    [TYPE_SBX_FILE] = {"sbx_file", free_sbx_file},
    [TYPE_SBX_FORWARD] = {"sbx_forward", free_sbx_forward},
    [TYPE_SBX_FS_OPTIONS] = {"sbx_fs_options", free_sbx_fs_options},
    [TYPE_SBX_IMAGE_BUILD_OPTIONS] = {"sbx_image_build_options", free_sbx_image_build_options},
    [TYPE_SBX_IMAGE_LIST] = {"sbx_image_list", free_sbx_image_list},
    [TYPE_SBX_LIMITS] = {"sbx_limits", free_sbx_limits},
    [TYPE_SBX_LIST] = {"sbx_list", free_sbx_list},
    [TYPE_SBX_LIST_OPTIONS] = {"sbx_list_options", free_sbx_list_options},
    [TYPE_SBX_OPTIONS] = {"sbx_options", free_sbx_options},
    [TYPE_SBX_POOL_LIST] = {"sbx_pool_list", free_sbx_pool_list},
    [TYPE_SBX_PORT_LIST] = {"sbx_port_list", free_sbx_port_list},
    [TYPE_SBX_PROCESS] = {"sbx_process", free_sbx_process},
    [TYPE_SBX_PROCESS_LIST] = {"sbx_process_list", free_sbx_process_list},
    [TYPE_SBX_RESULT] = {"sbx_result", free_sbx_result},
    [TYPE_SBX_SNAPSHOT_LIST] = {"sbx_snapshot_list", free_sbx_snapshot_list},
    [TYPE_SBX_STAT] = {"sbx_stat", free_sbx_stat},
    [TYPE_SBX_STATS] = {"sbx_stats", free_sbx_stats},
    [TYPE_SBX_TEMPLATE_LIST] = {"sbx_template_list", free_sbx_template_list},
    [TYPE_SBX_TRANSFER_OPTIONS] = {"sbx_transfer_options", free_sbx_transfer_options},
    [TYPE_SBX_USAGE] = {"sbx_usage", free_sbx_usage},
    [TYPE_SBX_WATCH] = {"sbx_watch", free_sbx_watch},
};

static void call_sbx_command_add_arg(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_command_add_arg(s[0].p, s[1].p, &c->error);
}

static const SbxParam params_sbx_command_add_arg[] = {
    {"command", KIND_HANDLE, TYPE_SBX_COMMAND, 0, -1},
    {"arg", KIND_TEXT, TYPE_NONE, 0, -1},
};

static void call_sbx_command_clear_env(SbxSlot *s, SbxCall *c)
{
    (void)c;
    sbx_command_clear_env(s[0].p, s[1].i);
}

static const SbxParam params_sbx_command_clear_env[] = {
    {"command", KIND_HANDLE, TYPE_SBX_COMMAND, 0, -1},
    {"clear", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_command_end_output_at_exit(SbxSlot *s, SbxCall *c)
{
    (void)c;
    sbx_command_end_output_at_exit(s[0].p, s[1].i);
}

static const SbxParam params_sbx_command_end_output_at_exit[] = {
    {"command", KIND_HANDLE, TYPE_SBX_COMMAND, 0, -1},
    {"end", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_command_new(SbxSlot *s, SbxCall *c)
{
    c->result.p = sbx_command_new(s[0].p);
}

static const SbxParam params_sbx_command_new[] = {
    {"program", KIND_TEXT, TYPE_NONE, 0, -1},
};

static void call_sbx_command_new_script(SbxSlot *s, SbxCall *c)
{
    c->result.p = sbx_command_new_script(s[0].p);
}

static const SbxParam params_sbx_command_new_script[] = {
    {"script", KIND_TEXT, TYPE_NONE, 0, -1},
};

static void call_sbx_command_set_cpu_limit(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_command_set_cpu_limit(s[0].p, s[1].l, &c->error);
}

static const SbxParam params_sbx_command_set_cpu_limit[] = {
    {"command", KIND_HANDLE, TYPE_SBX_COMMAND, 0, -1},
    {"milliseconds", KIND_INT64, TYPE_NONE, 0, -1},
};

static void call_sbx_command_set_cwd(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_command_set_cwd(s[0].p, s[1].p, &c->error);
}

static const SbxParam params_sbx_command_set_cwd[] = {
    {"command", KIND_HANDLE, TYPE_SBX_COMMAND, 0, -1},
    {"directory", KIND_TEXT, TYPE_NONE, MAY_BE_NULL, -1},
};

static void call_sbx_command_set_deadline(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_command_set_deadline(s[0].p, s[1].l, &c->error);
}

static const SbxParam params_sbx_command_set_deadline[] = {
    {"command", KIND_HANDLE, TYPE_SBX_COMMAND, 0, -1},
    {"milliseconds", KIND_INT64, TYPE_NONE, 0, -1},
};

static void call_sbx_command_set_detached(SbxSlot *s, SbxCall *c)
{
    (void)c;
    sbx_command_set_detached(s[0].p, s[1].i);
}

static const SbxParam params_sbx_command_set_detached[] = {
    {"command", KIND_HANDLE, TYPE_SBX_COMMAND, 0, -1},
    {"detached", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_command_set_env(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_command_set_env(s[0].p, s[1].p, s[2].p, &c->error);
}

static const SbxParam params_sbx_command_set_env[] = {
    {"command", KIND_HANDLE, TYPE_SBX_COMMAND, 0, -1},
    {"name", KIND_TEXT, TYPE_NONE, 0, -1},
    {"value", KIND_TEXT, TYPE_NONE, MAY_BE_NULL, -1},
};

static void call_sbx_command_set_fd(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_command_set_fd(s[0].p, s[1].i, s[2].i, &c->error);
}

static const SbxParam params_sbx_command_set_fd[] = {
    {"command", KIND_HANDLE, TYPE_SBX_COMMAND, 0, -1},
    {"stream", KIND_INT, TYPE_NONE, 0, -1},
    {"fd", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_command_set_memory_limit(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_command_set_memory_limit(s[0].p, s[1].ul, &c->error);
}

static const SbxParam params_sbx_command_set_memory_limit[] = {
    {"command", KIND_HANDLE, TYPE_SBX_COMMAND, 0, -1},
    {"bytes", KIND_UINT64, TYPE_NONE, 0, -1},
};

static void call_sbx_command_set_output_limit(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_command_set_output_limit(s[0].p, s[1].l, &c->error);
}

static const SbxParam params_sbx_command_set_output_limit[] = {
    {"command", KIND_HANDLE, TYPE_SBX_COMMAND, 0, -1},
    {"bytes", KIND_INT64, TYPE_NONE, 0, -1},
};

static void call_sbx_command_set_process_limit(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_command_set_process_limit(s[0].p, s[1].i, &c->error);
}

static const SbxParam params_sbx_command_set_process_limit[] = {
    {"command", KIND_HANDLE, TYPE_SBX_COMMAND, 0, -1},
    {"count", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_command_set_stdio(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_command_set_stdio(s[0].p, s[1].i, s[2].i, &c->error);
}

static const SbxParam params_sbx_command_set_stdio[] = {
    {"command", KIND_HANDLE, TYPE_SBX_COMMAND, 0, -1},
    {"stream", KIND_INT, TYPE_NONE, 0, -1},
    {"mode", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_command_set_terminal(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_command_set_terminal(s[0].p, s[1].i, s[2].i, &c->error);
}

static const SbxParam params_sbx_command_set_terminal[] = {
    {"command", KIND_HANDLE, TYPE_SBX_COMMAND, 0, -1},
    {"rows", KIND_INT, TYPE_NONE, 0, -1},
    {"columns", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_command_set_user(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_command_set_user(s[0].p, s[1].p, &c->error);
}

static const SbxParam params_sbx_command_set_user[] = {
    {"command", KIND_HANDLE, TYPE_SBX_COMMAND, 0, -1},
    {"user", KIND_TEXT, TYPE_NONE, MAY_BE_NULL, -1},
};

static void call_sbx_connect(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_connect_start(s[0].p, s[1].p, (sbx **)&s[2].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_connect[] = {
    {"id", KIND_TEXT, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_OPTIONS, MAY_BE_NULL, -1},
    {"out", KIND_OUT_HANDLE, TYPE_SBX, 0, -1},
};

static void call_sbx_connect_port(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_connect_port_start(s[0].p, s[1].i, &s[2].i, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_connect_port[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"port", KIND_INT, TYPE_NONE, 0, -1},
    {"fd_out", KIND_OUT_FD, TYPE_NONE, 0, -1},
};

static void call_sbx_connect_unix(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_connect_unix_start(s[0].p, s[1].p, &s[2].i, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_connect_unix[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"guest_path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"fd_out", KIND_OUT_FD, TYPE_NONE, 0, -1},
};

static void call_sbx_console_read(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_console_read_start(s[0].p, (char **)&s[1].p, &s[1].length, c->queue, &c->op,
        &c->error);
}

static const SbxParam params_sbx_console_read[] = {
    {"id", KIND_TEXT, TYPE_NONE, 0, -1},
    {"data", KIND_OUT_BYTES, TYPE_NONE, 0, -1},
};

static void call_sbx_copy_across(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_copy_across_start(s[0].p, s[1].p, s[2].p, s[3].p, s[4].p, c->queue, &c->op,
        &c->error);
}

static const SbxParam params_sbx_copy_across[] = {
    {"source", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"source_path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"target", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"target_path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_TRANSFER_OPTIONS, MAY_BE_NULL, -1},
};

static void call_sbx_create(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_create_start(s[0].p, (sbx **)&s[1].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_create[] = {
    {"options", KIND_HANDLE, TYPE_SBX_OPTIONS, MAY_BE_NULL, -1},
    {"out", KIND_OUT_HANDLE, TYPE_SBX, 0, -1},
};

static void call_sbx_dir_depth(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_dir_depth(s[0].p);
}

static const SbxParam params_sbx_dir_depth[] = {
    {"dir", KIND_HANDLE, TYPE_SBX_DIR, 0, -1},
};

static void call_sbx_dir_kind(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_dir_kind(s[0].p);
}

static const SbxParam params_sbx_dir_kind[] = {
    {"dir", KIND_HANDLE, TYPE_SBX_DIR, 0, -1},
};

static void call_sbx_dir_name(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_dir_name(s[0].p);
}

static const SbxParam params_sbx_dir_name[] = {
    {"dir", KIND_HANDLE, TYPE_SBX_DIR, 0, -1},
};

static void call_sbx_dir_next(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_dir_next_start(s[0].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_dir_next[] = {
    {"dir", KIND_HANDLE, TYPE_SBX_DIR, 0, -1},
};

static void call_sbx_dir_path(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_dir_path(s[0].p);
}

static const SbxParam params_sbx_dir_path[] = {
    {"dir", KIND_HANDLE, TYPE_SBX_DIR, 0, -1},
};

static void call_sbx_doctor(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_doctor_start((char **)&s[0].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_doctor[] = {
    {"json", KIND_OUT_TEXT, TYPE_NONE, 0, -1},
};

static void call_sbx_download(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_download_start(s[0].p, s[1].p, s[2].p, s[3].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_download[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"guest_path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"local_path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_TRANSFER_OPTIONS, MAY_BE_NULL, -1},
};

static void call_sbx_env_delete(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_env_delete_start(s[0].p, s[1].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_env_delete[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"name", KIND_TEXT, TYPE_NONE, 0, -1},
};

static void call_sbx_env_get(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_env_get_start(s[0].p, s[1].p, (char **)&s[2].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_env_get[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"name", KIND_TEXT, TYPE_NONE, 0, -1},
    {"value", KIND_OUT_TEXT, TYPE_NONE, 0, -1},
};

static void call_sbx_env_list_get(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_env_list_get_start(s[0].p, (sbx_env_list **)&s[1].p, c->queue, &c->op,
        &c->error);
}

static const SbxParam params_sbx_env_list_get[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"out", KIND_OUT_HANDLE, TYPE_SBX_ENV_LIST, 0, -1},
};

static void call_sbx_env_list_length(SbxSlot *s, SbxCall *c)
{
    c->result.length = sbx_env_list_length(s[0].p);
}

static const SbxParam params_sbx_env_list_length[] = {
    {"list", KIND_HANDLE, TYPE_SBX_ENV_LIST, 0, -1},
};

static void call_sbx_env_list_name(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_env_list_name(s[0].p, s[1].length);
}

static const SbxParam params_sbx_env_list_name[] = {
    {"list", KIND_HANDLE, TYPE_SBX_ENV_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_env_list_value(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_env_list_value(s[0].p, s[1].length);
}

static const SbxParam params_sbx_env_list_value[] = {
    {"list", KIND_HANDLE, TYPE_SBX_ENV_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_env_set(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_env_set_start(s[0].p, s[1].p, s[2].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_env_set[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"name", KIND_TEXT, TYPE_NONE, 0, -1},
    {"value", KIND_TEXT, TYPE_NONE, 0, -1},
};

static void call_sbx_event_cause(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_event_cause(s[0].p);
}

static const SbxParam params_sbx_event_cause[] = {
    {"event", KIND_HANDLE, TYPE_SBX_EVENT, 0, -1},
};

static void call_sbx_event_code(SbxSlot *s, SbxCall *c)
{
    c->result.l = sbx_event_code(s[0].p);
}

static const SbxParam params_sbx_event_code[] = {
    {"event", KIND_HANDLE, TYPE_SBX_EVENT, 0, -1},
};

static void call_sbx_event_command(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_event_command(s[0].p);
}

static const SbxParam params_sbx_event_command[] = {
    {"event", KIND_HANDLE, TYPE_SBX_EVENT, 0, -1},
};

static void call_sbx_event_deadline(SbxSlot *s, SbxCall *c)
{
    c->result.l = sbx_event_deadline(s[0].p);
}

static const SbxParam params_sbx_event_deadline[] = {
    {"event", KIND_HANDLE, TYPE_SBX_EVENT, 0, -1},
};

static void call_sbx_event_number(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_event_number(s[0].p);
}

static const SbxParam params_sbx_event_number[] = {
    {"event", KIND_HANDLE, TYPE_SBX_EVENT, 0, -1},
};

static void call_sbx_event_pid(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_event_pid(s[0].p);
}

static const SbxParam params_sbx_event_pid[] = {
    {"event", KIND_HANDLE, TYPE_SBX_EVENT, 0, -1},
};

static void call_sbx_event_sandbox(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_event_sandbox(s[0].p);
}

static const SbxParam params_sbx_event_sandbox[] = {
    {"event", KIND_HANDLE, TYPE_SBX_EVENT, 0, -1},
};

static void call_sbx_event_signal(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_event_signal(s[0].p);
}

static const SbxParam params_sbx_event_signal[] = {
    {"event", KIND_HANDLE, TYPE_SBX_EVENT, 0, -1},
};

static void call_sbx_event_text(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_event_text(s[0].p);
}

static const SbxParam params_sbx_event_text[] = {
    {"event", KIND_HANDLE, TYPE_SBX_EVENT, 0, -1},
};

static void call_sbx_event_time(SbxSlot *s, SbxCall *c)
{
    c->result.l = sbx_event_time(s[0].p);
}

static const SbxParam params_sbx_event_time[] = {
    {"event", KIND_HANDLE, TYPE_SBX_EVENT, 0, -1},
};

static void call_sbx_event_type(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_event_type(s[0].p);
}

static const SbxParam params_sbx_event_type[] = {
    {"event", KIND_HANDLE, TYPE_SBX_EVENT, 0, -1},
};

static void call_sbx_event_type_name(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_event_type_name(s[0].i);
}

static const SbxParam params_sbx_event_type_name[] = {
    {"type", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_events_get_fd(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_events_get_fd(s[0].p);
}

static const SbxParam params_sbx_events_get_fd[] = {
    {"events", KIND_HANDLE, TYPE_SBX_EVENTS, 0, -1},
};

static void call_sbx_events_history(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_events_history(s[0].p);
}

static const SbxParam params_sbx_events_history[] = {
    {"events", KIND_HANDLE, TYPE_SBX_EVENTS, 0, -1},
};

static void call_sbx_events_next(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_events_next(s[0].p, (sbx_event **)&s[1].p, &c->error);
}

static const SbxParam params_sbx_events_next[] = {
    {"events", KIND_HANDLE, TYPE_SBX_EVENTS, 0, -1},
    {"out", KIND_OUT_HANDLE, TYPE_SBX_EVENT, 0, -1},
};

static void call_sbx_events_open(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_events_open_start(s[0].p, s[1].l, (sbx_events **)&s[2].p, c->queue, &c->op,
        &c->error);
}

static const SbxParam params_sbx_events_open[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, MAY_BE_NULL, -1},
    {"since", KIND_INT64, TYPE_NONE, 0, -1},
    {"out", KIND_OUT_HANDLE, TYPE_SBX_EVENTS, 0, -1},
};

static void call_sbx_events_wait(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_events_wait_start(s[0].p, s[1].l, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_events_wait[] = {
    {"events", KIND_HANDLE, TYPE_SBX_EVENTS, 0, -1},
    {"timeout_ms", KIND_INT64, TYPE_NONE, 0, -1},
};

static void call_sbx_extend(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_extend_start(s[0].p, s[1].l, &s[2].l, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_extend[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"milliseconds", KIND_INT64, TYPE_NONE, 0, -1},
    {"deadline", KIND_OUT_INT64, TYPE_NONE, 0, -1},
};

static void call_sbx_file_close(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_file_close_start(s[0].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_file_close[] = {
    {"file", KIND_HANDLE, TYPE_SBX_FILE, 0, -1},
};

static void call_sbx_file_datasync(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_file_datasync_start(s[0].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_file_datasync[] = {
    {"file", KIND_HANDLE, TYPE_SBX_FILE, 0, -1},
};

static void call_sbx_file_lock(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_file_lock_start(s[0].p, s[1].u, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_file_lock[] = {
    {"file", KIND_HANDLE, TYPE_SBX_FILE, 0, -1},
    {"flags", KIND_UINT, TYPE_NONE, 0, -1},
};

static void call_sbx_file_read(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_file_read_start(s[0].p, s[1].p, s[1].room, &s[1].length, c->queue, &c->op,
        &c->error);
}

static const SbxParam params_sbx_file_read[] = {
    {"file", KIND_HANDLE, TYPE_SBX_FILE, 0, -1},
    {"buffer", KIND_OUT_BUFFER, TYPE_NONE, 0, -1},
};

static void call_sbx_file_seek(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_file_seek_start(s[0].p, s[1].l, s[2].i, &s[3].l, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_file_seek[] = {
    {"file", KIND_HANDLE, TYPE_SBX_FILE, 0, -1},
    {"offset", KIND_INT64, TYPE_NONE, 0, -1},
    {"whence", KIND_INT, TYPE_NONE, 0, -1},
    {"position", KIND_OUT_INT64, TYPE_NONE, 0, -1},
};

static void call_sbx_file_stat(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_file_stat_start(s[0].p, (sbx_stat **)&s[1].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_file_stat[] = {
    {"file", KIND_HANDLE, TYPE_SBX_FILE, 0, -1},
    {"out", KIND_OUT_HANDLE, TYPE_SBX_STAT, 0, -1},
};

static void call_sbx_file_sync(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_file_sync_start(s[0].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_file_sync[] = {
    {"file", KIND_HANDLE, TYPE_SBX_FILE, 0, -1},
};

static void call_sbx_file_truncate(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_file_truncate_start(s[0].p, s[1].l, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_file_truncate[] = {
    {"file", KIND_HANDLE, TYPE_SBX_FILE, 0, -1},
    {"size", KIND_INT64, TYPE_NONE, 0, -1},
};

static void call_sbx_file_unlock(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_file_unlock_start(s[0].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_file_unlock[] = {
    {"file", KIND_HANDLE, TYPE_SBX_FILE, 0, -1},
};

static void call_sbx_file_utime(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_file_utime_start(s[0].p, s[1].l, s[2].l, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_file_utime[] = {
    {"file", KIND_HANDLE, TYPE_SBX_FILE, 0, -1},
    {"atime", KIND_INT64, TYPE_NONE, 0, -1},
    {"mtime", KIND_INT64, TYPE_NONE, 0, -1},
};

static void call_sbx_file_write(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_file_write_start(s[0].p, s[1].p, s[1].length, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_file_write[] = {
    {"file", KIND_HANDLE, TYPE_SBX_FILE, 0, -1},
    {"data", KIND_BYTES, TYPE_NONE, 0, -1},
};

static void call_sbx_fork(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fork_start(s[0].p, s[1].u, s[2].p, (sbx **)s[3].p, c->queue, &c->op,
        &c->error);
}

static const SbxParam params_sbx_fork[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"count", KIND_UINT, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_OPTIONS, MAY_BE_NULL, -1},
    {"out", KIND_OUT_HANDLES, TYPE_SBX, 0, 1},
};

static void call_sbx_forward_address(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_forward_address(s[0].p);
}

static const SbxParam params_sbx_forward_address[] = {
    {"forward", KIND_HANDLE, TYPE_SBX_FORWARD, 0, -1},
};

static void call_sbx_forward_fd(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_forward_fd(s[0].p);
}

static const SbxParam params_sbx_forward_fd[] = {
    {"forward", KIND_HANDLE, TYPE_SBX_FORWARD, 0, -1},
};

static void call_sbx_forward_new(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_forward_new_start(s[0].p, s[1].i, s[2].p, s[3].i, (sbx_forward **)&s[4].p,
        c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_forward_new[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"guest_port", KIND_INT, TYPE_NONE, 0, -1},
    {"host_address", KIND_TEXT, TYPE_NONE, MAY_BE_NULL, -1},
    {"host_port", KIND_INT, TYPE_NONE, 0, -1},
    {"out", KIND_OUT_HANDLE, TYPE_SBX_FORWARD, 0, -1},
};

static void call_sbx_forward_new_fd(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_forward_new_fd_start(s[0].p, s[1].i, s[2].p, s[3].i, (sbx_forward **)&s[4].p,
        c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_forward_new_fd[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"guest_port", KIND_INT, TYPE_NONE, 0, -1},
    {"guest_path", KIND_TEXT, TYPE_NONE, MAY_BE_NULL, -1},
    {"listen_fd", KIND_INT, TYPE_NONE, 0, -1},
    {"out", KIND_OUT_HANDLE, TYPE_SBX_FORWARD, 0, -1},
};

static void call_sbx_forward_new_unix(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_forward_new_unix_start(s[0].p, s[1].p, s[2].p, s[3].i,
        (sbx_forward **)&s[4].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_forward_new_unix[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"guest_path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"host_address", KIND_TEXT, TYPE_NONE, MAY_BE_NULL, -1},
    {"host_port", KIND_INT, TYPE_NONE, 0, -1},
    {"out", KIND_OUT_HANDLE, TYPE_SBX_FORWARD, 0, -1},
};

static void call_sbx_forward_port(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_forward_port(s[0].p);
}

static const SbxParam params_sbx_forward_port[] = {
    {"forward", KIND_HANDLE, TYPE_SBX_FORWARD, 0, -1},
};

static void call_sbx_forward_wait(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_forward_wait_start(s[0].p, s[1].i, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_forward_wait[] = {
    {"forward", KIND_HANDLE, TYPE_SBX_FORWARD, 0, -1},
    {"timeout_ms", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_fs_chmod(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_chmod_start(s[0].p, s[1].p, s[2].i, s[3].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_fs_chmod[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"mode", KIND_INT, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, MAY_BE_NULL, -1},
};

static void call_sbx_fs_chown(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_chown_start(s[0].p, s[1].p, s[2].l, s[3].l, s[4].p, c->queue, &c->op,
        &c->error);
}

static const SbxParam params_sbx_fs_chown[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"uid", KIND_INT64, TYPE_NONE, 0, -1},
    {"gid", KIND_INT64, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, MAY_BE_NULL, -1},
};

static void call_sbx_fs_copy_file(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_copy_file_start(s[0].p, s[1].p, s[2].p, s[3].p, c->queue, &c->op,
        &c->error);
}

static const SbxParam params_sbx_fs_copy_file[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"to", KIND_TEXT, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, MAY_BE_NULL, -1},
};

static void call_sbx_fs_glob(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_glob_start(s[0].p, s[1].p, s[2].p, (sbx_dir **)&s[3].p, c->queue, &c->op,
        &c->error);
}

static const SbxParam params_sbx_fs_glob[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"pattern", KIND_TEXT, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, MAY_BE_NULL, -1},
    {"out", KIND_OUT_HANDLE, TYPE_SBX_DIR, 0, -1},
};

static void call_sbx_fs_link(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_link_start(s[0].p, s[1].p, s[2].p, s[3].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_fs_link[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"to", KIND_TEXT, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, MAY_BE_NULL, -1},
};

static void call_sbx_fs_lstat(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_lstat_start(s[0].p, s[1].p, s[2].p, (sbx_stat **)&s[3].p, c->queue, &c->op,
        &c->error);
}

static const SbxParam params_sbx_fs_lstat[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, MAY_BE_NULL, -1},
    {"out", KIND_OUT_HANDLE, TYPE_SBX_STAT, 0, -1},
};

static void call_sbx_fs_mkdir(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_mkdir_start(s[0].p, s[1].p, s[2].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_fs_mkdir[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, MAY_BE_NULL, -1},
};

static void call_sbx_fs_open(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_open_start(s[0].p, s[1].p, s[2].u, s[3].p, (sbx_file **)&s[4].p, c->queue,
        &c->op, &c->error);
}

static const SbxParam params_sbx_fs_open[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"flags", KIND_UINT, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, MAY_BE_NULL, -1},
    {"out", KIND_OUT_HANDLE, TYPE_SBX_FILE, 0, -1},
};

static void call_sbx_fs_options_add_match(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_options_add_match(s[0].p, s[1].p, &c->error);
}

static const SbxParam params_sbx_fs_options_add_match[] = {
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, 0, -1},
    {"pattern", KIND_TEXT, TYPE_NONE, 0, -1},
};

static void call_sbx_fs_options_add_skip(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_options_add_skip(s[0].p, s[1].p, &c->error);
}

static const SbxParam params_sbx_fs_options_add_skip[] = {
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, 0, -1},
    {"pattern", KIND_TEXT, TYPE_NONE, 0, -1},
};

static void call_sbx_fs_options_new(SbxSlot *s, SbxCall *c)
{
    (void)s;
    c->result.p = sbx_fs_options_new();
}

static void call_sbx_fs_options_set_affixes(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_options_set_affixes(s[0].p, s[1].p, s[2].p, &c->error);
}

static const SbxParam params_sbx_fs_options_set_affixes[] = {
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, 0, -1},
    {"prefix", KIND_TEXT, TYPE_NONE, MAY_BE_NULL, -1},
    {"suffix", KIND_TEXT, TYPE_NONE, MAY_BE_NULL, -1},
};

static void call_sbx_fs_options_set_directory(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_options_set_directory(s[0].p, s[1].p, &c->error);
}

static const SbxParam params_sbx_fs_options_set_directory[] = {
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, 0, -1},
    {"directory", KIND_TEXT, TYPE_NONE, MAY_BE_NULL, -1},
};

static void call_sbx_fs_options_set_flags(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_options_set_flags(s[0].p, s[1].u, &c->error);
}

static const SbxParam params_sbx_fs_options_set_flags[] = {
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, 0, -1},
    {"flags", KIND_UINT, TYPE_NONE, 0, -1},
};

static void call_sbx_fs_options_set_max_depth(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_options_set_max_depth(s[0].p, s[1].i, &c->error);
}

static const SbxParam params_sbx_fs_options_set_max_depth[] = {
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, 0, -1},
    {"depth", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_fs_options_set_max_size(SbxSlot *s, SbxCall *c)
{
    (void)c;
    sbx_fs_options_set_max_size(s[0].p, s[1].ul);
}

static const SbxParam params_sbx_fs_options_set_max_size[] = {
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, 0, -1},
    {"bytes", KIND_UINT64, TYPE_NONE, 0, -1},
};

static void call_sbx_fs_options_set_mode(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_options_set_mode(s[0].p, s[1].i, &c->error);
}

static const SbxParam params_sbx_fs_options_set_mode[] = {
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, 0, -1},
    {"mode", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_fs_options_set_user(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_options_set_user(s[0].p, s[1].p, &c->error);
}

static const SbxParam params_sbx_fs_options_set_user[] = {
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, 0, -1},
    {"user", KIND_TEXT, TYPE_NONE, MAY_BE_NULL, -1},
};

static void call_sbx_fs_read_dir(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_read_dir_start(s[0].p, s[1].p, s[2].p, (sbx_dir **)&s[3].p, c->queue,
        &c->op, &c->error);
}

static const SbxParam params_sbx_fs_read_dir[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, MAY_BE_NULL, -1},
    {"out", KIND_OUT_HANDLE, TYPE_SBX_DIR, 0, -1},
};

static void call_sbx_fs_read_file(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_read_file_start(s[0].p, s[1].p, s[2].p, (void **)&s[3].p, &s[3].length,
        c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_fs_read_file[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, MAY_BE_NULL, -1},
    {"data", KIND_OUT_BYTES, TYPE_NONE, 0, -1},
};

static void call_sbx_fs_read_to_fd(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_read_to_fd_start(s[0].p, s[1].p, s[2].p, s[3].i, &s[4].ul, c->queue,
        &c->op, &c->error);
}

static const SbxParam params_sbx_fs_read_to_fd[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, MAY_BE_NULL, -1},
    {"fd", KIND_INT, TYPE_NONE, 0, -1},
    {"length", KIND_OUT_UINT64, TYPE_NONE, 0, -1},
};

static void call_sbx_fs_readlink(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_readlink_start(s[0].p, s[1].p, s[2].p, (char **)&s[3].p, c->queue, &c->op,
        &c->error);
}

static const SbxParam params_sbx_fs_readlink[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, MAY_BE_NULL, -1},
    {"out", KIND_OUT_TEXT, TYPE_NONE, 0, -1},
};

static void call_sbx_fs_realpath(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_realpath_start(s[0].p, s[1].p, s[2].p, (char **)&s[3].p, c->queue, &c->op,
        &c->error);
}

static const SbxParam params_sbx_fs_realpath[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, MAY_BE_NULL, -1},
    {"out", KIND_OUT_TEXT, TYPE_NONE, 0, -1},
};

static void call_sbx_fs_remove(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_remove_start(s[0].p, s[1].p, s[2].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_fs_remove[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, MAY_BE_NULL, -1},
};

static void call_sbx_fs_rename(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_rename_start(s[0].p, s[1].p, s[2].p, s[3].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_fs_rename[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"to", KIND_TEXT, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, MAY_BE_NULL, -1},
};

static void call_sbx_fs_stat(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_stat_start(s[0].p, s[1].p, s[2].p, (sbx_stat **)&s[3].p, c->queue, &c->op,
        &c->error);
}

static const SbxParam params_sbx_fs_stat[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, MAY_BE_NULL, -1},
    {"out", KIND_OUT_HANDLE, TYPE_SBX_STAT, 0, -1},
};

static void call_sbx_fs_symlink(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_symlink_start(s[0].p, s[1].p, s[2].p, s[3].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_fs_symlink[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"target", KIND_TEXT, TYPE_NONE, 0, -1},
    {"path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, MAY_BE_NULL, -1},
};

static void call_sbx_fs_temp_dir(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_temp_dir_start(s[0].p, s[1].p, (char **)&s[2].p, c->queue, &c->op,
        &c->error);
}

static const SbxParam params_sbx_fs_temp_dir[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, MAY_BE_NULL, -1},
    {"out", KIND_OUT_TEXT, TYPE_NONE, 0, -1},
};

static void call_sbx_fs_temp_file(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_temp_file_start(s[0].p, s[1].p, (char **)&s[2].p, c->queue, &c->op,
        &c->error);
}

static const SbxParam params_sbx_fs_temp_file[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, MAY_BE_NULL, -1},
    {"out", KIND_OUT_TEXT, TYPE_NONE, 0, -1},
};

static void call_sbx_fs_truncate(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_truncate_start(s[0].p, s[1].p, s[2].l, s[3].p, c->queue, &c->op,
        &c->error);
}

static const SbxParam params_sbx_fs_truncate[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"size", KIND_INT64, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, MAY_BE_NULL, -1},
};

static void call_sbx_fs_umask(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_umask(s[0].p, s[1].i, &s[2].i, &c->error);
}

static const SbxParam params_sbx_fs_umask[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"mask", KIND_INT, TYPE_NONE, 0, -1},
    {"previous", KIND_OUT_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_fs_utime(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_utime_start(s[0].p, s[1].p, s[2].l, s[3].l, s[4].p, c->queue, &c->op,
        &c->error);
}

static const SbxParam params_sbx_fs_utime[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"atime", KIND_INT64, TYPE_NONE, 0, -1},
    {"mtime", KIND_INT64, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, MAY_BE_NULL, -1},
};

static void call_sbx_fs_walk(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_walk_start(s[0].p, s[1].p, s[2].p, (sbx_dir **)&s[3].p, c->queue, &c->op,
        &c->error);
}

static const SbxParam params_sbx_fs_walk[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, MAY_BE_NULL, -1},
    {"out", KIND_OUT_HANDLE, TYPE_SBX_DIR, 0, -1},
};

static void call_sbx_fs_watch(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_watch_start(s[0].p, s[1].p, s[2].p, (sbx_watch **)&s[3].p, c->queue,
        &c->op, &c->error);
}

static const SbxParam params_sbx_fs_watch[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, MAY_BE_NULL, -1},
    {"out", KIND_OUT_HANDLE, TYPE_SBX_WATCH, 0, -1},
};

static void call_sbx_fs_write_file(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_write_file_start(s[0].p, s[1].p, s[2].p, s[3].p, s[3].length, c->queue,
        &c->op, &c->error);
}

static const SbxParam params_sbx_fs_write_file[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, MAY_BE_NULL, -1},
    {"data", KIND_BYTES, TYPE_NONE, 0, -1},
};

static void call_sbx_fs_write_from_fd(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_fs_write_from_fd_start(s[0].p, s[1].p, s[2].p, s[3].i, &s[4].ul, c->queue,
        &c->op, &c->error);
}

static const SbxParam params_sbx_fs_write_from_fd[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_FS_OPTIONS, MAY_BE_NULL, -1},
    {"fd", KIND_INT, TYPE_NONE, 0, -1},
    {"length", KIND_OUT_UINT64, TYPE_NONE, 0, -1},
};

static void call_sbx_id(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_id(s[0].p);
}

static const SbxParam params_sbx_id[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
};

static void call_sbx_image_build(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_image_build_start(s[0].p, s[1].p, s[2].p != NULL ? on_progress : NULL, s[2].p,
        (char **)&s[3].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_image_build[] = {
    {"image", KIND_TEXT, TYPE_NONE, MAY_BE_NULL, -1},
    {"options", KIND_HANDLE, TYPE_SBX_IMAGE_BUILD_OPTIONS, MAY_BE_NULL, -1},
    {"progress", KIND_CALLBACK, TYPE_NONE, MAY_BE_NULL, -1},
    {"version", KIND_OUT_TEXT, TYPE_NONE, 0, -1},
};

static void call_sbx_image_build_options_new(SbxSlot *s, SbxCall *c)
{
    (void)s;
    c->result.p = sbx_image_build_options_new();
}

static void call_sbx_image_build_options_set_deno(SbxSlot *s, SbxCall *c)
{
    (void)c;
    sbx_image_build_options_set_deno(s[0].p, s[1].i);
}

static const SbxParam params_sbx_image_build_options_set_deno[] = {
    {"options", KIND_HANDLE, TYPE_SBX_IMAGE_BUILD_OPTIONS, 0, -1},
    {"wanted", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_image_build_options_set_force(SbxSlot *s, SbxCall *c)
{
    (void)c;
    sbx_image_build_options_set_force(s[0].p, s[1].i);
}

static const SbxParam params_sbx_image_build_options_set_force[] = {
    {"options", KIND_HANDLE, TYPE_SBX_IMAGE_BUILD_OPTIONS, 0, -1},
    {"force", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_image_build_options_set_mirror(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_image_build_options_set_mirror(s[0].p, s[1].p, &c->error);
}

static const SbxParam params_sbx_image_build_options_set_mirror[] = {
    {"options", KIND_HANDLE, TYPE_SBX_IMAGE_BUILD_OPTIONS, 0, -1},
    {"url", KIND_TEXT, TYPE_NONE, MAY_BE_NULL, -1},
};

static void call_sbx_image_list_created(SbxSlot *s, SbxCall *c)
{
    c->result.l = sbx_image_list_created(s[0].p, s[1].length);
}

static const SbxParam params_sbx_image_list_created[] = {
    {"list", KIND_HANDLE, TYPE_SBX_IMAGE_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_image_list_get(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_image_list_get_start((sbx_image_list **)&s[0].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_image_list_get[] = {
    {"out", KIND_OUT_HANDLE, TYPE_SBX_IMAGE_LIST, 0, -1},
};

static void call_sbx_image_list_in_use(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_image_list_in_use(s[0].p, s[1].length);
}

static const SbxParam params_sbx_image_list_in_use[] = {
    {"list", KIND_HANDLE, TYPE_SBX_IMAGE_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_image_list_kernel(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_image_list_kernel(s[0].p, s[1].length);
}

static const SbxParam params_sbx_image_list_kernel[] = {
    {"list", KIND_HANDLE, TYPE_SBX_IMAGE_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_image_list_length(SbxSlot *s, SbxCall *c)
{
    c->result.length = sbx_image_list_length(s[0].p);
}

static const SbxParam params_sbx_image_list_length[] = {
    {"list", KIND_HANDLE, TYPE_SBX_IMAGE_LIST, 0, -1},
};

static void call_sbx_image_list_name(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_image_list_name(s[0].p, s[1].length);
}

static const SbxParam params_sbx_image_list_name[] = {
    {"list", KIND_HANDLE, TYPE_SBX_IMAGE_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_image_list_path(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_image_list_path(s[0].p, s[1].length);
}

static const SbxParam params_sbx_image_list_path[] = {
    {"list", KIND_HANDLE, TYPE_SBX_IMAGE_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_image_list_size(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_image_list_size(s[0].p, s[1].length);
}

static const SbxParam params_sbx_image_list_size[] = {
    {"list", KIND_HANDLE, TYPE_SBX_IMAGE_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_image_list_version(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_image_list_version(s[0].p, s[1].length);
}

static const SbxParam params_sbx_image_list_version[] = {
    {"list", KIND_HANDLE, TYPE_SBX_IMAGE_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_image_remove(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_image_remove_start(s[0].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_image_remove[] = {
    {"image", KIND_TEXT, TYPE_NONE, 0, -1},
};

static void call_sbx_image_verify(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_image_verify_start(s[0].p, s[1].p != NULL ? on_progress : NULL, s[1].p,
        c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_image_verify[] = {
    {"image", KIND_TEXT, TYPE_NONE, 0, -1},
    {"progress", KIND_CALLBACK, TYPE_NONE, MAY_BE_NULL, -1},
};

static void call_sbx_keeper_stop(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_keeper_stop_start(s[0].i, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_keeper_stop[] = {
    {"force", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_kill(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_kill_start(s[0].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_kill[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
};

static void call_sbx_limits_get(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_limits_get_start((sbx_limits **)&s[0].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_limits_get[] = {
    {"out", KIND_OUT_HANDLE, TYPE_SBX_LIMITS, 0, -1},
};

static void call_sbx_limits_set(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_limits_set_start(s[0].i, s[1].ul, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_limits_set[] = {
    {"limit", KIND_INT, TYPE_NONE, 0, -1},
    {"value", KIND_UINT64, TYPE_NONE, 0, -1},
};

static void call_sbx_limits_used(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_limits_used(s[0].p, s[1].i);
}

static const SbxParam params_sbx_limits_used[] = {
    {"limits", KIND_HANDLE, TYPE_SBX_LIMITS, 0, -1},
    {"limit", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_limits_value(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_limits_value(s[0].p, s[1].i);
}

static const SbxParam params_sbx_limits_value[] = {
    {"limits", KIND_HANDLE, TYPE_SBX_LIMITS, 0, -1},
    {"limit", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_limits_waiting(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_limits_waiting(s[0].p);
}

static const SbxParam params_sbx_limits_waiting[] = {
    {"limits", KIND_HANDLE, TYPE_SBX_LIMITS, 0, -1},
};

static void call_sbx_list_created(SbxSlot *s, SbxCall *c)
{
    c->result.l = sbx_list_created(s[0].p, s[1].length);
}

static const SbxParam params_sbx_list_created[] = {
    {"list", KIND_HANDLE, TYPE_SBX_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_list_deadline(SbxSlot *s, SbxCall *c)
{
    c->result.l = sbx_list_deadline(s[0].p, s[1].length);
}

static const SbxParam params_sbx_list_deadline[] = {
    {"list", KIND_HANDLE, TYPE_SBX_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_list_disk_size(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_list_disk_size(s[0].p, s[1].length);
}

static const SbxParam params_sbx_list_disk_size[] = {
    {"list", KIND_HANDLE, TYPE_SBX_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_list_get(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_list_get_start((sbx_list **)&s[0].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_list_get[] = {
    {"out", KIND_OUT_HANDLE, TYPE_SBX_LIST, 0, -1},
};

static void call_sbx_list_get_filtered(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_list_get_filtered_start(s[0].p, (sbx_list **)&s[1].p, c->queue, &c->op,
        &c->error);
}

static const SbxParam params_sbx_list_get_filtered[] = {
    {"options", KIND_HANDLE, TYPE_SBX_LIST_OPTIONS, MAY_BE_NULL, -1},
    {"out", KIND_OUT_HANDLE, TYPE_SBX_LIST, 0, -1},
};

static void call_sbx_list_get_one(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_list_get_one_start(s[0].p, (sbx_list **)&s[1].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_list_get_one[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"out", KIND_OUT_HANDLE, TYPE_SBX_LIST, 0, -1},
};

static void call_sbx_list_id(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_list_id(s[0].p, s[1].length);
}

static const SbxParam params_sbx_list_id[] = {
    {"list", KIND_HANDLE, TYPE_SBX_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_list_image(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_list_image(s[0].p, s[1].length);
}

static const SbxParam params_sbx_list_image[] = {
    {"list", KIND_HANDLE, TYPE_SBX_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_list_label_key(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_list_label_key(s[0].p, s[1].length, s[2].length);
}

static const SbxParam params_sbx_list_label_key[] = {
    {"list", KIND_HANDLE, TYPE_SBX_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
    {"nth", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_list_label_value(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_list_label_value(s[0].p, s[1].length, s[2].length);
}

static const SbxParam params_sbx_list_label_value[] = {
    {"list", KIND_HANDLE, TYPE_SBX_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
    {"nth", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_list_length(SbxSlot *s, SbxCall *c)
{
    c->result.length = sbx_list_length(s[0].p);
}

static const SbxParam params_sbx_list_length[] = {
    {"list", KIND_HANDLE, TYPE_SBX_LIST, 0, -1},
};

static void call_sbx_list_memory(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_list_memory(s[0].p, s[1].length);
}

static const SbxParam params_sbx_list_memory[] = {
    {"list", KIND_HANDLE, TYPE_SBX_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_list_options_new(SbxSlot *s, SbxCall *c)
{
    (void)s;
    c->result.p = sbx_list_options_new();
}

static void call_sbx_list_options_set_label(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_list_options_set_label(s[0].p, s[1].p, s[2].p, &c->error);
}

static const SbxParam params_sbx_list_options_set_label[] = {
    {"options", KIND_HANDLE, TYPE_SBX_LIST_OPTIONS, 0, -1},
    {"key", KIND_TEXT, TYPE_NONE, 0, -1},
    {"value", KIND_TEXT, TYPE_NONE, MAY_BE_NULL, -1},
};

static void call_sbx_list_options_set_status(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_list_options_set_status(s[0].p, s[1].i, &c->error);
}

static const SbxParam params_sbx_list_options_set_status[] = {
    {"options", KIND_HANDLE, TYPE_SBX_LIST_OPTIONS, 0, -1},
    {"status", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_list_ports(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_list_ports_start(s[0].p, (sbx_port_list **)&s[1].p, c->queue, &c->op,
        &c->error);
}

static const SbxParam params_sbx_list_ports[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"out", KIND_OUT_HANDLE, TYPE_SBX_PORT_LIST, 0, -1},
};

static void call_sbx_list_status(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_list_status(s[0].p, s[1].length);
}

static const SbxParam params_sbx_list_status[] = {
    {"list", KIND_HANDLE, TYPE_SBX_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_list_uptime(SbxSlot *s, SbxCall *c)
{
    c->result.l = sbx_list_uptime(s[0].p, s[1].length);
}

static const SbxParam params_sbx_list_uptime[] = {
    {"list", KIND_HANDLE, TYPE_SBX_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_list_vcpus(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_list_vcpus(s[0].p, s[1].length);
}

static const SbxParam params_sbx_list_vcpus[] = {
    {"list", KIND_HANDLE, TYPE_SBX_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_options_new(SbxSlot *s, SbxCall *c)
{
    (void)s;
    c->result.p = sbx_options_new();
}

static void call_sbx_options_set_disk_size(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_options_set_disk_size(s[0].p, s[1].ul, &c->error);
}

static const SbxParam params_sbx_options_set_disk_size[] = {
    {"options", KIND_HANDLE, TYPE_SBX_OPTIONS, 0, -1},
    {"bytes", KIND_UINT64, TYPE_NONE, 0, -1},
};

static void call_sbx_options_set_env(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_options_set_env(s[0].p, s[1].p, s[2].p, &c->error);
}

static const SbxParam params_sbx_options_set_env[] = {
    {"options", KIND_HANDLE, TYPE_SBX_OPTIONS, 0, -1},
    {"name", KIND_TEXT, TYPE_NONE, 0, -1},
    {"value", KIND_TEXT, TYPE_NONE, MAY_BE_NULL, -1},
};

static void call_sbx_options_set_image(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_options_set_image(s[0].p, s[1].p, &c->error);
}

static const SbxParam params_sbx_options_set_image[] = {
    {"options", KIND_HANDLE, TYPE_SBX_OPTIONS, 0, -1},
    {"image", KIND_TEXT, TYPE_NONE, 0, -1},
};

static void call_sbx_options_set_label(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_options_set_label(s[0].p, s[1].p, s[2].p, &c->error);
}

static const SbxParam params_sbx_options_set_label[] = {
    {"options", KIND_HANDLE, TYPE_SBX_OPTIONS, 0, -1},
    {"key", KIND_TEXT, TYPE_NONE, 0, -1},
    {"value", KIND_TEXT, TYPE_NONE, MAY_BE_NULL, -1},
};

static void call_sbx_options_set_memory(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_options_set_memory(s[0].p, s[1].ul, &c->error);
}

static const SbxParam params_sbx_options_set_memory[] = {
    {"options", KIND_HANDLE, TYPE_SBX_OPTIONS, 0, -1},
    {"bytes", KIND_UINT64, TYPE_NONE, 0, -1},
};

static void call_sbx_options_set_root(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_options_set_root(s[0].p, s[1].p, &c->error);
}

static const SbxParam params_sbx_options_set_root[] = {
    {"options", KIND_HANDLE, TYPE_SBX_OPTIONS, 0, -1},
    {"snapshot", KIND_TEXT, TYPE_NONE, MAY_BE_NULL, -1},
};

static void call_sbx_options_set_spares(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_options_set_spares(s[0].p, s[1].i, &c->error);
}

static const SbxParam params_sbx_options_set_spares[] = {
    {"options", KIND_HANDLE, TYPE_SBX_OPTIONS, 0, -1},
    {"count", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_options_set_start_timeout(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_options_set_start_timeout(s[0].p, s[1].l, &c->error);
}

static const SbxParam params_sbx_options_set_start_timeout[] = {
    {"options", KIND_HANDLE, TYPE_SBX_OPTIONS, 0, -1},
    {"milliseconds", KIND_INT64, TYPE_NONE, 0, -1},
};

static void call_sbx_options_set_timeout(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_options_set_timeout(s[0].p, s[1].l, &c->error);
}

static const SbxParam params_sbx_options_set_timeout[] = {
    {"options", KIND_HANDLE, TYPE_SBX_OPTIONS, 0, -1},
    {"milliseconds", KIND_INT64, TYPE_NONE, 0, -1},
};

static void call_sbx_options_set_vcpus(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_options_set_vcpus(s[0].p, s[1].u, &c->error);
}

static const SbxParam params_sbx_options_set_vcpus[] = {
    {"options", KIND_HANDLE, TYPE_SBX_OPTIONS, 0, -1},
    {"count", KIND_UINT, TYPE_NONE, 0, -1},
};

static void call_sbx_options_set_wait(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_options_set_wait(s[0].p, s[1].l, &c->error);
}

static const SbxParam params_sbx_options_set_wait[] = {
    {"options", KIND_HANDLE, TYPE_SBX_OPTIONS, 0, -1},
    {"milliseconds", KIND_INT64, TYPE_NONE, 0, -1},
};

static void call_sbx_parse_duration(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_parse_duration(s[0].p, &s[1].l, &c->error);
}

static const SbxParam params_sbx_parse_duration[] = {
    {"text", KIND_TEXT, TYPE_NONE, 0, -1},
    {"milliseconds", KIND_OUT_INT64, TYPE_NONE, 0, -1},
};

static void call_sbx_parse_size(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_parse_size(s[0].p, &s[1].ul, &c->error);
}

static const SbxParam params_sbx_parse_size[] = {
    {"text", KIND_TEXT, TYPE_NONE, 0, -1},
    {"bytes", KIND_OUT_UINT64, TYPE_NONE, 0, -1},
};

static void call_sbx_pause(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_pause_start(s[0].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_pause[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
};

static void call_sbx_pool_drain(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_pool_drain_start(s[0].p, &s[1].u, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_pool_drain[] = {
    {"image", KIND_TEXT, TYPE_NONE, MAY_BE_NULL, -1},
    {"drained", KIND_OUT_UINT, TYPE_NONE, 0, -1},
};

static void call_sbx_pool_fill(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_pool_fill_start(s[0].p, s[1].u, s[2].l, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_pool_fill[] = {
    {"options", KIND_HANDLE, TYPE_SBX_OPTIONS, MAY_BE_NULL, -1},
    {"count", KIND_UINT, TYPE_NONE, 0, -1},
    {"timeout_ms", KIND_INT64, TYPE_NONE, 0, -1},
};

static void call_sbx_pool_list_budget(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_pool_list_budget(s[0].p);
}

static const SbxParam params_sbx_pool_list_budget[] = {
    {"list", KIND_HANDLE, TYPE_SBX_POOL_LIST, 0, -1},
};

static void call_sbx_pool_list_disk_size(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_pool_list_disk_size(s[0].p, s[1].length);
}

static const SbxParam params_sbx_pool_list_disk_size[] = {
    {"list", KIND_HANDLE, TYPE_SBX_POOL_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_pool_list_get(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_pool_list_get_start((sbx_pool_list **)&s[0].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_pool_list_get[] = {
    {"out", KIND_OUT_HANDLE, TYPE_SBX_POOL_LIST, 0, -1},
};

static void call_sbx_pool_list_image(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_pool_list_image(s[0].p, s[1].length);
}

static const SbxParam params_sbx_pool_list_image[] = {
    {"list", KIND_HANDLE, TYPE_SBX_POOL_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_pool_list_length(SbxSlot *s, SbxCall *c)
{
    c->result.length = sbx_pool_list_length(s[0].p);
}

static const SbxParam params_sbx_pool_list_length[] = {
    {"list", KIND_HANDLE, TYPE_SBX_POOL_LIST, 0, -1},
};

static void call_sbx_pool_list_memory(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_pool_list_memory(s[0].p, s[1].length);
}

static const SbxParam params_sbx_pool_list_memory[] = {
    {"list", KIND_HANDLE, TYPE_SBX_POOL_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_pool_list_private_bytes(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_pool_list_private_bytes(s[0].p, s[1].length);
}

static const SbxParam params_sbx_pool_list_private_bytes[] = {
    {"list", KIND_HANDLE, TYPE_SBX_POOL_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_pool_list_ready(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_pool_list_ready(s[0].p, s[1].length);
}

static const SbxParam params_sbx_pool_list_ready[] = {
    {"list", KIND_HANDLE, TYPE_SBX_POOL_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_pool_list_setting(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_pool_list_setting(s[0].p);
}

static const SbxParam params_sbx_pool_list_setting[] = {
    {"list", KIND_HANDLE, TYPE_SBX_POOL_LIST, 0, -1},
};

static void call_sbx_pool_list_starting(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_pool_list_starting(s[0].p, s[1].length);
}

static const SbxParam params_sbx_pool_list_starting[] = {
    {"list", KIND_HANDLE, TYPE_SBX_POOL_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_pool_list_target(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_pool_list_target(s[0].p, s[1].length);
}

static const SbxParam params_sbx_pool_list_target[] = {
    {"list", KIND_HANDLE, TYPE_SBX_POOL_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_pool_list_used(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_pool_list_used(s[0].p);
}

static const SbxParam params_sbx_pool_list_used[] = {
    {"list", KIND_HANDLE, TYPE_SBX_POOL_LIST, 0, -1},
};

static void call_sbx_pool_list_vcpus(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_pool_list_vcpus(s[0].p, s[1].length);
}

static const SbxParam params_sbx_pool_list_vcpus[] = {
    {"list", KIND_HANDLE, TYPE_SBX_POOL_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_pool_set_budget(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_pool_set_budget_start(s[0].ul, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_pool_set_budget[] = {
    {"bytes", KIND_UINT64, TYPE_NONE, 0, -1},
};

static void call_sbx_pool_set_size(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_pool_set_size_start(s[0].i, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_pool_set_size[] = {
    {"size", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_port_list_address(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_port_list_address(s[0].p, s[1].length);
}

static const SbxParam params_sbx_port_list_address[] = {
    {"list", KIND_HANDLE, TYPE_SBX_PORT_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_port_list_length(SbxSlot *s, SbxCall *c)
{
    c->result.length = sbx_port_list_length(s[0].p);
}

static const SbxParam params_sbx_port_list_length[] = {
    {"list", KIND_HANDLE, TYPE_SBX_PORT_LIST, 0, -1},
};

static void call_sbx_port_list_pid(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_port_list_pid(s[0].p, s[1].length);
}

static const SbxParam params_sbx_port_list_pid[] = {
    {"list", KIND_HANDLE, TYPE_SBX_PORT_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_port_list_port(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_port_list_port(s[0].p, s[1].length);
}

static const SbxParam params_sbx_port_list_port[] = {
    {"list", KIND_HANDLE, TYPE_SBX_PORT_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_port_list_program(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_port_list_program(s[0].p, s[1].length);
}

static const SbxParam params_sbx_port_list_program[] = {
    {"list", KIND_HANDLE, TYPE_SBX_PORT_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_port_list_uid(SbxSlot *s, SbxCall *c)
{
    c->result.l = sbx_port_list_uid(s[0].p, s[1].length);
}

static const SbxParam params_sbx_port_list_uid[] = {
    {"list", KIND_HANDLE, TYPE_SBX_PORT_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_process_attach(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_process_attach_start(s[0].p, s[1].l, (sbx_process **)&s[2].p, c->queue,
        &c->op, &c->error);
}

static const SbxParam params_sbx_process_attach[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"id", KIND_INT64, TYPE_NONE, 0, -1},
    {"out", KIND_OUT_HANDLE, TYPE_SBX_PROCESS, 0, -1},
};

static void call_sbx_process_cause(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_process_cause(s[0].p);
}

static const SbxParam params_sbx_process_cause[] = {
    {"process", KIND_HANDLE, TYPE_SBX_PROCESS, 0, -1},
};

static void call_sbx_process_cpu_time_us(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_process_cpu_time_us(s[0].p);
}

static const SbxParam params_sbx_process_cpu_time_us[] = {
    {"process", KIND_HANDLE, TYPE_SBX_PROCESS, 0, -1},
};

static void call_sbx_process_detach(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_process_detach_start(s[0].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_process_detach[] = {
    {"process", KIND_HANDLE, TYPE_SBX_PROCESS, 0, -1},
};

static void call_sbx_process_exit_code(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_process_exit_code(s[0].p);
}

static const SbxParam params_sbx_process_exit_code[] = {
    {"process", KIND_HANDLE, TYPE_SBX_PROCESS, 0, -1},
};

static void call_sbx_process_exit_fd(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_process_exit_fd(s[0].p);
}

static const SbxParam params_sbx_process_exit_fd[] = {
    {"process", KIND_HANDLE, TYPE_SBX_PROCESS, 0, -1},
};

static void call_sbx_process_exit_signal(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_process_exit_signal(s[0].p);
}

static const SbxParam params_sbx_process_exit_signal[] = {
    {"process", KIND_HANDLE, TYPE_SBX_PROCESS, 0, -1},
};

static void call_sbx_process_fd(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_process_fd(s[0].p, s[1].i);
}

static const SbxParam params_sbx_process_fd[] = {
    {"process", KIND_HANDLE, TYPE_SBX_PROCESS, 0, -1},
    {"stream", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_process_get_usage(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_process_get_usage_start(s[0].p, (sbx_usage **)&s[1].p, c->queue, &c->op,
        &c->error);
}

static const SbxParam params_sbx_process_get_usage[] = {
    {"process", KIND_HANDLE, TYPE_SBX_PROCESS, 0, -1},
    {"out", KIND_OUT_HANDLE, TYPE_SBX_USAGE, 0, -1},
};

static void call_sbx_process_id(SbxSlot *s, SbxCall *c)
{
    c->result.l = sbx_process_id(s[0].p);
}

static const SbxParam params_sbx_process_id[] = {
    {"process", KIND_HANDLE, TYPE_SBX_PROCESS, 0, -1},
};

static void call_sbx_process_kill(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_process_kill_start(s[0].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_process_kill[] = {
    {"process", KIND_HANDLE, TYPE_SBX_PROCESS, 0, -1},
};

static void call_sbx_process_list_attached(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_process_list_attached(s[0].p, s[1].length);
}

static const SbxParam params_sbx_process_list_attached[] = {
    {"list", KIND_HANDLE, TYPE_SBX_PROCESS_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_process_list_cause(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_process_list_cause(s[0].p, s[1].length);
}

static const SbxParam params_sbx_process_list_cause[] = {
    {"list", KIND_HANDLE, TYPE_SBX_PROCESS_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_process_list_command(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_process_list_command(s[0].p, s[1].length);
}

static const SbxParam params_sbx_process_list_command[] = {
    {"list", KIND_HANDLE, TYPE_SBX_PROCESS_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_process_list_exit_code(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_process_list_exit_code(s[0].p, s[1].length);
}

static const SbxParam params_sbx_process_list_exit_code[] = {
    {"list", KIND_HANDLE, TYPE_SBX_PROCESS_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_process_list_get(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_process_list_get_start(s[0].p, (sbx_process_list **)&s[1].p, c->queue, &c->op,
        &c->error);
}

static const SbxParam params_sbx_process_list_get[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"out", KIND_OUT_HANDLE, TYPE_SBX_PROCESS_LIST, 0, -1},
};

static void call_sbx_process_list_id(SbxSlot *s, SbxCall *c)
{
    c->result.l = sbx_process_list_id(s[0].p, s[1].length);
}

static const SbxParam params_sbx_process_list_id[] = {
    {"list", KIND_HANDLE, TYPE_SBX_PROCESS_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_process_list_length(SbxSlot *s, SbxCall *c)
{
    c->result.length = sbx_process_list_length(s[0].p);
}

static const SbxParam params_sbx_process_list_length[] = {
    {"list", KIND_HANDLE, TYPE_SBX_PROCESS_LIST, 0, -1},
};

static void call_sbx_process_list_pid(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_process_list_pid(s[0].p, s[1].length);
}

static const SbxParam params_sbx_process_list_pid[] = {
    {"list", KIND_HANDLE, TYPE_SBX_PROCESS_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_process_list_started(SbxSlot *s, SbxCall *c)
{
    c->result.l = sbx_process_list_started(s[0].p, s[1].length);
}

static const SbxParam params_sbx_process_list_started[] = {
    {"list", KIND_HANDLE, TYPE_SBX_PROCESS_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_process_list_state(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_process_list_state(s[0].p, s[1].length);
}

static const SbxParam params_sbx_process_list_state[] = {
    {"list", KIND_HANDLE, TYPE_SBX_PROCESS_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_process_list_user(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_process_list_user(s[0].p, s[1].length);
}

static const SbxParam params_sbx_process_list_user[] = {
    {"list", KIND_HANDLE, TYPE_SBX_PROCESS_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_process_oom(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_process_oom(s[0].p);
}

static const SbxParam params_sbx_process_oom[] = {
    {"process", KIND_HANDLE, TYPE_SBX_PROCESS, 0, -1},
};

static void call_sbx_process_output_cut(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_process_output_cut(s[0].p);
}

static const SbxParam params_sbx_process_output_cut[] = {
    {"process", KIND_HANDLE, TYPE_SBX_PROCESS, 0, -1},
};

static void call_sbx_process_peak_memory(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_process_peak_memory(s[0].p);
}

static const SbxParam params_sbx_process_peak_memory[] = {
    {"process", KIND_HANDLE, TYPE_SBX_PROCESS, 0, -1},
};

static void call_sbx_process_pid(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_process_pid(s[0].p);
}

static const SbxParam params_sbx_process_pid[] = {
    {"process", KIND_HANDLE, TYPE_SBX_PROCESS, 0, -1},
};

static void call_sbx_process_resize(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_process_resize_start(s[0].p, s[1].i, s[2].i, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_process_resize[] = {
    {"process", KIND_HANDLE, TYPE_SBX_PROCESS, 0, -1},
    {"rows", KIND_INT, TYPE_NONE, 0, -1},
    {"columns", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_process_signal(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_process_signal_start(s[0].p, s[1].i, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_process_signal[] = {
    {"process", KIND_HANDLE, TYPE_SBX_PROCESS, 0, -1},
    {"signal", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_process_signal_by_id(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_process_signal_by_id_start(s[0].p, s[1].l, s[2].i, s[3].i, c->queue, &c->op,
        &c->error);
}

static const SbxParam params_sbx_process_signal_by_id[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"id", KIND_INT64, TYPE_NONE, 0, -1},
    {"signal", KIND_INT, TYPE_NONE, 0, -1},
    {"scope", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_process_signal_scope(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_process_signal_scope_start(s[0].p, s[1].i, s[2].i, c->queue, &c->op,
        &c->error);
}

static const SbxParam params_sbx_process_signal_scope[] = {
    {"process", KIND_HANDLE, TYPE_SBX_PROCESS, 0, -1},
    {"signal", KIND_INT, TYPE_NONE, 0, -1},
    {"scope", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_process_take_fd(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_process_take_fd(s[0].p, s[1].i);
}

static const SbxParam params_sbx_process_take_fd[] = {
    {"process", KIND_HANDLE, TYPE_SBX_PROCESS, 0, -1},
    {"stream", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_process_wait(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_process_wait_start(s[0].p, s[1].i, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_process_wait[] = {
    {"process", KIND_HANDLE, TYPE_SBX_PROCESS, 0, -1},
    {"timeout_ms", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_process_wall_time_us(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_process_wall_time_us(s[0].p);
}

static const SbxParam params_sbx_process_wall_time_us[] = {
    {"process", KIND_HANDLE, TYPE_SBX_PROCESS, 0, -1},
};

static void call_sbx_quote(SbxSlot *s, SbxCall *c)
{
    c->result.p = sbx_quote(s[0].p);
}

static const SbxParam params_sbx_quote[] = {
    {"text", KIND_TEXT, TYPE_NONE, 0, -1},
};

static void call_sbx_quote_words(SbxSlot *s, SbxCall *c)
{
    c->result.p = sbx_quote_words(s[0].p, s[0].length);
}

static const SbxParam params_sbx_quote_words[] = {
    {"words", KIND_TEXTS, TYPE_NONE, MAY_BE_NULL, -1},
};

static void call_sbx_result_cause(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_result_cause(s[0].p);
}

static const SbxParam params_sbx_result_cause[] = {
    {"result", KIND_HANDLE, TYPE_SBX_RESULT, 0, -1},
};

static void call_sbx_result_cpu_time_us(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_result_cpu_time_us(s[0].p);
}

static const SbxParam params_sbx_result_cpu_time_us[] = {
    {"result", KIND_HANDLE, TYPE_SBX_RESULT, 0, -1},
};

static void call_sbx_result_exit_code(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_result_exit_code(s[0].p);
}

static const SbxParam params_sbx_result_exit_code[] = {
    {"result", KIND_HANDLE, TYPE_SBX_RESULT, 0, -1},
};

static void call_sbx_result_oom(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_result_oom(s[0].p);
}

static const SbxParam params_sbx_result_oom[] = {
    {"result", KIND_HANDLE, TYPE_SBX_RESULT, 0, -1},
};

static void call_sbx_result_output_cut(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_result_output_cut(s[0].p);
}

static const SbxParam params_sbx_result_output_cut[] = {
    {"result", KIND_HANDLE, TYPE_SBX_RESULT, 0, -1},
};

static void call_sbx_result_peak_memory(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_result_peak_memory(s[0].p);
}

static const SbxParam params_sbx_result_peak_memory[] = {
    {"result", KIND_HANDLE, TYPE_SBX_RESULT, 0, -1},
};

static void call_sbx_result_signal(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_result_signal(s[0].p);
}

static const SbxParam params_sbx_result_signal[] = {
    {"result", KIND_HANDLE, TYPE_SBX_RESULT, 0, -1},
};

static void call_sbx_result_stderr(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_result_stderr(s[0].p, &s[1].length);
}

static const SbxParam params_sbx_result_stderr[] = {
    {"result", KIND_HANDLE, TYPE_SBX_RESULT, 0, -1},
    {"length", KIND_LENGTH, TYPE_NONE, 0, -1},
};

static void call_sbx_result_stdout(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_result_stdout(s[0].p, &s[1].length);
}

static const SbxParam params_sbx_result_stdout[] = {
    {"result", KIND_HANDLE, TYPE_SBX_RESULT, 0, -1},
    {"length", KIND_LENGTH, TYPE_NONE, 0, -1},
};

static void call_sbx_result_wall_time_us(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_result_wall_time_us(s[0].p);
}

static const SbxParam params_sbx_result_wall_time_us[] = {
    {"result", KIND_HANDLE, TYPE_SBX_RESULT, 0, -1},
};

static void call_sbx_resume(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_resume_start(s[0].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_resume[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
};

static void call_sbx_run(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_run_start(s[0].p, s[1].p, (sbx_result **)&s[2].p, c->queue, &c->op,
        &c->error);
}

static const SbxParam params_sbx_run[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"command", KIND_HANDLE, TYPE_SBX_COMMAND, 0, -1},
    {"out", KIND_OUT_HANDLE, TYPE_SBX_RESULT, 0, -1},
};

static void call_sbx_sh(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_sh_start(s[0].p, s[1].p, (sbx_result **)&s[2].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_sh[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"script", KIND_TEXT, TYPE_NONE, 0, -1},
    {"out", KIND_OUT_HANDLE, TYPE_SBX_RESULT, 0, -1},
};

static void call_sbx_snapshot(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_snapshot_start(s[0].p, s[1].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_snapshot[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"name", KIND_TEXT, TYPE_NONE, 0, -1},
};

static void call_sbx_snapshot_list_created(SbxSlot *s, SbxCall *c)
{
    c->result.l = sbx_snapshot_list_created(s[0].p, s[1].length);
}

static const SbxParam params_sbx_snapshot_list_created[] = {
    {"list", KIND_HANDLE, TYPE_SBX_SNAPSHOT_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_snapshot_list_disk_size(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_snapshot_list_disk_size(s[0].p, s[1].length);
}

static const SbxParam params_sbx_snapshot_list_disk_size[] = {
    {"list", KIND_HANDLE, TYPE_SBX_SNAPSHOT_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_snapshot_list_get(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_snapshot_list_get_start((sbx_snapshot_list **)&s[0].p, c->queue, &c->op,
        &c->error);
}

static const SbxParam params_sbx_snapshot_list_get[] = {
    {"out", KIND_OUT_HANDLE, TYPE_SBX_SNAPSHOT_LIST, 0, -1},
};

static void call_sbx_snapshot_list_image(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_snapshot_list_image(s[0].p, s[1].length);
}

static const SbxParam params_sbx_snapshot_list_image[] = {
    {"list", KIND_HANDLE, TYPE_SBX_SNAPSHOT_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_snapshot_list_length(SbxSlot *s, SbxCall *c)
{
    c->result.length = sbx_snapshot_list_length(s[0].p);
}

static const SbxParam params_sbx_snapshot_list_length[] = {
    {"list", KIND_HANDLE, TYPE_SBX_SNAPSHOT_LIST, 0, -1},
};

static void call_sbx_snapshot_list_memory(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_snapshot_list_memory(s[0].p, s[1].length);
}

static const SbxParam params_sbx_snapshot_list_memory[] = {
    {"list", KIND_HANDLE, TYPE_SBX_SNAPSHOT_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_snapshot_list_name(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_snapshot_list_name(s[0].p, s[1].length);
}

static const SbxParam params_sbx_snapshot_list_name[] = {
    {"list", KIND_HANDLE, TYPE_SBX_SNAPSHOT_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_snapshot_list_size(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_snapshot_list_size(s[0].p, s[1].length);
}

static const SbxParam params_sbx_snapshot_list_size[] = {
    {"list", KIND_HANDLE, TYPE_SBX_SNAPSHOT_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_snapshot_list_vcpus(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_snapshot_list_vcpus(s[0].p, s[1].length);
}

static const SbxParam params_sbx_snapshot_list_vcpus[] = {
    {"list", KIND_HANDLE, TYPE_SBX_SNAPSHOT_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_snapshot_remove(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_snapshot_remove_start(s[0].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_snapshot_remove[] = {
    {"name", KIND_TEXT, TYPE_NONE, 0, -1},
};

static void call_sbx_spawn(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_spawn_start(s[0].p, s[1].p, (sbx_process **)&s[2].p, c->queue, &c->op,
        &c->error);
}

static const SbxParam params_sbx_spawn[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"command", KIND_HANDLE, TYPE_SBX_COMMAND, 0, -1},
    {"out", KIND_OUT_HANDLE, TYPE_SBX_PROCESS, 0, -1},
};

static void call_sbx_stat_atime(SbxSlot *s, SbxCall *c)
{
    c->result.l = sbx_stat_atime(s[0].p);
}

static const SbxParam params_sbx_stat_atime[] = {
    {"stat", KIND_HANDLE, TYPE_SBX_STAT, 0, -1},
};

static void call_sbx_stat_birthtime(SbxSlot *s, SbxCall *c)
{
    c->result.l = sbx_stat_birthtime(s[0].p);
}

static const SbxParam params_sbx_stat_birthtime[] = {
    {"stat", KIND_HANDLE, TYPE_SBX_STAT, 0, -1},
};

static void call_sbx_stat_blksize(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_stat_blksize(s[0].p);
}

static const SbxParam params_sbx_stat_blksize[] = {
    {"stat", KIND_HANDLE, TYPE_SBX_STAT, 0, -1},
};

static void call_sbx_stat_blocks(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_stat_blocks(s[0].p);
}

static const SbxParam params_sbx_stat_blocks[] = {
    {"stat", KIND_HANDLE, TYPE_SBX_STAT, 0, -1},
};

static void call_sbx_stat_ctime(SbxSlot *s, SbxCall *c)
{
    c->result.l = sbx_stat_ctime(s[0].p);
}

static const SbxParam params_sbx_stat_ctime[] = {
    {"stat", KIND_HANDLE, TYPE_SBX_STAT, 0, -1},
};

static void call_sbx_stat_dev(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_stat_dev(s[0].p);
}

static const SbxParam params_sbx_stat_dev[] = {
    {"stat", KIND_HANDLE, TYPE_SBX_STAT, 0, -1},
};

static void call_sbx_stat_gid(SbxSlot *s, SbxCall *c)
{
    c->result.u = sbx_stat_gid(s[0].p);
}

static const SbxParam params_sbx_stat_gid[] = {
    {"stat", KIND_HANDLE, TYPE_SBX_STAT, 0, -1},
};

static void call_sbx_stat_ino(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_stat_ino(s[0].p);
}

static const SbxParam params_sbx_stat_ino[] = {
    {"stat", KIND_HANDLE, TYPE_SBX_STAT, 0, -1},
};

static void call_sbx_stat_is_block_device(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_stat_is_block_device(s[0].p);
}

static const SbxParam params_sbx_stat_is_block_device[] = {
    {"stat", KIND_HANDLE, TYPE_SBX_STAT, 0, -1},
};

static void call_sbx_stat_is_char_device(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_stat_is_char_device(s[0].p);
}

static const SbxParam params_sbx_stat_is_char_device[] = {
    {"stat", KIND_HANDLE, TYPE_SBX_STAT, 0, -1},
};

static void call_sbx_stat_is_directory(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_stat_is_directory(s[0].p);
}

static const SbxParam params_sbx_stat_is_directory[] = {
    {"stat", KIND_HANDLE, TYPE_SBX_STAT, 0, -1},
};

static void call_sbx_stat_is_fifo(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_stat_is_fifo(s[0].p);
}

static const SbxParam params_sbx_stat_is_fifo[] = {
    {"stat", KIND_HANDLE, TYPE_SBX_STAT, 0, -1},
};

static void call_sbx_stat_is_file(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_stat_is_file(s[0].p);
}

static const SbxParam params_sbx_stat_is_file[] = {
    {"stat", KIND_HANDLE, TYPE_SBX_STAT, 0, -1},
};

static void call_sbx_stat_is_socket(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_stat_is_socket(s[0].p);
}

static const SbxParam params_sbx_stat_is_socket[] = {
    {"stat", KIND_HANDLE, TYPE_SBX_STAT, 0, -1},
};

static void call_sbx_stat_is_symlink(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_stat_is_symlink(s[0].p);
}

static const SbxParam params_sbx_stat_is_symlink[] = {
    {"stat", KIND_HANDLE, TYPE_SBX_STAT, 0, -1},
};

static void call_sbx_stat_mode(SbxSlot *s, SbxCall *c)
{
    c->result.u = sbx_stat_mode(s[0].p);
}

static const SbxParam params_sbx_stat_mode[] = {
    {"stat", KIND_HANDLE, TYPE_SBX_STAT, 0, -1},
};

static void call_sbx_stat_mtime(SbxSlot *s, SbxCall *c)
{
    c->result.l = sbx_stat_mtime(s[0].p);
}

static const SbxParam params_sbx_stat_mtime[] = {
    {"stat", KIND_HANDLE, TYPE_SBX_STAT, 0, -1},
};

static void call_sbx_stat_nlink(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_stat_nlink(s[0].p);
}

static const SbxParam params_sbx_stat_nlink[] = {
    {"stat", KIND_HANDLE, TYPE_SBX_STAT, 0, -1},
};

static void call_sbx_stat_rdev(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_stat_rdev(s[0].p);
}

static const SbxParam params_sbx_stat_rdev[] = {
    {"stat", KIND_HANDLE, TYPE_SBX_STAT, 0, -1},
};

static void call_sbx_stat_size(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_stat_size(s[0].p);
}

static const SbxParam params_sbx_stat_size[] = {
    {"stat", KIND_HANDLE, TYPE_SBX_STAT, 0, -1},
};

static void call_sbx_stat_uid(SbxSlot *s, SbxCall *c)
{
    c->result.u = sbx_stat_uid(s[0].p);
}

static const SbxParam params_sbx_stat_uid[] = {
    {"stat", KIND_HANDLE, TYPE_SBX_STAT, 0, -1},
};

static void call_sbx_stats_get(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_stats_get_start(s[0].p, (sbx_stats **)&s[1].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_stats_get[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"out", KIND_OUT_HANDLE, TYPE_SBX_STATS, 0, -1},
};

static void call_sbx_stats_get_total(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_stats_get_total_start((sbx_stats **)&s[0].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_stats_get_total[] = {
    {"out", KIND_OUT_HANDLE, TYPE_SBX_STATS, 0, -1},
};

static void call_sbx_stats_name(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_stats_name(s[0].i);
}

static const SbxParam params_sbx_stats_name[] = {
    {"figure", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_stats_value(SbxSlot *s, SbxCall *c)
{
    c->result.l = sbx_stats_value(s[0].p, s[1].i);
}

static const SbxParam params_sbx_stats_value[] = {
    {"stats", KIND_HANDLE, TYPE_SBX_STATS, 0, -1},
    {"figure", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_tar_create(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_tar_create_start(s[0].p, s[1].p, s[2].p, s[2].length, s[3].i, s[4].p,
        c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_tar_create[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"directory", KIND_TEXT, TYPE_NONE, 0, -1},
    {"names", KIND_TEXTS, TYPE_NONE, MAY_BE_NULL, -1},
    {"fd", KIND_INT, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_TRANSFER_OPTIONS, MAY_BE_NULL, -1},
};

static void call_sbx_tar_extract(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_tar_extract_start(s[0].p, s[1].p, s[2].i, s[3].p, c->queue, &c->op,
        &c->error);
}

static const SbxParam params_sbx_tar_extract[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"directory", KIND_TEXT, TYPE_NONE, 0, -1},
    {"fd", KIND_INT, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_TRANSFER_OPTIONS, MAY_BE_NULL, -1},
};

static void call_sbx_template_build(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_template_build_start(s[0].p, s[1].i, s[2].p != NULL ? on_progress : NULL,
        s[2].p, (char **)&s[3].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_template_build[] = {
    {"options", KIND_HANDLE, TYPE_SBX_OPTIONS, MAY_BE_NULL, -1},
    {"force", KIND_INT, TYPE_NONE, 0, -1},
    {"progress", KIND_CALLBACK, TYPE_NONE, MAY_BE_NULL, -1},
    {"id", KIND_OUT_TEXT, TYPE_NONE, 0, -1},
};

static void call_sbx_template_list_accelerator(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_template_list_accelerator(s[0].p, s[1].length);
}

static const SbxParam params_sbx_template_list_accelerator[] = {
    {"list", KIND_HANDLE, TYPE_SBX_TEMPLATE_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_template_list_created(SbxSlot *s, SbxCall *c)
{
    c->result.l = sbx_template_list_created(s[0].p, s[1].length);
}

static const SbxParam params_sbx_template_list_created[] = {
    {"list", KIND_HANDLE, TYPE_SBX_TEMPLATE_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_template_list_disk_size(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_template_list_disk_size(s[0].p, s[1].length);
}

static const SbxParam params_sbx_template_list_disk_size[] = {
    {"list", KIND_HANDLE, TYPE_SBX_TEMPLATE_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_template_list_get(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_template_list_get_start((sbx_template_list **)&s[0].p, c->queue, &c->op,
        &c->error);
}

static const SbxParam params_sbx_template_list_get[] = {
    {"out", KIND_OUT_HANDLE, TYPE_SBX_TEMPLATE_LIST, 0, -1},
};

static void call_sbx_template_list_id(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_template_list_id(s[0].p, s[1].length);
}

static const SbxParam params_sbx_template_list_id[] = {
    {"list", KIND_HANDLE, TYPE_SBX_TEMPLATE_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_template_list_image(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_template_list_image(s[0].p, s[1].length);
}

static const SbxParam params_sbx_template_list_image[] = {
    {"list", KIND_HANDLE, TYPE_SBX_TEMPLATE_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_template_list_length(SbxSlot *s, SbxCall *c)
{
    c->result.length = sbx_template_list_length(s[0].p);
}

static const SbxParam params_sbx_template_list_length[] = {
    {"list", KIND_HANDLE, TYPE_SBX_TEMPLATE_LIST, 0, -1},
};

static void call_sbx_template_list_memory(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_template_list_memory(s[0].p, s[1].length);
}

static const SbxParam params_sbx_template_list_memory[] = {
    {"list", KIND_HANDLE, TYPE_SBX_TEMPLATE_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_template_list_size(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_template_list_size(s[0].p, s[1].length);
}

static const SbxParam params_sbx_template_list_size[] = {
    {"list", KIND_HANDLE, TYPE_SBX_TEMPLATE_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_template_list_state(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_template_list_state(s[0].p, s[1].length);
}

static const SbxParam params_sbx_template_list_state[] = {
    {"list", KIND_HANDLE, TYPE_SBX_TEMPLATE_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_template_list_used(SbxSlot *s, SbxCall *c)
{
    c->result.l = sbx_template_list_used(s[0].p, s[1].length);
}

static const SbxParam params_sbx_template_list_used[] = {
    {"list", KIND_HANDLE, TYPE_SBX_TEMPLATE_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_template_list_vcpus(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_template_list_vcpus(s[0].p, s[1].length);
}

static const SbxParam params_sbx_template_list_vcpus[] = {
    {"list", KIND_HANDLE, TYPE_SBX_TEMPLATE_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_template_list_vmm(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_template_list_vmm(s[0].p, s[1].length);
}

static const SbxParam params_sbx_template_list_vmm[] = {
    {"list", KIND_HANDLE, TYPE_SBX_TEMPLATE_LIST, 0, -1},
    {"index", KIND_SIZE, TYPE_NONE, 0, -1},
};

static void call_sbx_template_remove(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_template_remove_start(s[0].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_template_remove[] = {
    {"id", KIND_TEXT, TYPE_NONE, 0, -1},
};

static void call_sbx_template_remove_all(SbxSlot *s, SbxCall *c)
{
    (void)s;
    c->result.i = sbx_template_remove_all_start(c->queue, &c->op, &c->error);
}

static void call_sbx_transfer_options_add_exclude(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_transfer_options_add_exclude(s[0].p, s[1].p, &c->error);
}

static const SbxParam params_sbx_transfer_options_add_exclude[] = {
    {"options", KIND_HANDLE, TYPE_SBX_TRANSFER_OPTIONS, 0, -1},
    {"pattern", KIND_TEXT, TYPE_NONE, 0, -1},
};

static void call_sbx_transfer_options_new(SbxSlot *s, SbxCall *c)
{
    (void)s;
    c->result.p = sbx_transfer_options_new();
}

static void call_sbx_transfer_options_set_existing(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_transfer_options_set_existing(s[0].p, s[1].i, &c->error);
}

static const SbxParam params_sbx_transfer_options_set_existing[] = {
    {"options", KIND_HANDLE, TYPE_SBX_TRANSFER_OPTIONS, 0, -1},
    {"policy", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_transfer_options_set_glob(SbxSlot *s, SbxCall *c)
{
    (void)c;
    sbx_transfer_options_set_glob(s[0].p, s[1].i);
}

static const SbxParam params_sbx_transfer_options_set_glob[] = {
    {"options", KIND_HANDLE, TYPE_SBX_TRANSFER_OPTIONS, 0, -1},
    {"glob", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_transfer_options_set_max_bytes(SbxSlot *s, SbxCall *c)
{
    (void)c;
    sbx_transfer_options_set_max_bytes(s[0].p, s[1].ul);
}

static const SbxParam params_sbx_transfer_options_set_max_bytes[] = {
    {"options", KIND_HANDLE, TYPE_SBX_TRANSFER_OPTIONS, 0, -1},
    {"bytes", KIND_UINT64, TYPE_NONE, 0, -1},
};

static void call_sbx_transfer_options_set_max_entries(SbxSlot *s, SbxCall *c)
{
    (void)c;
    sbx_transfer_options_set_max_entries(s[0].p, s[1].ul);
}

static const SbxParam params_sbx_transfer_options_set_max_entries[] = {
    {"options", KIND_HANDLE, TYPE_SBX_TRANSFER_OPTIONS, 0, -1},
    {"entries", KIND_UINT64, TYPE_NONE, 0, -1},
};

static void call_sbx_transfer_options_set_owners(SbxSlot *s, SbxCall *c)
{
    (void)c;
    sbx_transfer_options_set_owners(s[0].p, s[1].i);
}

static const SbxParam params_sbx_transfer_options_set_owners[] = {
    {"options", KIND_HANDLE, TYPE_SBX_TRANSFER_OPTIONS, 0, -1},
    {"keep", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_transfer_options_set_privileged(SbxSlot *s, SbxCall *c)
{
    (void)c;
    sbx_transfer_options_set_privileged(s[0].p, s[1].i);
}

static const SbxParam params_sbx_transfer_options_set_privileged[] = {
    {"options", KIND_HANDLE, TYPE_SBX_TRANSFER_OPTIONS, 0, -1},
    {"keep", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_transfer_options_set_progress(SbxSlot *s, SbxCall *c)
{
    (void)c;
    sbx_transfer_options_set_progress(s[0].p, s[1].p != NULL ? on_progress : NULL, s[1].p);
}

static const SbxParam params_sbx_transfer_options_set_progress[] = {
    {"options", KIND_HANDLE, TYPE_SBX_TRANSFER_OPTIONS, 0, -1},
    {"progress", KIND_CALLBACK, TYPE_NONE, MAY_BE_NULL, -1},
};

static void call_sbx_transfer_options_set_user(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_transfer_options_set_user(s[0].p, s[1].p, &c->error);
}

static const SbxParam params_sbx_transfer_options_set_user[] = {
    {"options", KIND_HANDLE, TYPE_SBX_TRANSFER_OPTIONS, 0, -1},
    {"user", KIND_TEXT, TYPE_NONE, MAY_BE_NULL, -1},
};

static void call_sbx_upload(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_upload_start(s[0].p, s[1].p, s[2].p, s[3].p, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_upload[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"local_path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"guest_path", KIND_TEXT, TYPE_NONE, 0, -1},
    {"options", KIND_HANDLE, TYPE_SBX_TRANSFER_OPTIONS, MAY_BE_NULL, -1},
};

static void call_sbx_usage_cpu_system_us(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_usage_cpu_system_us(s[0].p);
}

static const SbxParam params_sbx_usage_cpu_system_us[] = {
    {"usage", KIND_HANDLE, TYPE_SBX_USAGE, 0, -1},
};

static void call_sbx_usage_cpu_user_us(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_usage_cpu_user_us(s[0].p);
}

static const SbxParam params_sbx_usage_cpu_user_us[] = {
    {"usage", KIND_HANDLE, TYPE_SBX_USAGE, 0, -1},
};

static void call_sbx_usage_memory(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_usage_memory(s[0].p);
}

static const SbxParam params_sbx_usage_memory[] = {
    {"usage", KIND_HANDLE, TYPE_SBX_USAGE, 0, -1},
};

static void call_sbx_usage_peak_memory(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_usage_peak_memory(s[0].p);
}

static const SbxParam params_sbx_usage_peak_memory[] = {
    {"usage", KIND_HANDLE, TYPE_SBX_USAGE, 0, -1},
};

static void call_sbx_usage_read_bytes(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_usage_read_bytes(s[0].p);
}

static const SbxParam params_sbx_usage_read_bytes[] = {
    {"usage", KIND_HANDLE, TYPE_SBX_USAGE, 0, -1},
};

static void call_sbx_usage_tasks(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_usage_tasks(s[0].p);
}

static const SbxParam params_sbx_usage_tasks[] = {
    {"usage", KIND_HANDLE, TYPE_SBX_USAGE, 0, -1},
};

static void call_sbx_usage_written_bytes(SbxSlot *s, SbxCall *c)
{
    c->result.ul = sbx_usage_written_bytes(s[0].p);
}

static const SbxParam params_sbx_usage_written_bytes[] = {
    {"usage", KIND_HANDLE, TYPE_SBX_USAGE, 0, -1},
};

static void call_sbx_version(SbxSlot *s, SbxCall *c)
{
    (void)s;
    c->result.p = (void *)(uintptr_t)sbx_version();
}

static void call_sbx_wait_port(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_wait_port_start(s[0].p, s[1].i, s[2].i, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_wait_port[] = {
    {"sandbox", KIND_HANDLE, TYPE_SBX, 0, -1},
    {"port", KIND_INT, TYPE_NONE, 0, -1},
    {"timeout_ms", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_watch_fd(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_watch_fd(s[0].p);
}

static const SbxParam params_sbx_watch_fd[] = {
    {"watch", KIND_HANDLE, TYPE_SBX_WATCH, 0, -1},
};

static void call_sbx_watch_kind(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_watch_kind(s[0].p);
}

static const SbxParam params_sbx_watch_kind[] = {
    {"watch", KIND_HANDLE, TYPE_SBX_WATCH, 0, -1},
};

static void call_sbx_watch_next(SbxSlot *s, SbxCall *c)
{
    c->result.i = sbx_watch_next_start(s[0].p, s[1].i, c->queue, &c->op, &c->error);
}

static const SbxParam params_sbx_watch_next[] = {
    {"watch", KIND_HANDLE, TYPE_SBX_WATCH, 0, -1},
    {"timeout_ms", KIND_INT, TYPE_NONE, 0, -1},
};

static void call_sbx_watch_path(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_watch_path(s[0].p);
}

static const SbxParam params_sbx_watch_path[] = {
    {"watch", KIND_HANDLE, TYPE_SBX_WATCH, 0, -1},
};

static void call_sbx_watch_to(SbxSlot *s, SbxCall *c)
{
    c->result.p = (void *)(uintptr_t)sbx_watch_to(s[0].p);
}

static const SbxParam params_sbx_watch_to[] = {
    {"watch", KIND_HANDLE, TYPE_SBX_WATCH, 0, -1},
};

const SbxFunction sbx_functions[] = {
    {"sbx_command_add_arg", call_sbx_command_add_arg, params_sbx_command_add_arg, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_command_clear_env", call_sbx_command_clear_env, params_sbx_command_clear_env, 2,
     KIND_NOTHING, TYPE_NONE, 0},
    {"sbx_command_end_output_at_exit", call_sbx_command_end_output_at_exit, params_sbx_command_end_output_at_exit, 2,
     KIND_NOTHING, TYPE_NONE, 0},
    {"sbx_command_new", call_sbx_command_new, params_sbx_command_new, 1,
     KIND_OUT_HANDLE, TYPE_SBX_COMMAND, 0},
    {"sbx_command_new_script", call_sbx_command_new_script, params_sbx_command_new_script, 1,
     KIND_OUT_HANDLE, TYPE_SBX_COMMAND, 0},
    {"sbx_command_set_cpu_limit", call_sbx_command_set_cpu_limit, params_sbx_command_set_cpu_limit, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_command_set_cwd", call_sbx_command_set_cwd, params_sbx_command_set_cwd, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_command_set_deadline", call_sbx_command_set_deadline, params_sbx_command_set_deadline, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_command_set_detached", call_sbx_command_set_detached, params_sbx_command_set_detached, 2,
     KIND_NOTHING, TYPE_NONE, 0},
    {"sbx_command_set_env", call_sbx_command_set_env, params_sbx_command_set_env, 3,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_command_set_fd", call_sbx_command_set_fd, params_sbx_command_set_fd, 3,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_command_set_memory_limit", call_sbx_command_set_memory_limit, params_sbx_command_set_memory_limit, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_command_set_output_limit", call_sbx_command_set_output_limit, params_sbx_command_set_output_limit, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_command_set_process_limit", call_sbx_command_set_process_limit, params_sbx_command_set_process_limit, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_command_set_stdio", call_sbx_command_set_stdio, params_sbx_command_set_stdio, 3,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_command_set_terminal", call_sbx_command_set_terminal, params_sbx_command_set_terminal, 3,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_command_set_user", call_sbx_command_set_user, params_sbx_command_set_user, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_connect", call_sbx_connect, params_sbx_connect, 3,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_connect_port", call_sbx_connect_port, params_sbx_connect_port, 3,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_connect_unix", call_sbx_connect_unix, params_sbx_connect_unix, 3,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_console_read", call_sbx_console_read, params_sbx_console_read, 2,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_copy_across", call_sbx_copy_across, params_sbx_copy_across, 5,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_create", call_sbx_create, params_sbx_create, 2,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_dir_depth", call_sbx_dir_depth, params_sbx_dir_depth, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_dir_kind", call_sbx_dir_kind, params_sbx_dir_kind, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_dir_name", call_sbx_dir_name, params_sbx_dir_name, 1,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_dir_next", call_sbx_dir_next, params_sbx_dir_next, 1,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_dir_path", call_sbx_dir_path, params_sbx_dir_path, 1,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_doctor", call_sbx_doctor, params_sbx_doctor, 1,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_download", call_sbx_download, params_sbx_download, 4,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_env_delete", call_sbx_env_delete, params_sbx_env_delete, 2,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_env_get", call_sbx_env_get, params_sbx_env_get, 3,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_env_list_get", call_sbx_env_list_get, params_sbx_env_list_get, 2,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_env_list_length", call_sbx_env_list_length, params_sbx_env_list_length, 1,
     KIND_OUT_SIZE, TYPE_NONE, 0},
    {"sbx_env_list_name", call_sbx_env_list_name, params_sbx_env_list_name, 2,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_env_list_value", call_sbx_env_list_value, params_sbx_env_list_value, 2,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_env_set", call_sbx_env_set, params_sbx_env_set, 3,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_event_cause", call_sbx_event_cause, params_sbx_event_cause, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_event_code", call_sbx_event_code, params_sbx_event_code, 1,
     KIND_OUT_INT64, TYPE_NONE, 0},
    {"sbx_event_command", call_sbx_event_command, params_sbx_event_command, 1,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_event_deadline", call_sbx_event_deadline, params_sbx_event_deadline, 1,
     KIND_OUT_INT64, TYPE_NONE, 0},
    {"sbx_event_number", call_sbx_event_number, params_sbx_event_number, 1,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_event_pid", call_sbx_event_pid, params_sbx_event_pid, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_event_sandbox", call_sbx_event_sandbox, params_sbx_event_sandbox, 1,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_event_signal", call_sbx_event_signal, params_sbx_event_signal, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_event_text", call_sbx_event_text, params_sbx_event_text, 1,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_event_time", call_sbx_event_time, params_sbx_event_time, 1,
     KIND_OUT_INT64, TYPE_NONE, 0},
    {"sbx_event_type", call_sbx_event_type, params_sbx_event_type, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_event_type_name", call_sbx_event_type_name, params_sbx_event_type_name, 1,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_events_get_fd", call_sbx_events_get_fd, params_sbx_events_get_fd, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_events_history", call_sbx_events_history, params_sbx_events_history, 1,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_events_next", call_sbx_events_next, params_sbx_events_next, 2,
     KIND_CODE_AND_OUTPUTS, TYPE_NONE, 0},
    {"sbx_events_open", call_sbx_events_open, params_sbx_events_open, 3,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_events_wait", call_sbx_events_wait, params_sbx_events_wait, 2,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_extend", call_sbx_extend, params_sbx_extend, 3,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_file_close", call_sbx_file_close, params_sbx_file_close, 1,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_file_datasync", call_sbx_file_datasync, params_sbx_file_datasync, 1,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_file_lock", call_sbx_file_lock, params_sbx_file_lock, 2,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_file_read", call_sbx_file_read, params_sbx_file_read, 2,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_file_seek", call_sbx_file_seek, params_sbx_file_seek, 4,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_file_stat", call_sbx_file_stat, params_sbx_file_stat, 2,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_file_sync", call_sbx_file_sync, params_sbx_file_sync, 1,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_file_truncate", call_sbx_file_truncate, params_sbx_file_truncate, 2,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_file_unlock", call_sbx_file_unlock, params_sbx_file_unlock, 1,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_file_utime", call_sbx_file_utime, params_sbx_file_utime, 3,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_file_write", call_sbx_file_write, params_sbx_file_write, 2,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_fork", call_sbx_fork, params_sbx_fork, 4,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_forward_address", call_sbx_forward_address, params_sbx_forward_address, 1,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_forward_fd", call_sbx_forward_fd, params_sbx_forward_fd, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_forward_new", call_sbx_forward_new, params_sbx_forward_new, 5,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_forward_new_fd", call_sbx_forward_new_fd, params_sbx_forward_new_fd, 5,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_forward_new_unix", call_sbx_forward_new_unix, params_sbx_forward_new_unix, 5,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_forward_port", call_sbx_forward_port, params_sbx_forward_port, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_forward_wait", call_sbx_forward_wait, params_sbx_forward_wait, 2,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_fs_chmod", call_sbx_fs_chmod, params_sbx_fs_chmod, 4,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_fs_chown", call_sbx_fs_chown, params_sbx_fs_chown, 5,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_fs_copy_file", call_sbx_fs_copy_file, params_sbx_fs_copy_file, 4,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_fs_glob", call_sbx_fs_glob, params_sbx_fs_glob, 4,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_fs_link", call_sbx_fs_link, params_sbx_fs_link, 4,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_fs_lstat", call_sbx_fs_lstat, params_sbx_fs_lstat, 4,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_fs_mkdir", call_sbx_fs_mkdir, params_sbx_fs_mkdir, 3,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_fs_open", call_sbx_fs_open, params_sbx_fs_open, 5,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_fs_options_add_match", call_sbx_fs_options_add_match, params_sbx_fs_options_add_match, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_fs_options_add_skip", call_sbx_fs_options_add_skip, params_sbx_fs_options_add_skip, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_fs_options_new", call_sbx_fs_options_new, NULL, 0,
     KIND_OUT_HANDLE, TYPE_SBX_FS_OPTIONS, 0},
    {"sbx_fs_options_set_affixes", call_sbx_fs_options_set_affixes, params_sbx_fs_options_set_affixes, 3,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_fs_options_set_directory", call_sbx_fs_options_set_directory, params_sbx_fs_options_set_directory, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_fs_options_set_flags", call_sbx_fs_options_set_flags, params_sbx_fs_options_set_flags, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_fs_options_set_max_depth", call_sbx_fs_options_set_max_depth, params_sbx_fs_options_set_max_depth, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_fs_options_set_max_size", call_sbx_fs_options_set_max_size, params_sbx_fs_options_set_max_size, 2,
     KIND_NOTHING, TYPE_NONE, 0},
    {"sbx_fs_options_set_mode", call_sbx_fs_options_set_mode, params_sbx_fs_options_set_mode, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_fs_options_set_user", call_sbx_fs_options_set_user, params_sbx_fs_options_set_user, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_fs_read_dir", call_sbx_fs_read_dir, params_sbx_fs_read_dir, 4,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_fs_read_file", call_sbx_fs_read_file, params_sbx_fs_read_file, 4,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_fs_read_to_fd", call_sbx_fs_read_to_fd, params_sbx_fs_read_to_fd, 5,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_fs_readlink", call_sbx_fs_readlink, params_sbx_fs_readlink, 4,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_fs_realpath", call_sbx_fs_realpath, params_sbx_fs_realpath, 4,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_fs_remove", call_sbx_fs_remove, params_sbx_fs_remove, 3,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_fs_rename", call_sbx_fs_rename, params_sbx_fs_rename, 4,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_fs_stat", call_sbx_fs_stat, params_sbx_fs_stat, 4,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_fs_symlink", call_sbx_fs_symlink, params_sbx_fs_symlink, 4,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_fs_temp_dir", call_sbx_fs_temp_dir, params_sbx_fs_temp_dir, 3,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_fs_temp_file", call_sbx_fs_temp_file, params_sbx_fs_temp_file, 3,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_fs_truncate", call_sbx_fs_truncate, params_sbx_fs_truncate, 4,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_fs_umask", call_sbx_fs_umask, params_sbx_fs_umask, 3,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_fs_utime", call_sbx_fs_utime, params_sbx_fs_utime, 5,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_fs_walk", call_sbx_fs_walk, params_sbx_fs_walk, 4,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_fs_watch", call_sbx_fs_watch, params_sbx_fs_watch, 4,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_fs_write_file", call_sbx_fs_write_file, params_sbx_fs_write_file, 4,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_fs_write_from_fd", call_sbx_fs_write_from_fd, params_sbx_fs_write_from_fd, 5,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_id", call_sbx_id, params_sbx_id, 1,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_image_build", call_sbx_image_build, params_sbx_image_build, 4,
     KIND_CODE_AND_OUTPUTS, TYPE_NONE, 1},
    {"sbx_image_build_options_new", call_sbx_image_build_options_new, NULL, 0,
     KIND_OUT_HANDLE, TYPE_SBX_IMAGE_BUILD_OPTIONS, 0},
    {"sbx_image_build_options_set_deno", call_sbx_image_build_options_set_deno, params_sbx_image_build_options_set_deno, 2,
     KIND_NOTHING, TYPE_NONE, 0},
    {"sbx_image_build_options_set_force", call_sbx_image_build_options_set_force, params_sbx_image_build_options_set_force, 2,
     KIND_NOTHING, TYPE_NONE, 0},
    {"sbx_image_build_options_set_mirror", call_sbx_image_build_options_set_mirror, params_sbx_image_build_options_set_mirror, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_image_list_created", call_sbx_image_list_created, params_sbx_image_list_created, 2,
     KIND_OUT_INT64, TYPE_NONE, 0},
    {"sbx_image_list_get", call_sbx_image_list_get, params_sbx_image_list_get, 1,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_image_list_in_use", call_sbx_image_list_in_use, params_sbx_image_list_in_use, 2,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_image_list_kernel", call_sbx_image_list_kernel, params_sbx_image_list_kernel, 2,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_image_list_length", call_sbx_image_list_length, params_sbx_image_list_length, 1,
     KIND_OUT_SIZE, TYPE_NONE, 0},
    {"sbx_image_list_name", call_sbx_image_list_name, params_sbx_image_list_name, 2,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_image_list_path", call_sbx_image_list_path, params_sbx_image_list_path, 2,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_image_list_size", call_sbx_image_list_size, params_sbx_image_list_size, 2,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_image_list_version", call_sbx_image_list_version, params_sbx_image_list_version, 2,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_image_remove", call_sbx_image_remove, params_sbx_image_remove, 1,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_image_verify", call_sbx_image_verify, params_sbx_image_verify, 2,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_keeper_stop", call_sbx_keeper_stop, params_sbx_keeper_stop, 1,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_kill", call_sbx_kill, params_sbx_kill, 1,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_limits_get", call_sbx_limits_get, params_sbx_limits_get, 1,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_limits_set", call_sbx_limits_set, params_sbx_limits_set, 2,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_limits_used", call_sbx_limits_used, params_sbx_limits_used, 2,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_limits_value", call_sbx_limits_value, params_sbx_limits_value, 2,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_limits_waiting", call_sbx_limits_waiting, params_sbx_limits_waiting, 1,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_list_created", call_sbx_list_created, params_sbx_list_created, 2,
     KIND_OUT_INT64, TYPE_NONE, 0},
    {"sbx_list_deadline", call_sbx_list_deadline, params_sbx_list_deadline, 2,
     KIND_OUT_INT64, TYPE_NONE, 0},
    {"sbx_list_disk_size", call_sbx_list_disk_size, params_sbx_list_disk_size, 2,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_list_get", call_sbx_list_get, params_sbx_list_get, 1,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_list_get_filtered", call_sbx_list_get_filtered, params_sbx_list_get_filtered, 2,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_list_get_one", call_sbx_list_get_one, params_sbx_list_get_one, 2,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_list_id", call_sbx_list_id, params_sbx_list_id, 2,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_list_image", call_sbx_list_image, params_sbx_list_image, 2,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_list_label_key", call_sbx_list_label_key, params_sbx_list_label_key, 3,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_list_label_value", call_sbx_list_label_value, params_sbx_list_label_value, 3,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_list_length", call_sbx_list_length, params_sbx_list_length, 1,
     KIND_OUT_SIZE, TYPE_NONE, 0},
    {"sbx_list_memory", call_sbx_list_memory, params_sbx_list_memory, 2,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_list_options_new", call_sbx_list_options_new, NULL, 0,
     KIND_OUT_HANDLE, TYPE_SBX_LIST_OPTIONS, 0},
    {"sbx_list_options_set_label", call_sbx_list_options_set_label, params_sbx_list_options_set_label, 3,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_list_options_set_status", call_sbx_list_options_set_status, params_sbx_list_options_set_status, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_list_ports", call_sbx_list_ports, params_sbx_list_ports, 2,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_list_status", call_sbx_list_status, params_sbx_list_status, 2,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_list_uptime", call_sbx_list_uptime, params_sbx_list_uptime, 2,
     KIND_OUT_INT64, TYPE_NONE, 0},
    {"sbx_list_vcpus", call_sbx_list_vcpus, params_sbx_list_vcpus, 2,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_options_new", call_sbx_options_new, NULL, 0,
     KIND_OUT_HANDLE, TYPE_SBX_OPTIONS, 0},
    {"sbx_options_set_disk_size", call_sbx_options_set_disk_size, params_sbx_options_set_disk_size, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_options_set_env", call_sbx_options_set_env, params_sbx_options_set_env, 3,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_options_set_image", call_sbx_options_set_image, params_sbx_options_set_image, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_options_set_label", call_sbx_options_set_label, params_sbx_options_set_label, 3,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_options_set_memory", call_sbx_options_set_memory, params_sbx_options_set_memory, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_options_set_root", call_sbx_options_set_root, params_sbx_options_set_root, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_options_set_spares", call_sbx_options_set_spares, params_sbx_options_set_spares, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_options_set_start_timeout", call_sbx_options_set_start_timeout, params_sbx_options_set_start_timeout, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_options_set_timeout", call_sbx_options_set_timeout, params_sbx_options_set_timeout, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_options_set_vcpus", call_sbx_options_set_vcpus, params_sbx_options_set_vcpus, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_options_set_wait", call_sbx_options_set_wait, params_sbx_options_set_wait, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_parse_duration", call_sbx_parse_duration, params_sbx_parse_duration, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_parse_size", call_sbx_parse_size, params_sbx_parse_size, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_pause", call_sbx_pause, params_sbx_pause, 1,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_pool_drain", call_sbx_pool_drain, params_sbx_pool_drain, 2,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_pool_fill", call_sbx_pool_fill, params_sbx_pool_fill, 3,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_pool_list_budget", call_sbx_pool_list_budget, params_sbx_pool_list_budget, 1,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_pool_list_disk_size", call_sbx_pool_list_disk_size, params_sbx_pool_list_disk_size, 2,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_pool_list_get", call_sbx_pool_list_get, params_sbx_pool_list_get, 1,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_pool_list_image", call_sbx_pool_list_image, params_sbx_pool_list_image, 2,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_pool_list_length", call_sbx_pool_list_length, params_sbx_pool_list_length, 1,
     KIND_OUT_SIZE, TYPE_NONE, 0},
    {"sbx_pool_list_memory", call_sbx_pool_list_memory, params_sbx_pool_list_memory, 2,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_pool_list_private_bytes", call_sbx_pool_list_private_bytes, params_sbx_pool_list_private_bytes, 2,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_pool_list_ready", call_sbx_pool_list_ready, params_sbx_pool_list_ready, 2,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_pool_list_setting", call_sbx_pool_list_setting, params_sbx_pool_list_setting, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_pool_list_starting", call_sbx_pool_list_starting, params_sbx_pool_list_starting, 2,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_pool_list_target", call_sbx_pool_list_target, params_sbx_pool_list_target, 2,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_pool_list_used", call_sbx_pool_list_used, params_sbx_pool_list_used, 1,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_pool_list_vcpus", call_sbx_pool_list_vcpus, params_sbx_pool_list_vcpus, 2,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_pool_set_budget", call_sbx_pool_set_budget, params_sbx_pool_set_budget, 1,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_pool_set_size", call_sbx_pool_set_size, params_sbx_pool_set_size, 1,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_port_list_address", call_sbx_port_list_address, params_sbx_port_list_address, 2,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_port_list_length", call_sbx_port_list_length, params_sbx_port_list_length, 1,
     KIND_OUT_SIZE, TYPE_NONE, 0},
    {"sbx_port_list_pid", call_sbx_port_list_pid, params_sbx_port_list_pid, 2,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_port_list_port", call_sbx_port_list_port, params_sbx_port_list_port, 2,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_port_list_program", call_sbx_port_list_program, params_sbx_port_list_program, 2,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_port_list_uid", call_sbx_port_list_uid, params_sbx_port_list_uid, 2,
     KIND_OUT_INT64, TYPE_NONE, 0},
    {"sbx_process_attach", call_sbx_process_attach, params_sbx_process_attach, 3,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_process_cause", call_sbx_process_cause, params_sbx_process_cause, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_process_cpu_time_us", call_sbx_process_cpu_time_us, params_sbx_process_cpu_time_us, 1,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_process_detach", call_sbx_process_detach, params_sbx_process_detach, 1,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_process_exit_code", call_sbx_process_exit_code, params_sbx_process_exit_code, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_process_exit_fd", call_sbx_process_exit_fd, params_sbx_process_exit_fd, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_process_exit_signal", call_sbx_process_exit_signal, params_sbx_process_exit_signal, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_process_fd", call_sbx_process_fd, params_sbx_process_fd, 2,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_process_get_usage", call_sbx_process_get_usage, params_sbx_process_get_usage, 2,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_process_id", call_sbx_process_id, params_sbx_process_id, 1,
     KIND_OUT_INT64, TYPE_NONE, 0},
    {"sbx_process_kill", call_sbx_process_kill, params_sbx_process_kill, 1,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_process_list_attached", call_sbx_process_list_attached, params_sbx_process_list_attached, 2,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_process_list_cause", call_sbx_process_list_cause, params_sbx_process_list_cause, 2,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_process_list_command", call_sbx_process_list_command, params_sbx_process_list_command, 2,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_process_list_exit_code", call_sbx_process_list_exit_code, params_sbx_process_list_exit_code, 2,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_process_list_get", call_sbx_process_list_get, params_sbx_process_list_get, 2,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_process_list_id", call_sbx_process_list_id, params_sbx_process_list_id, 2,
     KIND_OUT_INT64, TYPE_NONE, 0},
    {"sbx_process_list_length", call_sbx_process_list_length, params_sbx_process_list_length, 1,
     KIND_OUT_SIZE, TYPE_NONE, 0},
    {"sbx_process_list_pid", call_sbx_process_list_pid, params_sbx_process_list_pid, 2,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_process_list_started", call_sbx_process_list_started, params_sbx_process_list_started, 2,
     KIND_OUT_INT64, TYPE_NONE, 0},
    {"sbx_process_list_state", call_sbx_process_list_state, params_sbx_process_list_state, 2,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_process_list_user", call_sbx_process_list_user, params_sbx_process_list_user, 2,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_process_oom", call_sbx_process_oom, params_sbx_process_oom, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_process_output_cut", call_sbx_process_output_cut, params_sbx_process_output_cut, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_process_peak_memory", call_sbx_process_peak_memory, params_sbx_process_peak_memory, 1,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_process_pid", call_sbx_process_pid, params_sbx_process_pid, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_process_resize", call_sbx_process_resize, params_sbx_process_resize, 3,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_process_signal", call_sbx_process_signal, params_sbx_process_signal, 2,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_process_signal_by_id", call_sbx_process_signal_by_id, params_sbx_process_signal_by_id, 4,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_process_signal_scope", call_sbx_process_signal_scope, params_sbx_process_signal_scope, 3,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_process_take_fd", call_sbx_process_take_fd, params_sbx_process_take_fd, 2,
     KIND_OUT_FD, TYPE_NONE, 0},
    {"sbx_process_wait", call_sbx_process_wait, params_sbx_process_wait, 2,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_process_wall_time_us", call_sbx_process_wall_time_us, params_sbx_process_wall_time_us, 1,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_quote", call_sbx_quote, params_sbx_quote, 1,
     KIND_OUT_TEXT, TYPE_NONE, 0},
    {"sbx_quote_words", call_sbx_quote_words, params_sbx_quote_words, 1,
     KIND_OUT_TEXT, TYPE_NONE, 0},
    {"sbx_result_cause", call_sbx_result_cause, params_sbx_result_cause, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_result_cpu_time_us", call_sbx_result_cpu_time_us, params_sbx_result_cpu_time_us, 1,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_result_exit_code", call_sbx_result_exit_code, params_sbx_result_exit_code, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_result_oom", call_sbx_result_oom, params_sbx_result_oom, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_result_output_cut", call_sbx_result_output_cut, params_sbx_result_output_cut, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_result_peak_memory", call_sbx_result_peak_memory, params_sbx_result_peak_memory, 1,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_result_signal", call_sbx_result_signal, params_sbx_result_signal, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_result_stderr", call_sbx_result_stderr, params_sbx_result_stderr, 2,
     KIND_BORROWED_BYTES, TYPE_NONE, 0},
    {"sbx_result_stdout", call_sbx_result_stdout, params_sbx_result_stdout, 2,
     KIND_BORROWED_BYTES, TYPE_NONE, 0},
    {"sbx_result_wall_time_us", call_sbx_result_wall_time_us, params_sbx_result_wall_time_us, 1,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_resume", call_sbx_resume, params_sbx_resume, 1,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_run", call_sbx_run, params_sbx_run, 3,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_sh", call_sbx_sh, params_sbx_sh, 3,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_snapshot", call_sbx_snapshot, params_sbx_snapshot, 2,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_snapshot_list_created", call_sbx_snapshot_list_created, params_sbx_snapshot_list_created, 2,
     KIND_OUT_INT64, TYPE_NONE, 0},
    {"sbx_snapshot_list_disk_size", call_sbx_snapshot_list_disk_size, params_sbx_snapshot_list_disk_size, 2,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_snapshot_list_get", call_sbx_snapshot_list_get, params_sbx_snapshot_list_get, 1,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_snapshot_list_image", call_sbx_snapshot_list_image, params_sbx_snapshot_list_image, 2,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_snapshot_list_length", call_sbx_snapshot_list_length, params_sbx_snapshot_list_length, 1,
     KIND_OUT_SIZE, TYPE_NONE, 0},
    {"sbx_snapshot_list_memory", call_sbx_snapshot_list_memory, params_sbx_snapshot_list_memory, 2,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_snapshot_list_name", call_sbx_snapshot_list_name, params_sbx_snapshot_list_name, 2,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_snapshot_list_size", call_sbx_snapshot_list_size, params_sbx_snapshot_list_size, 2,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_snapshot_list_vcpus", call_sbx_snapshot_list_vcpus, params_sbx_snapshot_list_vcpus, 2,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_snapshot_remove", call_sbx_snapshot_remove, params_sbx_snapshot_remove, 1,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_spawn", call_sbx_spawn, params_sbx_spawn, 3,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_stat_atime", call_sbx_stat_atime, params_sbx_stat_atime, 1,
     KIND_OUT_INT64, TYPE_NONE, 0},
    {"sbx_stat_birthtime", call_sbx_stat_birthtime, params_sbx_stat_birthtime, 1,
     KIND_OUT_INT64, TYPE_NONE, 0},
    {"sbx_stat_blksize", call_sbx_stat_blksize, params_sbx_stat_blksize, 1,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_stat_blocks", call_sbx_stat_blocks, params_sbx_stat_blocks, 1,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_stat_ctime", call_sbx_stat_ctime, params_sbx_stat_ctime, 1,
     KIND_OUT_INT64, TYPE_NONE, 0},
    {"sbx_stat_dev", call_sbx_stat_dev, params_sbx_stat_dev, 1,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_stat_gid", call_sbx_stat_gid, params_sbx_stat_gid, 1,
     KIND_OUT_UINT, TYPE_NONE, 0},
    {"sbx_stat_ino", call_sbx_stat_ino, params_sbx_stat_ino, 1,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_stat_is_block_device", call_sbx_stat_is_block_device, params_sbx_stat_is_block_device, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_stat_is_char_device", call_sbx_stat_is_char_device, params_sbx_stat_is_char_device, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_stat_is_directory", call_sbx_stat_is_directory, params_sbx_stat_is_directory, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_stat_is_fifo", call_sbx_stat_is_fifo, params_sbx_stat_is_fifo, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_stat_is_file", call_sbx_stat_is_file, params_sbx_stat_is_file, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_stat_is_socket", call_sbx_stat_is_socket, params_sbx_stat_is_socket, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_stat_is_symlink", call_sbx_stat_is_symlink, params_sbx_stat_is_symlink, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_stat_mode", call_sbx_stat_mode, params_sbx_stat_mode, 1,
     KIND_OUT_UINT, TYPE_NONE, 0},
    {"sbx_stat_mtime", call_sbx_stat_mtime, params_sbx_stat_mtime, 1,
     KIND_OUT_INT64, TYPE_NONE, 0},
    {"sbx_stat_nlink", call_sbx_stat_nlink, params_sbx_stat_nlink, 1,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_stat_rdev", call_sbx_stat_rdev, params_sbx_stat_rdev, 1,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_stat_size", call_sbx_stat_size, params_sbx_stat_size, 1,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_stat_uid", call_sbx_stat_uid, params_sbx_stat_uid, 1,
     KIND_OUT_UINT, TYPE_NONE, 0},
    {"sbx_stats_get", call_sbx_stats_get, params_sbx_stats_get, 2,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_stats_get_total", call_sbx_stats_get_total, params_sbx_stats_get_total, 1,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_stats_name", call_sbx_stats_name, params_sbx_stats_name, 1,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_stats_value", call_sbx_stats_value, params_sbx_stats_value, 2,
     KIND_OUT_INT64, TYPE_NONE, 0},
    {"sbx_tar_create", call_sbx_tar_create, params_sbx_tar_create, 5,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_tar_extract", call_sbx_tar_extract, params_sbx_tar_extract, 4,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_template_build", call_sbx_template_build, params_sbx_template_build, 4,
     KIND_CODE_AND_OUTPUTS, TYPE_NONE, 1},
    {"sbx_template_list_accelerator", call_sbx_template_list_accelerator, params_sbx_template_list_accelerator, 2,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_template_list_created", call_sbx_template_list_created, params_sbx_template_list_created, 2,
     KIND_OUT_INT64, TYPE_NONE, 0},
    {"sbx_template_list_disk_size", call_sbx_template_list_disk_size, params_sbx_template_list_disk_size, 2,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_template_list_get", call_sbx_template_list_get, params_sbx_template_list_get, 1,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_template_list_id", call_sbx_template_list_id, params_sbx_template_list_id, 2,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_template_list_image", call_sbx_template_list_image, params_sbx_template_list_image, 2,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_template_list_length", call_sbx_template_list_length, params_sbx_template_list_length, 1,
     KIND_OUT_SIZE, TYPE_NONE, 0},
    {"sbx_template_list_memory", call_sbx_template_list_memory, params_sbx_template_list_memory, 2,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_template_list_size", call_sbx_template_list_size, params_sbx_template_list_size, 2,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_template_list_state", call_sbx_template_list_state, params_sbx_template_list_state, 2,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_template_list_used", call_sbx_template_list_used, params_sbx_template_list_used, 2,
     KIND_OUT_INT64, TYPE_NONE, 0},
    {"sbx_template_list_vcpus", call_sbx_template_list_vcpus, params_sbx_template_list_vcpus, 2,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_template_list_vmm", call_sbx_template_list_vmm, params_sbx_template_list_vmm, 2,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_template_remove", call_sbx_template_remove, params_sbx_template_remove, 1,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_template_remove_all", call_sbx_template_remove_all, NULL, 0,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_transfer_options_add_exclude", call_sbx_transfer_options_add_exclude, params_sbx_transfer_options_add_exclude, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_transfer_options_new", call_sbx_transfer_options_new, NULL, 0,
     KIND_OUT_HANDLE, TYPE_SBX_TRANSFER_OPTIONS, 0},
    {"sbx_transfer_options_set_existing", call_sbx_transfer_options_set_existing, params_sbx_transfer_options_set_existing, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_transfer_options_set_glob", call_sbx_transfer_options_set_glob, params_sbx_transfer_options_set_glob, 2,
     KIND_NOTHING, TYPE_NONE, 0},
    {"sbx_transfer_options_set_max_bytes", call_sbx_transfer_options_set_max_bytes, params_sbx_transfer_options_set_max_bytes, 2,
     KIND_NOTHING, TYPE_NONE, 0},
    {"sbx_transfer_options_set_max_entries", call_sbx_transfer_options_set_max_entries, params_sbx_transfer_options_set_max_entries, 2,
     KIND_NOTHING, TYPE_NONE, 0},
    {"sbx_transfer_options_set_owners", call_sbx_transfer_options_set_owners, params_sbx_transfer_options_set_owners, 2,
     KIND_NOTHING, TYPE_NONE, 0},
    {"sbx_transfer_options_set_privileged", call_sbx_transfer_options_set_privileged, params_sbx_transfer_options_set_privileged, 2,
     KIND_NOTHING, TYPE_NONE, 0},
    {"sbx_transfer_options_set_progress", call_sbx_transfer_options_set_progress, params_sbx_transfer_options_set_progress, 2,
     KIND_NOTHING, TYPE_NONE, 0},
    {"sbx_transfer_options_set_user", call_sbx_transfer_options_set_user, params_sbx_transfer_options_set_user, 2,
     KIND_CODE, TYPE_NONE, 0},
    {"sbx_upload", call_sbx_upload, params_sbx_upload, 4,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_usage_cpu_system_us", call_sbx_usage_cpu_system_us, params_sbx_usage_cpu_system_us, 1,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_usage_cpu_user_us", call_sbx_usage_cpu_user_us, params_sbx_usage_cpu_user_us, 1,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_usage_memory", call_sbx_usage_memory, params_sbx_usage_memory, 1,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_usage_peak_memory", call_sbx_usage_peak_memory, params_sbx_usage_peak_memory, 1,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_usage_read_bytes", call_sbx_usage_read_bytes, params_sbx_usage_read_bytes, 1,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_usage_tasks", call_sbx_usage_tasks, params_sbx_usage_tasks, 1,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_usage_written_bytes", call_sbx_usage_written_bytes, params_sbx_usage_written_bytes, 1,
     KIND_OUT_UINT64, TYPE_NONE, 0},
    {"sbx_version", call_sbx_version, NULL, 0,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_wait_port", call_sbx_wait_port, params_sbx_wait_port, 3,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_watch_fd", call_sbx_watch_fd, params_sbx_watch_fd, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_watch_kind", call_sbx_watch_kind, params_sbx_watch_kind, 1,
     KIND_OUT_INT, TYPE_NONE, 0},
    {"sbx_watch_next", call_sbx_watch_next, params_sbx_watch_next, 2,
     KIND_CODE, TYPE_NONE, 1},
    {"sbx_watch_path", call_sbx_watch_path, params_sbx_watch_path, 1,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
    {"sbx_watch_to", call_sbx_watch_to, params_sbx_watch_to, 1,
     KIND_BORROWED_TEXT, TYPE_NONE, 0},
};

const size_t sbx_function_count = sizeof sbx_functions / sizeof sbx_functions[0];

const SbxConstant sbx_constants[] = {
    CONSTANT("SBX_ARGS_MAX", SBX_ARGS_MAX),
    CONSTANT("SBX_CAUSE_CPU", SBX_CAUSE_CPU),
    CONSTANT("SBX_CAUSE_DEADLINE", SBX_CAUSE_DEADLINE),
    CONSTANT("SBX_CAUSE_EXIT", SBX_CAUSE_EXIT),
    CONSTANT("SBX_CAUSE_OOM", SBX_CAUSE_OOM),
    CONSTANT("SBX_CAUSE_OUTPUT", SBX_CAUSE_OUTPUT),
    CONSTANT("SBX_CAUSE_SIGNAL", SBX_CAUSE_SIGNAL),
    CONSTANT("SBX_CAUSE_UNKNOWN", SBX_CAUSE_UNKNOWN),
    CONSTANT("SBX_COMMAND_BYTES_MAX", SBX_COMMAND_BYTES_MAX),
    CONSTANT("SBX_CONNECTIONS_MAX", SBX_CONNECTIONS_MAX),
    CONSTANT("SBX_CONSOLE_MAX", SBX_CONSOLE_MAX),
    CONSTANT("SBX_DISK_SIZE_MAX", SBX_DISK_SIZE_MAX),
    CONSTANT("SBX_DISK_SIZE_MIN", SBX_DISK_SIZE_MIN),
    CONSTANT("SBX_ENV_BYTES_MAX", SBX_ENV_BYTES_MAX),
    CONSTANT("SBX_ENV_MAX", SBX_ENV_MAX),
    CONSTANT("SBX_ENV_TOTAL_MAX", SBX_ENV_TOTAL_MAX),
    CONSTANT("SBX_EVENTS_ALL", SBX_EVENTS_ALL),
    CONSTANT("SBX_EVENTS_NEW", SBX_EVENTS_NEW),
    CONSTANT("SBX_EVENT_CREATED", SBX_EVENT_CREATED),
    CONSTANT("SBX_EVENT_DIED", SBX_EVENT_DIED),
    CONSTANT("SBX_EVENT_ENDED", SBX_EVENT_ENDED),
    CONSTANT("SBX_EVENT_EXTENDED", SBX_EVENT_EXTENDED),
    CONSTANT("SBX_EVENT_KILLED", SBX_EVENT_KILLED),
    CONSTANT("SBX_EVENT_LOST", SBX_EVENT_LOST),
    CONSTANT("SBX_EVENT_OOM", SBX_EVENT_OOM),
    CONSTANT("SBX_EVENT_PAUSED", SBX_EVENT_PAUSED),
    CONSTANT("SBX_EVENT_PROCESS_EXITED", SBX_EVENT_PROCESS_EXITED),
    CONSTANT("SBX_EVENT_PROCESS_STARTED", SBX_EVENT_PROCESS_STARTED),
    CONSTANT("SBX_EVENT_READY", SBX_EVENT_READY),
    CONSTANT("SBX_EVENT_RESUMED", SBX_EVENT_RESUMED),
    CONSTANT("SBX_EXISTING_KEEP", SBX_EXISTING_KEEP),
    CONSTANT("SBX_EXISTING_REFUSE", SBX_EXISTING_REFUSE),
    CONSTANT("SBX_EXISTING_REPLACE", SBX_EXISTING_REPLACE),
    CONSTANT("SBX_E_BOOT", SBX_E_BOOT),
    CONSTANT("SBX_E_BUSY", SBX_E_BUSY),
    CONSTANT("SBX_E_CANCELLED", SBX_E_CANCELLED),
    CONSTANT("SBX_E_DENIED", SBX_E_DENIED),
    CONSTANT("SBX_E_EXEC", SBX_E_EXEC),
    CONSTANT("SBX_E_EXISTS", SBX_E_EXISTS),
    CONSTANT("SBX_E_FILE", SBX_E_FILE),
    CONSTANT("SBX_E_FORKED", SBX_E_FORKED),
    CONSTANT("SBX_E_GONE", SBX_E_GONE),
    CONSTANT("SBX_E_IMAGE", SBX_E_IMAGE),
    CONSTANT("SBX_E_INTERNAL", SBX_E_INTERNAL),
    CONSTANT("SBX_E_INVALID", SBX_E_INVALID),
    CONSTANT("SBX_E_KEEPER", SBX_E_KEEPER),
    CONSTANT("SBX_E_NOT_FOUND", SBX_E_NOT_FOUND),
    CONSTANT("SBX_E_NO_MEMORY", SBX_E_NO_MEMORY),
    CONSTANT("SBX_E_NO_SPACE", SBX_E_NO_SPACE),
    CONSTANT("SBX_E_PROTOCOL", SBX_E_PROTOCOL),
    CONSTANT("SBX_E_SYSTEM", SBX_E_SYSTEM),
    CONSTANT("SBX_E_TIMEOUT", SBX_E_TIMEOUT),
    CONSTANT("SBX_E_TOO_BIG", SBX_E_TOO_BIG),
    CONSTANT("SBX_E_UNAVAILABLE", SBX_E_UNAVAILABLE),
    CONSTANT("SBX_E_UNSUPPORTED", SBX_E_UNSUPPORTED),
    CONSTANT("SBX_FORK_MAX", SBX_FORK_MAX),
    CONSTANT("SBX_FS_APPEND", SBX_FS_APPEND),
    CONSTANT("SBX_FS_ATOMIC", SBX_FS_ATOMIC),
    CONSTANT("SBX_FS_CREATE_NEW", SBX_FS_CREATE_NEW),
    CONSTANT("SBX_FS_FOLLOW_LINKS", SBX_FS_FOLLOW_LINKS),
    CONSTANT("SBX_FS_GLOBS_MAX", SBX_FS_GLOBS_MAX),
    CONSTANT("SBX_FS_IGNORE_CASE", SBX_FS_IGNORE_CASE),
    CONSTANT("SBX_FS_NO_CREATE", SBX_FS_NO_CREATE),
    CONSTANT("SBX_FS_NO_DIRECTORIES", SBX_FS_NO_DIRECTORIES),
    CONSTANT("SBX_FS_NO_FILES", SBX_FS_NO_FILES),
    CONSTANT("SBX_FS_NO_FOLLOW", SBX_FS_NO_FOLLOW),
    CONSTANT("SBX_FS_NO_REPLACE", SBX_FS_NO_REPLACE),
    CONSTANT("SBX_FS_NO_SYMLINKS", SBX_FS_NO_SYMLINKS),
    CONSTANT("SBX_FS_RECURSIVE", SBX_FS_RECURSIVE),
    CONSTANT("SBX_FS_SKIP_DENIED", SBX_FS_SKIP_DENIED),
    CONSTANT("SBX_GUEST_PATH_MAX", SBX_GUEST_PATH_MAX),
    CONSTANT("SBX_IMAGE_DEFAULT", SBX_IMAGE_DEFAULT),
    CONSTANT("SBX_KIND_BLOCK_DEVICE", SBX_KIND_BLOCK_DEVICE),
    CONSTANT("SBX_KIND_CHAR_DEVICE", SBX_KIND_CHAR_DEVICE),
    CONSTANT("SBX_KIND_DIRECTORY", SBX_KIND_DIRECTORY),
    CONSTANT("SBX_KIND_FIFO", SBX_KIND_FIFO),
    CONSTANT("SBX_KIND_FILE", SBX_KIND_FILE),
    CONSTANT("SBX_KIND_SOCKET", SBX_KIND_SOCKET),
    CONSTANT("SBX_KIND_SYMLINK", SBX_KIND_SYMLINK),
    CONSTANT("SBX_KIND_UNKNOWN", SBX_KIND_UNKNOWN),
    CONSTANT("SBX_LABELS_MAX", SBX_LABELS_MAX),
    CONSTANT("SBX_LABEL_KEY_MAX", SBX_LABEL_KEY_MAX),
    CONSTANT("SBX_LABEL_VALUE_MAX", SBX_LABEL_VALUE_MAX),
    CONSTANT("SBX_LIMIT_MEMORY", SBX_LIMIT_MEMORY),
    CONSTANT("SBX_LIMIT_SANDBOXES", SBX_LIMIT_SANDBOXES),
    CONSTANT("SBX_LIMIT_VCPUS", SBX_LIMIT_VCPUS),
    CONSTANT("SBX_LIST_LABELS_MAX", SBX_LIST_LABELS_MAX),
    CONSTANT("SBX_LOCK_EXCLUSIVE", SBX_LOCK_EXCLUSIVE),
    CONSTANT("SBX_LOCK_SHARED", SBX_LOCK_SHARED),
    CONSTANT("SBX_LOCK_TRY", SBX_LOCK_TRY),
    CONSTANT("SBX_MEMORY_LIMIT_MIN", SBX_MEMORY_LIMIT_MIN),
    CONSTANT("SBX_MEMORY_MAX", SBX_MEMORY_MAX),
    CONSTANT("SBX_MEMORY_MIN", SBX_MEMORY_MIN),
    CONSTANT("SBX_OK", SBX_OK),
    CONSTANT("SBX_OPEN_APPEND", SBX_OPEN_APPEND),
    CONSTANT("SBX_OPEN_CREATE", SBX_OPEN_CREATE),
    CONSTANT("SBX_OPEN_CREATE_NEW", SBX_OPEN_CREATE_NEW),
    CONSTANT("SBX_OPEN_READ", SBX_OPEN_READ),
    CONSTANT("SBX_OPEN_TRUNCATE", SBX_OPEN_TRUNCATE),
    CONSTANT("SBX_OPEN_WRITE", SBX_OPEN_WRITE),
    CONSTANT("SBX_OUTPUT_KEPT", SBX_OUTPUT_KEPT),
    CONSTANT("SBX_PATH_MAX", SBX_PATH_MAX),
    CONSTANT("SBX_PROCESSES_REMEMBERED", SBX_PROCESSES_REMEMBERED),
    CONSTANT("SBX_PROCESS_EXITED", SBX_PROCESS_EXITED),
    CONSTANT("SBX_PROCESS_RUNNING", SBX_PROCESS_RUNNING),
    CONSTANT("SBX_SCOPE_ALL", SBX_SCOPE_ALL),
    CONSTANT("SBX_SCOPE_GROUP", SBX_SCOPE_GROUP),
    CONSTANT("SBX_SCOPE_PROCESS", SBX_SCOPE_PROCESS),
    CONSTANT("SBX_SEEK_CUR", SBX_SEEK_CUR),
    CONSTANT("SBX_SEEK_END", SBX_SEEK_END),
    CONSTANT("SBX_SEEK_SET", SBX_SEEK_SET),
    CONSTANT("SBX_SNAPSHOT_NAME_MAX", SBX_SNAPSHOT_NAME_MAX),
    CONSTANT("SBX_SPARES_AUTO", SBX_SPARES_AUTO),
    CONSTANT("SBX_SPARES_MAX", SBX_SPARES_MAX),
    CONSTANT("SBX_STATUS_ANY", SBX_STATUS_ANY),
    CONSTANT("SBX_STATUS_PAUSED", SBX_STATUS_PAUSED),
    CONSTANT("SBX_STATUS_RUNNING", SBX_STATUS_RUNNING),
    CONSTANT("SBX_STATUS_STARTING", SBX_STATUS_STARTING),
    CONSTANT("SBX_STATUS_STOPPED", SBX_STATUS_STOPPED),
    CONSTANT("SBX_STAT_COMMANDS", SBX_STAT_COMMANDS),
    CONSTANT("SBX_STAT_CPU", SBX_STAT_CPU),
    CONSTANT("SBX_STAT_DISK_SIZE", SBX_STAT_DISK_SIZE),
    CONSTANT("SBX_STAT_GUEST_CPU", SBX_STAT_GUEST_CPU),
    CONSTANT("SBX_STAT_GUEST_DISK_SIZE", SBX_STAT_GUEST_DISK_SIZE),
    CONSTANT("SBX_STAT_GUEST_DISK_USED", SBX_STAT_GUEST_DISK_USED),
    CONSTANT("SBX_STAT_GUEST_MEMORY", SBX_STAT_GUEST_MEMORY),
    CONSTANT("SBX_STAT_GUEST_MEMORY_PEAK", SBX_STAT_GUEST_MEMORY_PEAK),
    CONSTANT("SBX_STAT_GUEST_PROCESSES", SBX_STAT_GUEST_PROCESSES),
    CONSTANT("SBX_STAT_HOST_DISK", SBX_STAT_HOST_DISK),
    CONSTANT("SBX_STAT_HOST_MEMORY", SBX_STAT_HOST_MEMORY),
    CONSTANT("SBX_STAT_HOST_PRIVATE", SBX_STAT_HOST_PRIVATE),
    CONSTANT("SBX_STAT_MEMORY_PAUSED", SBX_STAT_MEMORY_PAUSED),
    CONSTANT("SBX_STAT_MEMORY_SIZE", SBX_STAT_MEMORY_SIZE),
    CONSTANT("SBX_STAT_MEMORY_TIME", SBX_STAT_MEMORY_TIME),
    CONSTANT("SBX_STAT_NETWORK_RECEIVED", SBX_STAT_NETWORK_RECEIVED),
    CONSTANT("SBX_STAT_NETWORK_SENT", SBX_STAT_NETWORK_SENT),
    CONSTANT("SBX_STAT_PAUSED", SBX_STAT_PAUSED),
    CONSTANT("SBX_STAT_SANDBOXES", SBX_STAT_SANDBOXES),
    CONSTANT("SBX_STAT_UPTIME", SBX_STAT_UPTIME),
    CONSTANT("SBX_STDERR", SBX_STDERR),
    CONSTANT("SBX_STDIN", SBX_STDIN),
    CONSTANT("SBX_STDIO_INHERIT", SBX_STDIO_INHERIT),
    CONSTANT("SBX_STDIO_MERGE", SBX_STDIO_MERGE),
    CONSTANT("SBX_STDIO_NULL", SBX_STDIO_NULL),
    CONSTANT("SBX_STDIO_PIPE", SBX_STDIO_PIPE),
    CONSTANT("SBX_STDOUT", SBX_STDOUT),
    CONSTANT("SBX_TEMPLATE_BUILDING", SBX_TEMPLATE_BUILDING),
    CONSTANT("SBX_TEMPLATE_READY", SBX_TEMPLATE_READY),
    CONSTANT("SBX_TERMINAL_SIZE_MAX", SBX_TERMINAL_SIZE_MAX),
    CONSTANT("SBX_TIMEOUT_MAX_MS", SBX_TIMEOUT_MAX_MS),
    CONSTANT("SBX_TIMEOUT_SESSION", SBX_TIMEOUT_SESSION),
    CONSTANT("SBX_TIME_NOW", SBX_TIME_NOW),
    CONSTANT("SBX_TIME_OMIT", SBX_TIME_OMIT),
    CONSTANT("SBX_TIME_UNKNOWN", SBX_TIME_UNKNOWN),
    CONSTANT("SBX_TRANSFER_BYTES_DEFAULT", SBX_TRANSFER_BYTES_DEFAULT),
    CONSTANT("SBX_TRANSFER_ENTRIES_DEFAULT", SBX_TRANSFER_ENTRIES_DEFAULT),
    CONSTANT("SBX_TRANSFER_EXCLUDES_MAX", SBX_TRANSFER_EXCLUDES_MAX),
    CONSTANT("SBX_VCPUS_MAX", SBX_VCPUS_MAX),
    CONSTANT("SBX_WAIT_FOREVER", SBX_WAIT_FOREVER),
    CONSTANT("SBX_WATCH_ATTRIBUTES", SBX_WATCH_ATTRIBUTES),
    CONSTANT("SBX_WATCH_CREATE", SBX_WATCH_CREATE),
    CONSTANT("SBX_WATCH_MODIFY", SBX_WATCH_MODIFY),
    CONSTANT("SBX_WATCH_OVERFLOW", SBX_WATCH_OVERFLOW),
    CONSTANT("SBX_WATCH_REMOVE", SBX_WATCH_REMOVE),
    CONSTANT("SBX_WATCH_RENAME", SBX_WATCH_RENAME),
};

const size_t sbx_constant_count = sizeof sbx_constants / sizeof sbx_constants[0];
