/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sbx-keeper: the program. Started by sbx-launch (see launch.h) with the listening socket as
 * descriptor 3 and a pipe to the client that waits for it as descriptor 4.
 *
 *     sbx-keeper --vm-dir=DIR --images=DIR --client-uid=N --agent-fd=N --kvm=try|no
 *         [--daemon-user=N]
 *     sbx-keeper --probe-kvm     exits with 0 when KVM works, 1 when it does not
 *     sbx-keeper --ask-daemon    opens LIBSANDBOX_URI and prints what answers, or why nothing does
 *     sbx-keeper --doctor [--runtime-dir=DIR --data-dir=DIR ...]
 *                                prints the report of sbx_doctor(); see SbxDoctorPaths
 */
#include <locale.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "keeper/keeper.h"

static GLogWriterOutput write_log(GLogLevelFlags level, const GLogField *fields, gsize count,
                                  gpointer data)
{
    g_autofree char *line = NULL;
    g_autoptr(GDateTime) now = NULL;
    g_autofree char *stamp = NULL;

    (void)data;
    if (level > G_LOG_LEVEL_MESSAGE && g_getenv("LIBSANDBOX_DEBUG") == NULL)
        return G_LOG_WRITER_HANDLED;
    now = g_date_time_new_now_utc();
    stamp = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S.%fZ");
    line = g_log_writer_format_fields(level, fields, count, FALSE);
    fprintf(stderr, "%s %s\n", stamp, line);
    return G_LOG_WRITER_HANDLED;
}

static int probe_kvm(void)
{
    g_autofree char *reason = NULL;
    SbxKvmState state = sbx_kvm_probe(&reason);

    g_message("KVM: %s", reason);
    return state == SBX_KVM_WORKS ? 0 : 1;
}

int main(int argc, char **argv)
{
    SbxKeeper keeper = {.agent_fd = -1};
    gint64 client_uid = -1;
    gint64 daemon_user = -1;
    gboolean ask = FALSE;
    g_autofree char *kvm = NULL;
    gboolean probe = FALSE;
    gboolean doctor = FALSE;
    g_auto(SbxDoctorPaths) paths = {0};
    GOptionEntry entries[] = {
        {"vm-dir", 0, 0, G_OPTION_ARG_FILENAME, &keeper.vm_dir, NULL, NULL},
        {"images", 0, 0, G_OPTION_ARG_FILENAME, &keeper.images, NULL, NULL},
        {"daemon-user", 0, 0, G_OPTION_ARG_INT64, &daemon_user, NULL, NULL},
        {"ask-daemon", 0, 0, G_OPTION_ARG_NONE, &ask, NULL, NULL},
        {"client-uid", 0, 0, G_OPTION_ARG_INT64, &client_uid, NULL, NULL},
        {"agent-fd", 0, 0, G_OPTION_ARG_INT, &keeper.agent_fd, NULL, NULL},
        {"kvm", 0, 0, G_OPTION_ARG_STRING, &kvm, NULL, NULL},
        {"probe-kvm", 0, 0, G_OPTION_ARG_NONE, &probe, NULL, NULL},
        {"doctor", 0, 0, G_OPTION_ARG_NONE, &doctor, NULL, NULL},
        {"runtime-dir", 0, 0, G_OPTION_ARG_FILENAME, &paths.runtime_dir, NULL, NULL},
        {"runtime-problem", 0, 0, G_OPTION_ARG_FILENAME, &paths.runtime_problem, NULL, NULL},
        {"data-dir", 0, 0, G_OPTION_ARG_FILENAME, &paths.data_dir, NULL, NULL},
        {"cache-dir", 0, 0, G_OPTION_ARG_FILENAME, &paths.cache_dir, NULL, NULL},
        {"log", 0, 0, G_OPTION_ARG_FILENAME, &paths.log, NULL, NULL},
        {"missing", 0, 0, G_OPTION_ARG_FILENAME, &paths.missing, NULL, NULL},
        {"path", 0, 0, G_OPTION_ARG_FILENAME, &paths.path, NULL, NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) options = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;

    setlocale(LC_ALL, "");
    /* Each thread that starts a VM would keep what it once used in an arena of its own. */
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_TRIM_THRESHOLD, 128 << 10);
    g_option_context_add_main_entries(options, entries, NULL);
    if (!g_option_context_parse(options, &argc, &argv, &error)) {
        fprintf(stderr, "sbx-keeper: %s\n", error->message);
        return 2;
    }
    if (doctor)
        return sbx_doctor_main(&paths);
    if (ask)
        return sbx_doctor_ask_daemon();
    g_log_set_writer_func(write_log, NULL, NULL);
    if (probe)
        return probe_kvm();
    if (keeper.vm_dir == NULL || client_uid < 0 || keeper.agent_fd < 0) {
        fputs("sbx-keeper is started by libsandbox, not by hand\n", stderr);
        return 2;
    }
    keeper.client_uid = (uid_t)client_uid;
    keeper.try_kvm = g_strcmp0(kvm, "try") == 0;
    keeper.daemon = daemon_user >= 0;
    keeper.daemon_user = (uid_t)daemon_user;
    sbx_keeper_serve(&keeper);
    return 0;
}
