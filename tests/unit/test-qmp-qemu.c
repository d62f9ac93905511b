/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The QMP monitor and a real QEMU: a machine is stopped, saved to a pipe, and restored in another.
 */
#include <check.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/test-main.h"
#include "qmp-peer.h"

typedef struct {
    SbxQmp *qmp;
    GSubprocess *process;
    int stopped, completed;
} Machine;

static void on_machine_event(SbxQmp *qmp, const char *event, JsonObject *values, gpointer data)
{
    Machine *machine = data;

    (void)qmp;
    machine->stopped += g_str_equal(event, "STOP");
    if (!g_str_equal(event, "MIGRATION"))
        return;
    ck_assert_ptr_nonnull(values);
    ck_assert_str_ne(json_object_get_string_member(values, "status"), "failed");
    machine->completed += g_str_equal(json_object_get_string_member(values, "status"), "completed");
}

static void start_machine(Machine *machine, gboolean incoming)
{
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_NONE);
    const char *argv[] = {"qemu-system-x86_64",
                          "-S",
                          "-nodefaults",
                          "-no-user-config",
                          "-display",
                          "none",
                          "-machine",
                          "q35,accel=tcg",
                          "-m",
                          "16",
                          "-chardev",
                          "socket,id=monitor,fd=3",
                          "-mon",
                          "chardev=monitor,mode=control",
                          incoming ? "-incoming" : NULL,
                          "defer",
                          NULL};
    GError *error = NULL;
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    g_subprocess_launcher_take_fd(launcher, ends[1], 3);
    machine->process = g_subprocess_launcher_spawnv(launcher, argv, &error);
    ck_assert_msg(machine->process != NULL, "%s", error != NULL ? error->message : "");
    machine->qmp = sbx_qmp_new(ends[0], on_machine_event, machine);
}

/* One that is asked to quit says that it does, and goes. */
static void stop_machine(Machine *machine)
{
    Answer quit = {0}, lost = {0};

    sbx_qmp_when_lost(machine->qmp, on_done, &lost);
    sbx_qmp_execute(machine->qmp, "quit", NULL, -1, on_done, &quit);
    wait_for(&lost);
    assert_result(&quit, -1);
    assert_failed(&lost, SBX_QMP_ERROR_CLOSED, "QEMU closed its monitor");
    sbx_qmp_free(machine->qmp);
    ck_assert(g_subprocess_wait_check(machine->process, NULL, NULL));
    g_object_unref(machine->process);
}

static void on_status(SbxQmp *qmp, JsonObject *result, const GError *error, gpointer status)
{
    (void)qmp;
    ck_assert_ptr_null(error);
    *(char **)status = g_strdup(json_object_get_string_member(result, "status"));
}

static char *status_of(Machine *machine)
{
    char *status = NULL;

    sbx_qmp_execute(machine->qmp, "query-status", NULL, -1, on_status, &status);
    while (status == NULL)
        g_main_context_iteration(NULL, TRUE);
    return status;
}

typedef struct {
    int from, to;
    gsize length;
    gboolean ended;
} Stream;

static gboolean on_stream(gint fd, GIOCondition condition, gpointer data)
{
    Stream *stream = data;
    char buffer[65536];
    ssize_t n = read(fd, buffer, sizeof buffer);

    (void)condition;
    ck_assert_int_ge(n, 0);
    ck_assert_int_eq(write(stream->to, buffer, (size_t)n), n);
    stream->length += (gsize)n;
    stream->ended = n == 0;
    return n > 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* Saves to a pipe, which ends when QEMU is done with it. */
static int save(Machine *machine)
{
    Stream stream = {.to = memfd_create("state", MFD_CLOEXEC)};
    Answer capable = {0}, begun = {0};
    char magic[5] = "";
    int fds[2];

    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    sbx_qmp_migrate_capabilities(machine->qmp, FALSE, on_done, &capable);
    sbx_qmp_migrate(machine->qmp, fds[1], FALSE, on_done, &begun);
    close(fds[1]);
    g_unix_fd_add(fds[0], G_IO_IN | G_IO_HUP, on_stream, &stream);
    while (machine->completed == 0 || !stream.ended)
        g_main_context_iteration(NULL, TRUE);
    assert_result(&capable, -1);
    assert_result(&begun, -1);
    close(fds[0]);
    ck_assert_int_eq(pread(stream.to, magic, 4, 0), 4);
    ck_assert_str_eq(magic, "QEVM");
    ck_assert_int_eq(lseek(stream.to, 0, SEEK_SET), 0);
    return stream.to;
}

START_TEST(stopped_saved_restored)
{
    Machine first = {0}, second = {0};
    Answer answers[4] = {0};

    start_machine(&first, FALSE);
    sbx_qmp_execute(first.qmp, "cont", NULL, -1, on_done, &answers[0]);
    sbx_qmp_execute(first.qmp, "stop", NULL, -1, on_done, &answers[1]);
    sbx_qmp_execute(first.qmp, "no-such-command", NULL, -1, on_done, &answers[2]);
    g_autofree char *paused = status_of(&first);
    ck_assert_str_eq(paused, "paused");
    assert_result(&answers[0], -1);
    assert_result(&answers[1], -1);
    ck_assert_int_eq(first.stopped, 1);
    assert_failed(&answers[2], SBX_QMP_ERROR_COMMAND, "no-such-command has not been found");

    int state = save(&first);
    g_autofree char *saved = status_of(&first);
    ck_assert_str_eq(saved, "postmigrate");

    start_machine(&second, TRUE);
    g_autofree char *waiting = status_of(&second);
    ck_assert_str_eq(waiting, "inmigrate");
    sbx_qmp_migrate_capabilities(second.qmp, FALSE, NULL, NULL);
    sbx_qmp_migrate(second.qmp, state, TRUE, on_done, &answers[3]);
    close(state);
    while (second.completed == 0)
        g_main_context_iteration(NULL, TRUE);
    assert_result(&answers[3], -1);
    g_autofree char *restored = status_of(&second);
    ck_assert_str_eq(restored, "paused");
    stop_machine(&first);
    stop_machine(&second);
}
END_TEST

/* Two descriptors handed in at once: each ends up where it belongs. */
START_TEST(two_descriptors)
{
    Machine machine = {0};
    Answer answers[2] = {0};
    int state = memfd_create("never", MFD_CLOEXEC);

    start_machine(&machine, FALSE);
    for (int i = 0; i < 2; i++) {
        JsonObject *arguments = json_object_new();

        json_object_set_string_member(arguments, "fdname", i == 0 ? "one" : "two");
        sbx_qmp_execute(machine.qmp, "getfd", arguments, state, on_done, &answers[i]);
    }
    wait_for(&answers[1]);
    assert_result(&answers[0], -1);
    assert_result(&answers[1], -1);
    close(state);
    stop_machine(&machine);
}
END_TEST

int main(void)
{
    g_autofree char *qemu = g_find_program_in_path("qemu-system-x86_64");
    Suite *suite = suite_create("qmp-qemu");
    TCase *real = tcase_create("real");

    if (qemu == NULL)
        return test_skip("there is no qemu-system-x86_64 in PATH");
    tcase_set_timeout(real, 60);
    tcase_add_test(real, stopped_saved_restored);
    tcase_add_test(real, two_descriptors);
    suite_add_tcase(suite, real);
    return test_run(suite);
}
