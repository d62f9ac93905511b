/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See vm-work.h. */
#include "vm-work.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* --- the work --- */

/* Lines of 16 bytes, so that none crosses a page: a reader never sees half of one. */
static const char writer[] = "import os, time\n"
                             "fds = [os.open('w%d' % i, os.O_CREAT | os.O_APPEND | os.O_WRONLY)\n"
                             "       for i in range(3)]\n"
                             "n = 0\n"
                             "while True:\n"
                             "    n += 1\n"
                             "    for fd in fds:\n"
                             "        os.write(fd, b'%015d\\n' % n)\n"
                             "        os.fsync(fd)\n"
                             "    time.sleep(0.01)\n";

/* 100 MiB, of which each block is compared and made anew in turn. A block is a random one, turned by
 * as many bytes as its seed says: no two have a page in common, and making one takes an emulated CPU
 * no longer than comparing it. */
static const char memory[] =
    "import random, time, zlib\n"
    "MIB = 1 << 20\n"
    "data = bytearray(100 * MIB)\n"
    "view = memoryview(data)\n"
    "sums = [0] * 100\n"
    "source = memoryview(random.Random(1).randbytes(MIB) * 2)\n"
    "def fill(i, seed):\n"
    "    start = seed * 4111 % MIB\n"
    "    block = source[start:start + MIB]\n"
    "    view[i * MIB:(i + 1) * MIB] = block\n"
    "    sums[i] = zlib.crc32(block)\n"
    "for i in range(100):\n"
    "    fill(i, i)\n"
    "n = 100\n"
    "while True:\n"
    "    for i in range(100):\n"
    "        good = zlib.crc32(view[i * MIB:(i + 1) * MIB]) == sums[i]\n"
    "        with open('verdicts', 'a') as f:\n"
    "            f.write('%s %d\\n' % ('ok' if good else 'BAD', i))\n"
    "        if i % 10 == 0:\n"
    "            n += 1\n"
    "            fill(i, n)\n"
    "        time.sleep(0.03)\n";

/* What a process with a pipe to this program runs. Long lines: a pipe that nobody reads would be full,
 * and its writer blocked, after 64 of them. */
static const char ticker[] =
    "import os, time\n"
    "fd = os.open('ticks', os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_WRONLY)\n"
    "n = 0\n"
    "while True:\n"
    "    n += 1\n"
    "    os.write(1, b'%01023d\\n' % n)\n"
    "    os.write(fd, b'%015d\\n' % n)\n"
    "    time.sleep(0.005)\n";

/* Fails when one of the files has a gap. The contents come from the disk, not from the cache. */
const char vm_work_no_gaps[] =
    "sudo sh -c 'sync; echo 3 >/proc/sys/vm/drop_caches'\n"
    "for f in w0 w1 w2 ticks; do\n"
    "  awk -v f=$f '$1 + 0 != NR {print f \" line \" NR \": \" $1 >\"/dev/stderr\"; exit 1}' $f"
    " || exit 1\n"
    "done\n"
    "! grep -m1 BAD verdicts >&2 || exit 2\n"
    "sha256sum -c --quiet big.sum >&2 || exit 3\n"
    "! sudo dmesg | grep -iE 'I/O error|EXT4-fs (error|warning)|overlayfs:.*(err|fail)|BUG:' >&2";

static const char goes_on[] = VM_MORE("w0", "3") VM_MORE("w1", "3") VM_MORE("w2", "3") VM_MORE("verdicts", "3");
const char vm_ticker_goes_on[] = VM_MORE("ticks", "200");

static void start_program(sbx *sandbox, const char *name, const char *program)
{
    g_autofree char *script =
        g_strdup_printf("cat >%s.py <<'END'\n%sEND\n"
                        "nohup python3 %s.py </dev/null >/dev/null 2>%s.err &",
                        name, program, name, name);

    g_free(vm_sh(sandbox, script));
}

/* In the shared sandbox, before the first test of all. */
void vm_work_start(void)
{
    static gboolean started;
    sbx *sandbox;

    if (started)
        return;
    started = TRUE;
    sandbox = vm_shared();

    g_free(vm_sh(sandbox, "head -c 20M /dev/urandom >big; sha256sum big >big.sum\n"
                          "touch w0 w1 w2 verdicts ticks"));
    start_program(sandbox, "writer", writer);
    start_program(sandbox, "memory", memory);
    g_free(vm_sh(sandbox, goes_on));
    sbx_unref(sandbox);
}

