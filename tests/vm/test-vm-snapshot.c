/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Snapshots: what was in memory and on disk goes on, also after the sandbox and the keeper have gone;
 * one whose memory is of no use still has its disk; and what fails leaves nothing.
 *
 * Tests of another host (a keeper that ends, a full disk) have a runtime directory of their own, as
 * in test-vm-faults.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vm-env.h"
#include "vm-work.h"

/* Counts in memory, and writes each number to a file: one process, one file without a gap. */
static const char counter[] = "cat >counter.py <<'END'\n"
                              "import os, time\n"
                              "fd = os.open('count', os.O_CREAT | os.O_APPEND | os.O_WRONLY)\n"
                              "n = 0\n"
                              "while True:\n"
                              "    n += 1\n"
                              "    os.write(fd, b'%015d\\n' % n)\n"
                              "    time.sleep(0.01)\n"
                              "END\n"
                              "touch count\n"
                              "nohup python3 counter.py </dev/null >/dev/null 2>&1 &\n"
                              "head -c 20M /dev/urandom >big; sha256sum big >big.sum; sync\n"
                              VM_MORE("count", "10");

/* Fails unless the counter goes on and has left nothing out. */
static const char counts_on[] =
    VM_MORE("count", "10")
    "awk '$1 + 0 != NR {exit 1}' count || exit 5\n"
    "sudo sh -c 'sync; echo 3 >/proc/sys/vm/drop_caches'\n"
    "sha256sum -c --quiet big.sum >&2 || exit 6\n"
    "pgrep -f '[c]ounter.py' >/dev/null || exit 7";

/* Fails unless it was booted from the disk: nothing runs, but what was written is there. */
static const char is_booted[] = "! pgrep -f '[c]ounter.py' >/dev/null || exit 7\n"
                                "sha256sum -c --quiet big.sum >&2 || exit 6\n"
                                "test $(wc -l <count) -ge 10";

static sbx *set_counting(sbx *sandbox)
{
    g_free(vm_sh(sandbox, counter));
    return sandbox;
}

/* From a template, where there is one. */
static sbx *make_parent(void)
{
    return set_counting(vm_create());
}

/* @call fails with an error in "error". */
#define EXPECT_ERROR(call, wanted, operation)                                                      \
    do {                                                                                           \
        sbx_error *error = NULL;                                                                   \
        int failed = call;                                                                         \
                                                                                                   \
        vm_check_error(failed, wanted, error, operation);                                          \
    } while (0)

static void end_sandbox(sbx *sandbox)
{
    ck_assert_int_eq(sbx_kill(sandbox, NULL), SBX_OK);
    sbx_unref(sandbox);
}

static void snapshot(sbx *sandbox, const char *name)
{
    sbx_error *error = NULL;
    gint64 start = vm_now_ms();
    int code = sbx_snapshot(sandbox, name, &error);

    ck_assert_msg(code == SBX_OK, "sbx_snapshot: %s: %s", sbx_error_code_name(code),
                  error != NULL ? sbx_error_message(error) : "");
    printf("  snapshot after %d ms\n", (int)(vm_now_ms() - start));
}

static sbx_options *options_from(const char *name)
{
    sbx_options *options = sbx_options_new();

    ck_assert_int_eq(sbx_options_set_root(options, name, NULL), SBX_OK);
    ck_assert_int_eq(sbx_options_set_start_timeout(options, vm_limit(180000), NULL), SBX_OK);
    return options;
}

static sbx *create_from(const char *name)
{
    sbx_options *options = options_from(name);
    sbx *sandbox = vm_create_with(options);

    sbx_options_unref(options);
    return sandbox;
}

/* Its place in the list, which the caller frees, or -1. */
static int find(const char *name, sbx_snapshot_list **list)
{
    ck_assert_int_eq(sbx_snapshot_list_get(list, NULL), SBX_OK);
    for (size_t i = 0; i < sbx_snapshot_list_length(*list); i++)
        if (strcmp(sbx_snapshot_list_name(*list, i), name) == 0)
            return (int)i;
    return -1;
}

static gboolean is_listed(const char *name)
{
    sbx_snapshot_list *list = NULL;
    int at = find(name, &list);

    sbx_snapshot_list_free(list);
    return at >= 0;
}

