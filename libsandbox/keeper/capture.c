/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Capture: see capture.h. */
#include "keeper/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <sandbox/error.h>

#include "keeper/disk.h"
#include "keeper/identity.h"
#include "keeper/kvm-clock.h"
#include "keeper/template.h"
#include "wire/fd.h"
#include "wire/json.h"

/* A guest that writes faster than it is copied is stopped after that time, so that it comes to an
 * end; not before it was copied once and what it wrote meanwhile once more, which takes its time
 * where there is much of it. */
#define CONVERGE_MS 5000
#define CONVERGE_PASS 3
/* How long the end of it may take; QEMU's default. */
#define DOWNTIME_MS 300
/* How long QEMU may take from saying that a migration has completed to letting the VM go on, for which
 * it has no event; on a busy host milliseconds. */
#define FINALIZE_MS 10000
#define BANDWIDTH (INT64_C(64) << 30) /* bytes/s: no limit */
#define FREE_MIN (64u << 20)

typedef struct {
    guint refs;         /* its own, and one for each command that is not answered yet */
    SbxSandbox *parent; /* a reference; its "busy" is this */
    SbxSandbox *loader; /* while there is one */
    char *dir;
    SbxCaptured captured;
    gpointer data;
    guint timer;
    gint64 pass; /* over the parent's memory; QEMU counts them from 1 */
    gboolean was_running;
    gboolean stopped;  /* the parent, by us */
    gboolean sent;     /* the parent is through, and stopped */
    gboolean received; /* the loader is through */
    gboolean has_disk;
    gboolean is_over;  /* the loader is ending */
    gboolean working;  /* a worker has it */
    GBytes *state;
    gint64 goes_on_until_us;
    int parent_disk_fd; /* ours: the parent may end at any time */
    int disk_fd;
    GError *disk_fault; /* the worker's */
    GError *fault;
} Capture;

static Capture *capture_ref(Capture *capture)
{
    capture->refs++;
    return capture;
}

static void capture_unref(Capture *capture)
{
    if (--capture->refs > 0)
        return;
    g_clear_pointer(&capture->state, g_bytes_unref);
    g_clear_error(&capture->fault);
    sbx_sandbox_unref(capture->parent);
    g_free(capture->dir);
    g_free(capture);
}

static void parent_asked(SbxQmp *monitor, JsonObject *result, const GError *error, gpointer data);

/* FALSE when it is paused or copied again, or ends: then it goes on with that. */
static gboolean may_go_on(Capture *capture)
{
    SbxSandbox *parent = capture->parent;

    return parent->monitor != NULL && parent->state == SBX_RUNNING &&
           (parent->busy == NULL || parent->busy == capture);
}

static gboolean ask_parent(gpointer data)
{
    Capture *capture = data;

    if (may_go_on(capture))
        sbx_qmp_execute(capture->parent->monitor, "cont", NULL, -1, parent_asked, capture);
    else
        capture_unref(capture);
    return G_SOURCE_REMOVE;
}

/* QEMU refuses ("Migration is not finalized yet") until the thread that migrated has come to its end. */
static void parent_asked(SbxQmp *monitor, JsonObject *result, const GError *error, gpointer data)
{
    Capture *capture = data;
    SbxSandbox *parent = capture->parent;

    (void)monitor;
    (void)result;
    if (may_go_on(capture) && error == NULL) {
        /* It stood still meanwhile. */
        sbx_identity_set_clock(parent, NULL, NULL);
    } else if (may_go_on(capture) &&
               g_error_matches(error, SBX_QMP_ERROR, SBX_QMP_ERROR_COMMAND)) {
        if (g_get_monotonic_time() < capture->goes_on_until_us) {
            g_debug("%s does not go on yet: %s", parent->id, error->message);
            g_timeout_add(1, ask_parent, capture);
            return;
        }
        g_autofree char *why = g_strdup_printf("it did not go on when it had been copied: %s",
                                               error->message);
        sbx_sandbox_end(parent, why);
    }
    capture_unref(capture);
}

static void parent_goes_on(Capture *capture)
{
    if (!capture->was_running || !(capture->sent || capture->stopped))
        return;
    capture->was_running = FALSE;
    capture->goes_on_until_us = g_get_monotonic_time() + FINALIZE_MS * G_TIME_SPAN_MILLISECOND;
    ask_parent(capture_ref(capture));
}

static SbxTemplate *make_template(Capture *capture)
{
    SbxTemplate *template = g_new0(SbxTemplate, 1);

    g_atomic_ref_count_init(&template->refs);
    template->id = g_strdup("");
    template->dir = g_strdup(capture->dir);
    template->memory_path = g_build_filename(capture->dir, "memory", NULL);
    template->memory = capture->parent->config.memory;
    template->vcpus = capture->parent->config.vcpus;
    template->disk_size = capture->parent->config.disk_size;
    template->image = g_strdup(capture->parent->config.image);
    template->state = g_bytes_ref(capture->state);
    template->disk_fd = sbx_fd_steal(&capture->disk_fd);
    template->notes = json_object_new();
    return template;
}

