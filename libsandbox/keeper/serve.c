/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keeper's main loop: it listens, serves, and cleans up. */
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "keeper/client.h"
#include "keeper/event.h"
#include "keeper/keeper.h"
#include "keeper/pool.h"
#include "keeper/sandbox.h"
#include "keeper/template.h"
#include "wire/fault.h"
#include "wire/json.h"

#define LISTEN_FD 3
#define STATUS_FD 4
#define IDLE_SECONDS 120

/* Out of descriptors: the connection waits in the backlog, and so do we, instead of spinning. */
#define ACCEPT_PAUSE_MS 100

static gboolean on_connection(gint fd, GIOCondition condition, gpointer data);

static gboolean accept_again(gpointer data)
{
    g_unix_fd_add(LISTEN_FD, G_IO_IN, on_connection, data);
    return G_SOURCE_REMOVE;
}

static gboolean on_connection(gint fd, GIOCondition condition, gpointer data)
{
    int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

    (void)condition;
    if (connection >= 0)
        sbx_client_new(data, connection);
    if (connection >= 0 || (errno != EMFILE && errno != ENFILE && errno != ENOBUFS &&
                            errno != ENOMEM))
        return G_SOURCE_CONTINUE;
    g_timeout_add(ACCEPT_PAUSE_MS, accept_again, data);
    return G_SOURCE_REMOVE;
}

static gboolean on_terminate(gpointer data)
{
    sbx_keeper_stop_all(data, "the keeper was stopped");
    return G_SOURCE_CONTINUE;
}

/* Each sandbox takes some ten descriptors. */
static void raise_limits(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

/*
 * VMMs inherit it. An emulator's heap and translated code are used here and there: with huge pages an
 * idle spare had 48 MB to itself, without 44 (measured, QEMU 7.2, 2 vCPUs). Under KVM they make guests
 * faster.
 */
static void spare_huge_pages(SbxKeeper *keeper)
{
    if (!keeper->try_kvm)
        prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
}

static void close_blank(gpointer data)
{
    close(GPOINTER_TO_INT(data));
}

static void unref_template(gpointer data)
{
    sbx_template_unref(data);
}

static void keeper_init(SbxKeeper *keeper)
{
    const char *idle = g_getenv("LIBSANDBOX_IDLE_SECONDS");

    keeper->listen_fd = LISTEN_FD;
    keeper->idle_seconds = idle != NULL ? (guint)g_ascii_strtoull(idle, NULL, 10) : IDLE_SECONDS;
    keeper->loop = g_main_loop_new(NULL, FALSE);
    keeper->image_dirs = g_new0(SbxImageDirs, 1);
    keeper->image_dirs->own = keeper->images != NULL
                                  ? g_strdup(keeper->images)
                                  : g_build_filename(keeper->vm_dir, "images", NULL);
    if (keeper->client_uid != 0)
        keeper->image_dirs->fallback = g_strdup("/var/lib/libsandbox/images");
    keeper->image_dirs->cache = g_build_filename(keeper->vm_dir, "cache", NULL);
    if (g_strcmp0(g_getenv("LIBSANDBOX_TEMPLATES"), "0") != 0)
        keeper->templates_dir = g_build_filename(keeper->vm_dir, "cache", "templates", NULL);
    keeper->snapshots_dir = g_build_filename(keeper->vm_dir, "snapshots", NULL);
    keeper->forks_dir = g_build_filename(keeper->vm_dir, "forks", NULL);
    g_mutex_init(&keeper->driver_lock);
    g_mutex_init(&keeper->boot_lock);
    keeper->initramfs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    keeper->blank_disks = g_hash_table_new_full(NULL, NULL, NULL, close_blank);
    keeper->templates = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, unref_template);
    keeper->builds = g_hash_table_new(g_str_hash, g_str_equal);
    keeper->events = sbx_event_log_new();
    keeper->admission = sbx_admission_new();
    keeper->pools = sbx_pools_new(keeper);
    keeper->clients = g_hash_table_new_full(NULL, NULL, (GDestroyNotify)sbx_client_unref, NULL);
    keeper->sandboxes = g_hash_table_new(g_str_hash, g_str_equal);
    keeper->ended = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_queue_init(&keeper->ended_order);
    g_queue_init(&keeper->ended_consoles);
    g_queue_init(&keeper->boot_queue);
}

