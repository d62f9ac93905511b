/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Building a template:
 *
 *   worker     find the image, compute the id, lock, look whether there is one, make a directory
 *   main loop  boot a VM whose RAM is the directory's file; an identity of no one's; warm up; park the
 *              agent; stop the VM and save its state
 *   worker     copy the disk, write the state
 *   main loop  kill the VM, wait until it is gone
 *   worker     checksums, and the directory gets its name
 *
 * One that fails leaves nothing. A keeper that is killed meanwhile leaves a directory that the next one
 * sweeps.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sandbox/error.h>

#include "keeper/boot-private.h"
#include "keeper/disk.h"
#include "keeper/identity.h"
#include "keeper/template.h"
#include "wire/fd.h"

/* Nobody waits for it: a busy machine may take its time. */
#define START_TIMEOUT_MS 120000

enum { STAGE_CHECK, STAGE_BOOT, STAGE_WARM_UP, STAGE_SAVE, STAGE_STORE, STAGES };

static const char *const stages[STAGES] = {
    "checking", "booting", "warming up", "saving", "writing checksums",
};

typedef struct {
    guint number;
    SbxBuildProgress progress;
    SbxBuildDone done;
    gpointer data;
} Waiter;

typedef struct {
    SbxKeeper *keeper;
    SbxSandboxConfig config;
    gboolean force;
    char *kind;
    GArray *waiters;
    SbxSandbox *sandbox; /* the VM, while there is one */
    int stage;
    /* The workers'. */
    GStringChunk *strings;
    SbxTemplateKey key;
    char *id;
    gboolean found;
    int lock_fd;
    int hold_fd;
    char *dir;
    GBytes *state;
    int disk_fd;
    gboolean is_storing; /* a worker does */
    GError *fault;
} Build;

static guint last_number;

static void build_free(Build *build)
{
    if (build->dir != NULL)
        sbx_template_discard(build->dir);
    sbx_fd_clear(&build->hold_fd);
    sbx_fd_clear(&build->lock_fd);
    sbx_fd_clear(&build->disk_fd);
    g_clear_pointer(&build->state, g_bytes_unref);
    g_string_chunk_free(build->strings);
    g_array_unref(build->waiters);
    sbx_sandbox_config_clear(&build->config);
    g_clear_error(&build->fault);
    g_free(build->dir);
    g_free(build->id);
    g_free(build->kind);
    g_free(build);
}

/* The waiters may ask for another build. */
static void finish(Build *build)
{
    GArray *waiters = g_array_ref(build->waiters);

    g_hash_table_remove(build->keeper->builds, build->kind);
    if (build->fault != NULL)
        g_message("no template for %s: %s", build->config.image, build->fault->message);
    for (guint i = 0; i < waiters->len; i++) {
        Waiter *waiter = &g_array_index(waiters, Waiter, i);

        if (waiter->done != NULL)
            waiter->done(build->id, !build->found, build->fault, waiter->data);
    }
    g_array_unref(waiters);
    sbx_keeper_check_idle(build->keeper);
    build_free(build);
}

static void enter(Build *build, int stage)
{
    build->stage = stage;
    for (guint i = 0; i < build->waiters->len; i++) {
        Waiter *waiter = &g_array_index(build->waiters, Waiter, i);

        if (waiter->progress != NULL)
            waiter->progress(stages[stage], (guint)stage, STAGES, waiter->data);
    }
}

/* Runs @work in a worker, then @next in the main loop. */
typedef struct {
    Build *build;
    void (*work)(Build *build);
    void (*next)(Build *build);
} Step;

static gboolean step_done(gpointer data)
{
    Step *step = data;

    step->next(step->build);
    g_free(step);
    return G_SOURCE_REMOVE;
}

static void run_step(gpointer data)
{
    Step *step = data;

    step->work(step->build);
    g_main_context_invoke(NULL, step_done, step);
}

static void in_worker(Build *build, void (*work)(Build *build), void (*next)(Build *build))
{
    Step *step = g_new(Step, 1);

    *step = (Step){build, work, next};
    sbx_keeper_work(build->keeper, run_step, step);
}

/* --- the last step: checksums and a name --- */

/* A full disk shows in many ways: the VM dies, its agent falls silent, a file cannot be written. */
static void work_look_for_room(Build *build)
{
    GError *full = sbx_template_full_fault(build->dir, build->fault);

    if (full == NULL)
        return;
    g_error_free(build->fault);
    build->fault = full;
}

static void work_publish(Build *build)
{
    SbxKeeper *keeper = build->keeper;

    if (sbx_template_publish(keeper->templates_dir, build->dir, &build->key, NULL, &build->fault)) {
        sbx_template_forget(keeper, build->id);
        g_clear_pointer(&build->dir, g_free);
    } else {
        work_look_for_room(build);
    }
}

/* --- the VM --- */