/* The loader is gone. */
static void finish(Capture *capture)
{
    SbxSandbox *parent = capture->parent;
    g_autoptr(SbxTemplate) template = NULL;

    if (capture->working)
        return;
    g_clear_handle_id(&capture->timer, g_source_remove);
    parent_goes_on(capture);
    parent->on_event = NULL;
    if (parent->busy == capture)
        parent->busy = NULL;
    if (capture->fault == NULL && (capture->state == NULL || !capture->has_disk))
        capture->fault = sbx_fault_new(SBX_E_BOOT, 0, NULL, NULL,
                                       "the VMM that was to take in the copy has ended");
    if (capture->fault == NULL) {
        template = make_template(capture);
    } else if (parent->state >= SBX_ENDING) {
        /* What went wrong with its VMM came of that. */
        g_error_free(capture->fault);
        capture->fault = sbx_sandbox_gone(parent);
    }
    capture->captured(template, capture->fault, capture->data);
    sbx_fd_clear(&capture->disk_fd);
    sbx_fd_clear(&capture->parent_disk_fd);
    capture_unref(capture);
}

/* It is over, well or with @fault (taken). */
static void end(Capture *capture, GError *fault)
{
    if (fault != NULL && capture->fault == NULL)
        capture->fault = fault;
    else if (fault != NULL)
        g_error_free(fault);
    if (capture->is_over)
        return;
    capture->is_over = TRUE;
    if (capture->loader != NULL)
        sbx_sandbox_end(capture->loader, "the copy is made");
    else
        finish(capture);
}

static void fail(Capture *capture, const char *what, const GError *error)
{
    gboolean died = sbx_fault_code(error) == SBX_E_BOOT ||
                    g_error_matches(error, SBX_QMP_ERROR, SBX_QMP_ERROR_CLOSED);

    end(capture, sbx_fault_new(died ? SBX_E_BOOT : SBX_E_SYSTEM, sbx_fault_errno(error), NULL, NULL,
                               "cannot copy the sandbox %s: %s: %s", capture->parent->id, what,
                               error->message));
}

/* --- disk and state --- */

static void check_complete(Capture *capture)
{
    if (capture->state != NULL && !capture->working)
        end(capture, NULL);
}

static void state_saved(SbxSandbox *loader, GBytes *state, const GError *fault, gpointer data)
{
    Capture *capture = data;

    (void)loader;
    if (state != NULL)
        capture->state = sbx_kvm_clock_distrust(state);
    if (fault != NULL)
        fail(capture, "saving", fault);
    else
        check_complete(capture);
    capture_unref(capture);
}

static gboolean memory_trimmed(gpointer data)
{
    Capture *capture = data;

    capture->working = FALSE;
    if (capture->is_over && capture->loader == NULL)
        finish(capture);
    else
        check_complete(capture);
    return G_SOURCE_REMOVE;
}

static void trim_memory(gpointer data)
{
    Capture *capture = data;
    g_autofree char *path = g_build_filename(capture->dir, "memory", NULL);

    sbx_disk_punch_zeros(path);
    g_main_context_invoke(NULL, memory_trimmed, capture);
}

static gboolean disk_copied(gpointer data)
{
    Capture *capture = data;

    capture->working = FALSE;
    parent_goes_on(capture);
    capture->has_disk = capture->disk_fault == NULL;
    if (capture->fault == NULL)
        capture->fault = g_steal_pointer(&capture->disk_fault);
    g_clear_error(&capture->disk_fault);
    if (capture->is_over) {
        if (capture->loader == NULL)
            finish(capture);
    } else if (!capture->has_disk) {
        end(capture, NULL);
    } else {
        sbx_vm_save(capture->loader, state_saved, capture_ref(capture));
        capture->working = TRUE;
        sbx_keeper_work(capture->parent->keeper, trim_memory, capture);
    }
    return G_SOURCE_REMOVE;
}

static void copy_disk(gpointer data)
{
    Capture *capture = data;
    g_autofree char *path = g_build_filename(capture->dir, "disk", NULL);

    capture->disk_fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (capture->disk_fd < 0)
        sbx_fault_set(&capture->disk_fault, SBX_E_SYSTEM, errno, NULL, "cannot open %s: %s", path,
                      g_strerror(errno));
    else
        sbx_disk_copy_to(capture->parent_disk_fd, capture->disk_fd, &capture->disk_fault);
    g_main_context_invoke(NULL, disk_copied, capture);
}

