/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What goes wrong: hosts, images, disks, guests, programs that are not our client. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "image/tree.h"
#include "lib/test-keeper.h"
#include "lib/test-main.h"
#include "lib/test-process.h"
#include "lib/test-raw.h"

/* Fails to create; returns the error. */
static sbx_error *create_fails_with(const sbx_options *options, int code, const char *word)
{
    sbx_error *error = NULL;
    sbx *sandbox = (sbx *)&error; /* anything: must stay as it is */
    int got = sbx_create(options, &sandbox, &error);

    ck_assert_msg(got == code, "%s instead of %s: %s", sbx_error_code_name(got),
                  sbx_error_code_name(code), error != NULL ? sbx_error_message(error) : "");
    ck_assert_ptr_eq(sandbox, (sbx *)&error);
    ck_assert_ptr_nonnull(error);
    ck_assert_int_eq(sbx_error_code(error), code);
    ck_assert_str_eq(sbx_error_operation(error), "sbx_create");
    ck_assert_msg(strstr(sbx_error_message(error), word) != NULL, "no \"%s\" in: %s", word,
                  sbx_error_message(error));
    return error;
}

static void create_fails(int code, const char *word)
{
    sbx_options *options = test_options();

    sbx_error_free(create_fails_with(options, code, word));
    sbx_options_unref(options);
}

static void assert_list_is_empty(void)
{
    sbx_error *error = NULL;
    sbx_list *list = NULL;

    test_ok(sbx_list_get(&list, &error), &error);
    for (size_t i = 0; i < sbx_list_length(list); i++)
        ck_assert_int_eq(sbx_list_status(list, i), SBX_STATUS_STOPPED);
    sbx_list_free(list);
}

/* No process stands for a VM any more: waits for those that are on their way out. */
static void assert_no_vms(void)
{
    g_autoptr(GArray) family = test_descendants(test_init_pid());

    for (guint i = 0; i < family->len; i++) {
        pid_t pid = g_array_index(family, pid_t, i);
        g_autofree char *name = test_process_name(pid);

        if (g_strcmp0(name, "fake-vm") == 0) {
            int fd = test_pidfd(pid);

            ck_assert(test_ends_within(fd, 5000));
            close(fd);
        }
    }
}

/* --- the host --- */

static const struct {
    const char *mode;
    int code;
} refusals[] = {
    {"no-memory", SBX_E_BUSY},
    {"unavailable", SBX_E_UNAVAILABLE},
    {"start-fails", SBX_E_BOOT},
};

START_TEST(driver_refuses)
{
    sbx_options *options = test_options();
    sbx_error *error;

    test_keeper_mode(refusals[_i].mode);
    error = create_fails_with(options, refusals[_i].code, refusals[_i].mode);
    ck_assert((sbx_error_hint(error) != NULL) == (refusals[_i].code != SBX_E_BOOT));
    sbx_error_free(error);
    assert_list_is_empty();
    sbx_options_unref(options);
}
END_TEST

START_TEST(more_memory_than_the_host_has)
{
    sbx_options *options = test_options();

    ck_assert_int_eq(sbx_options_set_memory(options, SBX_MEMORY_MAX, NULL), 0);
    sbx_error_free(create_fails_with(options, SBX_E_BUSY, "memory"));
    sbx_options_unref(options);
}
END_TEST

START_TEST(no_such_image)
{
    sbx_options *options = test_options();

    ck_assert_int_eq(sbx_options_set_image(options, "nothing", NULL), 0);
    sbx_error_free(create_fails_with(options, SBX_E_NOT_FOUND, "nothing"));
    ck_assert_int_eq(sbx_options_set_image(options, "builtin:debian-13@20250101T000000Z-00000000",
                                           NULL), 0);
    sbx_error_free(create_fails_with(options, SBX_E_NOT_FOUND, "20250101T000000Z-00000000"));
    sbx_options_unref(options);
    sbx_unref(test_create(NULL));
}
END_TEST

static const char *const image_files[] = {"rootfs.ext4", "vmlinux", "modules.cpio",
                                          "manifest.json"};

START_TEST(damaged_image)
{
    g_autofree char *path = g_build_filename(test_keeper.image_dir, image_files[_i], NULL);
    int fd = open(path, O_RDWR | O_CLOEXEC);

    ck_assert_int_eq(pwrite(fd, "?", 1, 5), 1);
    close(fd);
    create_fails(SBX_E_IMAGE, image_files[_i]);
    assert_list_is_empty();
}
END_TEST