static void remove_snapshot(const char *name)
{
    sbx_error *error = NULL;
    g_autofree char *place = g_strconcat("data/snapshots/", name, NULL);
    g_autofree char *dir = vm_path(place);
    int code = sbx_snapshot_remove(name, &error);

    ck_assert_msg(code >= 0, "sbx_snapshot_remove: %s",
                  error != NULL ? sbx_error_message(error) : "");
    ck_assert(!is_listed(name));
    ck_assert_msg(!g_file_test(dir, G_FILE_TEST_EXISTS), "%s is left", dir);
}

static void expect_no_snapshot(sbx *sandbox, const char *name, int wanted, const char *pattern)
{
    sbx_error *error = NULL;
    int code = sbx_snapshot(sandbox, name, &error);

    ck_assert_msg(code < 0, "there is a snapshot \"%s\"", name);
    printf("  %s: %s\n", sbx_error_code_name(code), sbx_error_message(error));
    ck_assert_msg(g_regex_match_simple(pattern, sbx_error_message(error), 0, 0),
                  "\"%s\" does not match %s", sbx_error_message(error), pattern);
    vm_check_error(code, wanted, error, "sbx_snapshot");
}

/* --- what it keeps --- */

static void check_list(const char *name, sbx *parent)
{
    sbx_snapshot_list *list = NULL;
    sbx_list *sandboxes = NULL;
    int at = find(name, &list);
    size_t i = 0;
    gint64 age;

    ck_assert_int_ge(at, 0);
    ck_assert_int_eq(sbx_list_get(&sandboxes, NULL), SBX_OK);
    while (strcmp(sbx_list_id(sandboxes, i), sbx_id(parent)) != 0)
        i++;
    ck_assert_str_eq(sbx_snapshot_list_image(list, at), sbx_list_image(sandboxes, i));
    ck_assert_uint_eq(sbx_snapshot_list_memory(list, at), 256 * VM_MIB);
    ck_assert_int_eq(sbx_snapshot_list_vcpus(list, at), sbx_list_vcpus(sandboxes, i));
    ck_assert_uint_gt(sbx_snapshot_list_disk_size(list, at), 0);
    age = g_get_real_time() / 1000 - sbx_snapshot_list_created(list, at);
    ck_assert_msg(age >= 0 && age < vm_limit(60000), "it was taken %d ms ago", (int)age);
    /* 20 MiB of random bytes, twice: on its disk and in its page cache; and no more than all. */
    ck_assert_uint_gt(sbx_snapshot_list_size(list, at), 40 * VM_MIB);
    ck_assert_uint_lt(sbx_snapshot_list_size(list, at), 350 * VM_MIB);
    printf("  it takes %d MiB\n", (int)(sbx_snapshot_list_size(list, at) / VM_MIB));
    sbx_list_free(sandboxes);
    sbx_snapshot_list_free(list);
}

static void *create_in_thread(void *data)
{
    return create_from(data);
}

START_TEST(it_goes_on)
{
    static const char *const identity[] = {"hostname", "cat /etc/machine-id",
                                           "od -An -tx1 -N16 /dev/urandom"};
    sbx *all[4] = {set_counting(vm_boot())};
    pthread_t threads[3];
    void *made;

    snapshot(all[0], "one");
    check_list("one", all[0]);
    expect_no_snapshot(all[0], "one", SBX_E_EXISTS, "already");
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, create_in_thread, "one"), 0);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], &made);
        all[i + 1] = made;
    }
    for (int i = 0; i < 4; i++)
        g_free(vm_sh(all[i], counts_on));
    for (size_t k = 0; k < G_N_ELEMENTS(identity); k++) {
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

        for (int i = 0; i < 4; i++)
            ck_assert_msg(g_hash_table_add(seen, vm_sh(all[i], identity[k])),
                          "`%s` says the same twice", identity[k]);
    }
    /* It needs neither its parent nor its siblings. */
    for (int i = 0; i < 4; i++)
        end_sandbox(all[i]);
    all[0] = create_from("one");
    /* Nor its snapshot, once it is there. */
    remove_snapshot("one");
    g_free(vm_sh(all[0], counts_on));
    end_sandbox(all[0]);
}
END_TEST

START_TEST(of_a_paused_one)
{
    sbx *parent = make_parent();
    sbx *sandbox;

    ck_assert_int_eq(sbx_pause(parent, NULL), SBX_OK);
    snapshot(parent, "paused");
    sandbox = create_from("paused");
    g_free(vm_sh(sandbox, counts_on));
    ck_assert_int_eq(sbx_resume(parent, NULL), SBX_OK);
    g_free(vm_sh(parent, counts_on));
    end_sandbox(sandbox);
    end_sandbox(parent);
    remove_snapshot("paused");
}
END_TEST