void vm_work_check(sbx *sandbox)
{
    g_free(vm_sh(sandbox, goes_on));
    g_free(vm_sh(sandbox, vm_work_no_gaps));
}

guint64 vm_work_lines(sbx *sandbox, const char *file)
{
    g_autofree char *script = g_strdup_printf("tail -n 1 %s", file);
    g_autofree char *text = vm_sh(sandbox, script);

    return g_ascii_strtoull(text, NULL, 10);
}

/* --- the ticker, read by a thread --- */

static void take_line(VmTicker *self, const char *line)
{
    gint64 now = vm_now_ms();

    pthread_mutex_lock(&self->lock);
    if (g_ascii_strtoull(line, NULL, 10) != ++self->lines)
        self->out_of_order = TRUE;
    if (self->last_ms > 0)
        self->longest_ms = MAX(self->longest_ms, now - self->last_ms);
    self->last_ms = now;
    pthread_mutex_unlock(&self->lock);
}

static void *read_ticks(void *data)
{
    VmTicker *self = data;
    FILE *file = fdopen(self->fd, "r");
    char line[1025];

    while (fgets(line, sizeof line, file) != NULL)
        take_line(self, line);
    fclose(file);
    return NULL;
}

VmTicker *vm_ticker_start(sbx *sandbox)
{
    VmTicker *self = g_new0(VmTicker, 1);
    sbx_command *command = sbx_command_new("python3");

    pthread_mutex_init(&self->lock, NULL);
    ck_assert_int_eq(sbx_command_add_arg(command, "-c", NULL), SBX_OK);
    ck_assert_int_eq(sbx_command_add_arg(command, ticker, NULL), SBX_OK);
    ck_assert_int_eq(sbx_spawn(sandbox, command, &self->process, NULL), SBX_OK);
    self->fd = sbx_process_take_fd(self->process, SBX_STDOUT);
    ck_assert_int_eq(pthread_create(&self->thread, NULL, read_ticks, self), 0);
    sbx_command_unref(command);
    g_free(vm_sh(sandbox, VM_MORE("ticks", "20")));
    return self;
}

/* The longest time without a line since the last call of it. */
gint64 vm_ticker_stall(VmTicker *self)
{
    gint64 longest;

    pthread_mutex_lock(&self->lock);
    longest = MAX(self->longest_ms, vm_now_ms() - self->last_ms);
    self->longest_ms = 0;
    self->last_ms = vm_now_ms();
    pthread_mutex_unlock(&self->lock);
    return longest;
}

guint64 vm_ticker_lines(VmTicker *self)
{
    guint64 lines;

    pthread_mutex_lock(&self->lock);
    lines = self->lines;
    pthread_mutex_unlock(&self->lock);
    return lines;
}

/* All that it wrote has come, in order: it is stopped and its file compared. */
void vm_ticker_end(VmTicker *self, sbx *sandbox)
{
    ck_assert_int_eq(sbx_process_signal(self->process, SIGKILL, NULL), SBX_OK);
    pthread_join(self->thread, NULL);
    ck_assert_msg(!self->out_of_order, "a line of the ticker is missing, or came twice");
    /* It may have been killed between the two writes. */
    ck_assert_uint_le(self->lines - vm_work_lines(sandbox, "ticks"), 1);
    sbx_process_unref(self->process);
    pthread_mutex_destroy(&self->lock);
    g_free(self);
}

/* --- the keeper's directory of captures --- */

static char *forks_dir(void)
{
    g_autofree char *dir = vm_path("r/vm/forks");

    return g_strdup_printf("/proc/%d/root%s", vm_keeper(NULL), dir);
}

static guint64 forks_used(void)
{
    g_autofree char *dir = forks_dir();
    struct statvfs space;

    ck_assert_msg(statvfs(dir, &space) == 0, "no %s", dir);
    return (guint64)(space.f_blocks - space.f_bfree) * space.f_frsize;
}