static void keeper_clear(SbxKeeper *keeper)
{
    GHashTableIter iter;
    gpointer client;

    g_hash_table_iter_init(&iter, keeper->clients);
    while (g_hash_table_iter_next(&iter, &client, NULL)) {
        sbx_client_close(client);
        g_hash_table_iter_init(&iter, keeper->clients);
    }
    if (keeper->workers != NULL)
        g_thread_pool_free(keeper->workers, FALSE, TRUE);
    if (keeper->driver != NULL)
        sbx_driver_close(keeper->driver);
    g_clear_handle_id(&keeper->idle_timer, g_source_remove);
    g_clear_handle_id(&keeper->rest_timer, g_source_remove);
    g_hash_table_unref(keeper->clients);
    g_hash_table_unref(keeper->sandboxes);
    g_hash_table_unref(keeper->ended);
    g_queue_clear(&keeper->ended_order);
    sbx_console_forget_all(keeper);
    sbx_event_log_free(keeper->events);
    sbx_pools_free(keeper->pools);
    g_hash_table_unref(keeper->builds);
    sbx_admission_free(keeper->admission);
    g_hash_table_unref(keeper->templates);
    g_hash_table_unref(keeper->initramfs);
    g_hash_table_unref(keeper->blank_disks);
    sbx_image_dirs_free(keeper->image_dirs);
    g_main_loop_unref(keeper->loop);
    g_free(keeper->templates_dir);
    g_free(keeper->snapshots_dir);
    g_free(keeper->forks_dir);
    g_free(keeper->vm_dir);
    g_free(keeper->images);
}

/* Tells the client that waits for us why we cannot serve. */
static void refuse(const GError *fault)
{
    g_autoptr(JsonObject) object = sbx_fault_to_json(fault);
    g_autofree char *json = sbx_json_print(object, NULL);
    g_autofree char *line = g_strconcat(json, "\n", NULL);

    (void)!write(STATUS_FD, line, strlen(line));
}

static void serve(SbxKeeper *keeper)
{
    static const char ready[] = "{\"ok\": true}\n";

    g_unix_set_fd_nonblocking(LISTEN_FD, TRUE, NULL);
    g_unix_fd_add(LISTEN_FD, G_IO_IN, on_connection, keeper);
    g_unix_signal_add(SIGTERM, on_terminate, keeper);
    g_unix_signal_add(SIGINT, on_terminate, keeper);
    (void)!write(STATUS_FD, ready, sizeof ready - 1);
    close(STATUS_FD);
    sbx_keeper_check_idle(keeper);
    sbx_keeper_work(keeper, sbx_template_sweep_in_worker, keeper);
    g_main_loop_run(keeper->loop);
}

void sbx_keeper_serve(SbxKeeper *keeper)
{
    g_autoptr(GError) fault = NULL;

    signal(SIGPIPE, SIG_IGN);
    raise_limits();
    spare_huge_pages(keeper);
    keeper_init(keeper);
    fcntl(LISTEN_FD, F_SETFD, FD_CLOEXEC);
    fcntl(STATUS_FD, F_SETFD, FD_CLOEXEC);
    fcntl(keeper->agent_fd, F_SETFD, FD_CLOEXEC);
    if (keeper->daemon && !sbx_keeper_join_daemon(keeper, &fault))
        refuse(fault);
    else
        serve(keeper);
    close(LISTEN_FD);
    keeper_clear(keeper);
}