START_TEST(names)
{
    static const char *const bad[] = {"", ".", "..", "-a", "A", "a/b", "a b", "\xc3\xa9", "../x"};
    g_autofree char *longest = g_strnfill(SBX_SNAPSHOT_NAME_MAX, 'n');
    g_autofree char *too_long = g_strnfill(SBX_SNAPSHOT_NAME_MAX + 1, 'n');
    sbx *shared = vm_shared();
    sbx *sandbox = NULL;
    sbx_options *options = options_from("nowhere");

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        expect_no_snapshot(shared, bad[i], SBX_E_INVALID, "name");
        EXPECT_ERROR(sbx_snapshot_remove(bad[i], &error), SBX_E_INVALID, "sbx_snapshot_remove");
        EXPECT_ERROR(sbx_options_set_root(options, bad[i], &error), SBX_E_INVALID, "sbx_options_set_root");
    }
    expect_no_snapshot(shared, too_long, SBX_E_INVALID, "name");
    EXPECT_ERROR(sbx_snapshot_remove("nowhere", &error), SBX_E_NOT_FOUND, "sbx_snapshot_remove");
    EXPECT_ERROR(sbx_create(options, &sandbox, &error), SBX_E_NOT_FOUND, "sbx_create");
    ck_assert_ptr_null(sandbox);
    snapshot(shared, longest);
    remove_snapshot(longest);
    sbx_options_unref(options);
    sbx_unref(shared);
}
END_TEST

/* --- only its disk --- */

typedef struct {
    sbx *sandbox;
    pthread_barrier_t *start;
    int code;
    char *message;
} Rival;

static void *take_the_name(void *data)
{
    Rival *rival = data;
    sbx_error *error = NULL;

    pthread_barrier_wait(rival->start);
    rival->code = sbx_snapshot(rival->sandbox, "contested", &error);
    rival->message = g_strdup(error != NULL ? sbx_error_message(error) : "");
    sbx_error_free(error);
    return NULL;
}

/* What differs in the machine differs in the template: one name is one snapshot all the same. */
START_TEST(two_at_once)
{
    pthread_barrier_t start;
    pthread_t threads[2];
    Rival rivals[2] = {{.start = &start}, {.start = &start}};
    sbx_snapshot_list *list = NULL;
    int made = 0;

    pthread_barrier_init(&start, NULL, 2);
    for (int i = 0; i < 2; i++) {
        sbx_options *options = vm_options((guint64)(256 + 32 * i) * VM_MIB);

        rivals[i].sandbox = vm_create_with(options);
        sbx_options_unref(options);
        ck_assert_int_eq(pthread_create(&threads[i], NULL, take_the_name, &rivals[i]), 0);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        made += rivals[i].code == SBX_OK;
        ck_assert_msg(rivals[i].code == SBX_OK ||
                          (rivals[i].code == SBX_E_BUSY &&
                           strstr(rivals[i].message, "contested is being made") != NULL) ||
                          rivals[i].code == SBX_E_EXISTS,
                      "%s: %s", sbx_error_code_name(rivals[i].code), rivals[i].message);
        g_free(rivals[i].message);
        end_sandbox(rivals[i].sandbox);
    }
    ck_assert_int_eq(made, 1);
    ck_assert_int_ge(find("contested", &list), 0);
    sbx_snapshot_list_free(list);
    remove_snapshot("contested");
    ck_assert_msg(!is_listed("contested"), "there was another one of that name");
    pthread_barrier_destroy(&start);
}
END_TEST

static char *read_log(void)
{
    g_autofree char *path = vm_path("data/log/keeper.log");
    char *text = NULL;

    ck_assert_msg(g_file_get_contents(path, &text, NULL, NULL), "no %s", path);
    return text;
}

static char *memory_of(const char *name)
{
    g_autofree char *place = g_strconcat("data/snapshots/", name, NULL);
    g_autofree char *store = vm_path(place);
    GDir *dir = g_dir_open(store, 0, NULL);
    char *path = NULL;
    const char *entry;

    while (path == NULL && dir != NULL && (entry = g_dir_read_name(dir)) != NULL) {
        path = g_build_filename(store, entry, "memory", NULL);
        if (!g_file_test(path, G_FILE_TEST_EXISTS))
            g_clear_pointer(&path, g_free);
    }
    g_clear_pointer(&dir, g_dir_close);
    ck_assert_msg(path != NULL, "no memory in %s", store);
    return path;
}

