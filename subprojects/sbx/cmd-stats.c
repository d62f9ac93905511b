/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx stats: what sandboxes take, as a table that is refreshed on a terminal. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "auto.h"
#include "format.h"
#include "json.h"
#include "raw.h"
#include "report.h"
#include "table.h"
#include "terminal.h"

#define REFRESH_MS 2000

/* One sandbox and its figures. */
typedef struct {
    sbx *sandbox;
    sbx_stats *stats;
} row;

static void row_free(gpointer data)
{
    row *self = data;

    sbx_stats_free(self->stats);
    sbx_unref(self->sandbox);
    g_free(self);
}

/* What was shown before, for what happened since: id -> the last figures. */
typedef struct {
    GHashTable *last;
} history;

static void last_free(gpointer data)
{
    sbx_stats_free(data);
}

/* --- asking --- */

static int add_row(GPtrArray *rows, const char *id, sbx_error **error)
{
    row *self = g_new0(row, 1);
    int rc = sbx_connect(id, NULL, &self->sandbox, error);

    if (rc >= 0)
        rc = sbx_stats_get(self->sandbox, &self->stats, error);
    if (rc < 0)
        row_free(self);
    else
        g_ptr_array_add(rows, self);
    return rc;
}

/* All that there are; one that goes meanwhile is left out. */
static int ask_all(GPtrArray *rows, sbx_error **error)
{
    g_autoptr(sbx_list) list = NULL;
    int rc = sbx_list_get(&list, error);

    for (size_t i = 0; rc >= 0 && i < sbx_list_length(list); i++) {
        int status = sbx_list_status(list, i);

        if (status == SBX_STATUS_RUNNING || status == SBX_STATUS_PAUSED)
            add_row(rows, sbx_list_id(list, i), NULL);
    }
    return rc;
}

static int ask(const struct invocation *inv, GPtrArray *rows, sbx_error **error)
{
    int rc = inv->operands_length == 0 ? ask_all(rows, error) : SBX_OK;

    for (int i = 0; rc >= 0 && i < inv->operands_length; i++)
        rc = add_row(rows, inv->operands[i], error);
    return rc;
}

/* --- showing --- */

static void add_figures(JsonBuilder *builder, const sbx_stats *stats)
{
    const char *name;

    for (int i = 0; (name = sbx_stats_name(i)) != NULL; i++) {
        json_builder_set_member_name(builder, name);
        if (sbx_stats_value(stats, i) >= 0)
            json_builder_add_int_value(builder, sbx_stats_value(stats, i));
        else
            json_builder_add_null_value(builder);
    }
}

static void print_json(const GPtrArray *rows, const sbx_stats *total)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "sandboxes");
    json_builder_begin_array(builder);
    for (guint i = 0; i < rows->len; i++) {
        const row *self = rows->pdata[i];

        json_builder_begin_object(builder);
        json_add_text(builder, "id", sbx_id(self->sandbox));
        add_figures(builder, self->stats);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    json_builder_set_member_name(builder, "total");
    json_builder_begin_object(builder);
    add_figures(builder, total);
    json_builder_end_object(builder);
    json_builder_end_object(builder);
    json_print(stdout, builder);
}

static void add_size(table *cells, const sbx_stats *stats, int figure)
{
    int64_t value = sbx_stats_value(stats, figure);
    g_autofree char *text = value < 0 ? g_strdup("?") : format_size((uint64_t)value);

    table_add(cells, text);
}

static void add_used(table *cells, const sbx_stats *stats, int used, int size)
{
    int64_t now = sbx_stats_value(stats, used);
    g_autofree char *first = now < 0 ? g_strdup("?") : format_size((uint64_t)now);
    g_autofree char *second = format_size((uint64_t)MAX(sbx_stats_value(stats, size), 0));
    g_autofree char *text = g_strdup_printf("%s / %s", first, second);

    table_add(cells, text);
}

static void add_count(table *cells, const sbx_stats *stats, int figure)
{
    int64_t value = sbx_stats_value(stats, figure);
    g_autofree char *text =
        value < 0 ? g_strdup("?") : g_strdup_printf("%" G_GINT64_FORMAT, value);

    table_add(cells, text);
}

/* Of one CPU; since @before, or of all its time. */
static char *percentage(const sbx_stats *stats, const sbx_stats *before)
{
    int64_t cpu = sbx_stats_value(stats, SBX_STAT_CPU);
    int64_t time = sbx_stats_value(stats, SBX_STAT_UPTIME);

    if (cpu < 0)
        return g_strdup("?");
    if (before) {
        cpu -= sbx_stats_value(before, SBX_STAT_CPU);
        time -= sbx_stats_value(before, SBX_STAT_UPTIME);
    }
    return g_strdup_printf("%.1f", time > 0 ? (double)cpu / (double)time / 10 : 0.0);
}

