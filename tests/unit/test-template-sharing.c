/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The template store shared by several keepers: locks, loading while others publish and remove,
 * listing, removal, sweeping.
 */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include <sandbox/error.h>

#include "lib/test-main.h"
#include "template-fixture.h"
#include "wire/fault.h"

static char *lock_name(void)
{
    return g_strconcat(fixture_id, ".lock", NULL);
}

static int lock(gboolean wait)
{
    g_autoptr(GError) error = NULL;
    int fd = sbx_template_lock(fixture_dir, fixture_id, wait, &error);

    if (fd < 0)
        ck_assert_int_eq(sbx_fault_code(error), SBX_E_BUSY);
    return fd;
}

/* --- locks --- */

START_TEST(lock_excludes)
{
    g_auto(fd_t) first = lock(FALSE);

    ck_assert_int_ge(first, 0);
    ck_assert_int_eq(lock(FALSE), -1);
    sbx_fd_clear(&first);
    first = lock(FALSE);
    ck_assert_int_ge(first, 0);
    ck_assert_int_ne(fcntl(first, F_GETFD) & FD_CLOEXEC, 0);
}
END_TEST

/* Another keeper: a process that does something, says so and lives until the pipe is closed. */
typedef struct {
    pid_t pid;
    int leash;
} Other;

static Other other_start(void (*act)(void))
{
    int ready[2], leash[2];
    Other other;
    char byte;

    ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(leash, O_CLOEXEC), 0);
    other.pid = fork();
    ck_assert_int_ge(other.pid, 0);
    if (other.pid == 0) {
        close(leash[1]);
        act();
        if (write(ready[1], "", 1) != 1 || read(leash[0], &byte, 1) != 0)
            _exit(1);
        _exit(0);
    }
    close(ready[1]);
    close(leash[0]);
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    other.leash = leash[1];
    return other;
}

static void other_kill(Other *other)
{
    ck_assert_int_eq(kill(other->pid, SIGKILL), 0);
    ck_assert_int_eq(waitpid(other->pid, NULL, 0), other->pid);
    close(other->leash);
}

static void act_lock(void)
{
    if (sbx_template_lock(fixture_dir, fixture_id, FALSE, NULL) < 0)
        _exit(1);
}

START_TEST(lock_of_a_dead_process_is_free)
{
    Other other = other_start(act_lock);
    g_auto(fd_t) mine = lock(FALSE);

    ck_assert_int_eq(mine, -1);
    other_kill(&other);
    mine = lock(TRUE);
    ck_assert_int_ge(mine, 0);
}
END_TEST

typedef struct {
    GAsyncQueue *queue;
    int released; /* atomic: it may have the lock now */
} Waiter;

static gpointer wait_and_load(gpointer data)
{
    Waiter *waiter = data;
    g_auto(fd_t) mine = -1;

    g_async_queue_push(waiter->queue, waiter);
    mine = sbx_template_lock(fixture_dir, fixture_id, TRUE, NULL);
    if (mine < 0 || !g_atomic_int_get(&waiter->released))
        return NULL;
    return sbx_template_load(fixture_dir, fixture_id, NULL, NULL);
}

/* The first builds; the second waits and then finds it. In between the lock's file is replaced, as
 * by a removal: having the old one is worth nothing. */
START_TEST(second_waits_and_finds_it)
{
    Waiter waiter = {.queue = g_async_queue_new()};
    g_autofree char *name = lock_name();
    g_autofree char *path = g_build_filename(fixture_dir, name, NULL);
    g_auto(fd_t) old = lock(FALSE);
    g_auto(fd_t) new = -1;
    GThread *thread = g_thread_new("second", wait_and_load, &waiter);
    SbxTemplate *template;

    g_async_queue_pop(waiter.queue);
    if (_i) {
        ck_assert_int_eq(g_unlink(path), 0);
        new = lock(FALSE);
        ck_assert_int_ge(new, 0);
        sbx_fd_clear(&old);
    }
    fixture_publish();
    g_atomic_int_set(&waiter.released, TRUE);
    sbx_fd_clear(&old);
    sbx_fd_clear(&new);
    template = g_thread_join(thread);
    ck_assert_ptr_nonnull(template);
    sbx_template_unref(template);
    g_async_queue_unref(waiter.queue);
}
END_TEST

/* --- several keepers at once --- */

enum { ROUNDS = 400 };

/* A copy that has the template's name for a moment. Links, as publication takes so long that the
 * moments to look for would be rare. */
static void make_copy(const char *original, const char *copy)
{
    static const char *const names[] = {"memory", "disk", "state", "template.json", "stamp"};

    ck_assert_int_eq(g_mkdir(copy, 0700), 0);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *from = g_build_filename(original, names[i], NULL);
        g_autofree char *to = g_build_filename(copy, names[i], NULL);

        ck_assert_int_eq(link(from, to), 0);
    }
}