START_TEST(helper_is_missing)
{
    g_autofree char *path = g_strconcat(g_getenv("LIBSANDBOX_LIBEXEC_DIR"), "/sbx-keeper", NULL);

    /* Ours is in front of the build's own, which is looked for beside the library. */
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(symlink("/bin/true", path), 0);
    create_fails(SBX_E_KEEPER, "died while it was starting");
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(symlink(g_getenv("SBX_TEST_KEEPER"), path), 0);
    sbx_unref(test_create(NULL));
}
END_TEST

START_TEST(keeper_dies_while_it_starts)
{
    test_keeper_mode("dies-starting");
    create_fails(SBX_E_KEEPER, "died while it was starting");
    test_keeper_mode("ok");
    sbx_unref(test_create(NULL));
}
END_TEST

static void map_self(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    ck_assert_msg(write(fd, text, strlen(text)) > 0, "%s: %s", path, strerror(errno));
    close(fd);
}

/* In a child, because it changes its mount namespace for good. */
static void in_own_mounts(void (*function)(void))
{
    uid_t uid = geteuid();
    g_autofree char *uid_map = g_strdup_printf("%u %u 1", uid, uid);
    g_autofree char *gid_map = g_strdup_printf("%u %u 1", getegid(), getegid());
    int status;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        /* An ordinary user may mount in a user namespace of its own. */
        if (unshare(uid == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) < 0)
            _exit(2);
        if (uid != 0) {
            map_self("/proc/self/setgroups", "deny");
            map_self("/proc/self/gid_map", gid_map);
            map_self("/proc/self/uid_map", uid_map);
        }
        if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
            _exit(3);
        function();
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
}

static void fill_up(const char *dir)
{
    g_autofree char *path = g_build_filename(dir, "filler", NULL);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    static const char zeros[65536];

    while (write(fd, zeros, sizeof zeros) > 0)
        ;
    close(fd);
}

static void create_on_full_disk(void)
{
    g_autofree char *disks = g_build_filename(test_keeper.data, "disks", NULL);

    ck_assert_int_eq(g_mkdir_with_parents(disks, 0755), 0);
    if (mount("test", disks, "tmpfs", 0, "size=48m") < 0)
        _exit(3);
    fill_up(disks);
    create_fails(SBX_E_NO_SPACE, "disk");
    assert_list_is_empty();
    umount2(disks, MNT_DETACH);
}

START_TEST(disk_is_full)
{
    in_own_mounts(create_on_full_disk);
}
END_TEST

/* --- the guest --- */

START_TEST(agent_never_answers)
{
    static const char *const modes[] = {"never-answers", "never-connects"};
    sbx_options *options = test_options();
    sbx_error *error;
    gint64 start = g_get_monotonic_time();

    test_keeper_mode(modes[_i]);
    ck_assert_int_eq(sbx_options_set_start_timeout(options, 300, NULL), 0);
    error = create_fails_with(options, SBX_E_BOOT, "300 ms");
    ck_assert_int_eq(sbx_error_errno(error), ETIMEDOUT);
    ck_assert_ptr_nonnull(sbx_error_hint(error));
    ck_assert_ptr_nonnull(sbx_error_cause(error));
    ck_assert_ptr_nonnull(strstr(sbx_error_cause(error), "the last words"));
    ck_assert_ptr_null(strchr(sbx_error_cause(error), '\x1b'));
    ck_assert(g_utf8_validate(sbx_error_cause(error), -1, NULL));
    ck_assert_int_lt(g_get_monotonic_time() - start, 20 * G_USEC_PER_SEC);
    sbx_error_free(error);
    sbx_options_unref(options);
    assert_no_vms();
}
END_TEST

START_TEST(guest_dies_at_boot)
{
    sbx_options *options = test_options();
    sbx_error *error;

    test_keeper_mode("dies-at-boot");
    error = create_fails_with(options, SBX_E_BOOT, "2 times");
    ck_assert_ptr_nonnull(sbx_error_cause(error));
    ck_assert_ptr_nonnull(strstr(sbx_error_cause(error), "Kernel panic - not syncing"));
    sbx_error_free(error);
    sbx_options_unref(options);
    assert_list_is_empty();
}
END_TEST