/* Takes @fault. The VM's end is what goes on. */
static void give_up(Build *build, GError *fault)
{
    if (build->fault == NULL)
        build->fault = fault;
    else
        g_error_free(fault);
    if (build->sandbox != NULL)
        sbx_sandbox_end(build->sandbox, "no template could be made of it");
}

/* Whether what an agent or a VMM has told still matters; errors end the build. */
static gboolean goes_on(Build *build, const GError *error)
{
    if (build->sandbox == NULL || build->sandbox->state != SBX_STARTING || build->fault != NULL)
        return FALSE;
    if (error == NULL)
        return TRUE;
    give_up(build, sbx_fault_new(SBX_E_BOOT, 0, NULL, NULL, "%s: %s", stages[build->stage],
                                 error->message));
    return FALSE;
}

static gboolean write_state(Build *build)
{
    g_autofree char *path = g_build_filename(build->dir, "state", NULL);
    g_autoptr(GError) reason = NULL;
    gsize size;
    const char *bytes = g_bytes_get_data(build->state, &size);

    if (g_file_set_contents_full(path, bytes, (gssize)size, G_FILE_SET_CONTENTS_NONE, 0600,
                                 &reason))
        return TRUE;
    if (g_error_matches(reason, G_FILE_ERROR, G_FILE_ERROR_NOSPC))
        build->fault = sbx_fault_new(SBX_E_NO_SPACE, ENOSPC, NULL, NULL,
                                     "cannot write the template's state: %s", g_strerror(ENOSPC));
    else
        build->fault = sbx_fault_new(SBX_E_SYSTEM, 0, NULL, NULL, "%s", reason->message);
    return FALSE;
}

static void work_store(Build *build)
{
    g_autofree char *path = g_build_filename(build->dir, "disk", NULL);
    g_auto(fd_t) disk = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (disk < 0 || ftruncate(disk, (off_t)build->config.disk_size) < 0) {
        sbx_fault_set(&build->fault, errno == ENOSPC ? SBX_E_NO_SPACE : SBX_E_SYSTEM, errno, NULL,
                      "cannot make %s: %s", path, g_strerror(errno));
        return;
    }
    if (sbx_disk_copy_to(build->disk_fd, disk, &build->fault))
        write_state(build);
}

/* Nothing of the VM is left, and nobody works on what was saved of it. */
static void publish(Build *build)
{
    if (build->fault != NULL) {
        in_worker(build, work_look_for_room, finish);
        return;
    }
    enter(build, STAGE_STORE);
    in_worker(build, work_publish, finish);
}

static void stored(Build *build)
{
    build->is_storing = FALSE;
    if (build->sandbox != NULL)
        sbx_sandbox_end(build->sandbox, "its template is saved");
    else
        publish(build);
}

/* The build of a VM, or NULL when that is ending: then the build may be over. */
static Build *build_of(SbxSandbox *sandbox)
{
    return sandbox->state == SBX_STARTING ? sandbox->owner : NULL;
}

static void saved(SbxSandbox *sandbox, GBytes *state, const GError *fault, gpointer data)
{
    Build *build = build_of(sandbox);

    (void)data;
    if (build == NULL || !goes_on(build, fault))
        return;
    build->state = g_bytes_ref(state);
    build->disk_fd = fcntl(sandbox->disk_fd, F_DUPFD_CLOEXEC, 0);
    sbx_boot_trace(sandbox->boot, "the state is saved");
    build->is_storing = TRUE;
    in_worker(build, work_store, stored);
}

static void parked(SbxAgentSession *session, const GError *error, gpointer data)
{
    Build *build = build_of(data);

    (void)session;
    if (build == NULL || !goes_on(build, error))
        return;
    /* The stream stays: what the guest would be told of its end would reach its clones, who would take
     * it for the end of theirs. */
    sbx_boot_finish(build->sandbox);
    enter(build, STAGE_SAVE);
    sbx_vm_save(build->sandbox, saved, NULL);
}

static void warm(SbxAgentSession *session, const GError *error, gpointer data)
{
    Build *build = build_of(data);

    (void)session;
    if (build == NULL || !goes_on(build, error))
        return;
    sbx_boot_trace(build->sandbox->boot, "it is warm");
    sbx_agent_session_park(build->sandbox->session, parked, data);
}

static void has_identity(SbxAgentSession *session, const GError *error, gpointer data)
{
    Build *build = build_of(data);

    (void)session;
    if (build == NULL || !goes_on(build, error))
        return;
    enter(build, STAGE_WARM_UP);
    sbx_warm_up(build->sandbox, TRUE, warm, data);
}

static void vm_up(SbxSandbox *sandbox)
{
    sbx_identity_give(sandbox, has_identity, sandbox);
}

static void vm_failed(SbxSandbox *sandbox, GError *fault)
{
    Build *build = sandbox->owner;

    if (build->fault == NULL)
        build->fault = fault;
    else
        g_error_free(fault);
}