/* Both are through: the disk is what it was when the VM stopped. */
static void check_moved(Capture *capture)
{
    if (!capture->sent || !capture->received || capture->is_over || capture->working)
        return;
    g_clear_handle_id(&capture->timer, g_source_remove);
    capture->working = TRUE;
    sbx_keeper_work(capture->parent->keeper, copy_disk, capture);
}

/* --- memory --- */

static void command_done(SbxQmp *monitor, JsonObject *result, const GError *error, gpointer data)
{
    Capture *capture = data;

    (void)result;
    /* The one whose monitor closed is ending, which is noticed. */
    if (error != NULL && capture->loader != NULL && monitor == capture->loader->monitor)
        fail(capture, "the VMM that takes in the copy", error);
    else if (error != NULL)
        fail(capture, "the VMM", error);
    capture_unref(capture);
}

static gboolean status_of(const char *event, JsonObject *values, const char **status)
{
    *status = values != NULL ? sbx_json_get_string(values, "status") : NULL;
    return strcmp(event, "MIGRATION") == 0 && *status != NULL;
}

static void moved(Capture *capture, const char *status, gboolean *through)
{
    if (strcmp(status, "completed") == 0) {
        *through = TRUE;
        check_moved(capture);
    } else if (strcmp(status, "failed") == 0 || strcmp(status, "cancelled") == 0) {
        end(capture, sbx_fault_new(SBX_E_SYSTEM, 0, NULL, NULL,
                                   "cannot copy the sandbox %s: its VMM has %s to move it",
                                   capture->parent->id,
                                   *status == 'f' ? "failed" : "been told not"));
    }
}

static void stop_parent(Capture *capture)
{
    if (!capture->was_running || capture->parent->monitor == NULL)
        return;
    capture->stopped = TRUE;
    sbx_qmp_execute(capture->parent->monitor, "stop", NULL, -1, command_done,
                    capture_ref(capture));
}

/* Once the time is over and enough was tried. */
static void stop_when_late(Capture *capture)
{
    if (capture->timer == 0 && capture->pass >= CONVERGE_PASS && !capture->stopped &&
        !capture->sent && !capture->is_over)
        stop_parent(capture);
}

static void parent_event(SbxSandbox *parent, const char *event, JsonObject *values)
{
    Capture *capture = parent->busy;
    const char *status;

    if (status_of(event, values, &status)) {
        moved(capture, status, &capture->sent);
    } else if (strcmp(event, "MIGRATION_PASS") == 0 && values != NULL) {
        capture->pass = sbx_json_get_int(values, "pass", capture->pass);
        g_debug("%s: pass %" G_GINT64_FORMAT " over its memory", parent->id, capture->pass);
        stop_when_late(capture);
    }
}

static void loader_event(SbxSandbox *loader, const char *event, JsonObject *values)
{
    Capture *capture = loader->owner;
    const char *status;

    if (!capture->received && status_of(event, values, &status))
        moved(capture, status, &capture->received);
}

static gboolean does_not_converge(gpointer data)
{
    Capture *capture = data;

    capture->timer = 0;
    stop_when_late(capture);
    return G_SOURCE_REMOVE;
}

/* Copies of a busy guest that was emulated and ran meanwhile were often corrupt: 5 of 6 tests of forks
 * failed, none since it stands still (QEMU 7.2, two vCPUs). It seems not to note every page that such a
 * guest writes. */
static gboolean may_move_live(SbxKeeper *keeper)
{
    SbxDriverInfo info;

    sbx_driver_describe(keeper->driver, &info);
    return info.kvm;
}

static void set_pace(Capture *capture)
{
    JsonObject *parameters = json_object_new();

    json_object_set_int_member(parameters, "max-bandwidth", BANDWIDTH);
    json_object_set_int_member(parameters, "downtime-limit", DOWNTIME_MS);
    sbx_qmp_execute(capture->parent->monitor, "migrate-set-parameters", parameters, -1,
                    command_done, capture_ref(capture));
}

/* The loader's VMM waits for a VM. */
static void loader_up(SbxSandbox *loader)
{
    Capture *capture = loader->owner;
    SbxSandbox *parent = capture->parent;
    int ends[2];

    if (parent->monitor == NULL || parent->state >= SBX_ENDING) {
        end(capture, sbx_sandbox_gone(parent));
        return;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
        end(capture, sbx_fault_new(SBX_E_SYSTEM, errno, NULL, NULL, "cannot make a socket: %s",
                                   g_strerror(errno)));
        return;
    }
    sbx_boot_stop_clock(loader); /* memory takes as long as there is of it */
    loader->on_event = loader_event;
    parent->on_event = parent_event;
    if (!may_move_live(parent->keeper))
        stop_parent(capture);
    sbx_qmp_migrate_capabilities(loader->monitor, FALSE, command_done, capture_ref(capture));
    sbx_qmp_migrate(loader->monitor, ends[1], TRUE, command_done, capture_ref(capture));
    sbx_qmp_migrate_capabilities(parent->monitor, FALSE, command_done, capture_ref(capture));
    set_pace(capture);
    sbx_qmp_migrate(parent->monitor, ends[0], FALSE, command_done, capture_ref(capture));
    close(ends[0]);
    close(ends[1]);
    capture->timer = g_timeout_add(CONVERGE_MS, does_not_converge, capture);
}