static guint count_vms(void)
{
    g_autofree char *dir = vm_path("r/vm/");
    GArray *pids = vm_processes("guest=sbx_");
    guint count = 0;

    for (guint i = 0; i < pids->len; i++) {
        g_autofree char *path = g_strdup_printf("/proc/%d/cmdline", g_array_index(pids, pid_t, i));
        g_autofree char *line = NULL;
        gsize length = 0;

        if (g_file_get_contents(path, &line, &length, NULL) &&
            memmem(line, length, dir, strlen(dir)) != NULL)
            count++;
    }
    g_array_unref(pids);
    return count;
}

guint64 vm_sandboxes_used(void)
{
    sbx_limits *limits = NULL;
    guint64 used;

    ck_assert_int_eq(sbx_limits_get(&limits, NULL), SBX_OK);
    used = sbx_limits_used(limits, SBX_LIMIT_SANDBOXES);
    sbx_limits_free(limits);
    return used;
}

/* Nothing but the shared sandbox is there. */
void vm_check_only_shared(void)
{
    g_autofree char *dir = forks_dir();
    GDir *open = g_dir_open(dir, 0, NULL);
    const char *name;

    ck_assert_msg(open != NULL, "no %s", dir);
    name = g_dir_read_name(open);
    ck_assert_msg(name == NULL, "%s/%s is left", dir, name);
    g_dir_close(open);
    ck_assert_uint_eq(count_vms(), 1);
    ck_assert_uint_eq(vm_sandboxes_used(), 1);
    /* Memory in files is freed with the last descriptor of it, which may be a child's that libvirt
     * still buries: another process' descriptors, and the space of a filesystem, tell nobody when
     * they go. */
    for (gint64 until = vm_now_ms() + vm_limit(5000);
         forks_used() > VM_MIB && vm_now_ms() < until;)
        g_usleep(20000);
    ck_assert_uint_le(forks_used(), VM_MIB);
}

VmWatch vm_watch_begin(void)
{
    VmWatch watch = {.fd = inotify_init1(IN_CLOEXEC), .dir = forks_dir()};

    ck_assert_msg(inotify_add_watch(watch.fd, watch.dir, IN_CREATE) >= 0, "no %s", watch.dir);
    return watch;
}

/* Waits for an event; returns its name, to be freed. */
static char *next_event(VmWatch *watch)
{
    union {
        struct inotify_event event;
        char space[sizeof(struct inotify_event) + 256];
    } buffer;
    struct pollfd waiting = {.fd = watch->fd, .events = POLLIN};

    ck_assert_msg(poll(&waiting, 1, vm_limit(60000)) == 1, "the capture does not get so far");
    ck_assert_int_gt((int)read(watch->fd, &buffer, sizeof buffer), 0);
    return g_strdup(buffer.event.len > 0 ? buffer.event.name : "");
}

/* Waits until the next capture has got that far: its directory is there, its loader's disk is (the
 * VMM follows), the parent's disk is being copied (the parent stands still). */
void vm_watch_wait(VmWatch *watch, VmStage stage)
{
    g_autofree char *name = next_event(watch);
    g_autofree char *disk = g_build_filename(watch->dir, name, "disk", NULL);

    watch->capture = g_build_filename(watch->dir, name, NULL);
    if (stage == VM_STAGE_BEGUN)
        return;
    ck_assert_msg(inotify_add_watch(watch->fd, watch->capture, IN_CREATE) >= 0, "no %s",
                  watch->capture);
    while (!g_file_test(disk, G_FILE_TEST_EXISTS))
        g_free(next_event(watch));
    if (stage == VM_STAGE_LOADER)
        return;
    /* Sizing it is a modification, too, and may not have been noticed yet. */
    ck_assert_msg(inotify_add_watch(watch->fd, disk, IN_MODIFY) >= 0, "no %s", disk);
    for (;;) {
        struct stat status;

        ck_assert_int_eq(stat(disk, &status), 0);
        if (status.st_blocks > 0)
            return;
        g_free(next_event(watch));
    }
}

void vm_watch_end(VmWatch *watch)
{
    close(watch->fd);
    g_free(watch->dir);
    g_free(watch->capture);
}
