/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ports of real guests: servers in them, connections and forwards to them, and what becomes of
 * those when the guest is paused, copied or killed. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vm-env.h"

#define BLOCK 65536

/* Port 7000 sends back what comes, 7001 sends as many blocks as the line it reads says, 7002 reads
 * to the end and says how much it was; /tmp/echo is the first as a unix socket. */
static const char servers[] =
    "import socket, threading\n"
    "block = bytes(i * 7 % 251 for i in range(65536))\n"
    "def echo(c):\n"
    "    while d := c.recv(65536): c.sendall(d)\n"
    "def source(c):\n"
    "    for i in range(int(c.makefile().readline())): c.sendall(block)\n"
    "def sink(c):\n"
    "    n = 0\n"
    "    while d := c.recv(65536): n += len(d)\n"
    "    c.sendall(str(n).encode())\n"
    "def one(c, f):\n"
    "    try: f(c)\n"
    "    except OSError: pass\n"
    "    c.close()\n"
    "def serve(s, f):\n"
    "    s.listen(64)\n"
    "    while True:\n"
    "        c = s.accept()[0]\n"
    "        threading.Thread(target=one, args=(c, f), daemon=True).start()\n"
    "def tcp(port, f):\n"
    "    s = socket.socket()\n"
    "    s.bind(('127.0.0.1', port))\n"
    "    threading.Thread(target=serve, args=(s, f)).start()\n"
    "u = socket.socket(socket.AF_UNIX)\n"
    "u.bind('/tmp/echo')\n"
    "threading.Thread(target=serve, args=(u, echo)).start()\n"
    "tcp(7001, source)\n"
    "tcp(7002, sink)\n"
    "tcp(7000, echo)\n";

/* Starts them; the sandbox keeps them. */
static void start_servers(sbx *sandbox)
{
    sbx_command *command = sbx_command_new("python3");
    sbx_process *process = NULL;
    sbx_error *error = NULL;

    ck_assert_int_eq(sbx_command_add_arg(command, "-c", NULL), SBX_OK);
    ck_assert_int_eq(sbx_command_add_arg(command, servers, NULL), SBX_OK);
    ck_assert_int_eq(sbx_command_set_stdio(command, SBX_STDOUT, SBX_STDIO_NULL, NULL), SBX_OK);
    ck_assert_int_eq(sbx_command_set_stdio(command, SBX_STDERR, SBX_STDIO_NULL, NULL), SBX_OK);
    ck_assert_int_eq(sbx_wait_port(sandbox, 7000, 0, NULL), 0);
    if (sbx_spawn(sandbox, command, &process, &error) < 0)
        ck_abort_msg("sbx_spawn: %s", sbx_error_message(error));
    if (sbx_wait_port(sandbox, 7000, vm_limit(60000), &error) != 1)
        ck_abort_msg("no server: %s",
                     error != NULL ? sbx_error_message(error) : "it takes too long");
    sbx_process_unref(process);
    sbx_command_unref(command);
}

static sbx *box;

static void setup(void)
{
    box = vm_create();
    start_servers(box);
}

static void teardown(void)
{
    sbx_unref(box);
}

static int connect_port(sbx *sandbox, int port)
{
    sbx_error *error = NULL;
    int fd = -1;

    if (sbx_connect_port(sandbox, port, &fd, &error) < 0)
        ck_abort_msg("sbx_connect_port: %s", sbx_error_message(error));
    return fd;
}

/* Through a forward, which listens at 127.0.0.1. */
static int connect_forward(sbx_forward *forward)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((guint16)sbx_forward_port(forward)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_msg(connect(fd, (struct sockaddr *)&address, sizeof address) == 0, "%s",
                  strerror(errno));
    return fd;
}

static void read_exactly(int fd, void *bytes, gsize length)
{
    for (gsize done = 0; done < length;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        ssize_t n;

        ck_assert_int_eq(poll(&ready, 1, vm_limit(60000)), 1);
        n = read(fd, (char *)bytes + done, length - done);
        ck_assert_msg(n > 0, "%s", n < 0 ? strerror(errno) : "the end");
        done += (gsize)n;
    }
}

static void check_echo(int fd)
{
    char back[11];

    ck_assert_int_eq(write(fd, "over\0there\n", 11), 11);
    read_exactly(fd, back, 11);
    ck_assert_mem_eq(back, "over\0there\n", 11);
}

/* 0, or the errno with which reading ends. */
static int end_of(int fd)
{
    static char waste[BLOCK];
    ssize_t n;

    while ((n = read(fd, waste, sizeof waste)) > 0)
        ;
    return n < 0 ? errno : 0;
}

/* Also: a guest's list of ports, and a unix socket of it. */
START_TEST(connects)
{
    sbx_port_list *list = NULL;
    sbx_error *error = NULL;
    int found = 0;
    int fd = connect_port(box, 7000);
    int code;

    check_echo(fd);
    ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
    ck_assert_int_eq(end_of(fd), 0);
    close(fd);
    code = sbx_connect_port(box, 7, &fd, &error);
    vm_check_error(code, SBX_E_SYSTEM, error, "sbx_connect_port");
    ck_assert_int_eq(sbx_connect_unix(box, "/tmp/echo", &fd, NULL), SBX_OK);
    check_echo(fd);
    close(fd);
    ck_assert_int_eq(sbx_list_ports(box, &list, NULL), SBX_OK);
    for (size_t i = 0; i < sbx_port_list_length(list); i++) {
        int port = sbx_port_list_port(list, i);

        if (port < 7000 || port > 7002)
            continue;
        found++;
        ck_assert_str_eq(sbx_port_list_address(list, i), "127.0.0.1");
        ck_assert_str_eq(sbx_port_list_program(list, i), "python3");
        ck_assert_int_gt(sbx_port_list_pid(list, i), 1);
        ck_assert_int_gt(sbx_port_list_uid(list, i), 0);
    }
    ck_assert_int_eq(found, 3);
    sbx_port_list_free(list);
}
END_TEST