/* Also when it dies so early that the driver's start fails. */
START_TEST(guest_dies_in_start)
{
    g_autofree char *path = g_build_filename(test_keeper.data, "log", "keeper.log", NULL);
    g_autofree char *log = NULL;
    sbx_options *options = test_options();
    sbx_error *error;

    test_keeper_mode("dies-in-start");
    error = create_fails_with(options, SBX_E_BOOT, "closed its monitor");
    ck_assert_ptr_nonnull(sbx_error_cause(error));
    ck_assert_ptr_nonnull(strstr(sbx_error_cause(error), "Kernel panic - not syncing"));
    sbx_error_free(error);
    sbx_options_unref(options);
    ck_assert(g_file_get_contents(path, &log, NULL, NULL));
    ck_assert_msg(g_regex_match_simple("trying again: .*\n.*\n.*Kernel panic", log, 0, 0), "%s",
                  log);
    assert_list_is_empty();
}
END_TEST

START_TEST(guest_dies_once)
{
    g_autofree char *text = NULL;
    sbx *sandbox;

    test_keeper_mode("dies-once");
    sandbox = test_create(NULL);
    text = test_sh(sandbox, "echo second");
    ck_assert_str_eq(text, "second\n");
    sbx_unref(sandbox);
}
END_TEST

START_TEST(agent_talks_nonsense_at_once)
{
    test_keeper_mode("garbage");
    create_fails(SBX_E_BOOT, "agent");
    assert_no_vms();
}
END_TEST

static const struct {
    const char *word;
    const char *reason;
} accidents[] = {
    {"FAKE-GARBAGE", "protocol violation"},
    {"FAKE-DIE", "machine died"},
    {"FAKE-POWEROFF", "shut down"},
};

START_TEST(accident_while_it_runs)
{
    /* In two parts, so that the word is only in the output. */
    g_autofree char *script = g_strdup_printf("a=FAKE; echo $a%s; exec sleep 1000",
                                              accidents[_i].word + 4);
    sbx *sandbox = test_create(NULL);
    sbx *bystander = test_create(NULL);
    int vm = test_vm_pidfd(sbx_id(sandbox));
    sbx_error *error = NULL;
    sbx_result *result = NULL;

    test_failed(sbx_sh(sandbox, script, &result, &error), SBX_E_GONE, &error, accidents[_i].reason);
    ck_assert_ptr_null(result);
    error = NULL;
    test_failed(sbx_sh(sandbox, "true", &result, &error), SBX_E_GONE, &error, accidents[_i].reason);
    ck_assert(test_ends_within(vm, 5000));
    close(vm);
    error = NULL;
    test_ok(sbx_kill(sandbox, &error), &error);
    sbx_unref(sandbox);
    g_free(test_sh(bystander, "true"));
    sbx_unref(bystander);
}
END_TEST

/* The guest answers before the driver is through with starting its VM, and somebody uses it.
 * Whoever meets its end then reads what became of the VM, not of the session with its agent. */
START_TEST(dies_while_the_driver_starts_it)
{
    sbx_command *command = sbx_command_new_script("echo here; sleep 1000");
    sbx_process *process = NULL;
    sbx_error *error = NULL;
    sbx *sandbox;
    char said[5];
    int vm;

    test_keeper_mode("start-lasts");
    sandbox = test_create(NULL);
    vm = test_vm_pidfd(sbx_id(sandbox));
    test_ok(sbx_spawn(sandbox, command, &process, &error), &error);
    ck_assert_int_eq(read(sbx_process_fd(process, SBX_STDOUT), said, sizeof said), 5);
    test_pidfd_kill(vm, SIGKILL);
    test_failed(sbx_process_wait(process, 20000, &error), SBX_E_GONE, &error,
                "its virtual machine died");
    ck_assert(test_ends_within(vm, 20000));
    close(vm);
    sbx_command_unref(command);
    sbx_process_unref(process);
    sbx_unref(sandbox);
}
END_TEST

/* --- programs that are not our client --- */

static void assert_cut_off(const char *text)
{
    int fd = test_raw_connect();

    ck_assert_int_eq(test_raw_ask(fd, TEST_RAW_HELLO), 0);
    ck_assert_msg(test_raw_ask(fd, text) == 1, "not cut off after: %.100s", text);
    close(fd);
}