static gpointer come_and_go(gpointer data)
{
    g_autofree char *path = fixture_path(NULL);
    int *stop = data;

    for (int i = 0; i < ROUNDS; i++) {
        g_autofree char *copy = g_strdup_printf("%s/copy-%d", fixture_dir, i);
        g_autoptr(GError) error = NULL;

        ck_assert_int_eq(g_rename(copy, path), 0);
        while (!sbx_template_store_remove(fixture_dir, fixture_id, &error)) {
            /* The other's sweep had the lock, about to remove it as there was no template yet. */
            ck_assert_msg(sbx_fault_code(error) == SBX_E_BUSY, "%s", error->message);
            g_clear_error(&error);
        }
    }
    g_atomic_int_set(stop, TRUE);
    return NULL;
}

/* Whoever loads meanwhile finds a whole one or none, never damage. */
START_TEST(loading_while_it_comes_and_goes)
{
    g_autofree char *path = fixture_path(NULL);
    int stop = FALSE;
    GThread *thread;

    fixture_publish();
    for (int i = 0; i < ROUNDS; i++) {
        g_autofree char *copy = g_strdup_printf("%s/copy-%d", fixture_dir, i);

        make_copy(path, copy);
    }
    ck_assert(sbx_template_store_remove(fixture_dir, fixture_id, NULL));
    thread = g_thread_new("other", come_and_go, &stop);
    while (!g_atomic_int_get(&stop)) {
        g_autoptr(GError) error = NULL;
        g_autofree char *damage = NULL;

        sbx_template_unref(sbx_template_load(fixture_dir, fixture_id, &damage, &error));
        ck_assert_msg(damage == NULL, "%s", damage);
        ck_assert_msg(error == NULL, "%s", error ? error->message : "");
        sbx_template_store_sweep(fixture_dir, 100);
    }
    g_thread_join(thread);
}
END_TEST

