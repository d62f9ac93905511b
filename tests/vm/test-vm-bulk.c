/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Much data through each way there is (a command's pipes, a port, an open file, a transfer), and a
 * directory with very many entries: byte for byte, while the memory of everybody it passes stays
 * what it was. 32 MiB and 5000 entries, with SBX_TEST_FULL=1 4 GiB and a million. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vm-env.h"

#define BLOCK VM_MIB
#define WORDS (BLOCK / sizeof(guint64))
#define SAMPLES 4 /* on the way, of each memory */

static guint64 total(void)
{
    return vm_full() ? UINT64_C(4096) * VM_MIB : 32 * VM_MIB;
}

static unsigned int entries(void)
{
    return vm_full() ? 1000000 : 5000;
}

/* --- bytes that tell where they belong --- */

static void fill(guint64 *block, guint64 offset)
{
    for (guint64 i = 0; i < WORDS; i++)
        block[i] = (offset / sizeof(guint64) + i) * UINT64_C(0x9e3779b97f4a7c15);
}

/* What comes back, in pieces of any length. */
typedef struct {
    guint64 *wanted;
    guint64 length;
} Check;

static void check(Check *self, const char *bytes, gsize length)
{
    while (length > 0) {
        gsize at = (gsize)(self->length % BLOCK);
        gsize part = MIN(length, BLOCK - at);

        if (at == 0)
            fill(self->wanted, self->length);
        ck_assert_msg(memcmp((char *)self->wanted + at, bytes, part) == 0,
                      "the bytes from %" G_GUINT64_FORMAT " on differ", self->length);
        self->length += part;
        bytes += part;
        length -= part;
    }
}

/* --- memory --- */

typedef enum { KEEPER, CLIENT, HELPER, AGENT, WORKER, MEMORIES } Memory;

/* What each may have more than before, in KiB: buffers on the way, which do not depend on how much
 * passes. The agent and its workers start with less than one buffer. */
static const struct {
    const char *name;
    gint64 growth;
} memories[MEMORIES] = {
    [KEEPER] = {"keeper", 8192},         [CLIENT] = {"program", 4096},
    [HELPER] = {"sbx-transfer", 8192},   [AGENT] = {"guest's agent", 4096},
    [WORKER] = {"guest's worker", 8192},
};

typedef struct {
    sbx *sandbox;
    const char *name;
    gint64 begun;
    gint64 first[MEMORIES], most[MEMORIES], last[MEMORIES];
    guint64 next; /* sample when so much has passed */
} Flow;

/* The agent is process 1; its workers say so in their command lines. */
static const char guest_memory[] =
    "sudo python3 -c '\n"
    "import glob\n"
    "agent = worker = 0\n"
    "for p in glob.glob(\"/proc/[0-9]*\"):\n"
    "    try:\n"
    "        line = open(p + \"/cmdline\", \"rb\").read()\n"
    "        if p != \"/proc/1\" and not line.startswith(b\"sbx-agent\"): continue\n"
    "        kib = [int(l.split()[1]) for l in open(p + \"/status\") if "
    "l.startswith(\"RssAnon\")]\n"
    "    except OSError: continue\n"
    "    if p == \"/proc/1\": agent = kib[0]\n"
    "    else: worker = max(worker, *kib)\n"
    "print(agent, worker)'";

static gint64 helper_kib(void)
{
    GArray *pids = vm_processes("sbx-transfer");
    gint64 most = 0;

    for (guint i = 0; i < pids->len; i++)
        if (vm_status_kib(g_array_index(pids, pid_t, i), "PPid") == getpid())
            most = MAX(most, vm_status_kib(g_array_index(pids, pid_t, i), "RssAnon"));
    g_array_unref(pids);
    return most;
}

static void look(Flow *flow)
{
    g_autofree char *guest = vm_sh(flow->sandbox, guest_memory);

    ck_assert_int_eq(sscanf(guest, "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT, &flow->last[AGENT],
                            &flow->last[WORKER]),
                     2);
    flow->last[KEEPER] = vm_status_kib(vm_keeper(NULL), "RssAnon");
    flow->last[CLIENT] = vm_status_kib(getpid(), "RssAnon");
    flow->last[HELPER] = helper_kib();
    for (int i = 0; i < MEMORIES; i++)
        flow->most[i] = MAX(flow->most[i], flow->last[i]);
}

static Flow flow_begin(sbx *sandbox, const char *name)
{
    Flow flow = {.sandbox = sandbox, .name = name, .next = total() / SAMPLES};

    look(&flow);
    memcpy(flow.first, flow.last, sizeof flow.first);
    flow.begun = vm_now_ms();
    return flow;
}

static void flow_passed(Flow *flow, guint64 bytes)
{
    if (bytes < flow->next)
        return;
    flow->next = bytes + total() / SAMPLES;
    look(flow);
}

static void flow_end(Flow *flow, guint64 bytes)
{
    gint64 took = MAX(vm_now_ms() - flow->begun, 1);

    look(flow);
    if (bytes > 0)
        printf("  %s: %" G_GUINT64_FORMAT " MiB, %.1f MiB/s\n", flow->name, bytes / VM_MIB,
               (double)bytes / (double)VM_MIB * 1000 / (double)took);
    for (int i = 0; i < MEMORIES; i++) {
        if (flow->most[i] > 0)
            printf("    %s: %d KiB before, at most %d, %d after\n", memories[i].name,
                   (int)flow->first[i], (int)flow->most[i], (int)flow->last[i]);
        ck_assert_msg(flow->most[i] <= flow->first[i] + memories[i].growth,
                      "%s: the %s grew from %d to %d KiB", flow->name, memories[i].name,
                      (int)flow->first[i], (int)flow->most[i]);
    }
}

/* --- there and back at once, through two descriptors or one --- */

typedef struct {
    int in, out; /* ours: written to, read from */
    gboolean is_socket;
    guint64 sent;
    guint64 *block;
    Check check;
} Exchange;

/* Returns FALSE when all is written, and told so. */
static gboolean send_some(Exchange *self)
{
    gsize at = (gsize)(self->sent % BLOCK);
    ssize_t n;

    if (self->sent == total()) {
        if (self->is_socket)
            shutdown(self->in, SHUT_WR);
        else
            close(self->in);
        return FALSE;
    }
    if (at == 0)
        fill(self->block, self->sent);
    n = write(self->in, (char *)self->block + at, BLOCK - at);
    ck_assert_msg(n > 0 || errno == EAGAIN, "write: %s", g_strerror(errno));
    self->sent += n > 0 ? (guint64)n : 0;
    return TRUE;
}

static void exchange(Exchange *self, Flow *flow)
{
    struct pollfd ready[2] = {{.fd = self->in, .events = POLLOUT},
                              {.fd = self->out, .events = POLLIN}};
    g_autofree char *buffer = g_malloc(BLOCK);
    ssize_t n = 1;

    self->block = g_malloc(BLOCK);
    self->check.wanted = g_malloc(BLOCK);
    fcntl(self->in, F_SETFL, O_NONBLOCK);
    fcntl(self->out, F_SETFL, O_NONBLOCK);
    while (n != 0) {
        ck_assert_int_gt(poll(ready, 2, vm_limit(60000)), 0);
        if (ready[0].fd >= 0 && (ready[0].revents & ~POLLIN) != 0 && !send_some(self))
            ready[0].fd = -1;
        if ((ready[1].revents & (POLLIN | POLLHUP)) == 0)
            continue;
        n = read(self->out, buffer, BLOCK);
        ck_assert_msg(n >= 0 || errno == EAGAIN, "read: %s", g_strerror(errno));
        if (n > 0)
            check(&self->check, buffer, (gsize)n);
        flow_passed(flow, self->check.length);
    }
    ck_assert_uint_eq(self->check.length, total());
    g_free(self->block);
    g_free(self->check.wanted);
}

START_TEST(through_pipes)
{
    sbx *sandbox = vm_shared();
    sbx_command *command = sbx_command_new("cat");
    sbx_process *process = NULL;
    Exchange pipes = {0};
    Flow flow;

    ck_assert_int_eq(sbx_command_set_stdio(command, SBX_STDIN, SBX_STDIO_PIPE, NULL), SBX_OK);
    ck_assert_int_eq(sbx_spawn(sandbox, command, &process, NULL), SBX_OK);
    pipes.in = sbx_process_take_fd(process, SBX_STDIN);
    pipes.out = sbx_process_fd(process, SBX_STDOUT);
    flow = flow_begin(sandbox, "pipes");
    exchange(&pipes, &flow);
    ck_assert_int_eq(sbx_process_wait(process, vm_limit(60000), NULL), 1);
    ck_assert_int_eq(sbx_process_exit_code(process), 0);
    flow_end(&flow, total());
    sbx_process_unref(process);
    sbx_command_unref(command);
    sbx_unref(sandbox);
}
END_TEST

static const char echo_server[] = "import socket\n"
                                  "s = socket.socket()\n"
                                  "s.bind(('127.0.0.1', 7100))\n"
                                  "s.listen()\n"
                                  "c = s.accept()[0]\n"
                                  "while d := c.recv(262144): c.sendall(d)\n";

START_TEST(through_a_port)
{
    sbx *sandbox = vm_shared();
    sbx_command *command = sbx_command_new("python3");
    sbx_process *process = NULL;
    Exchange port = {.is_socket = TRUE};
    Flow flow;

    ck_assert_int_eq(sbx_command_add_arg(command, "-c", NULL), SBX_OK);
    ck_assert_int_eq(sbx_command_add_arg(command, echo_server, NULL), SBX_OK);
    ck_assert_int_eq(sbx_spawn(sandbox, command, &process, NULL), SBX_OK);
    ck_assert_int_eq(sbx_wait_port(sandbox, 7100, vm_limit(60000), NULL), 1);
    ck_assert_int_eq(sbx_connect_port(sandbox, 7100, &port.in, NULL), SBX_OK);
    port.out = port.in;
    flow = flow_begin(sandbox, "port");
    exchange(&port, &flow);
    close(port.in);
    ck_assert_int_eq(sbx_process_wait(process, vm_limit(60000), NULL), 1);
    ck_assert_int_eq(sbx_process_exit_code(process), 0);
    flow_end(&flow, total());
    sbx_process_unref(process);
    sbx_command_unref(command);
    sbx_unref(sandbox);
}
END_TEST

static void check_file(sbx_file *file, Flow *flow)
{
    Check back = {.wanted = g_malloc(BLOCK)};
    char *buffer = g_malloc(BLOCK);
    size_t length = 1;

    while (length > 0) {
        ck_assert_int_eq(sbx_file_read(file, buffer, BLOCK, &length, NULL), SBX_OK);
        check(&back, buffer, length);
        flow_passed(flow, back.length);
    }
    ck_assert_uint_eq(back.length, total());
    g_free(buffer);
    g_free(back.wanted);
}

START_TEST(through_an_open_file)
{
    sbx *sandbox = vm_shared();
    g_autofree guint64 *block = g_malloc(BLOCK);
    sbx_file *file = NULL;
    sbx_error *error = NULL;
    Flow flow;

    ck_assert_int_eq(sbx_fs_open(sandbox, "/var/tmp/bulk",
                                 SBX_OPEN_READ | SBX_OPEN_WRITE | SBX_OPEN_CREATE_NEW, NULL, &file,
                                 NULL),
                     SBX_OK);
    flow = flow_begin(sandbox, "file, written");
    for (guint64 offset = 0; offset < total(); offset += BLOCK) {
        fill(block, offset);
        if (sbx_file_write(file, block, BLOCK, &error) != SBX_OK)
            ck_abort_msg("sbx_file_write: %s", sbx_error_message(error));
        flow_passed(&flow, offset);
    }
    flow_end(&flow, total());
    ck_assert_int_eq(sbx_file_seek(file, 0, SBX_SEEK_SET, NULL, NULL), SBX_OK);
    flow = flow_begin(sandbox, "file, read");
    check_file(file, &flow);
    flow_end(&flow, total());
    ck_assert_int_eq(sbx_file_close(file, NULL), SBX_OK);
    sbx_file_unref(file);
    ck_assert_int_eq(sbx_fs_remove(sandbox, "/var/tmp/bulk", NULL, NULL), SBX_OK);
    sbx_unref(sandbox);
}
END_TEST

/* --- transfers --- */

static int make_local(const char *path)
{
    g_autofree guint64 *block = g_malloc(BLOCK);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    ck_assert_msg(fd >= 0, "%s: %s", path, g_strerror(errno));
    for (guint64 offset = 0; offset < total(); offset += BLOCK) {
        fill(block, offset);
        ck_assert_msg(write(fd, block, BLOCK) == (ssize_t)BLOCK, "cannot write to %s: %s", path,
                      g_strerror(errno));
    }
    return fd;
}

static void check_local(const char *path)
{
    Check back = {.wanted = g_malloc(BLOCK)};
    char *buffer = g_malloc(BLOCK);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    while ((n = read(fd, buffer, BLOCK)) > 0)
        check(&back, buffer, (gsize)n);
    close(fd);
    ck_assert_uint_eq(back.length, total());
    g_free(buffer);
    g_free(back.wanted);
}

static int progress(void *data, int permille, const char *stage, const char *text)
{
    ck_assert_msg(strcmp(stage, "warning") != 0, "%s", text);
    flow_passed(data, total() / 1000 * (guint64)permille);
    return 0;
}

START_TEST(by_transfers)
{
    sbx *sandbox = vm_shared();
    sbx_transfer_options *options = sbx_transfer_options_new();
    sbx_error *error = NULL;
    g_autofree char *from = vm_path("bulk-from");
    g_autofree char *to = vm_path("bulk-to");
    Flow flow;

    close(make_local(from));
    sbx_transfer_options_set_progress(options, progress, &flow);
    flow = flow_begin(sandbox, "upload");
    if (sbx_upload(sandbox, from, "/var/tmp/bulk", options, &error) != 1)
        ck_abort_msg("sbx_upload: %s", sbx_error_message(error));
    flow_end(&flow, total());
    unlink(from);
    flow = flow_begin(sandbox, "download");
    if (sbx_download(sandbox, "/var/tmp/bulk", to, options, &error) != 1)
        ck_abort_msg("sbx_download: %s", sbx_error_message(error));
    flow_end(&flow, total());
    check_local(to);
    unlink(to);
    sbx_transfer_options_free(options);
    ck_assert_int_eq(sbx_fs_remove(sandbox, "/var/tmp/bulk", NULL, NULL), SBX_OK);
    sbx_unref(sandbox);
}
END_TEST

/* --- a directory with very many entries --- */

#define CROWD "/var/tmp/crowd"

static void check_list(sbx *sandbox, const char *name, unsigned int wanted,
                       int (*begin)(sbx *, const char *, const sbx_fs_options *, sbx_dir **,
                                    sbx_error **),
                       const char *path)
{
    sbx_dir *dir = NULL;
    sbx_error *error = NULL;
    Flow flow = flow_begin(sandbox, name);
    gint64 begun = vm_now_ms();
    /* One bit for each, so that none comes twice. */
    g_autofree guint8 *seen = g_malloc0(entries() / 8 + 1);
    unsigned int count = 0;
    int code = begin(sandbox, path, NULL, &dir, &error);

    while (code >= 0 && (code = sbx_dir_next(dir, &error)) > 0) {
        const char *entry = sbx_dir_name(dir);
        guint64 number = g_ascii_strtoull(entry + 6, NULL, 10);

        count++;
        if (!g_str_has_prefix(entry, "entry-"))
            continue;
        ck_assert_uint_lt(number, entries());
        ck_assert_msg((seen[number / 8] & (1 << number % 8)) == 0, "%s came twice", entry);
        seen[number / 8] |= (guint8)(1 << number % 8);
        if (count % (entries() / 2) == 0)
            look(&flow);
    }
    ck_assert_msg(code == 0, "%s", code < 0 ? sbx_error_message(error) : "");
    ck_assert_uint_eq(count, wanted);
    printf("  %s: %u entries in %d ms\n", name, count, (int)(vm_now_ms() - begun));
    sbx_dir_free(dir);
    flow_end(&flow, 0);
}

static unsigned int every_tenth(void)
{
    return entries() / 10;
}

START_TEST(of_a_directory)
{
    sbx *sandbox = vm_shared();
    /* A disk has room for fewer files than these are, and a file for fewer names. */
    g_autofree char *script =
        g_strdup_printf("python3 -c 'import os\nos.mkdir(\"" CROWD "\")\nos.chdir(\"" CROWD
                        "\")\n"
                        "for i in range(%u):\n"
                        "    first = i - i %% 50000\n"
                        "    if i == first: os.mknod(\"entry-%%d\" %% i)\n"
                        "    else: os.link(\"entry-%%d\" %% first, \"entry-%%d\" %% i)'",
                        entries());

    g_free(vm_sh(sandbox, script));
    check_list(sandbox, "read_dir", entries(), sbx_fs_read_dir, CROWD);
    check_list(sandbox, "walk", entries() + 1, sbx_fs_walk, CROWD);
    check_list(sandbox, "glob", every_tenth(), sbx_fs_glob, CROWD "/entry-*7");
    g_free(vm_sh(sandbox, "rm -r " CROWD));
    sbx_unref(sandbox);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vm-bulk");
    TCase *cases = tcase_create("bytes");
    TCase *entries_case = tcase_create("entries");

    tcase_set_timeout(cases, vm_limit(vm_full() ? 1800000 : 300000) / 1000);
    tcase_add_test(cases, through_pipes);
    tcase_add_test(cases, through_a_port);
    tcase_add_test(cases, through_an_open_file);
    tcase_add_test(cases, by_transfers);
    suite_add_tcase(suite, cases);
    tcase_set_timeout(entries_case, vm_limit(vm_full() ? 1800000 : 300000) / 1000);
    tcase_add_test(entries_case, of_a_directory);
    suite_add_tcase(suite, entries_case);
    return vm_main("vm-bulk", suite);
}
