/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx copy: files and trees into, out of and between sandboxes. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auto.h"
#include "copy-operand.h"
#include "json.h"
#include "progress.h"
#include "report.h"
#include "terminal.h"
#include "values.h"

struct copy {
    const struct invocation *inv;
    sbx_transfer_options *options;
    struct progress progress;
    const char *target; /* as given */
    struct copy_operand to;
    gint64 entries;
};

/* Warnings stand above the bar, and stay. */
static int on_progress(void *data, int permille, const char *stage, const char *text)
{
    struct copy *copy = data;

    if (strcmp(stage, "warning") != 0)
        return progress_update(&copy->progress, permille, stage, text);
    if (copy->progress.drawn && !copy->progress.silent)
        fputs("\r\033[K", stderr);
    report_note(copy->inv, "%s", text);
    return progress_cancelled();
}

static bool set_existing(const struct invocation *inv, sbx_transfer_options *options)
{
    static const char *const words[] = {"replace", "refuse", "keep"};
    const char *word = invocation_value(inv, OPT_EXISTING);
    g_autofree char *text = NULL;

    for (int i = 0; word && i < (int)G_N_ELEMENTS(words); i++)
        if (strcmp(word, words[i]) == 0)
            return sbx_transfer_options_set_existing(options, i, NULL) >= 0;
    if (!word)
        return true;
    text = g_strdup_printf("option --existing: expected replace, refuse or keep, not '%s'", word);
    report_failure(inv, SBX_E_INVALID, text, NULL);
    return false;
}

static bool set_limits(const struct invocation *inv, sbx_transfer_options *options)
{
    int64_t bytes = SBX_TRANSFER_BYTES_DEFAULT;
    int64_t entries = SBX_TRANSFER_ENTRIES_DEFAULT;

    if (!value_size(inv, OPT_MAX_BYTES, NULL, 0, &bytes) ||
        !value_count(inv, OPT_MAX_ENTRIES, NULL, 0, &entries))
        return false;
    sbx_transfer_options_set_max_bytes(options, (uint64_t)bytes);
    sbx_transfer_options_set_max_entries(options, (uint64_t)entries);
    return true;
}

/* NULL after reporting what is wrong with the command line. */
static sbx_transfer_options *copy_options(const struct invocation *inv)
{
    g_autoptr(sbx_transfer_options) options = sbx_transfer_options_new();
    g_autoptr(sbx_error) error = NULL;
    int rc = options ? 0 : -1;

    for (size_t i = 0; i < inv->values_length && rc >= 0; i++)
        if (inv->values[i].id == OPT_EXCLUDE)
            rc = sbx_transfer_options_add_exclude(options, inv->values[i].value, &error);
    if (rc >= 0 && invocation_has(inv, OPT_USER))
        rc = sbx_transfer_options_set_user(options, invocation_value(inv, OPT_USER), &error);
    if (rc < 0) {
        report_error(inv, error);
        return NULL;
    }
    sbx_transfer_options_set_owners(options, !invocation_has(inv, OPT_NO_OWNERS));
    if (!set_existing(inv, options) || !set_limits(inv, options))
        return NULL;
    return g_steal_pointer(&options);
}

/* The handle is NULL for this machine. */
static int connect_operand(const struct copy_operand *operand, sbx **sandbox, sbx_error **error)
{
    return operand->id ? sbx_connect(operand->id, NULL, sandbox, error) : 0;
}

static int start_archive(struct copy *copy, sbx *sandbox, const struct copy_operand *from,
                         sbx_op **op, sbx_error **error)
{
    g_autofree char *directory = NULL;
    g_autofree char *name = NULL;
    const char *names[1];

    copy_operand_split(from, &directory, &name);
    names[0] = name;
    return sbx_tar_create_start(sandbox, directory, name ? names : NULL, name ? 1 : 0,
                                STDOUT_FILENO, copy->options, NULL, op, error);
}

static int start_copy(struct copy *copy, sbx *source, const struct copy_operand *from, sbx *target,
                      const char *target_path, sbx_op **op, sbx_error **error)
{
    sbx_transfer_options_set_glob(copy->options, copy_operand_is_pattern(from));
    if (copy->to.archive)
        return start_archive(copy, source, from, op, error);
    if (from->archive)
        return sbx_tar_extract_start(target, copy->to.path, STDIN_FILENO, copy->options, NULL, op,
                                     error);
    if (source && target)
        return sbx_copy_across_start(source, from->path, target, target_path, copy->options, NULL,
                                     op, error);
    if (source)
        return sbx_download_start(source, from->path, target_path, copy->options, NULL, op, error);
    return sbx_upload_start(target, from->path, target_path, copy->options, NULL, op, error);
}

