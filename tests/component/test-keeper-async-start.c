/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Operations in a program that has no keeper yet: starting it is a part of them, with waits for
 * what has no descriptor. The real library, keeper and agent, without a VM.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/test-keeper.h"
#include "lib/test-main.h"
#include "lib/test-op.h"
#include "lib/test-process.h"

/* There is room for one sandbox: this one finds it when nothing else is left, or being made. */
static void assert_room(void)
{
    sbx_options *options = test_options();
    sbx_error *error = NULL;
    sbx *sandbox = NULL;

    test_ok(sbx_options_set_wait(options, 20000, &error), &error);
    test_ok(sbx_create(options, &sandbox, &error), &error);
    sbx_options_unref(options);
    sbx_unref(sandbox);
}

/* Whatever it was cancelled in. Returns FALSE when it was done before. */
static gboolean cancelled_after(int waits, gboolean drop)
{
    sbx_options *options = test_options();
    sbx_error *error = NULL;
    sbx *sandbox = NULL;
    sbx_op *op = NULL;
    int code;

    test_ok(sbx_create_start(options, &sandbox, NULL, &op, &error), &error);
    sbx_options_unref(options);
    for (int i = 0; i < waits && !sbx_op_is_done(op); i++)
        test_dispatch(NULL);
    if (drop && !sbx_op_is_done(op)) {
        sbx_op_unref(op);
        ck_assert_ptr_null(sandbox);
        return TRUE;
    }
    sbx_op_cancel(op);
    code = test_op_end(op, &error);
    if (code == SBX_OK) {
        ck_assert_ptr_nonnull(sandbox);
        sbx_unref(sandbox);
        return FALSE;
    }
    test_failed(code, SBX_E_CANCELLED, &error, "cancelled");
    ck_assert_ptr_null(sandbox);
    return TRUE;
}

/* From the start of the keeper on. */
START_TEST(create_cancelled_at_every_wait)
{
    guint fds = 0;
    int waits = 0;

    g_setenv("LIBSANDBOX_MAX_SANDBOXES", "1", TRUE);
    while (cancelled_after(waits, _i)) {
        GArray *family;
        sbx_error *error = NULL;

        assert_room();
        ck_assert_uint_eq(test_keeper_count(), 1);
        family = test_keeper_family();
        ck_assert_int_eq(test_ok(sbx_keeper_stop(1, &error), &error), 1);
        ck_assert(test_family_ends_within(family, 20000));
        /* One that was dropped while its launcher ran waits for that. */
        ck_assert_int_ge(sbx_dispatch(NULL, &error), 0);
        if (waits++ == 0)
            fds = test_count_fds(getpid());
        ck_assert_uint_eq(test_count_fds(getpid()), fds);
    }
    /* The launcher, the starting keeper, its greeting, the sandbox. */
    ck_assert_int_ge(waits, 4);
    g_unsetenv("LIBSANDBOX_MAX_SANDBOXES");
}
END_TEST

/* --- what has no descriptor --- */

static int open_lock(void)
{
    g_autofree char *path = g_build_filename(test_keeper.runtime, "start.lock", NULL);
    int fd;

    g_mkdir_with_parents(test_keeper.runtime, 0755);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    return fd;
}

static gboolean has_children(void)
{
    g_autoptr(GArray) family = test_descendants(getpid());

    return family->len > 1;
}

/* Another program starts the keeper right now. */
START_TEST(the_start_lock_is_taken)
{
    int lock = open_lock();
    sbx_options *options = test_options();
    sbx_error *error = NULL;
    sbx *sandbox = NULL;
    sbx_op *op = NULL;
    sbx_op *other = NULL;

    ck_assert_int_eq(flock(lock, LOCK_EX), 0);
    test_ok(sbx_create_start(options, &sandbox, NULL, &op, &error), &error);
    test_ok(sbx_create_start(options, &sandbox, NULL, &other, &error), &error);
    sbx_options_unref(options);
    ck_assert_int_eq(test_ok(sbx_op_wait(op, 200, &error), &error), 0);
    ck_assert(has_children());
    ck_assert_int_eq(sbx_op_is_done(other), 0);
    sbx_op_cancel(other);
    test_failed(test_op_end(other, &error), SBX_E_CANCELLED, &error, "cancelled");
    flock(lock, LOCK_UN);
    test_ok(test_op_end(op, &error), &error);
    g_free(test_sh(sandbox, "true"));
    sbx_unref(sandbox);
    ck_assert(!has_children());
    /* Stopping takes the same lock, and waits for another one. */
    test_ok(sbx_keeper_stop_start(1, NULL, &op, &error), &error);
    ck_assert_int_eq(test_ok(test_op_end(op, &error), &error), 1);
    ck_assert_uint_eq(test_keeper_count(), 0);
    ck_assert(!has_children());
    close(lock);
}
END_TEST

