/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sbx forward: has ports here lead to ports of a sandbox, until a signal comes or it ends. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auto.h"
#include "json.h"
#include "report.h"
#include "signals.h"

/* One operand, taken apart: [HOST:]GUEST. */
struct rule {
    char *host;    /* address or absolute path; NULL: loopback */
    int host_port; /* 0: any */
    char *guest;   /* absolute path, or NULL */
    int guest_port;
    sbx_forward *forward;
};

static void rule_free(struct rule *rule)
{
    sbx_forward_unref(rule->forward);
    g_free(rule->host);
    g_free(rule->guest);
    g_free(rule);
}

static bool read_port(const char *text, guint64 least, int *port)
{
    guint64 number;

    if (!g_ascii_string_to_unsigned(text, 10, least, 65535, &number, NULL))
        return false;
    *port = (int)number;
    return true;
}

/* ADDRESS:PORT, [ADDRESS]:PORT, PORT or a path. */
static bool read_host(const char *text, struct rule *rule)
{
    const char *colon = strrchr(text, ':');

    if (text[0] == '/') {
        rule->host = g_strdup(text);
        return true;
    }
    if (!colon)
        return read_port(text, 0, &rule->host_port);
    if (text[0] == '[' && colon > text + 1 && colon[-1] == ']')
        rule->host = g_strndup(text + 1, (gsize)(colon - text - 2));
    else
        rule->host = g_strndup(text, (gsize)(colon - text));
    return read_port(colon + 1, 0, &rule->host_port);
}

/* NULL when it is none. A path of the guest may have colons in it, one of the host may not. */
static struct rule *read_rule(const char *text)
{
    struct rule *rule = g_new0(struct rule, 1);
    const char *path = strstr(text, ":/");
    const char *colon = path ? path : strrchr(text, ':');
    g_autofree char *host = colon ? g_strndup(text, (gsize)(colon - text)) : NULL;
    bool good;

    if (path)
        rule->guest = g_strdup(path + 1);
    good = path || read_port(colon ? colon + 1 : text, 1, &rule->guest_port);
    if (!host)
        rule->host_port = rule->guest_port;
    if (good && (!host || read_host(host, rule)))
        return rule;
    rule_free(rule);
    return NULL;
}

/* All operands but the first; NULL after reporting the one that is wrong. */
static GPtrArray *read_rules(const struct invocation *inv)
{
    g_autoptr(GPtrArray) rules = g_ptr_array_new_with_free_func((GDestroyNotify)rule_free);

    for (int i = 1; i < inv->operands_length; i++) {
        struct rule *rule = read_rule(inv->operands[i]);

        if (!rule) {
            g_autofree char *text = g_strdup_printf(
                "expected [ADDRESS:]HOSTPORT:GUESTPORT, not '%s'", inv->operands[i]);

            report_failure(
                inv, SBX_E_INVALID, text,
                "for example 8080:80, 0:80 for any free port, [::1]:8080:80, or absolute "
                "paths of unix sockets");
            return NULL;
        }
        g_ptr_array_add(rules, rule);
    }
    return g_steal_pointer(&rules);
}

static bool start(const struct invocation *inv, sbx *sandbox, struct rule *rule)
{
    g_autoptr(sbx_error) error = NULL;
    int code = rule->guest ? sbx_forward_new_unix(sandbox, rule->guest, rule->host, rule->host_port,
                                                  &rule->forward, &error)
                           : sbx_forward_new(sandbox, rule->guest_port, rule->host, rule->host_port,
                                             &rule->forward, &error);

    if (code < 0)
        report_error(inv, error);
    return code >= 0;
}

static void print_json(const GPtrArray *rules)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_array(builder);
    for (guint i = 0; i < rules->len; i++) {
        const struct rule *rule = rules->pdata[i];

        json_builder_begin_object(builder);
        json_add_text(builder, "address", sbx_forward_address(rule->forward));
        json_add_int(builder, "port", sbx_forward_port(rule->forward));
        if (rule->guest)
            json_add_text(builder, "guest_path", rule->guest);
        else
            json_add_int(builder, "guest_port", rule->guest_port);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    json_print(stdout, builder);
}

static void print_rules(const struct invocation *inv, const GPtrArray *rules)
{
    if (invocation_has(inv, OPT_JSON))
        print_json(rules);
    for (guint i = 0; i < rules->len && !invocation_has(inv, OPT_JSON); i++) {
        const struct rule *rule = rules->pdata[i];

        if (invocation_has(inv, OPT_QUIET))
            puts(sbx_forward_address(rule->forward));
        else if (rule->guest)
            printf("Forwarding %s to %s\n", sbx_forward_address(rule->forward), rule->guest);
        else
            printf("Forwarding %s to port %d\n", sbx_forward_address(rule->forward),
                   rule->guest_port);
    }
    fflush(stdout);
    report_note(inv, "Ctrl+C to stop");
}

/* Until a signal comes, which is a success, or one of them has ended by itself. */
static int wait_for_end(const struct invocation *inv, const GPtrArray *rules, int signal_fd)
{
    g_autofree struct pollfd *polls = g_new0(struct pollfd, rules->len + 1);

    for (guint i = 0; i < rules->len; i++)
        polls[i] = (struct pollfd){.fd = sbx_forward_fd(((struct rule *)rules->pdata[i])->forward),
                                   .events = POLLIN};
    polls[rules->len] = (struct pollfd){.fd = signal_fd, .events = POLLIN};
    for (;;) {
        int number;

        if (poll(polls, rules->len + 1, -1) < 0 && errno != EINTR)
            return EXIT_FAILURE;
        while ((number = signals_next(signal_fd)) != 0)
            if (number != SIGCONT)
                return EXIT_SUCCESS;
        for (guint i = 0; i < rules->len; i++) {
            g_autoptr(sbx_error) error = NULL;

            if (sbx_forward_wait(((struct rule *)rules->pdata[i])->forward, 0, &error) == 0)
                continue;
            report_error(inv, error);
            return EXIT_FAILURE;
        }
    }
}

int cmd_forward(const struct invocation *inv)
{
    g_autoptr(GPtrArray) rules = read_rules(inv);
    g_autoptr(sbx) sandbox = NULL;
    g_autoptr(sbx_error) error = NULL;
    int signal_fd;
    int status;

    if (!rules)
        return EXIT_USAGE;
    if (sbx_connect(inv->operands[0], NULL, &sandbox, &error) < 0) {
        report_error(inv, error);
        return EXIT_FAILURE;
    }
    /* Before the addresses are told: from then on a signal must be seen. */
    signal_fd = signals_open();
    for (guint i = 0; i < rules->len; i++) {
        if (!start(inv, sandbox, rules->pdata[i])) {
            close(signal_fd);
            return EXIT_FAILURE;
        }
    }
    print_rules(inv, rules);
    status = wait_for_end(inv, rules, signal_fd);
    close(signal_fd);
    return status;
}