static void vm_gone(SbxSandbox *sandbox)
{
    Build *build = sandbox->owner;

    build->sandbox = NULL;
    if (build->fault == NULL && build->state == NULL)
        build->fault = sbx_fault_new(SBX_E_BOOT, 0, NULL, NULL, "the virtual machine has ended: %s",
                                     sandbox->end_reason);
    if (!build->is_storing)
        publish(build);
}

static const SbxPurpose purpose_template = {
    .up = vm_up,
    .failed = vm_failed,
    .gone = vm_gone,
};

/* --- the first step --- */

static gboolean is_there(Build *build)
{
    g_autofree char *damage = NULL;
    g_autoptr(SbxTemplate) template = NULL;

    if (build->force)
        return FALSE;
    template = sbx_template_load(build->keeper->templates_dir, build->id, &damage, &build->fault);
    if (damage != NULL)
        g_warning("the template %.12s is damaged and is built anew: %s", build->id, damage);
    return template != NULL;
}

static void work_begin(Build *build)
{
    SbxKeeper *keeper = build->keeper;
    SbxDriver *driver = sbx_keeper_driver(keeper, &build->fault);
    g_autoptr(SbxImage) image = NULL;

    if (driver == NULL)
        return;
    if (!sbx_template_possible(keeper, driver)) {
        sbx_fault_set(&build->fault, SBX_E_UNSUPPORTED, 0, "see LIBSANDBOX_TEMPLATES",
                      "templates are not used here");
        return;
    }
    image = sbx_keeper_find_image(keeper, build->config.image, &build->fault);
    if (image == NULL || !sbx_template_key(keeper, driver, image, &build->config, &build->key,
                                           build->strings, &build->fault))
        return;
    build->id = sbx_template_id(&build->key);
    if (build->force)
        sbx_template_store_remove(keeper->templates_dir, build->id, NULL);
    build->lock_fd = sbx_template_lock(keeper->templates_dir, build->id, TRUE, &build->fault);
    if (build->lock_fd < 0)
        return;
    build->found = is_there(build);
    if (!build->found && build->fault == NULL)
        build->dir = sbx_template_begin(keeper->templates_dir, build->config.memory,
                                        &build->hold_fd, &build->fault);
}

static void begun(Build *build)
{
    SbxSandboxConfig config;

    if (build->fault != NULL || build->found || build->keeper->stopping) {
        if (build->fault == NULL && !build->found)
            build->fault = sbx_fault_new(SBX_E_CANCELLED, 0, NULL, NULL, "the keeper is stopping");
        finish(build);
        return;
    }
    enter(build, STAGE_BOOT);
    sbx_sandbox_config_copy_machine(&config, &build->config);
    config.start_timeout_ms = START_TIMEOUT_MS;
    build->sandbox = sbx_sandbox_new(build->keeper, &config, &purpose_template, build);
    build->sandbox->memory_file = g_build_filename(build->dir, "memory", NULL);
    sbx_boot_start(build->sandbox, 1);
}

/* --- asking for one --- */

guint sbx_template_build(SbxKeeper *keeper, const SbxSandboxConfig *config, gboolean force,
                         SbxBuildProgress progress, SbxBuildDone done, gpointer data)
{
    g_autofree char *kind = g_strdup_printf("%s %" G_GUINT64_FORMAT " %u %" G_GUINT64_FORMAT " %d",
                                            config->image, config->memory, config->vcpus,
                                            config->disk_size, force);
    Build *build = g_hash_table_lookup(keeper->builds, kind);
    Waiter waiter = {++last_number, progress, done, data};

    if (build == NULL) {
        build = g_new0(Build, 1);
        build->keeper = keeper;
        sbx_sandbox_config_copy_machine(&build->config, config);
        build->force = force;
        build->kind = g_steal_pointer(&kind);
        build->waiters = g_array_new(FALSE, FALSE, sizeof(Waiter));
        build->strings = g_string_chunk_new(4096);
        build->lock_fd = -1;
        build->hold_fd = -1;
        build->disk_fd = -1;
        g_hash_table_insert(keeper->builds, build->kind, build);
        sbx_keeper_check_idle(keeper);
        in_worker(build, work_begin, begun);
    }
    g_array_append_val(build->waiters, waiter);
    return waiter.number;
}

void sbx_template_build_ignore(SbxKeeper *keeper, guint number)
{
    GHashTableIter iter;
    gpointer build;

    g_hash_table_iter_init(&iter, keeper->builds);
    while (g_hash_table_iter_next(&iter, NULL, &build)) {
        GArray *waiters = ((Build *)build)->waiters;

        for (guint i = 0; i < waiters->len; i++) {
            Waiter *waiter = &g_array_index(waiters, Waiter, i);

            if (waiter->number == number)
                *waiter = (Waiter){0};
        }
    }
}
