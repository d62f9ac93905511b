/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx keeper limits: how much all sandboxes may take together. */
#include <stdlib.h>

#include "auto.h"
#include "format.h"
#include "json.h"
#include "report.h"
#include "table.h"
#include "values.h"

static const struct {
    int limit;
    enum option_id option;
    const char *name;
    bool is_size;
} kinds[] = {
    {SBX_LIMIT_SANDBOXES, OPT_MAX_SANDBOXES, "sandboxes", false},
    {SBX_LIMIT_MEMORY, OPT_MAX_MEMORY, "memory", true},
    {SBX_LIMIT_VCPUS, OPT_MAX_VCPUS, "vcpus", false},
};

static char *amount(bool is_size, uint64_t value)
{
    return is_size ? format_size(value) : g_strdup_printf("%" G_GUINT64_FORMAT, value);
}

static void print_table(const sbx_limits *limits)
{
    static const char *const headings[] = {"LIMIT", "MOST", "IN USE", NULL};
    g_autoptr(table) rows = table_new(headings);

    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        uint64_t most = sbx_limits_value(limits, kinds[i].limit);
        g_autofree char *value = most ? amount(kinds[i].is_size, most) : g_strdup("none");
        g_autofree char *used =
            amount(kinds[i].is_size, sbx_limits_used(limits, kinds[i].limit));

        table_add(rows, kinds[i].name);
        table_add(rows, value);
        table_add(rows, used);
    }
    table_print(rows, stdout);
}

/* No limit is null. */
static void print_json(const sbx_limits *limits)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "limits");
    json_builder_begin_object(builder);
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        uint64_t most = sbx_limits_value(limits, kinds[i].limit);

        json_builder_set_member_name(builder, kinds[i].name);
        if (most)
            json_builder_add_int_value(builder, (gint64)most);
        else
            json_builder_add_null_value(builder);
    }
    json_builder_end_object(builder);
    json_builder_set_member_name(builder, "used");
    json_builder_begin_object(builder);
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        json_add_int(builder, kinds[i].name,
                     (gint64)sbx_limits_used(limits, kinds[i].limit));
    json_builder_end_object(builder);
    json_add_int(builder, "waiting", (gint64)sbx_limits_waiting(limits));
    json_builder_end_object(builder);
    json_print(stdout, builder);
}

static int show(const struct invocation *inv)
{
    g_autoptr(sbx_limits) limits = NULL;
    g_autoptr(sbx_error) error = NULL;

    if (sbx_limits_get(&limits, &error) < 0) {
        report_error(inv, error);
        return EXIT_FAILURE;
    }
    if (invocation_has(inv, OPT_JSON)) {
        print_json(limits);
        return EXIT_SUCCESS;
    }
    print_table(limits);
    if (sbx_limits_waiting(limits) > 0)
        report_note(inv, "%" G_GUINT64_FORMAT " wait for room", sbx_limits_waiting(limits));
    return EXIT_SUCCESS;
}

int cmd_keeper_limits(const struct invocation *inv)
{
    g_autoptr(sbx_error) error = NULL;
    int64_t values[G_N_ELEMENTS(kinds)] = {0};
    bool any = false;

    /* All are read before the first is set. */
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        bool good = kinds[i].is_size ? value_size(inv, kinds[i].option, "none", 0, &values[i])
                                     : value_count(inv, kinds[i].option, "none", 0, &values[i]);

        if (!good)
            return EXIT_USAGE;
        any = any || invocation_has(inv, kinds[i].option);
    }
    if (!any)
        return show(inv);
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (invocation_has(inv, kinds[i].option) &&
            sbx_limits_set(kinds[i].limit, (uint64_t)values[i], &error) < 0) {
            report_error(inv, error);
            return EXIT_FAILURE;
        }
    return EXIT_SUCCESS;
}