static void flip_byte(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    char byte;

    ck_assert_int_eq((int)pread(fd, &byte, 1, 64 << 20), 1);
    byte ^= 1;
    ck_assert_int_eq((int)pwrite(fd, &byte, 1, 64 << 20), 1);
    close(fd);
}

START_TEST(damaged_memory)
{
    sbx *parent = make_parent();
    const char *name = _i == 0 ? "flipped" : "truncated";
    g_autofree char *path = NULL;
    g_autofree char *log = NULL;
    sbx *sandbox;

    snapshot(parent, name);
    end_sandbox(parent);
    path = memory_of(name);
    if (_i == 0)
        flip_byte(path);
    else
        ck_assert_int_eq(truncate(path, 100 << 20), 0);
    /* Twice: the first one has not removed what is the user's. */
    for (int i = 0; i < 2; i++) {
        sandbox = create_from(name);
        g_free(vm_sh(sandbox, is_booted));
        end_sandbox(sandbox);
        ck_assert_msg(is_listed(name), "the snapshot is gone");
    }
    log = read_log();
    ck_assert_msg(g_regex_match_simple(_i == 0 ? "snapshot flipped" : "snapshot truncated", log, 0, 0),
                  "the log says nothing of it");
    remove_snapshot(name);
}
END_TEST

START_TEST(another_machine)
{
    sbx *parent = make_parent();
    sbx_options *options = options_from("wider");
    g_autofree char *total = NULL;
    sbx *sandbox;

    snapshot(parent, "wider");
    end_sandbox(parent);
    ck_assert_int_eq(sbx_options_set_memory(options, 384 * VM_MIB, NULL), SBX_OK);
    sandbox = vm_create_with(options);
    g_free(vm_sh(sandbox, is_booted));
    total = vm_sh(sandbox, "awk '/MemTotal/ {print $2}' /proc/meminfo");
    ck_assert_int_gt(atoi(total), 300 * 1024);
    end_sandbox(sandbox);
    sbx_options_unref(options);
    remove_snapshot("wider");
}
END_TEST

/* --- other hosts --- */

static void use_other_host(const char *data, const char *name)
{
    g_autofree char *runtime = vm_path(name);

    g_setenv("LIBSANDBOX_DATA_DIR", data, TRUE);
    g_setenv("LIBSANDBOX_RUNTIME_DIR", runtime, TRUE);
    g_setenv("LIBSANDBOX_IDLE_SECONDS", "3", TRUE);
}

static void leave_other_host(void)
{
    const char *runtime = g_getenv("LIBSANDBOX_RUNTIME_DIR");
    GArray *pids = vm_processes(runtime);
    GArray *pidfds = vm_pidfds(pids);
    g_autofree char *left = NULL;

    g_array_unref(pids);
    ck_assert_int_ge(sbx_keeper_stop(1, NULL), 0);
    ck_assert_msg(vm_wait_all_gone(pidfds, 5000), "the keeper does not end");
    left = vm_leftovers(runtime);
    ck_assert_msg(left == NULL, "left behind:\n%s", left);
}

START_TEST(outlives_the_keeper)
{
    g_autofree char *data = vm_path("data");
    sbx *sandbox;

    use_other_host(data, "rk");
    sandbox = make_parent();
    snapshot(sandbox, "kept");
    sbx_unref(sandbox);
    leave_other_host();
    sandbox = create_from("kept");
    g_free(vm_sh(sandbox, counts_on));
    end_sandbox(sandbox);
    remove_snapshot("kept");
    leave_other_host();
}
END_TEST

/* Waits until a file of that name is in a directory below @dir's directory @name. */
static void wait_for_build(int fd, const char *dir, const char *file)
{
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    char buffer[4096];

    for (;;) {
        g_autofree char *command =
            g_strdup_printf("find %s -mindepth 1 -type d; find %s -name %s | grep -q .", dir, dir, file);
        g_autofree char *found = NULL;
        g_auto(GStrv) lines = NULL;
        const char *argv[] = {"sh", "-c", command, NULL};
        int status = 0;

        ck_assert(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &found,
                               NULL, &status, NULL));
        if (status == 0)
            return;
        lines = g_strsplit(found, "\n", -1);
        for (guint i = 0; lines[i] != NULL && *lines[i] != '\0'; i++)
            inotify_add_watch(fd, lines[i], IN_CREATE);
        ck_assert_msg(poll(&waiting, 1, vm_limit(30000)) == 1, "no %s appears", file);
        ck_assert_int_gt((int)read(fd, buffer, sizeof buffer), 0);
    }
}

