/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Running a transfer: see transfer.h.
 *
 * The helper has the workers' pipes and moves the bytes; here are only its reports. When it has
 * ended, the workers have ended or are about to: their pipes are closed. What they say fits into a
 * pipe, so it can wait until then.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/helper.h"
#include "client/private.h"
#include "client/transfer.h"
#include "client/worker-end.h"
#include "wire/fd.h"

enum {
    LINE_BYTES = 2048,
    SAID_BYTES = 64 * 1024, /* of one worker: more than it ever says */
};

int sbx_transfer_rest_ms = 10 * 60 * 1000;

static void side_clear(SbxTransferSide *side)
{
    g_free(side->kind);
    g_free(side->text);
}

void sbx_transfer_clear(SbxTransfer *transfer)
{
    g_free(transfer->subject);
    sbx_process_unref(transfer->creator);
    sbx_process_unref(transfer->extractor);
    side_clear(&transfer->host);
    side_clear(&transfer->create);
    side_clear(&transfer->extract);
}

void sbx_transfer_add_arg(GPtrArray *args, const char *arg)
{
    g_ptr_array_add(args, g_strdup(arg));
}

static void add_number(GPtrArray *args, const char *option, guint64 number)
{
    sbx_transfer_add_arg(args, option);
    g_ptr_array_add(args, g_strdup_printf("%" G_GUINT64_FORMAT, number));
}

GPtrArray *sbx_transfer_args(const SbxTransfer *transfer, const char *word)
{
    const sbx_transfer_options *options = transfer->options;
    GPtrArray *args = g_ptr_array_new_with_free_func(g_free);

    sbx_transfer_add_arg(args, word);
    add_number(args, "--max-bytes", options->max_bytes);
    add_number(args, "--max-entries", options->max_entries);
    if (!options->owners)
        sbx_transfer_add_arg(args, "--no-owners");
    if (options->privileged)
        sbx_transfer_add_arg(args, "--privileged");
    for (guint i = 0; options->excludes != NULL && i < options->excludes->len; i++) {
        sbx_transfer_add_arg(args, "--exclude");
        sbx_transfer_add_arg(args, options->excludes->pdata[i]);
    }
    return args;
}

void sbx_transfer_finish_args(GPtrArray *args, const char *const *paths, size_t count)
{
    sbx_transfer_add_arg(args, "--");
    for (size_t i = 0; i < count; i++)
        sbx_transfer_add_arg(args, paths[i]);
    g_ptr_array_add(args, NULL);
}

/* Hands on an error under the name of our own call. */
static int rename_error(SbxTransfer *transfer, sbx_error *reason, sbx_error **error)
{
    int code =
        sbx_fail_cause(error, sbx_error_code(reason), sbx_error_errno(reason), transfer->operation,
                       sbx_error_hint(reason), sbx_error_cause(reason), sbx_error_message(reason));

    sbx_error_free(reason);
    return code;
}

int sbx_transfer_spawn(SbxTransfer *transfer, sbx *sandbox, GPtrArray *args, int stream,
                       sbx_process **out, sbx_error **error)
{
    sbx_command *command = sbx_command_new(args->pdata[0]);
    sbx_error *reason = NULL;
    int code = SBX_OK;

    if (command == NULL)
        return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, transfer->operation, NULL, "out of memory");
    command->is_worker = 1;
    command->stdio[SBX_STDIN] = stream == SBX_STDIN ? SBX_STDIO_PIPE : SBX_STDIO_NULL;
    command->stdio[SBX_STDOUT] = stream == SBX_STDOUT ? SBX_STDIO_PIPE : SBX_STDIO_NULL;
    command->user = g_strdup(transfer->options->user);
    for (guint i = 1; i < args->len && args->pdata[i] != NULL && code == SBX_OK; i++)
        code = sbx_command_add_arg(command, args->pdata[i], &reason);
    if (code == SBX_OK)
        code = sbx_spawn(sandbox, command, out, &reason);
    sbx_command_unref(command);
    return code < 0 ? rename_error(transfer, reason, error) : SBX_OK;
}