START_TEST(malformed_requests)
{
    static const char *const bad[] = {
        "x", "M", "[]", "{}", "null", "{\"id\":1}", "{\"method\":\"sandbox.list\"}",
        "{\"id\":-1,\"method\":\"sandbox.list\"}", "{\"id\":1,\"method\":7}",
        "{\"id\":\"1\",\"method\":\"sandbox.list\"}", "{\"id\":1,\"method\":\"\xff\"}",
    };
    g_autofree char *huge = g_strnfill(100000, ' ');
    g_autofree char *deep = g_strnfill(60000, '[');
    sbx *sandbox = test_create(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_cut_off(bad[i]);
    assert_cut_off(huge);
    assert_cut_off(deep);
    g_free(test_sh(sandbox, "true"));
    sbx_unref(sandbox);
}
END_TEST

START_TEST(refused_requests)
{
    static const struct {
        const char *method;
        const char *params;
        int code;
    } bad[] = {
        {"hello", "{\"protocol\":2}", SBX_E_UNSUPPORTED},
        {"no.such.method", "{}", SBX_E_UNSUPPORTED},
        {"", "{}", SBX_E_UNSUPPORTED},
        {"sandbox.create", "{\"memory\":1}", SBX_E_INVALID},
        {"sandbox.create", "{\"memory\":-1}", SBX_E_INVALID},
        {"sandbox.create", "{\"vcpus\":0}", SBX_E_INVALID},
        {"sandbox.create", "{\"vcpus\":65}", SBX_E_INVALID},
        {"sandbox.create", "{\"disk_size\":0}", SBX_E_INVALID},
        {"sandbox.create", "{\"timeout_ms\":-1}", SBX_E_INVALID},
        {"sandbox.create", "{\"timeout_ms\":9223372036854775807}", SBX_E_INVALID},
        {"sandbox.create", "{\"start_timeout_ms\":0}", SBX_E_INVALID},
        {"sandbox.create", "{\"env\":{\"names\":[\"A\"]}}", SBX_E_INVALID},
        {"sandbox.create", "{\"env\":{\"names\":[\"\"],\"values\":[\"\"]}}", SBX_E_INVALID},
        {"sandbox.create", "{\"env\":{\"names\":[1],\"values\":[2]}}", SBX_E_INVALID},
        {"sandbox.create", "{\"labels\":{\"names\":[\"a\"],\"values\":[]}}", SBX_E_INVALID},
        {"sandbox.create", "{\"memory\":134217728,\"image\":\"../../etc\"}", SBX_E_INVALID},
        {"sandbox.connect", "{}", SBX_E_NOT_FOUND},
        {"sandbox.connect", "{\"id\":7}", SBX_E_NOT_FOUND},
        {"process.run", "{\"sandbox\":\"x\",\"script\":\"true\"}", SBX_E_NOT_FOUND},
        {"process.signal", "{}", SBX_E_NOT_FOUND},
    };
    sbx *sandbox = test_create(NULL);
    int fd = test_raw_connect();

    ck_assert_int_eq(test_raw_ask(fd, "{\"id\":1,\"method\":\"sandbox.list\"}"), SBX_E_PROTOCOL);
    ck_assert_int_eq(test_raw_ask(fd, TEST_RAW_HELLO), 0);
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *text = g_strdup_printf("{\"id\":1,\"method\":\"%s\",\"params\":%s}",
                                                bad[i].method, bad[i].params);
        int code = test_raw_ask(fd, text);

        ck_assert_msg(code == bad[i].code, "%s instead of %s: %s", sbx_error_code_name(code),
                      sbx_error_code_name(bad[i].code), text);
    }
    close(fd);
    g_free(test_sh(sandbox, "true"));
    sbx_unref(sandbox);
}
END_TEST

/* Commands of a program that knows the protocol and lies. */
START_TEST(refused_commands)
{
    static const char *const bad[] = {
        "\"script\":\"a\",\"program\":\"b\"",
        "\"args\":[]",
        "\"script\":7",
        "\"script\":{\"base64\":\"AAAA\"}",
        "\"program\":\"a\",\"args\":[1]",
        "\"program\":\"a\",\"args\":[null]",
        "\"script\":\"a\",\"stdout\":\"pipe\"",
        "\"script\":\"a\",\"stdin\":\"merge\"",
        "\"script\":\"a\",\"stdout\":\"file\"",
        "\"script\":\"a\",\"env\":{\"names\":[\"A=B\"],\"values\":[\"\"]}",
    };
    sbx *sandbox = test_create(NULL);
    int fd = test_raw_connect();

    ck_assert_int_eq(test_raw_ask(fd, TEST_RAW_HELLO), 0);
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *text = g_strdup_printf(
            "{\"id\":1,\"method\":\"process.run\",\"params\":{\"sandbox\":\"%s\",%s}}",
            sbx_id(sandbox), bad[i]);
        int code = test_raw_ask(fd, text);

        ck_assert_msg(code == SBX_E_INVALID, "%s: %s", sbx_error_code_name(code), text);
    }
    close(fd);
    g_free(test_sh(sandbox, "true"));
    sbx_unref(sandbox);
}
END_TEST

