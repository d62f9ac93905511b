/* test-agent-clone.c: a new session for the clone of a running machine, with the real agent
 * (SBX_TEST_AGENT) and against ends that only pretend to be one.
 *
 * An agent on a socket cannot be cloned. But what a clone's keeper sees can be had: a stream in the
 * middle of a frame in both directions, of a session nobody knows any more. So the first session is
 * left without a word, and the second begins on a duplicate of the same socket. */
#include "agent/session.h"
#include "agent-run.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <protocol.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/test-main.h"

enum { STALE_CAP = 64 << 20 };

typedef struct {
    SbxAgentSession *session;
    int fd, reset_fd; /* ours, of which sessions get duplicates */
    pid_t agent;
    gboolean closed;
    GError *error;
    char *folder;
} Fixture;

static Fixture fixture;

static void on_closed(SbxAgentSession *session, const GError *error, gpointer data)
{
    Fixture *self = data;
    (void)session;
    ck_assert(!self->closed);
    self->closed = TRUE;
    self->error = g_error_copy(error);
}

static void run_until_idle(void)
{
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

static int duplicate(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    ck_assert_int_ge(copy, 0);
    return copy;
}

static void make_pair(int fds[2])
{
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
}

static void set_up(void)
{
    int fds[2], reset[2], small = 16 << 10;

    signal(SIGPIPE, SIG_IGN);
    memset(&fixture, 0, sizeof fixture);
    ck_assert_ptr_nonnull(fixture.folder = g_dir_make_tmp("sbx-clone-XXXXXX", NULL));
    make_pair(fds);
    make_pair(reset);
    /* So that the agent is left with bytes it cannot send. */
    ck_assert_int_eq(setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
    fixture.agent = agent_start(fds[1], reset[1]);
    close(fds[1]);
    close(reset[1]);
    fixture.fd = fds[0];
    fixture.reset_fd = reset[0];
    fixture.session = sbx_agent_session_new(duplicate(fds[0]), on_closed, &fixture, NULL);
}

/* The stream stays open, and nothing is said on it. */
static void leave_session(void)
{
    if (fixture.session == NULL)
        return;
    sbx_agent_session_free(g_steal_pointer(&fixture.session));
    agent_run_until(&fixture.closed);
    fixture.closed = FALSE;
    g_clear_error(&fixture.error);
}

static void clone_session(void)
{
    leave_session();
    fixture.session = sbx_agent_session_new_clone(
        duplicate(fixture.fd), duplicate(fixture.reset_fd), on_closed, &fixture, NULL);
}

static void tear_down(void)
{
    leave_session();
    close(fixture.fd);
    agent_await_end(fixture.agent);
    close(fixture.reset_fd);
    g_rmdir(fixture.folder);
    g_free(fixture.folder);
}

static void on_done(SbxAgentSession *session, const GError *error, gpointer data)
{
    (void)session;
    ck_assert_msg(error == NULL, "%s", error != NULL ? error->message : "");
    ck_assert(!*(gboolean *)data);
    *(gboolean *)data = TRUE;
}

static void ping(void)
{
    gboolean done = FALSE;
    sbx_agent_session_ping(fixture.session, on_done, &done);
    agent_run_until(&done);
}

static void set_up_guest(const char *const *env)
{
    SbxAgentSetup setup = {.hostname = "test", .realtime_ns = 1, .env = env};
    gboolean done = FALSE;

    sbx_agent_session_setup(fixture.session, &setup, on_done, &done);
    agent_run_until(&done);
}

typedef struct {
    SbxAgentProcess *process;
    gboolean started, notified;
    int pid;
    int exit_code; /* -1 before */
    GError *error;
} Run;

static void on_started(SbxAgentProcess *process, int pid, const GError *error, gpointer data)
{
    Run *run = data;
    (void)process;
    ck_assert(!run->started);
    run->started = TRUE;
    run->pid = pid;
    if (error != NULL)
        run->error = g_error_copy(error);
}

static void on_exited(SbxAgentProcess *process, const SbxAgentExit *info, const GError *error,
                      gpointer data)
{
    Run *run = data;
    (void)process;
    ck_assert(run->started && run->error == NULL && run->exit_code < 0);
    if (error != NULL)
        run->error = g_error_copy(error);
    else
        run->exit_code = info->status;
}

static void on_notify(gpointer data)
{
    ((Run *)data)->notified = TRUE;
}

static void spawn(Run *run, const char *script, int in, int out)
{
    SbxAgentCommand command = {.env = no_rc, .script = script, .output_ends_at_exit = TRUE};

    *run = (Run){.exit_code = -1};
    run->process = sbx_agent_session_spawn(fixture.session, &command, in, out, -1, on_started,
                                           on_exited, run, on_notify);
}

static void release(Run *run)
{
    agent_run_until(&run->notified);
    sbx_agent_process_unref(run->process);
    g_clear_error(&run->error);
}

static void assert_script(const char *script, const char *wanted)
{
    char text[256] = "";
    int out[2];
    Run run;

    ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
    spawn(&run, script, -1, out[1]);
    agent_run_until(&run.notified);
    ck_assert_msg(run.error == NULL, "%s", run.error != NULL ? run.error->message : "");
    ck_assert_int_eq(run.exit_code, 0);
    ck_assert_int_ge(read(out[0], text, sizeof text - 1), 0);
    ck_assert_str_eq(text, wanted);
    close(out[0]);
    release(&run);
}

/* Waits for that many bytes; the other end must not go before. */
static void read_exactly(int fd, void *to, gsize length)
{
    struct pollfd item = {.fd = fd, .events = POLLIN};

    for (gsize have = 0; have < length;) {
        ck_assert_int_eq(poll(&item, 1, -1), 1);
        ssize_t n = read(fd, (char *)to + have, length - have);
        ck_assert_msg(n > 0, "the other end is gone");
        have += (gsize)n;
    }
}

static void write_exactly(int fd, const void *bytes, gsize length)
{
    ck_assert_int_eq(write(fd, bytes, length), (ssize_t)length);
}

static int make_fifo(const char *name)
{
    g_autofree char *path = g_build_filename(fixture.folder, name, NULL);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

static void remove_fifo(const char *name, int fd)
{
    g_autofree char *path = g_build_filename(fixture.folder, name, NULL);
    close(fd);
    unlink(path);
}

/* --- the real agent */

enum { WRITER, READER, SLEEPER, INHERITED_COUNT };

typedef struct {
    Run runs[INHERITED_COUNT];
    int progress, end; /* what they tell by other ways than their output */
    int input, output;
} Inherited;

static const char half_a_ping[] = "\0\0\10\6\0\0\0\0\0abc";

/* Waits in the middle of a frame: the agent has begun to send what nobody will read. */
static void stop_mid_frame(void)
{
    enum { PART = 100001 };
    g_autofree char *part = g_malloc(PART);

    read_exactly(fixture.fd, part, PART);
    write_exactly(fixture.fd, half_a_ping, sizeof half_a_ping - 1);
}

/* One writes without end and tells of every 64 KiB, one waits for its input's end, one sleeps. */
static void start_inherited(Inherited *all)
{
    const char *folder = fixture.folder;
    g_autofree char *writer =
        g_strdup_printf("exec 3> %s/progress; read x < %s/go; "
                        "while head -c 65536 /dev/zero; do printf x >&3; done",
                        folder, folder);
    g_autofree char *reader = g_strdup_printf("cat > /dev/null; printf end > %s/end", folder);
    g_autofree char *go = g_build_filename(folder, "go", NULL);
    int in[2], out[2];

    all->progress = make_fifo("progress");
    all->end = make_fifo("end");
    ck_assert_int_eq(mkfifo(go, 0600), 0);
    ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
    all->input = in[1];
    all->output = out[0];
    spawn(&all->runs[WRITER], writer, -1, out[1]);
    spawn(&all->runs[READER], reader, in[0], -1);
    spawn(&all->runs[SLEEPER], "exec sleep 1000", -1, -1);
    for (int i = 0; i < INHERITED_COUNT; i++)
        agent_run_until(&all->runs[i].started);
    int fd = open(go, O_WRONLY | O_CLOEXEC); /* when the writer has come as far */
    write_exactly(fd, "\n", 1);
    close(fd);
    unlink(go);
    stop_mid_frame();
}

static void end_inherited(Inherited *all)
{
    remove_fifo("progress", all->progress);
    remove_fifo("end", all->end);
    close(all->input);
    close(all->output);
    for (int i = 0; i < INHERITED_COUNT; i++) {
        kill(-all->runs[i].pid, SIGKILL);
        release(&all->runs[i]);
    }
}

/* More than all the buffers and windows on the way to the host hold together. */
static void assert_progress(int fd)
{
    char marks[400];
    read_exactly(fd, marks, sizeof marks);
}

START_TEST(the_new_session_works)
{
    const char *const env[] = {"FROM_SETUP=old", NULL}, *const none[] = {NULL};
    gboolean pinged = FALSE;
    Inherited all;

    set_up_guest(env);
    start_inherited(&all);
    clone_session();
    sbx_agent_session_ping(fixture.session, on_done, &pinged);
    assert_script("echo $FROM_SETUP", "old\n");
    ck_assert(pinged);
    set_up_guest(none);
    ck_assert_ptr_nonnull(sbx_agent_session_get_info(fixture.session));
    assert_script("echo $FROM_SETUP.", ".\n");
    end_inherited(&all);
}
END_TEST

START_TEST(processes_live_on)
{
    char end[4] = "";
    Inherited all;

    start_inherited(&all);
    ck_assert_int_le(read(all.end, end, 1), 0);
    clone_session();
    ping();
    assert_progress(all.progress);
    read_exactly(all.end, end, 3);
    ck_assert_str_eq(end, "end");
    ck_assert_int_eq(kill(all.runs[SLEEPER].pid, 0), 0);
    clone_session(); /* nor does the new session's end disturb them */
    ping();
    assert_progress(all.progress);
    end_inherited(&all);
}
END_TEST

START_TEST(exits_are_reaped_and_forgotten)
{
    Inherited all;

    start_inherited(&all);
    clone_session();
    ping();
    pid_t sleeper = all.runs[SLEEPER].pid;
    struct pollfd item = {.fd = (int)syscall(SYS_pidfd_open, sleeper, 0), .events = POLLIN};
    ck_assert_int_ge(item.fd, 0);
    kill(sleeper, SIGKILL);
    ck_assert_int_eq(poll(&item, 1, -1), 1);
    close(item.fd);
    ping();
    ck_assert_int_eq(kill(sleeper, 0), -1);
    ck_assert_int_eq(errno, ESRCH);
    assert_script("echo new", "new\n");
    end_inherited(&all);
}
END_TEST

START_TEST(again_and_again)
{
    g_autofree char *script = g_strdup_printf("echo > %s/end; exec sleep 1000", fixture.folder);
    Run runs[20];
    char byte;

    for (gsize i = 0; i < G_N_ELEMENTS(runs); i++) {
        int end = make_fifo("end"), in[2], out[2];
        ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
        ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
        spawn(&runs[i], script, in[0], out[1]);
        agent_run_until(&runs[i].started);
        read_exactly(end, &byte, 1);
        clone_session();
        if (i % 2 == 0)
            assert_script("echo new", "new\n");
        remove_fifo("end", end);
        close(in[1]);
        close(out[0]);
    }
    ping();
    for (gsize i = 0; i < G_N_ELEMENTS(runs); i++) {
        ck_assert_int_eq(kill(runs[i].pid, SIGKILL), 0);
        release(&runs[i]);
    }
}
END_TEST

/* A process that was only being asked for has its ID free again. */
START_TEST(half_a_command)
{
    g_autofree char *script = g_strnfill(10 << 20, '#');
    Run run;

    ping();
    spawn(&run, script, -1, -1);
    for (int i = 0; i < 3; i++)
        g_main_context_iteration(NULL, FALSE);
    ck_assert(!run.started);
    clone_session();
    assert_script("echo new", "new\n");
    release(&run);
}
END_TEST

/* What the agent has not read yet when the reset comes is not the new session's. Where it is when
 * it is stopped, and so whether it reads before it looks for a reset, is chance. */
START_TEST(unread_bytes)
{
    int status;

    for (int i = 0; i < 20; i++) {
        ping();
        ck_assert_int_eq(kill(fixture.agent, SIGSTOP), 0);
        ck_assert_int_eq(waitpid(fixture.agent, &status, WUNTRACED), fixture.agent);
        write_exactly(fixture.fd, half_a_ping, sizeof half_a_ping - 1);
        clone_session();
        run_until_idle();
        ck_assert_int_eq(kill(fixture.agent, SIGCONT), 0);
    }
    assert_script("echo new", "new\n");
}
END_TEST

/* The agent's bytes up to and with the answer to this reset. */
static void await_answer(const guint8 *message)
{
    g_autoptr(GByteArray) seen = g_byte_array_new();
    guint8 byte;

    do {
        read_exactly(fixture.fd, &byte, 1);
        g_byte_array_append(seen, &byte, 1);
    } while (seen->len < SBX_PROTO_RESET_SIZE ||
             memcmp(seen->data + seen->len - SBX_PROTO_RESET_SIZE, message,
                    SBX_PROTO_RESET_SIZE) != 0);
}

static const guint8 plain_reset[SBX_PROTO_RESET_SIZE + 1] = "SBXRESET0123456789abcdef";

START_TEST(malformed_resets)
{
    static const char *const noise[] = {
        "", "S", "SBXRESE", "SBXRE", "SBXRESBXRE", "SBXRESETxyz", "SBXRESETSBXRESET",
        "SBXRESET0123456789abcde", "sbxreset0123456789abcdef", "SBXRESET0123456789abcdefx",
    };
    static const guint8 settings_header[] = {4, 0, 0, 0, 0, 0}; /* after the length */
    guint8 frame[9];

    leave_session();
    for (gsize i = 0; i < G_N_ELEMENTS(noise); i++) {
        write_exactly(fixture.reset_fd, noise[i], strlen(noise[i]));
        for (gsize k = 0; k < SBX_PROTO_RESET_SIZE; k++)
            write_exactly(fixture.reset_fd, plain_reset + k, 1);
        await_answer(plain_reset);
        /* The session begins right there. */
        read_exactly(fixture.fd, frame, sizeof frame);
        ck_assert_int_eq(memcmp(frame + 3, settings_header, sizeof settings_header), 0);
    }
    clone_session();
    assert_script("echo new", "new\n");
}
END_TEST

static void park(void)
{
    gboolean done = FALSE;

    set_up_guest(NULL);
    sbx_agent_session_park(fixture.session, on_done, &done);
    agent_run_until(&done);
    leave_session();
}

/* A parked agent awaits whoever comes; one that was reset is a session's again. tear_down sees that
 * it ends. */
START_TEST(reset_when_parked)
{
    park();
    write_exactly(fixture.reset_fd, plain_reset, SBX_PROTO_RESET_SIZE);
    await_answer(plain_reset);
}
END_TEST

START_TEST(park_after_a_reset)
{
    clone_session();
    park();
    fixture.session = sbx_agent_session_new(duplicate(fixture.fd), on_closed, &fixture, NULL);
    assert_script("echo new", "new\n");
}
END_TEST

static gint64 agent_cpu_ms(void)
{
    struct timespec used;
    clockid_t clock;

    ck_assert_int_eq(clock_getcpuclockid(fixture.agent, &clock), 0);
    ck_assert_int_eq(clock_gettime(clock, &used), 0);
    return used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

/* As a port without a host: neither an end nor a reason to spin. */
START_TEST(the_reset_port_hangs_up)
{
    ping();
    ck_assert_int_eq(shutdown(fixture.reset_fd, SHUT_RDWR), 0);
    gint64 before = agent_cpu_ms();
    assert_script("sleep 0.5; echo still", "still\n");
    ck_assert_int_lt(agent_cpu_ms() - before, 200);
}
END_TEST

/* --- against impostors */

typedef struct {
    Fixture host;
    int agent, reset; /* their ends */
    guint8 message[SBX_PROTO_RESET_SIZE];
    int pings;
    GError *error;
} Impostor;

static void on_ping(SbxAgentSession *session, const GError *error, gpointer data)
{
    Impostor *self = data;
    (void)session;
    self->pings++;
    if (error != NULL && self->error == NULL)
        self->error = g_error_copy(error);
}

/* It has got the reset. */
static void impostor_init(Impostor *self)
{
    int fds[2], reset[2];
    char byte;

    signal(SIGPIPE, SIG_IGN);
    memset(self, 0, sizeof *self);
    make_pair(fds);
    make_pair(reset);
    self->agent = fds[1];
    self->reset = reset[1];
    fcntl(self->agent, F_SETFL, O_NONBLOCK);
    self->host.session =
        sbx_agent_session_new_clone(fds[0], reset[0], on_closed, &self->host, NULL);
    sbx_agent_session_ping(self->host.session, on_ping, self);
    run_until_idle();
    read_exactly(self->reset, self->message, sizeof self->message);
    ck_assert_int_eq(memcmp(self->message, "SBXRESET", 8), 0);
    /* No more than that, and it is still open. */
    ck_assert_int_eq(recv(self->reset, &byte, 1, MSG_DONTWAIT), -1);
    ck_assert_int_eq(errno, EAGAIN);
}

/* Every callback has come once. */
static void impostor_clear(Impostor *self, int code)
{
    char byte;

    agent_run_until(&self->host.closed);
    run_until_idle();
    ck_assert_int_eq(self->pings, 1);
    ck_assert_ptr_nonnull(self->error);
    if (code == SBX_AGENT_ERROR_CLOSED)
        ck_assert(g_error_matches(self->error, SBX_AGENT_ERROR, code));
    ck_assert(g_error_matches(self->host.error, SBX_AGENT_ERROR, code));
    ck_assert_int_eq(recv(self->reset, &byte, 1, MSG_DONTWAIT), 0);
    sbx_agent_session_free(self->host.session);
    run_until_idle();
    ck_assert_int_eq(self->pings, 1);
    g_clear_error(&self->error);
    g_clear_error(&self->host.error);
    close(self->agent);
    close(self->reset);
}

static void assert_nothing_sent(Impostor *self)
{
    char byte;
    run_until_idle();
    ck_assert(!self->host.closed);
    ck_assert_int_eq(self->pings, 0);
    ck_assert_int_eq(read(self->agent, &byte, 1), -1);
    ck_assert_int_eq(errno, EAGAIN);
}

/* The session has begun, and only now. */
static void assert_begun(Impostor *self)
{
    char preface[25] = "", byte;

    run_until_idle();
    ck_assert(!self->host.closed);
    ck_assert_int_eq(recv(self->reset, &byte, 1, MSG_DONTWAIT), 0);
    read_exactly(self->agent, preface, 24);
    ck_assert_str_eq(preface, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
}

static void impostor_end(Impostor *self)
{
    sbx_agent_session_close(self->host.session);
    impostor_clear(self, SBX_AGENT_ERROR_CLOSED);
}

START_TEST(never_answers)
{
    Impostor self;

    impostor_init(&self);
    write_exactly(self.agent, "\0\0\0\4\0\0\0\0\0", 9); /* a session of old */
    assert_nothing_sent(&self);
    impostor_end(&self);
}
END_TEST

START_TEST(hangs_up)
{
    Impostor self;
    int fds[2], reset[2];

    impostor_init(&self);
    shutdown(self.agent, SHUT_RDWR);
    impostor_clear(&self, SBX_AGENT_ERROR_CLOSED);
    /* The port for resets, before it could be written to. */
    Fixture host = {0};
    make_pair(fds);
    make_pair(reset);
    close(reset[1]);
    host.session = sbx_agent_session_new_clone(fds[0], reset[0], on_closed, &host, NULL);
    agent_run_until(&host.closed);
    ck_assert(g_error_matches(host.error, SBX_AGENT_ERROR, SBX_AGENT_ERROR_CLOSED));
    ck_assert_ptr_nonnull(strstr(host.error->message, "port for resets"));
    g_clear_error(&host.error);
    sbx_agent_session_free(host.session);
    run_until_idle();
    close(fds[1]);
}
END_TEST

START_TEST(nonces_differ)
{
    Impostor one, other;

    impostor_init(&one);
    impostor_init(&other);
    ck_assert_int_ne(memcmp(one.message, other.message, SBX_PROTO_RESET_SIZE), 0);
    write_exactly(one.agent, other.message, SBX_PROTO_RESET_SIZE);
    memcpy(other.message, one.message, SBX_PROTO_RESET_SIZE);
    other.message[SBX_PROTO_RESET_SIZE - 1] ^= 1;
    write_exactly(one.agent, other.message, SBX_PROTO_RESET_SIZE);
    assert_nothing_sent(&one);
    impostor_end(&one);
    impostor_end(&other);
}
END_TEST

/* Any start of the answer, then the answer; cut anywhere. */
START_TEST(partial_answers)
{
    for (gsize start = 0; start < SBX_PROTO_RESET_SIZE; start++) {
        for (gsize cut = 1; cut < SBX_PROTO_RESET_SIZE; cut += start == 0 ? 1 : 7) {
            Impostor self;
            impostor_init(&self);
            write_exactly(self.agent, self.message, start);
            assert_nothing_sent(&self);
            write_exactly(self.agent, self.message, cut);
            assert_nothing_sent(&self);
            write_exactly(self.agent, self.message + cut, SBX_PROTO_RESET_SIZE - cut);
            assert_begun(&self);
            impostor_end(&self);
        }
    }
}
END_TEST

/* What comes right behind the answer, in the same read, is held to the protocol. */
START_TEST(garbage_after_the_answer)
{
    Impostor self;
    g_autoptr(GByteArray) bytes = g_byte_array_new();

    impostor_init(&self);
    g_byte_array_append(bytes, (const guint8 *)"stale", 5);
    g_byte_array_append(bytes, self.message, sizeof self.message);
    g_byte_array_append(bytes, (const guint8 *)"HTTP/1.1 400 Bad Request\r\n\r\n", 28);
    write_exactly(self.agent, bytes->data, bytes->len);
    impostor_clear(&self, SBX_AGENT_ERROR_PROTOCOL);
}
END_TEST

/* Starts of the answer without end; returns how many bytes went before the session was closed. */
static gsize write_stale(Impostor *self, gsize length)
{
    g_autofree guint8 *chunk = g_malloc(100000);
    gsize done = 0;

    for (gsize i = 0; i < 100000; i++)
        chunk[i] = self->message[i % (SBX_PROTO_RESET_SIZE - 1)];
    while (done < length && !self->host.closed) {
        ssize_t n = write(self->agent, chunk, MIN(length - done, 100000));
        done += n > 0 ? (gsize)n : 0;
        g_main_context_iteration(NULL, n < 0 && errno == EAGAIN);
    }
    return done;
}

START_TEST(stale_bytes_have_an_end)
{
    Impostor self;

    impostor_init(&self);
    ck_assert_uint_eq(write_stale(&self, STALE_CAP - 100), STALE_CAP - 100);
    write_exactly(self.agent, self.message, sizeof self.message);
    assert_begun(&self);
    impostor_end(&self);
    impostor_init(&self);
    gsize length = write_stale(&self, 2 * (gsize)STALE_CAP);
    ck_assert_uint_ge(length, STALE_CAP);
    ck_assert_uint_lt(length, STALE_CAP + (4 << 20));
    ck_assert_ptr_nonnull(strstr(self.host.error->message, "64 MiB"));
    impostor_clear(&self, SBX_AGENT_ERROR_PROTOCOL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("agent-clone");
    TCase *real = tcase_create("agent"), *fake = tcase_create("impostors");

    tcase_add_checked_fixture(real, set_up, tear_down);
    tcase_set_timeout(real, 60);
    tcase_add_test(real, the_new_session_works);
    tcase_add_test(real, processes_live_on);
    tcase_add_test(real, exits_are_reaped_and_forgotten);
    tcase_add_test(real, again_and_again);
    tcase_add_test(real, half_a_command);
    tcase_add_test(real, unread_bytes);
    tcase_add_test(real, malformed_resets);
    tcase_add_test(real, reset_when_parked);
    tcase_add_test(real, park_after_a_reset);
    tcase_add_test(real, the_reset_port_hangs_up);
    tcase_set_timeout(fake, 60);
    tcase_add_test(fake, never_answers);
    tcase_add_test(fake, hangs_up);
    tcase_add_test(fake, nonces_differ);
    tcase_add_test(fake, partial_answers);
    tcase_add_test(fake, garbage_after_the_answer);
    tcase_add_test(fake, stale_bytes_have_an_end);
    suite_add_tcase(suite, real);
    suite_add_tcase(suite, fake);
    return test_run(suite);
}