/* An end of the copy that stands still must not keep a signal from ending it. So that none comes between
 * the look for one and the wait, they are blocked but while it waits. */
static int finish_copy(sbx_op *op, sbx_error **error)
{
    sigset_t ends, before;

    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, &before);
    sbx_dispatch(NULL, NULL);
    while (!sbx_op_is_done(op)) {
        struct pollfd queue = {.fd = sbx_get_fd(NULL), .events = POLLIN};

        if (progress_cancelled())
            sbx_op_cancel(op);
        ppoll(&queue, 1, NULL, &before);
        sbx_dispatch(NULL, NULL);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return sbx_op_finish(op, error);
}

/* With several sources the target is a directory. */
static int copy_one(struct copy *copy, const char *text, bool several)
{
    g_auto(copy_operand_t) from = {0};
    g_autoptr(sbx) source = NULL;
    g_autoptr(sbx) target = NULL;
    g_autoptr(sbx_op) op = NULL;
    g_autoptr(sbx_error) error = NULL;
    g_autofree char *path = g_strconcat(copy->to.path, several ? "/" : "", NULL);
    int rc;

    copy_operand_parse(&from, text);
    rc = connect_operand(&from, &source, &error);
    if (rc >= 0)
        rc = connect_operand(&copy->to, &target, &error);
    if (rc >= 0) {
        progress_begin(&copy->progress, copy->inv, text);
        rc = start_copy(copy, source, &from, target, path, &op, &error);
        if (rc >= 0)
            rc = finish_copy(op, &error);
        progress_end(&copy->progress);
    }
    if (rc < 0 && progress_cancelled())
        report_failure(copy->inv, SBX_E_CANCELLED, "interrupted; what was complete is there", NULL);
    else if (rc < 0)
        report_error(copy->inv, error);
    else
        copy->entries += rc;
    return rc;
}

/* What cannot be, before anything is done. */
static const char *check_operands(const struct copy *copy, char *const *sources, int count)
{
    for (int i = 0; i < count; i++) {
        g_auto(copy_operand_t) from = {0};

        copy_operand_parse(&from, sources[i]);
        if ((from.archive || copy->to.archive) && count > 1)
            return "an archive (-) is the only source, or the target of one source";
        if (from.archive && !copy->to.id)
            return "an archive (-) is extracted into a sandbox: ID:DIRECTORY";
        if (copy->to.archive && !from.id)
            return "an archive (-) is made of files in a sandbox: ID:PATH";
        if (!from.id && !copy->to.id)
            return "neither side of this copy is in a sandbox: ID:PATH";
    }
    if (copy->to.archive && isatty(STDOUT_FILENO))
        return "an archive is not for a terminal: send it to a file or a program";
    return NULL;
}

static void print_result(const struct copy *copy)
{
    g_autofree char *target = terminal_escape(copy->target);

    if (copy->to.archive)
        return;
    if (invocation_has(copy->inv, OPT_JSON)) {
        g_autoptr(JsonBuilder) builder = json_builder_new();

        json_builder_begin_object(builder);
        json_add_text(builder, "target", copy->target);
        json_add_int(builder, "entries", copy->entries);
        json_builder_end_object(builder);
        json_print(stdout, builder);
    } else if (!invocation_has(copy->inv, OPT_QUIET)) {
        printf("Copied %" G_GINT64_FORMAT " %s to %s\n", copy->entries,
               copy->entries == 1 ? "entry" : "entries", target);
    }
}

static int run(struct copy *copy, char *const *sources, int count)
{
    for (int i = 0; i < count; i++)
        if (copy_one(copy, sources[i], count > 1) < 0)
            return progress_cancelled() ? EXIT_INTERRUPTED : EXIT_FAILURE;
    print_result(copy);
    return EXIT_SUCCESS;
}

int cmd_copy(const struct invocation *inv)
{
    int count = inv->operands_length - 1;
    g_autoptr(sbx_transfer_options) options = copy_options(inv);
    struct copy copy = {.inv = inv, .options = options, .target = inv->operands[count]};
    const char *wrong;
    int status = EXIT_USAGE;

    if (!options)
        return EXIT_USAGE;
    sbx_transfer_options_set_progress(options, on_progress, &copy);
    copy_operand_parse(&copy.to, copy.target);
    wrong = check_operands(&copy, inv->operands, count);
    if (wrong)
        report_failure(inv, SBX_E_INVALID, wrong, "see sbx copy --help");
    else
        status = run(&copy, inv->operands, count);
    copy_operand_clear(&copy.to);
    return status;
}