/* A text of a guest's, or of the helper's about a guest's files: one harmless line. */
static char *clean_text(const char *text)
{
    char *clean = g_utf8_make_valid(text, -1);

    for (char *p = clean; *p != '\0'; p++)
        if ((guchar)*p < 0x20 || *p == 0x7f)
            *p = '?';
    return clean;
}

static void call_progress(SbxTransfer *transfer, int permille, const char *stage, const char *text)
{
    const sbx_transfer_options *options = transfer->options;

    if (options->progress == NULL || transfer->cancelled)
        return;
    transfer->permille = CLAMP(permille, transfer->permille, 1000);
    if (sbx_call_progress(options->progress, options->progress_data, transfer->permille, stage,
                          text) != 0)
        transfer->cancelled = TRUE;
}

/* entries, bytes, total, name */
static void take_progress(SbxTransfer *transfer, char **words, guint n)
{
    guint64 entries, bytes, total;
    g_autofree char *name = NULL;
    g_autofree char *size = NULL;
    g_autofree char *text = NULL;

    if (n < 5)
        return;
    entries = g_ascii_strtoull(words[1], NULL, 10);
    bytes = g_ascii_strtoull(words[2], NULL, 10);
    total = g_ascii_strtoull(words[3], NULL, 10);
    name = clean_text(words[4]);
    size = g_format_size_full(bytes, G_FORMAT_SIZE_IEC_UNITS);
    text = entries > 0
               ? g_strdup_printf("%" G_GUINT64_FORMAT " entries, %s %s", entries, size, name)
               : g_strdup(size);
    call_progress(transfer, total > 0 ? (int)(MIN(bytes, total) * 999.0 / (double)total) : 0,
                  "copy", text);
}

static void take_failure(SbxTransferSide *side, char **words, guint n)
{
    if (n < 4 || side->failed)
        return;
    side->failed = TRUE;
    side->kind = g_strdup(words[1]);
    side->sys_errno = (int)CLAMP(g_ascii_strtoll(words[2], NULL, 10), 0, 4095);
    side->text = clean_text(words[3]);
}

static void take_line(SbxTransfer *transfer, SbxTransferSide *side, const char *line)
{
    g_auto(GStrv) words = g_strsplit(line, "\t", *line == 'W' ? 2 : *line == 'E' ? 4 : 5);
    guint n = g_strv_length(words);

    if (n < 2 || words[0][0] == '\0' || words[0][1] != '\0')
        return;
    if (*line == 'W') {
        g_autofree char *text = clean_text(words[1]);

        call_progress(transfer, transfer->permille, "warning", text);
    } else if (*line == 'P') {
        take_progress(transfer, words, n);
    } else if (*line == 'E') {
        take_failure(side, words, n);
    } else if (*line == 'D') {
        side->done = TRUE;
        side->entries = g_ascii_strtoull(words[1], NULL, 10);
    }
}

static int take_helper_line(void *data, char *line)
{
    SbxTransfer *transfer = data;

    take_line(transfer, &transfer->host, line);
    return transfer->cancelled;
}

/* All that a worker says, until it closes its standard error or the time is over. */
static void listen_to(SbxTransfer *transfer, sbx_process *process, SbxTransferSide *side,
                      int64_t deadline)
{
    int fd = sbx_process_fd(process, SBX_STDERR);
    g_autoptr(GString) said = g_string_new(NULL);
    g_auto(GStrv) lines = NULL;

    while (said->len < SAID_BYTES && sbx_wait_one(fd, POLLIN, deadline) > 0) {
        char bytes[LINE_BYTES];
        ssize_t n = read(fd, bytes, sizeof bytes);

        if (n <= 0)
            break;
        g_string_append_len(said, bytes, n);
    }
    lines = g_strsplit(said->str, "\n", -1);
    for (char **line = lines; *line != NULL; line++)
        take_line(transfer, side, *line);
}

static gboolean said_kind(const SbxTransferSide *side, const char *kind)
{
    return side->failed && strcmp(side->kind, kind) == 0;
}