/* Who found damage removes what it found, not what came to be there since. */
START_TEST(successor_stays)
{
    g_auto(fd_t) store = -1;
    g_auto(fd_t) old = -1;

    fixture_publish();
    store = open(fixture_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    old = sbx_template_open_dir(store, fixture_id);
    ck_assert(sbx_template_store_remove(fixture_dir, fixture_id, NULL));
    fixture_publish();
    ck_assert(sbx_template_take_away(store, fixture_id, old));
    sbx_template_unref(fixture_load());
}
END_TEST

/* --- list and remove --- */

START_TEST(listing)
{
    g_autofree char *used = fixture_path("used");
    g_autofree char *stray = g_build_filename(fixture_dir, "stray", NULL);
    g_autofree char *first = g_strdup(fixture_id);
    g_autoptr(GPtrArray) list = NULL;
    g_auto(fd_t) building = -1;
    const SbxTemplateEntry *entry;

    fixture_publish();
    fixture_age(used, 9);
    fixture_write(stray, "");
    fixture_key.vcpus = 4;
    g_free(fixture_id);
    fixture_id = sbx_template_id(&fixture_key);
    fixture_publish();
    fixture_key.vcpus = 8;
    g_free(fixture_id);
    fixture_id = sbx_template_id(&fixture_key);
    building = lock(FALSE);
    list = sbx_template_store_list(fixture_dir, NULL);
    ck_assert_uint_eq(list->len, 3);
    entry = list->pdata[0];
    ck_assert_uint_eq(entry->vcpus, 4);
    ck_assert_int_le(ABS(entry->created_ms - g_get_real_time() / 1000), 60000);
    ck_assert_int_le(ABS(entry->used_ms - g_get_real_time() / 1000), 60000);
    entry = list->pdata[1];
    ck_assert_str_eq(entry->id, first);
    ck_assert_str_eq(entry->image, fixture_key.image);
    ck_assert_str_eq(entry->vmm, fixture_key.vmm);
    ck_assert_str_eq(entry->accelerator, fixture_key.accelerator);
    ck_assert_uint_eq(entry->memory, FIXTURE_MEMORY);
    ck_assert_uint_eq(entry->disk_size, FIXTURE_DISK);
    ck_assert(!entry->building);
    ck_assert_uint_ge(entry->size, FIXTURE_STATE + 100000);
    ck_assert_uint_le(entry->size, FIXTURE_MEMORY);
    entry = list->pdata[2];
    ck_assert_str_eq(entry->id, fixture_id);
    ck_assert(entry->building);
    ck_assert_ptr_null(entry->image);
}
END_TEST

START_TEST(damaged_one_is_listed)
{
    g_autofree char *json = fixture_path("template.json");
    g_autoptr(GPtrArray) list = NULL;
    const SbxTemplateEntry *entry;

    fixture_publish();
    ck_assert_int_eq(g_unlink(json), 0);
    list = sbx_template_store_list(fixture_dir, NULL);
    ck_assert_uint_eq(list->len, 1);
    entry = list->pdata[0];
    ck_assert_str_eq(entry->id, fixture_id);
    ck_assert_ptr_null(entry->image);
    ck_assert_uint_gt(entry->size, 0);
    ck_assert(sbx_template_store_remove(fixture_dir, fixture_id, NULL));
}
END_TEST

START_TEST(removal)
{
    g_autoptr(GError) busy = NULL;
    g_auto(fd_t) mine = lock(FALSE);
    g_autoptr(GPtrArray) names = NULL;
    g_auto(fd_t) store = open(fixture_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    ck_assert(!sbx_template_store_remove(fixture_dir, fixture_id, &busy));
    ck_assert_int_eq(sbx_fault_code(busy), SBX_E_BUSY);
    g_clear_error(&busy);
    fixture_publish();
    ck_assert(!sbx_template_store_remove(fixture_dir, fixture_id, &busy));
    ck_assert_int_eq(sbx_fault_code(busy), SBX_E_BUSY);
    sbx_template_unref(fixture_load());
    sbx_fd_clear(&mine);
    ck_assert(sbx_template_store_remove(fixture_dir, fixture_id, NULL));
    names = sbx_template_names(store);
    ck_assert_uint_eq(names->len, 0);
}
END_TEST

/* --- sweep --- */

static void act_build(void)
{
    int hold;

    if (!sbx_template_begin(fixture_dir, 4096, &hold, NULL))
        _exit(1);
}

START_TEST(sweep_spares_living_builds)
{
    Other other = other_start(act_build);
    g_auto(fd_t) hold = -1;
    g_autofree char *mine = sbx_template_begin(fixture_dir, 4096, &hold, NULL);

    ck_assert_uint_eq(fixture_count_builds(), 2);
    sbx_template_store_sweep(fixture_dir, 0);
    ck_assert_uint_eq(fixture_count_builds(), 2);
    other_kill(&other);
    sbx_template_store_sweep(fixture_dir, 0);
    ck_assert_uint_eq(fixture_count_builds(), 1);
    ck_assert(g_file_test(mine, G_FILE_TEST_IS_DIR));
    sbx_fd_clear(&hold);
    sbx_template_store_sweep(fixture_dir, 0);
    ck_assert_uint_eq(fixture_count_builds(), 0);
}
END_TEST

START_TEST(sweep_removes_the_unused)
{
    g_autofree char *used = fixture_path("used");
    g_autofree char *stray = g_build_filename(fixture_dir, "stray", NULL);
    g_auto(fd_t) building = -1;

    fixture_publish();
    fixture_write(stray, "");
    fixture_age(used, 29);
    sbx_template_store_sweep(fixture_dir, 30);
    fixture_assert_exists(fixture_id, TRUE);
    fixture_age(used, 31);
    building = lock(FALSE);
    sbx_template_store_sweep(fixture_dir, 30);
    fixture_assert_exists(fixture_id, TRUE);
    sbx_fd_clear(&building);
    sbx_template_store_sweep(fixture_dir, 30);
    fixture_assert_exists(fixture_id, FALSE);
    fixture_assert_exists("stray", TRUE);
    fixture_publish();
    fixture_age(used, -1000);
    sbx_template_store_sweep(fixture_dir, 0);
    fixture_assert_exists(fixture_id, TRUE);
}
END_TEST

START_TEST(sweep_removes_idle_locks)
{
    g_autofree char *name = lock_name();
    g_auto(fd_t) mine = lock(FALSE);

    sbx_template_store_sweep(fixture_dir, 30);
    fixture_assert_exists(name, TRUE);
    fixture_publish();
    sbx_fd_clear(&mine);
    sbx_template_store_sweep(fixture_dir, 30);
    fixture_assert_exists(name, TRUE);
    ck_assert(sbx_template_store_remove(fixture_dir, fixture_id, NULL));
    mine = lock(FALSE);
    sbx_fd_clear(&mine);
    fixture_assert_exists(name, TRUE);
    sbx_template_store_sweep(fixture_dir, 30);
    fixture_assert_exists(name, FALSE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("template-sharing");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, fixture_setup, fixture_teardown);
    tcase_set_timeout(all, 60);
    tcase_add_test(all, lock_excludes);
    tcase_add_test(all, lock_of_a_dead_process_is_free);
    tcase_add_loop_test(all, second_waits_and_finds_it, 0, 2);
    tcase_add_test(all, loading_while_it_comes_and_goes);
    tcase_add_test(all, successor_stays);
    tcase_add_test(all, listing);
    tcase_add_test(all, damaged_one_is_listed);
    tcase_add_test(all, removal);
    tcase_add_test(all, sweep_spares_living_builds);
    tcase_add_test(all, sweep_removes_the_unused);
    tcase_add_test(all, sweep_removes_idle_locks);
    suite_add_tcase(suite, all);
    return test_run(suite);
}