/* Goes away with requests under way, again and again; the keeper keeps nothing of it. */
START_TEST(hangs_up_at_any_time)
{
    sbx *sandbox = test_create(NULL);
    pid_t keeper = test_keeper_pid();
    g_autofree char *run = g_strdup_printf(
        "{\"id\":1,\"method\":\"process.run\","
        "\"params\":{\"sandbox\":\"%s\",\"script\":\"exit 0\"}}",
        sbx_id(sandbox));
    guint fds;

    g_free(test_sh(sandbox, "true"));
    fds = test_count_fds(keeper);
    for (int i = 0; i < 50; i++) {
        int fd = test_raw_connect();

        if (i % 3 > 0)
            ck_assert_int_eq(test_raw_ask(fd, TEST_RAW_HELLO), 0);
        if (i % 3 > 1)
            ck_assert_int_ge(send(fd, run, strlen(run), MSG_NOSIGNAL), 0);
        close(fd);
    }
    /* The last of them, and the end of what it started, have been seen when this was answered. */
    for (int i = 0; i < 5; i++)
        g_free(test_sh(sandbox, "true"));
    ck_assert_uint_le(test_count_fds(keeper), fds + 2);
    sbx_unref(sandbox);
}
END_TEST

/* Asks a thousand times and never reads: is cut off, and nobody else notices. */
START_TEST(never_reads)
{
    static const char list[] = "{\"id\":1,\"method\":\"sandbox.list\"}";
    sbx *sandbox = test_create(NULL);
    int fd = test_raw_connect();

    ck_assert_int_eq(test_raw_ask(fd, TEST_RAW_HELLO), 0);
    for (int i = 0; i < 100000; i++)
        if (send(fd, list, sizeof list - 1, MSG_NOSIGNAL) < 0)
            break;
    ck_assert_int_eq(send(fd, list, sizeof list - 1, MSG_NOSIGNAL), -1);
    close(fd);
    g_free(test_sh(sandbox, "true"));
    sbx_unref(sandbox);
}
END_TEST

START_TEST(other_users_are_refused)
{
    sbx *sandbox = test_create(NULL);
    g_autofree char *path = g_build_filename(test_keeper.runtime, "keeper.sock", NULL);
    int status;
    pid_t child;

    if (geteuid() == 0) {
        ck_assert_int_eq(chmod(path, 0666), 0);
        child = fork();
        if (child == 0) {
            if (setresuid(12345, 12345, 12345) < 0)
                _exit(2);
            _exit(test_raw_ask(test_raw_connect(), TEST_RAW_HELLO) == 1 ? 0 : 1);
        }
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_int_eq(status, 0);
    }
    g_free(test_sh(sandbox, "true"));
    sbx_unref(sandbox);
}
END_TEST

static Suite *faults_suite(void)
{
    Suite *suite = suite_create("keeper-faults");
    TCase *host = tcase_create("host");
    TCase *guest = tcase_create("guest");
    TCase *clients = tcase_create("clients");
    TCase *all[] = {host, guest, clients};

    for (gsize i = 0; i < G_N_ELEMENTS(all); i++) {
        tcase_set_timeout(all[i], 120);
        tcase_add_checked_fixture(all[i], test_keeper_setup, test_keeper_teardown);
        suite_add_tcase(suite, all[i]);
    }
    tcase_add_loop_test(host, driver_refuses, 0, (int)G_N_ELEMENTS(refusals));
    tcase_add_test(host, more_memory_than_the_host_has);
    tcase_add_test(host, no_such_image);
    tcase_add_loop_test(host, damaged_image, 0, (int)G_N_ELEMENTS(image_files));
    tcase_add_test(host, helper_is_missing);
    tcase_add_test(host, keeper_dies_while_it_starts);
    tcase_add_test(host, disk_is_full);
    tcase_add_loop_test(guest, agent_never_answers, 0, 2);
    tcase_add_test(guest, guest_dies_at_boot);
    tcase_add_test(guest, guest_dies_in_start);
    tcase_add_test(guest, guest_dies_once);
    tcase_add_test(guest, agent_talks_nonsense_at_once);
    tcase_add_loop_test(guest, accident_while_it_runs, 0, (int)G_N_ELEMENTS(accidents));
    tcase_add_test(guest, dies_while_the_driver_starts_it);
    tcase_add_test(clients, malformed_requests);
    tcase_add_test(clients, refused_requests);
    tcase_add_test(clients, refused_commands);
    tcase_add_test(clients, hangs_up_at_any_time);
    tcase_add_test(clients, never_reads);
    tcase_add_test(clients, other_users_are_refused);
    return suite;
}

int main(void)
{
    return test_keeper_main(faults_suite);
}