static gint64 agent_kib(void)
{
    g_autofree char *text =
        vm_sh(box, "sudo sed -n 's/^RssAnon: *\\([0-9]*\\) kB/\\1/p' /proc/1/status");

    return g_ascii_strtoll(text, NULL, 10);
}

/* Byte for byte, each way, with memory that does not grow: 32 MiB, in full 256. */
START_TEST(carries_much)
{
    gint64 blocks = (vm_full() ? 256 : 32) * (gint64)VM_MIB / BLOCK;
    g_autofree guint8 *block = g_malloc(BLOCK);
    g_autofree guint8 *got = g_malloc(BLOCK);
    g_autofree char *count = g_strdup_printf("%" G_GINT64_FORMAT "\n", blocks);
    g_autofree char *wanted = g_strdup_printf("%" G_GINT64_FORMAT, blocks * BLOCK);
    sbx_forward *forward = NULL;
    pid_t keeper = vm_keeper(NULL);
    gint64 keeper_kib = vm_status_kib(keeper, "RssAnon");
    gint64 agent_before = agent_kib();
    gint64 begun = vm_now_ms();
    char said[32] = "";
    int fd;

    for (int i = 0; i < BLOCK; i++)
        block[i] = (guint8)(i * 7 % 251);
    ck_assert_int_eq(sbx_forward_new(box, 7001, NULL, 0, &forward, NULL), SBX_OK);
    fd = connect_forward(forward);
    ck_assert_int_eq(write(fd, count, strlen(count)), (ssize_t)strlen(count));
    for (gint64 i = 0; i < blocks; i++) {
        read_exactly(fd, got, BLOCK);
        ck_assert_msg(memcmp(got, block, BLOCK) == 0, "block %d differs", (int)i);
    }
    ck_assert_int_eq(end_of(fd), 0);
    close(fd);
    g_print("# out: %.1f MiB/s\n",
            (double)(blocks * BLOCK) / (double)VM_MIB * 1000 / (double)(vm_now_ms() - begun));
    begun = vm_now_ms();
    fd = connect_port(box, 7002);
    for (gint64 i = 0; i < blocks; i++)
        for (gsize done = 0; done < BLOCK;) {
            ssize_t n = write(fd, block + done, BLOCK - done);

            ck_assert_int_gt(n, 0);
            done += (gsize)n;
        }
    ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
    read_exactly(fd, said, strlen(wanted));
    ck_assert_str_eq(said, wanted);
    close(fd);
    g_print("# in: %.1f MiB/s\n",
            (double)(blocks * BLOCK) / (double)VM_MIB * 1000 / (double)(vm_now_ms() - begun));
    ck_assert_int_le(vm_status_kib(keeper, "RssAnon"), keeper_kib + 8192);
    ck_assert_int_le(agent_kib(), agent_before + 4096);
    sbx_forward_unref(forward);
}
END_TEST

/* A connection sleeps with its guest. A copy of the guest has it no more, and can have its own. */
START_TEST(pause_and_fork)
{
    sbx_error *error = NULL;
    sbx *child = NULL;
    int fd = connect_port(box, 7000);
    int other = -1;
    char back[5];
    int code;

    check_echo(fd);
    ck_assert_int_eq(sbx_pause(box, NULL), SBX_OK);
    code = sbx_connect_port(box, 7000, &other, &error);
    vm_check_error(code, SBX_E_BUSY, error, "sbx_connect_port");
    error = NULL;
    ck_assert_int_eq(write(fd, "later", 5), 5);
    ck_assert_int_eq(sbx_resume(box, NULL), SBX_OK);
    read_exactly(fd, back, 5);
    ck_assert_mem_eq(back, "later", 5);
    if (sbx_fork(box, 1, NULL, &child, &error) < 0)
        ck_abort_msg("sbx_fork: %s", sbx_error_message(error));
    check_echo(fd);
    other = connect_port(child, 7000);
    check_echo(other);
    close(other);
    /* What the child has of its parent's connections is gone: only its listening sockets are left.
     */
    g_free(vm_sh(child, "! ss -Htn state established '( sport = 7000 )' | grep ."));
    sbx_unref(child);
    check_echo(fd);
    close(fd);
}
END_TEST

START_TEST(ends_with_the_sandbox)
{
    sbx_forward *forward = NULL;
    sbx_error *error = NULL;
    char some[1000];
    int code;
    int fd;

    ck_assert_int_eq(sbx_forward_new(box, 7001, NULL, 0, &forward, NULL), SBX_OK);
    fd = connect_forward(forward);
    ck_assert_int_eq(write(fd, "1000000\n", 8), 8);
    read_exactly(fd, some, sizeof some);
    ck_assert_int_eq(sbx_kill(box, NULL), SBX_OK);
    ck_assert_int_eq(end_of(fd), ECONNRESET);
    code = sbx_forward_wait(forward, -1, &error);
    vm_check_error(code, SBX_E_GONE, error, "sbx_forward_wait");
    close(fd);
    sbx_forward_unref(forward);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vm-ports");
    TCase *cases = tcase_create("ports");

    tcase_set_timeout(cases, 900);
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, connects);
    tcase_add_test(cases, carries_much);
    tcase_add_test(cases, pause_and_fork);
    tcase_add_test(cases, ends_with_the_sandbox);
    suite_add_tcase(suite, cases);
    vm_use_templates();
    return vm_main("vm-ports", suite);
}