static void add_cells(table *cells, const row *self, const sbx_stats *before)
{
    const sbx_stats *stats = self->stats;
    g_autofree char *percent = percentage(stats, before);
    g_autofree char *cpu = format_duration(MAX(sbx_stats_value(stats, SBX_STAT_CPU), 0) / 1000);
    g_autofree char *uptime = format_duration(sbx_stats_value(stats, SBX_STAT_UPTIME));

    table_add(cells, sbx_id(self->sandbox));
    table_add(cells, percent);
    table_add(cells, cpu);
    add_used(cells, stats, SBX_STAT_GUEST_MEMORY, SBX_STAT_MEMORY_SIZE);
    add_size(cells, stats, SBX_STAT_HOST_PRIVATE);
    add_used(cells, stats, SBX_STAT_HOST_DISK, SBX_STAT_DISK_SIZE);
    add_count(cells, stats, SBX_STAT_GUEST_PROCESSES);
    add_count(cells, stats, SBX_STAT_COMMANDS);
    table_add(cells, uptime);
}

/* No more than @most rows. */
static void print_table(const GPtrArray *rows, history *past, guint most)
{
    static const char *const headings[] = {"ID",   "CPU%",  "CPU TIME", "MEMORY", "HOST MEMORY",
                                           "DISK", "TASKS", "COMMANDS", "UPTIME", NULL};
    g_autoptr(table) cells = table_new(headings);

    for (guint i = 0; i < rows->len; i++) {
        row *self = rows->pdata[i];
        const char *id = sbx_id(self->sandbox);

        if (i < most)
            add_cells(cells, self, g_hash_table_lookup(past->last, id));
        g_hash_table_replace(past->last, g_strdup(id), g_steal_pointer(&self->stats));
    }
    table_print(cells, stdout);
    if (rows->len > most)
        printf("(%u more)\n", rows->len - most);
}

static void print_total(const sbx_stats *total)
{
    g_autofree char *cpu = format_duration(sbx_stats_value(total, SBX_STAT_CPU) / 1000);

    printf("\nSince the keeper started: %" G_GINT64_FORMAT " sandbox%s, %s of CPU time, "
           "%.3f GiB-hours of memory\n",
           sbx_stats_value(total, SBX_STAT_SANDBOXES),
           sbx_stats_value(total, SBX_STAT_SANDBOXES) == 1 ? "" : "es", cpu,
           (double)sbx_stats_value(total, SBX_STAT_MEMORY_TIME) / 3600000);
}

/* How many rows a terminal has room for besides the headings, what is said of the others, the total and
 * the line behind it. */
static guint room(void)
{
    int rows, columns;

    raw_size(&rows, &columns);
    return (guint)MAX(rows - 5, 1);
}

static int show(const struct invocation *inv, history *past, bool refreshed)
{
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(row_free);
    g_autoptr(sbx_stats) total = NULL;
    g_autoptr(sbx_error) error = NULL;

    if (ask(inv, rows, &error) < 0 || sbx_stats_get_total(&total, &error) < 0) {
        report_error(inv, error);
        return EXIT_FAILURE;
    }
    if (invocation_has(inv, OPT_JSON)) {
        print_json(rows, total);
        return EXIT_SUCCESS;
    }
    /* A line that is too long is cut off and not wrapped: the screen would scroll. */
    if (refreshed)
        fputs("\033[?7l\033[H\033[J", stdout);
    print_table(rows, past, refreshed ? room() : G_MAXUINT);
    if (!invocation_has(inv, OPT_QUIET))
        print_total(total);
    if (refreshed)
        fputs("\033[?7h", stdout);
    fflush(stdout);
    return EXIT_SUCCESS;
}

int cmd_stats(const struct invocation *inv)
{
    history past = {g_hash_table_new_full(g_str_hash, g_str_equal, g_free, last_free)};
    bool refreshed = terminal_is(stdout) && !invocation_has(inv, OPT_ONCE) &&
                     !invocation_has(inv, OPT_JSON);
    int status = show(inv, &past, refreshed);

    while (refreshed && status == EXIT_SUCCESS) {
        poll(NULL, 0, REFRESH_MS);
        status = show(inv, &past, true);
    }
    g_hash_table_unref(past.last);
    return status;
}