static void *snapshot_in_thread(void *data)
{
    sbx_error *error = NULL;

    if (sbx_snapshot(data, "half", &error) < 0)
        sbx_error_free(error);
    return NULL;
}

START_TEST(the_keeper_is_killed_meanwhile)
{
    g_autofree char *data = vm_path("data");
    g_autofree char *runtime = vm_path("rd");
    g_autofree char *store = vm_path("data/snapshots/half");
    g_autofree char *dir = vm_path("data/snapshots");
    int fd = inotify_init1(IN_CLOEXEC);
    GArray *pidfds;
    GArray *pids;
    pthread_t thread;
    sbx *sandbox;

    use_other_host(data, "rd");
    sandbox = make_parent();
    ck_assert_int_ge(inotify_add_watch(fd, dir, IN_CREATE), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, snapshot_in_thread, sandbox), 0);
    wait_for_build(fd, dir, "disk");
    pids = vm_processes(runtime);
    pidfds = vm_pidfds(pids);
    kill(vm_keeper(runtime), SIGKILL);
    pthread_join(thread, NULL);
    ck_assert_msg(vm_wait_all_gone(pidfds, 5000), "a process outlives the keeper");
    sbx_unref(sandbox);
    ck_assert(!is_listed("half"));
    sandbox = make_parent();
    snapshot(sandbox, "half");
    end_sandbox(sandbox);
    sandbox = create_from("half");
    g_free(vm_sh(sandbox, counts_on));
    end_sandbox(sandbox);
    remove_snapshot("half");
    ck_assert_msg(!g_file_test(store, G_FILE_TEST_EXISTS), "%s is left", store);
    leave_other_host();
    g_array_unref(pids);
    close(fd);
}
END_TEST

static gboolean can_mount(void)
{
    if (geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
        return TRUE;
    printf("  not tested: only root can arrange this host\n");
    return FALSE;
}

/* The data directory of this program, with a small file system for snapshots; returns that. */
static char *use_small_snapshots(const char *name, const char *size)
{
    g_autofree char *data = vm_path("data");
    g_autofree char *options = g_strdup_printf("size=%s,mode=0700", size);
    char *dir = vm_path("data/snapshots");

    g_mkdir_with_parents(dir, 0700);
    ck_assert_int_eq(mount("small", dir, "tmpfs", 0, options), 0);
    use_other_host(data, name);
    return dir;
}

/* 0: less than its memory, which is seen at once. 1: its memory fits, its disk does not. */
START_TEST(the_disk_is_full)
{
    g_autofree char *dir = NULL;
    const char *left;
    sbx *sandbox;
    GDir *open;

    if (!can_mount())
        return;
    dir = use_small_snapshots(_i == 0 ? "rf0" : "rf1", _i == 0 ? "100m" : "330m");
    sandbox = make_parent();
    if (_i == 1)
        g_free(vm_sh(sandbox, "head -c 150M /dev/urandom >more; sync"));
    expect_no_snapshot(sandbox, "full", SBX_E_NO_SPACE, "are free|No space left");
    open = g_dir_open(dir, 0, NULL);
    left = g_dir_read_name(open);
    ck_assert_msg(left == NULL, "%s/%s is left", dir, left);
    g_dir_close(open);
    ck_assert(!is_listed("full"));
    g_free(vm_sh(sandbox, counts_on));
    end_sandbox(sandbox);
    leave_other_host();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vm-snapshot");
    TCase *content = tcase_create("content");
    TCase *disks = tcase_create("disks");
    TCase *hosts = tcase_create("hosts");

    tcase_set_timeout(content, vm_limit(180000) / 1000);
    tcase_add_test(content, it_goes_on);
    tcase_add_test(content, of_a_paused_one);
    tcase_add_test(content, names);
    tcase_add_test(content, two_at_once);
    suite_add_tcase(suite, content);
    tcase_set_timeout(disks, vm_limit(180000) / 1000);
    tcase_add_loop_test(disks, damaged_memory, 0, 2);
    tcase_add_test(disks, another_machine);
    suite_add_tcase(suite, disks);
    tcase_set_timeout(hosts, vm_limit(180000) / 1000);
    tcase_add_test(hosts, outlives_the_keeper);
    tcase_add_test(hosts, the_keeper_is_killed_meanwhile);
    tcase_add_loop_test(hosts, the_disk_is_full, 0, 2);
    suite_add_tcase(suite, hosts);
    vm_use_templates();
    return vm_main("vm-snapshot", suite);
}
