/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-qmp.c: the QMP monitor, with the input as everything QEMU ever says. A command, a migration
 * and one who waits for the end are under way. Each callback must come exactly once, whatever QEMU
 * said. */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "virt/qmp.h"

enum { LONGEST_INPUT = 64 << 10 };

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

typedef struct {
    int answered, migrated, lost;
} Counts;

static void count(SbxQmp *qmp, JsonObject *result, const GError *error, gpointer data)
{
    (void)qmp;
    if (error != NULL && (result != NULL || !g_utf8_validate(error->message, -1, NULL)))
        abort();
    ++*(int *)data;
}

static void on_event(SbxQmp *qmp, const char *event, JsonObject *values, gpointer data)
{
    if (((Counts *)data)->lost > 0)
        abort();
    if (values != NULL && event[0] == '?')
        sbx_qmp_execute(qmp, event, json_object_ref(values), -1, NULL, NULL);
}

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    Counts counts = {0};
    int fds[2];

    if (size > LONGEST_INPUT || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
        return 0;
    SbxQmp *qmp = sbx_qmp_new(fds[0], on_event, &counts);
    sbx_qmp_when_lost(qmp, count, &counts.lost);
    sbx_qmp_execute(qmp, "query-status", NULL, -1, count, &counts.answered);
    sbx_qmp_migrate(qmp, STDERR_FILENO, FALSE, count, &counts.migrated);
    if (size > 0 && write(fds[1], data, size) != (ssize_t)size)
        abort();
    shutdown(fds[1], SHUT_WR);
    while (counts.lost == 0)
        g_main_context_iteration(NULL, TRUE);
    sbx_qmp_free(qmp);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    close(fds[1]);
    if (counts.answered != 1 || counts.migrated != 1 || counts.lost != 1)
        abort();
    return 0;
}