static void loader_failed(SbxSandbox *loader, GError *fault)
{
    end(loader->owner, fault);
}

static void loader_gone(SbxSandbox *loader)
{
    Capture *capture = loader->owner;

    capture->loader = NULL;
    capture->is_over = TRUE;
    finish(capture);
}

static const SbxPurpose purpose_loader = {
    .is_awaited = TRUE,
    .is_loader = TRUE,
    .up = loader_up,
    .failed = loader_failed,
    .gone = loader_gone,
};

/* --- the beginning --- */

void sbx_capture_config(SbxSandbox *sandbox, SbxSandboxConfig *config)
{
    sbx_sandbox_config_copy_machine(config, &sandbox->config);
    g_free(config->image);
    config->image = g_strdup_printf("%s@%s", sandbox->image->name, sandbox->image->version);
}

gboolean sbx_capture_possible(SbxSandbox *sandbox, SbxRequest *request)
{
    if (sandbox->monitor == NULL || sandbox->disk_fd < 0)
        sbx_request_fail(request, sbx_fault_new(SBX_E_UNSUPPORTED, 0,
                                                "use qemu:///embed, the default", NULL,
                                                "this hypervisor cannot copy a running sandbox"));
    else if (sandbox->busy != NULL)
        sbx_request_fail(request, sbx_fault_new(SBX_E_BUSY, 0, "try again", NULL,
                                                "the sandbox %s is being paused, resumed or copied",
                                                sandbox->id));
    else
        return TRUE;
    return FALSE;
}

static gboolean memory_made(gpointer data)
{
    Capture *capture = data;
    SbxSandboxConfig config;

    capture->working = FALSE;
    if (capture->fault != NULL || capture->parent->state >= SBX_ENDING) {
        end(capture, capture->fault == NULL ? sbx_sandbox_gone(capture->parent) : NULL);
        return G_SOURCE_REMOVE;
    }
    sbx_capture_config(capture->parent, &config);
    capture->loader = sbx_sandbox_new(capture->parent->keeper, &config, &purpose_loader, capture);
    capture->loader->memory_file = g_build_filename(capture->dir, "memory", NULL);
    capture->loader->disk_file = g_build_filename(capture->dir, "disk", NULL);
    sbx_boot_start(capture->loader, 1);
    return G_SOURCE_REMOVE;
}

/* A file system that fills up would kill the loader. */
static void make_memory(gpointer data)
{
    Capture *capture = data;
    guint64 memory = capture->parent->config.memory;
    g_autofree char *path = g_build_filename(capture->dir, "memory", NULL);
    g_auto(fd_t) fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct statvfs space;

    if (fd < 0 || ftruncate(fd, (off_t)memory) < 0)
        sbx_fault_set(&capture->fault, errno == ENOSPC ? SBX_E_NO_SPACE : SBX_E_SYSTEM, errno, NULL,
                      "cannot make a file for the sandbox's memory: %s", g_strerror(errno));
    else if (fstatvfs(fd, &space) == 0 &&
             (guint64)space.f_bavail * space.f_frsize < memory + FREE_MIN)
        sbx_fault_set(&capture->fault, SBX_E_NO_SPACE, ENOSPC, "end other sandboxes, or free space",
                      "no room for a copy of the sandbox's memory: it has %" G_GUINT64_FORMAT
                      " MiB, and %" G_GUINT64_FORMAT " MiB are free",
                      memory >> 20, ((guint64)space.f_bavail * space.f_frsize) >> 20);
    g_main_context_invoke(NULL, memory_made, capture);
}

void sbx_capture(SbxSandbox *sandbox, const char *dir, SbxCaptured captured, gpointer data)
{
    Capture *capture = g_new0(Capture, 1);

    capture->refs = 1;
    capture->parent = sbx_sandbox_ref(sandbox);
    capture->dir = g_strdup(dir);
    capture->captured = captured;
    capture->data = data;
    capture->was_running = sandbox->state == SBX_RUNNING;
    capture->disk_fd = -1;
    capture->parent_disk_fd = fcntl(sandbox->disk_fd, F_DUPFD_CLOEXEC, 0);
    capture->working = TRUE;
    sandbox->busy = capture;
    sbx_keeper_work(sandbox->keeper, make_memory, capture);
}