/* Whether the helper's failure is the other end's doing. */
static gboolean is_consequence(const SbxTransferSide *side)
{
    return said_kind(side, "peer") || said_kind(side, "malformed");
}

/* How long a worker goes on for when the helper has ended. One that extracts has still to take in
 * what is in the pipes, and to set the times of all directories. */
static int patience(const SbxTransfer *transfer, const sbx_process *process)
{
    const SbxTransferSide *host = &transfer->host;

    if (transfer->cancelled || (!host->done && !is_consequence(host)))
        return 0;
    return host->done && process == transfer->extractor ? sbx_transfer_rest_ms : sbx_worker_end_ms;
}

/* Waits for the end of a worker; one that does not end by itself is killed. */
static int end_worker(SbxTransfer *transfer, sbx_process *process, SbxTransferSide *side,
                      sbx_error **reason)
{
    int64_t deadline;
    int left_ms;

    if (process == NULL)
        return 1;
    left_ms = patience(transfer, process);
    deadline = sbx_now_ms() + left_ms;
    if (left_ms == 0)
        sbx_worker_kill(process);
    listen_to(transfer, process, side, deadline);
    left_ms = (int)MAX(deadline - sbx_now_ms(), 0) + sbx_worker_end_ms;
    return sbx_worker_end(process, left_ms, transfer->operation, reason);
}

static int code_of_kind(const char *kind, gboolean in_guest)
{
    static const struct {
        const char *kind;
        int code;
    } codes[] = {
        {"invalid", SBX_E_INVALID},     {"not-found", SBX_E_NOT_FOUND}, {"exists", SBX_E_EXISTS},
        {"no-space", SBX_E_NO_SPACE},   {"denied", SBX_E_DENIED},       {"too-big", SBX_E_TOO_BIG},
        {"cancelled", SBX_E_CANCELLED}, {"no-memory", SBX_E_NO_MEMORY},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(codes); i++)
        if (strcmp(codes[i].kind, kind) == 0)
            return codes[i].code;
    if (strcmp(kind, "malformed") == 0)
        return in_guest ? SBX_E_INVALID : SBX_E_PROTOCOL;
    return SBX_E_SYSTEM;
}

static const char *hint_of(int code)
{
    switch (code) {
    case SBX_E_NO_SPACE:
        return "free some space there";
    case SBX_E_TOO_BIG:
        return "exclude files, or raise the limit (max_bytes, max_entries)";
    default:
        return NULL;
    }
}

static int fail_as(SbxTransfer *transfer, const SbxTransferSide *side, sbx_error **error)
{
    gboolean in_guest = side != &transfer->host;
    int code = code_of_kind(side->kind, in_guest);

    return sbx_fail(error, code, side->sys_errno, transfer->operation, hint_of(code), "%s: %s%s",
                    transfer->subject, in_guest ? "in the sandbox: " : "", side->text);
}

/* A worker that ended without a word. */
static int fail_silent(SbxTransfer *transfer, sbx_process *process, sbx_error **error)
{
    if (sbx_process_oom(process))
        return sbx_fail(error, SBX_E_NO_MEMORY, 0, transfer->operation, NULL,
                        "%s: the sandbox ran out of memory", transfer->subject);
    return sbx_fail(error, SBX_E_SYSTEM, 0, transfer->operation, NULL,
                    "%s: the process in the sandbox that does it ended with exit code %d",
                    transfer->subject, sbx_process_exit_code(process));
}