/* Another program has started it meanwhile, and this one cannot even ask. */
START_TEST(no_descriptor_to_look_for_it)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    int lock = open_lock();
    struct rlimit before, none;
    sbx_options *options = test_options();
    sbx_error *error = NULL;
    sbx *sandbox = NULL;
    sbx_op *op = NULL;

    ck_assert_int_eq(flock(lock, LOCK_EX), 0);
    test_ok(sbx_create_start(options, &sandbox, NULL, &op, &error), &error);
    sbx_options_unref(options);
    ck_assert_int_eq(test_ok(sbx_op_wait(op, 200, &error), &error), 0);
    ck_assert(has_children());
    g_snprintf(address.sun_path, sizeof address.sun_path, "%s/keeper.sock", test_keeper.runtime);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    /* What it has stays open, and no new one is below that. */
    none = (struct rlimit){.rlim_cur = 3, .rlim_max = before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    flock(lock, LOCK_UN);
    ck_assert_int_eq(test_op_end(op, &error), SBX_E_KEEPER);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert_int_eq(sbx_error_errno(error), EMFILE);
    sbx_error_free(error);
    /* It is there still, for all others. */
    ck_assert_int_eq(unlink(address.sun_path), 0);
    close(listener);
    close(lock);
}
END_TEST

static int connect_to(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
        return fd;
    ck_assert_int_eq(errno, EAGAIN);
    close(fd);
    return -1;
}

/* The keeper's socket has no room for one more. */
START_TEST(a_full_backlog)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    sbx_list *list = NULL;
    sbx_error *error = NULL;
    sbx_op *op = NULL;
    GArray *fds = g_array_new(FALSE, FALSE, sizeof(int));
    int fd;

    close(open_lock());
    g_snprintf(address.sun_path, sizeof address.sun_path, "%s/keeper.sock", test_keeper.runtime);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    while ((fd = connect_to(&address)) >= 0)
        g_array_append_val(fds, fd);
    test_ok(sbx_list_get_start(&list, NULL, &op, &error), &error);
    ck_assert_int_eq(test_ok(sbx_op_wait(op, 100, &error), &error), 0);
    ck_assert(has_children());
    /* Room, but whoever listened has gone before it said a word. */
    for (guint i = 0; i < fds->len; i++) {
        close(g_array_index(fds, int, i));
        close(accept(listener, NULL, NULL));
    }
    fd = accept(listener, NULL, NULL);
    unlink(address.sun_path);
    close(listener);
    close(fd);
    test_ok(test_op_end(op, &error), &error);
    ck_assert_uint_eq(sbx_list_length(list), 0);
    sbx_list_free(list);
    ck_assert(!has_children());
    g_array_unref(fds);
}
END_TEST

/* --- programs of others --- */

static const struct {
    const char *variable;
    const char *wanted; /* the beginning of its output */
} examples[] = {
    {"SBX_TEST_EXAMPLE_ASYNC_POLL", "script "},
    {"SBX_TEST_EXAMPLE_ASYNC_GLIB", "hello from Linux\n"},
    {"SBX_TEST_EXAMPLE_ASYNC_LIBUV", "SBX_E_CANCELLED\n"},
};

/* One that was not built is not run. */
START_TEST(an_example)
{
    const char *program = g_getenv(examples[_i].variable);
    char *argv[] = {(char *)program, NULL};
    g_autofree char *out = NULL;
    g_autofree char *err = NULL;
    g_autoptr(GError) error = NULL;
    int status = -1;

    if (program == NULL)
        return;
    ck_assert(
        g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, &err, &status, &error));
    ck_assert_msg(status == 0, "status %x: %s", status, err);
    ck_assert_msg(g_str_has_prefix(out, examples[_i].wanted), "%s", out);
    /* A sanitizer warns of stacks that it does not know. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    ck_assert_str_eq(err, "");
#endif
}
END_TEST

static Suite *suite(void)
{
    Suite *suite = suite_create("keeper-async-start");
    TCase *cases = tcase_create("without a keeper");

    tcase_set_timeout(cases, 120);
    tcase_add_checked_fixture(cases, test_keeper_setup, test_keeper_teardown);
    tcase_add_loop_test(cases, create_cancelled_at_every_wait, 0, 2);
    tcase_add_test(cases, the_start_lock_is_taken);
    tcase_add_test(cases, no_descriptor_to_look_for_it);
    tcase_add_test(cases, a_full_backlog);
    tcase_add_loop_test(cases, an_example, 0, (int)G_N_ELEMENTS(examples));
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return test_keeper_main(suite);
}