/* Of all that went wrong, the first cause. */
static int judge(SbxTransfer *transfer, sbx_error **error)
{
    SbxTransferSide *host = &transfer->host;
    SbxTransferSide *guests[] = {&transfer->create, &transfer->extract};
    sbx_process *processes[] = {transfer->creator, transfer->extractor};

    if (transfer->cancelled)
        return sbx_fail(error, SBX_E_CANCELLED, 0, transfer->operation, NULL,
                        "the progress callback cancelled the call");
    if (host->failed && !is_consequence(host))
        return fail_as(transfer, host, error);
    for (int i = 0; i < 2; i++)
        if (guests[i]->failed && strcmp(guests[i]->kind, "peer") != 0)
            return fail_as(transfer, guests[i], error);
    for (int i = 0; i < 2; i++)
        if (processes[i] != NULL && !guests[i]->done && !guests[i]->failed)
            return fail_silent(transfer, processes[i], error);
    if (host->failed)
        return fail_as(transfer, host, error);
    if (!host->done)
        return sbx_fail(error, SBX_E_SYSTEM, 0, transfer->operation,
                        "see whether the system log tells that it was killed, then try again",
                        "the helper program sbx-transfer ended without an answer");
    for (int i = 0; i < 2; i++)
        if (guests[i]->failed)
            return fail_as(transfer, guests[i], error);
    return SBX_OK;
}

static int count_entries(const SbxTransfer *transfer)
{
    guint64 entries = transfer->extractor != NULL ? transfer->extract.entries
                      : transfer->host_extracts   ? transfer->host.entries
                                                  : transfer->create.entries;

    return (int)MIN(entries, (guint64)G_MAXINT);
}

/* The workers' ends go to the helper, and with them what else there is. */
static int give(SbxTransfer *transfer, SbxHelper *helper, int own, sbx_error **error)
{
    int copy = own >= 0 ? fcntl(own, F_DUPFD_CLOEXEC, 0) : -1;

    if (own >= 0 && copy < 0)
        return sbx_fail(error, errno == EBADF ? SBX_E_INVALID : SBX_E_SYSTEM, errno,
                        transfer->operation, NULL, "descriptor %d cannot be used: %s", own,
                        g_strerror(errno));
    /* Without a sender, a relay reads the caller's own. */
    if (transfer->creator != NULL)
        helper->given[helper->n_given++] = sbx_process_take_fd(transfer->creator, SBX_STDOUT);
    else if (copy >= 0)
        helper->given[helper->n_given++] = sbx_fd_steal(&copy);
    if (transfer->extractor != NULL)
        helper->given[helper->n_given++] = sbx_process_take_fd(transfer->extractor, SBX_STDIN);
    else if (copy >= 0)
        helper->given[helper->n_given++] = sbx_fd_steal(&copy);
    return SBX_OK;
}

static int run_helper(SbxTransfer *transfer, GPtrArray *args, int own, sbx_error **error)
{
    g_auto(SbxHelper)
        helper = {.operation = transfer->operation, .line = take_helper_line, .data = transfer};
    char *program = sbx_find_helper("sbx-transfer", transfer->operation, error);
    int code;

    if (program == NULL)
        return SBX_E_UNAVAILABLE;
    g_ptr_array_insert(args, 0, g_strdup(program));
    free(program);
    code = give(transfer, &helper, own, error);
    return code < 0 ? code : sbx_helper_run(&helper, (const char *const *)args->pdata, error);
}

/* Whether somebody has said why it failed: then that a worker does not end is not the reason. */
static gboolean is_explained(const SbxTransfer *transfer)
{
    return transfer->cancelled || transfer->create.failed || transfer->extract.failed ||
           (transfer->host.failed && !is_consequence(&transfer->host));
}

int sbx_transfer_run(SbxTransfer *transfer, GPtrArray *args, int own, sbx_error **error)
{
    sbx_error *reason = NULL;
    int code = run_helper(transfer, args, own, error);
    int created, extracted;

    created = end_worker(transfer, transfer->creator, &transfer->create, &reason);
    extracted = end_worker(transfer, transfer->extractor, &transfer->extract,
                           reason == NULL ? &reason : NULL);
    if (code < 0) {
        sbx_error_free(reason);
        return code;
    }
    /* The sandbox has gone: whatever else went wrong follows from that. */
    if ((created < 0 || extracted < 0) && reason != NULL && !transfer->cancelled &&
        (sbx_error_code(reason) != SBX_E_TIMEOUT || !is_explained(transfer)))
        return rename_error(transfer, reason, error);
    sbx_error_free(reason);
    code = judge(transfer, error);
    if (code < 0)
        return code;
    call_progress(transfer, 1000, "copy", "done");
    return count_entries(transfer);
}
