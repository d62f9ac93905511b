/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sandboxes that are clones of one template, claimed as spares or started for whoever waits: none
 * has anything of another, whatever it was made from; and pools do what they are told.
 *
 * The program's template is built once, before the first test. A test says how many spares it wants,
 * and knows them by their QEMU processes: nothing else shows them.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vm-env.h"
#include "vm-image.h"

/* The kind of the shared sandbox: a keeper has a pool for every kind that it was asked for. */
#define MEMORY VM_SHARED_MEMORY
#define FEW 8
#define MANY 40

static sbx *create(void)
{
    sbx_options *options = vm_options(MEMORY);
    sbx *sandbox = vm_create_with(options);

    sbx_options_unref(options);
    return sandbox;
}

/* --- spares --- */

static void fill(guint count)
{
    sbx_options *options = vm_options(MEMORY);
    sbx_error *error = NULL;
    int ready = sbx_pool_fill(options, count, vm_limit(120000), &error);

    ck_assert_msg(ready >= (int)count, "sbx_pool_fill: %d ready: %s", ready,
                  error != NULL ? sbx_error_message(error) : "");
    sbx_options_unref(options);
}

static gboolean is_listed(const char *id)
{
    sbx_list *list = NULL;
    gboolean listed = FALSE;

    ck_assert_int_eq(sbx_list_get(&list, NULL), SBX_OK);
    for (size_t i = 0; i < sbx_list_length(list); i++)
        listed = listed || strcmp(sbx_list_id(list, i), id) == 0;
    sbx_list_free(list);
    return listed;
}

/* The VMs that are no sandboxes. One that took the place of a VM that died is called "ID-2". */
static GPtrArray *spares(void)
{
    GPtrArray *ids = vm_machines(NULL);

    for (guint i = ids->len; i > 0; i--) {
        g_autofree char *id = g_strndup(ids->pdata[i - 1], strcspn(ids->pdata[i - 1], "-"));

        if (is_listed(id))
            g_ptr_array_remove_index(ids, i - 1);
    }
    return ids;
}

/* Nothing but @count new spares, and a pool that is to have @size: that may be on its way when there
 * are to be none yet. */
static GPtrArray *begin_with(int size, guint count)
{
    GPtrArray *ids;

    ck_assert_int_eq(sbx_pool_set_budget(UINT64_C(4096) * VM_MIB, NULL), SBX_OK);
    ck_assert_int_eq(sbx_pool_set_size(0, NULL), SBX_OK);
    ck_assert_int_eq(sbx_pool_drain(NULL, NULL, NULL), SBX_OK);
    ck_assert_int_eq(sbx_pool_set_size(size, NULL), SBX_OK);
    if (count > 0)
        fill(count);
    ids = spares();
    ck_assert_msg(ids->len == count || (count == 0 && size > 0), "there are %u spares instead of %u", ids->len, count);
    return ids;
}

static gboolean is_one_of(GPtrArray *ids, const char *id)
{
    return g_ptr_array_find_with_equal_func(ids, id, g_str_equal, NULL);
}

static sbx *claim(GPtrArray *ids)
{
    sbx *sandbox = create();

    ck_assert_msg(is_one_of(ids, sbx_id(sandbox)), "%s was not one of the spares", sbx_id(sandbox));
    return sandbox;
}

/* The figures of our pool, as the keeper lists it. */
typedef struct {
    int ready;
    int target;
    guint64 cost;
} Pool;

static Pool our_pool(void)
{
    sbx_pool_list *list = NULL;
    Pool pool = {-1, -1, 0};

    ck_assert_int_eq(sbx_pool_list_get(&list, NULL), SBX_OK);
    for (size_t i = 0; i < sbx_pool_list_length(list); i++)
        if (sbx_pool_list_memory(list, i) == MEMORY)
            pool = (Pool){sbx_pool_list_ready(list, i), sbx_pool_list_target(list, i),
                          sbx_pool_list_private_bytes(list, i)};
    sbx_pool_list_free(list);
    return pool;
}

static GArray *watch(GPtrArray *ids)
{
    GArray *pids = g_array_new(FALSE, FALSE, sizeof(pid_t));
    GArray *pidfds;

    for (guint i = 0; i < ids->len; i++) {
        pid_t pid = vm_qemu(ids->pdata[i]);

        g_array_append_val(pids, pid);
    }
    pidfds = vm_pidfds(pids);
    g_array_unref(pids);
    return pidfds;
}

/* In the program itself: what all tests stand on. */
static void build_template(void)
{
    sbx_options *options = vm_options(MEMORY);
    sbx_error *error = NULL;
    gint64 start = vm_now_ms();
    int built = sbx_template_build(options, 0, NULL, NULL, NULL, &error);

    ck_assert_msg(built >= 0, "sbx_template_build: %d, %s", built,
                  error != NULL ? sbx_error_message(error) : "");
    if (built == 1)
        printf("  template after %d ms\n", (int)(vm_now_ms() - start));
    sbx_options_unref(options);
}

/* --- what no two have in common --- */

/* "NAME VALUE" lines; every value is to be a sandbox's own. A bash that starts seeds $RANDOM by
 * itself; no process of the template's goes on in a clone but the agent. */
static const char facts[] =
    "echo urandom $(head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \\n')\n"
    "echo kernel-uuid $(cat /proc/sys/kernel/random/uuid)\n"
    "echo boot-id $(cat /proc/sys/kernel/random/boot_id)\n"
    "echo host-name $(uname -n)\n"
    "echo hostname-file $(cat /etc/hostname)\n"
    "echo machine-id $(cat /etc/machine-id)\n"
    "echo hosts-entry $(grep ^127.0.1.1 /etc/hosts | tr ' ' _)\n"
    "echo mktemp $(mktemp -u)\n"
    "echo bash-random $(bash -c 'echo $RANDOM.$RANDOM.$RANDOM.$RANDOM')\n"
    "echo bash-srandom $(bash -c 'echo $SRANDOM.$SRANDOM')\n"
    "test $(cat /proc/sys/kernel/randomize_va_space) = 0 ||\n"
    "    echo addresses $(awk '/libc|stack/ { printf \"%s,\", $1 }' /proc/self/maps)\n"
    "python3 - <<'end'\n"
    "import ctypes, os, random, secrets, tempfile, uuid\n"
    "auxiliary = ctypes.CDLL(None).getauxval\n"
    "auxiliary.restype = ctypes.c_void_p\n"
    "auxiliary.argtypes = [ctypes.c_ulong]\n"
    "print('at-random', ctypes.string_at(auxiliary(25), 16).hex())\n"
    "print('getrandom', os.getrandom(24).hex())\n"
    "print('secrets', secrets.token_hex(16))\n"
    "print('uuid1', uuid.uuid1())\n"
    "print('uuid4', uuid.uuid4())\n"
    "print('random', random.random())\n"
    "print('str-hash', hash('libsandbox'))\n"
    "print('mkdtemp', tempfile.mkdtemp())\n"
    "end\n"
    "! command -v deno >/dev/null || deno eval 'console.log(\"deno-values \" +\n"
    "    crypto.getRandomValues(new Uint8Array(16)).join(\".\") + \"\\ndeno-uuid \" +\n"
    "    crypto.randomUUID() + \"\\ndeno-random \" + Math.random())'\n";

/* @seen: "NAME VALUE" -> the sandbox that said it. */
static void check_facts(GHashTable *seen, sbx *sandbox)
{
    g_autofree char *said = vm_sh(sandbox, facts);
    g_auto(GStrv) lines = g_strsplit(said, "\n", -1);

    ck_assert_msg(g_strv_length(lines) >= 18, "only this was found out:\n%s", said);
    ck_assert_msg(strstr(said, sbx_id(sandbox) + 8 + 12) == NULL, "the whole id is in it");
    for (guint i = 0; lines[i] != NULL; i++) {
        const char *value = strchr(lines[i], ' ');
        const char *other = g_hash_table_lookup(seen, lines[i]);

        ck_assert_msg(value != NULL && strlen(value) > 4, "\"%s\" has no value", lines[i]);
        ck_assert_msg(other == NULL, "%s and %s share \"%s\"", sbx_id(sandbox), other, lines[i]);
        g_hash_table_insert(seen, g_strdup(lines[i]), g_strdup(sbx_id(sandbox)));
    }
}

static void check_no_network(sbx *sandbox)
{
    g_autofree char *said = vm_sh(sandbox, "ls /sys/class/net");

    /* A card has an address that a clone would share with its template. */
    ck_assert_msg(strcmp(said, "lo") == 0, "there are the interfaces %s", said);
}

START_TEST(clones_share_nothing)
{
    const guint count = vm_full() ? MANY : FEW;
    g_autoptr(GPtrArray) waiting = begin_with(1, count / 2);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    sbx *sandboxes[MANY];
    guint claimed = 0;

    for (guint i = 0; i < count; i++) {
        sandboxes[i] = create();
        claimed += is_one_of(waiting, sbx_id(sandboxes[i]));
        ck_assert_msg(vm_is_clone(sbx_id(sandboxes[i])), "%s was booted", sbx_id(sandboxes[i]));
    }
    ck_assert_uint_eq(claimed, waiting->len);
    for (guint i = 0; i < count; i++) {
        check_facts(seen, sandboxes[i]);
        check_no_network(sandboxes[i]);
    }
    printf("  %u clones, %u of them spares: %u values, all different\n", count, claimed,
           g_hash_table_size(seen));
    for (guint i = 0; i < count; i++)
        sbx_unref(sandboxes[i]);
}
END_TEST

/* The same question at the same moment: what is seeded with the time alone is the same. */
START_TEST(clones_of_one_moment_share_nothing)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    int ends[FEW / 2][2];
    pid_t children[FEW / 2];

    g_ptr_array_unref(begin_with(0, 0));
    for (guint i = 0; i < FEW / 2; i++) {
        ck_assert_int_eq(pipe2(ends[i], O_CLOEXEC), 0);
        children[i] = fork();
        if (children[i] == 0) {
            sbx *sandbox = create();
            g_autofree char *said = vm_sh(sandbox, facts);

            (void)!write(ends[i][1], said, strlen(said));
            sbx_unref(sandbox);
            _exit(0);
        }
        close(ends[i][1]);
    }
    for (guint i = 0; i < FEW / 2; i++) {
        char said[8192] = "";
        size_t length = 0;
        ssize_t n;
        g_auto(GStrv) lines = NULL;

        while ((n = read(ends[i][0], said + length, sizeof said - 1 - length)) > 0)
            length += (size_t)n;
        close(ends[i][0]);
        waitpid(children[i], NULL, 0);
        lines = g_strsplit(said, "\n", -1);
        ck_assert_msg(g_strv_length(lines) >= 18, "only this was found out:\n%s", said);
        for (guint k = 0; lines[k] != NULL; k++)
            ck_assert_msg(g_hash_table_add(seen, g_strdup(lines[k])), "two said %s", lines[k]);
    }
}
END_TEST

/* --- what a clone has of its own --- */

static double number_of(sbx *sandbox, const char *script)
{
    g_autofree char *said = vm_sh(sandbox, script);

    return g_ascii_strtod(said, NULL);
}

static double host_time(void)
{
    return (double)g_get_real_time() / G_USEC_PER_SEC;
}

static void check_clock(sbx *sandbox, const char *when)
{
    double before = host_time();
    double guest = number_of(sandbox, "date +%s.%N");
    double after = host_time();
    double uptime = number_of(sandbox, "cut -d' ' -f1 /proc/uptime");
    double booted = number_of(sandbox, "sed -n 's/^btime //p' /proc/stat");

    ck_assert_msg(guest > before - 1.5 && guest < after + 1.5,
                  "%s the guest's clock is %.3f s off the host's", when, guest - after);
    ck_assert_msg(uptime > 0 && uptime < 3600, "%s it is up for %.1f s", when, uptime);
    ck_assert_msg(booted + uptime > before - 3 && booted + uptime < host_time() + 3,
                  "%s it claims to be booted at %.0f, to be up for %.0f s, and that it is %.0f",
                  when, booted, uptime, guest);
}

/* The template's clock is that of its build, and a spare's stands still while it waits. */
START_TEST(the_clock_is_right)
{
    const int waits = 4000;
    g_autoptr(GPtrArray) waiting = begin_with(0, 0);
    sbx *started = create();
    sbx *waited;

    ck_assert(vm_is_clone(sbx_id(started)));
    check_clock(started, "after a start from the template");
    g_ptr_array_unref(waiting);
    waiting = begin_with(1, 1);
    /* The time that passes is what this is about. */
    poll(NULL, 0, waits);
    waited = claim(waiting);
    check_clock(waited, "after it waited as a spare");
    sbx_unref(waited);
    sbx_unref(started);
}
END_TEST

static sbx *claim_with(GPtrArray *ids, const char *name, gint64 timeout_ms)
{
    sbx_options *options = vm_options(MEMORY);
    sbx *sandbox;

    ck_assert_int_eq(sbx_options_set_env(options, name, "of its own", NULL), SBX_OK);
    ck_assert_int_eq(sbx_options_set_label(options, "name", name, NULL), SBX_OK);
    if (timeout_ms > 0)
        ck_assert_int_eq(sbx_options_set_timeout(options, timeout_ms, NULL), SBX_OK);
    sandbox = vm_create_with(options);
    sbx_options_unref(options);
    ck_assert(is_one_of(ids, sbx_id(sandbox)));
    return sandbox;
}

static void check_label(const char *id, const char *value)
{
    sbx_list *list = NULL;
    gboolean found = FALSE;

    ck_assert_int_eq(sbx_list_get(&list, NULL), SBX_OK);
    for (size_t i = 0; i < sbx_list_length(list); i++) {
        if (strcmp(sbx_list_id(list, i), id) != 0)
            continue;
        found = TRUE;
        ck_assert_str_eq(sbx_list_label_key(list, i, 0), "name");
        ck_assert_str_eq(sbx_list_label_value(list, i, 0), value);
        ck_assert_ptr_null(sbx_list_label_key(list, i, 1));
        /* Its life began when it was claimed. */
        ck_assert_int_lt(llabs(sbx_list_created(list, i) - g_get_real_time() / 1000),
                         vm_limit(10000));
    }
    sbx_list_free(list);
    ck_assert_msg(found, "%s is not listed", id);
}

START_TEST(a_spare_takes_what_was_asked_for)
{
    const int lifetime = 5000;
    g_autoptr(GPtrArray) waiting = begin_with(1, 2);
    gint64 start = vm_now_ms();
    sbx *first = claim_with(waiting, "FIRST", lifetime);
    sbx *second = claim_with(waiting, "SECOND", 0);
    struct pollfd gone = {.fd = vm_pidfd(vm_qemu(sbx_id(first))), .events = POLLIN};
    g_autofree char *of_first = vm_sh(first, "env | grep -e FIRST -e SECOND -e FROM_OPTIONS");
    g_autofree char *of_second = vm_sh(second, "env | grep -e FIRST -e SECOND -e FROM_OPTIONS");

    ck_assert_str_eq(of_first, "FIRST=of its own");
    ck_assert_str_eq(of_second, "SECOND=of its own");
    check_label(sbx_id(first), "FIRST");
    check_label(sbx_id(second), "SECOND");
    ck_assert_int_eq(poll(&gone, 1, lifetime + vm_limit(1000)), 1);
    ck_assert_int_gt(vm_now_ms() - start, lifetime - 1000);
    vm_expect_gone(first, "its time is over");
    close(gone.fd);
    sbx_unref(first);
    sbx_unref(second);
}
END_TEST

/* What a guest looks like to somebody who just got it: variables, programs, files. Kernel threads
 * have no command line. Python's caches may be warm, and a clone has a boot id of its own, mounted. */
static const char looks[] =
    "env | cut -d= -f1 | sort\n"
    "for p in /proc/[0-9]*/cmdline; do tr '\\0' '\\n' <$p | head -1; done | sort -u\n"
    "id; pwd; umask; ulimit -a; mount | sed 's/(.*//' | grep -v /boot_id | sort\n"
    "find / -xdev -newer /var/lib/dpkg/status -type f -not -path '*/__pycache__/*' \\\n"
    "    2>/dev/null | sort\n"
    "ls -lA /tmp /var/tmp /dev/shm ~\n";

START_TEST(a_spare_looks_like_one_that_was_booted)
{
    sbx_options *options = vm_options(MEMORY);
    sbx *clone;
    sbx *booted;
    g_autofree char *of_clone = NULL;
    g_autofree char *of_booted = NULL;

    g_ptr_array_unref(begin_with(0, 0));
    clone = create();
    ck_assert_int_eq(sbx_options_set_spares(options, 0, NULL), SBX_OK);
    booted = vm_create_with(options);
    of_clone = vm_sh(clone, looks);
    of_booted = vm_sh(booted, looks);
    ck_assert_msg(strcmp(of_clone, of_booted) == 0, "the clone:\n%s\n\nthe booted one:\n%s",
                  of_clone, of_booted);
    sbx_options_unref(options);
    sbx_unref(clone);
    sbx_unref(booted);
}
END_TEST

/* --- nobody sees a spare --- */

START_TEST(a_spare_is_nobodys)
{
    g_autoptr(GPtrArray) waiting = begin_with(2, 2);

    for (guint i = 0; i < waiting->len; i++) {
        sbx *sandbox = NULL;
        sbx_error *error = NULL;
        int code = sbx_connect(waiting->pdata[i], NULL, &sandbox, &error);

        ck_assert(!is_listed(waiting->pdata[i]));
        vm_check_error(code, SBX_E_NOT_FOUND, error, "sbx_connect");
    }
}
END_TEST

/* --- time --- */

static int compare(const void *a, const void *b)
{
    const gint64 *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

static gint64 median(gint64 *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

START_TEST(the_first_command_is_as_fast_as_the_tenth)
{
    enum { CLONES = 5, COMMANDS = 10 };
    g_autoptr(GPtrArray) waiting = begin_with(1, CLONES + 1);
    gint64 took[COMMANDS][CLONES];
    gint64 first, tenth;

    for (int i = 0; i < CLONES; i++) {
        sbx *sandbox = claim(waiting);

        for (int k = 0; k < COMMANDS; k++) {
            gint64 start = g_get_monotonic_time();

            g_free(vm_sh(sandbox, "true"));
            took[k][i] = g_get_monotonic_time() - start;
        }
        sbx_unref(sandbox);
    }
    first = median(took[0], CLONES);
    tenth = median(took[COMMANDS - 1], CLONES);
    printf("  the first command takes %d us, the tenth %d\n", (int)first, (int)tenth);
    ck_assert_msg(first <= 3 * tenth, "the first takes %d us, the tenth %d", (int)first,
                  (int)tenth);
}
END_TEST

/* --- clients that go --- */

/* A process that creates a sandbox and, told to @stay, waits to be ended; returns the id. */
static char *create_in_child(gboolean stay, pid_t *child)
{
    int ends[2];
    char id[32] = "";

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    *child = fork();
    if (*child == 0) {
        sbx *sandbox = create();

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)!write(ends[1], sbx_id(sandbox), strlen(sbx_id(sandbox)));
        while (stay)
            pause();
        sbx_unref(sandbox);
        _exit(0);
    }
    close(ends[1]);
    ck_assert_int_eq((int)read(ends[0], id, sizeof id - 1), 28);
    close(ends[0]);
    return g_strdup(id);
}

START_TEST(a_client_is_killed_after_its_claim)
{
    g_autoptr(GPtrArray) waiting = begin_with(1, 1);
    g_autoptr(GPtrArray) next = NULL;
    pid_t child;
    g_autofree char *id = create_in_child(TRUE, &child);
    pid_t qemu = vm_qemu(id);
    sbx *sandbox;

    ck_assert(is_one_of(waiting, id));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    ck_assert_msg(vm_wait_gone(qemu, 1000), "the VM outlives its owner by more than a second");
    fill(1);
    ck_assert_int_eq(our_pool().target, 1);
    next = spares();
    ck_assert_uint_eq(next->len, 1);
    ck_assert(!is_one_of(next, id));
    sandbox = claim(next);
    g_free(vm_sh(sandbox, "true"));
    sbx_unref(sandbox);
}
END_TEST

START_TEST(spares_outlive_the_program_that_caused_them)
{
    g_autoptr(GPtrArray) waiting = begin_with(1, 0);
    pid_t child;
    g_autofree char *id = create_in_child(FALSE, &child);
    gint64 start;
    sbx *sandbox;
    int status = -1;

    waitpid(child, &status, 0);
    ck_assert_int_eq(status, 0);
    fill(1); /* waits for the one that is on its way */
    g_ptr_array_unref(waiting);
    waiting = spares();
    ck_assert_uint_eq(waiting->len, 1);
    start = vm_now_ms();
    sandbox = claim(waiting);
    printf("  claimed after %d ms\n", (int)(vm_now_ms() - start));
    ck_assert_int_lt(vm_now_ms() - start, vm_limit(1000));
    ck_assert_str_ne(sbx_id(sandbox), id);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(a_spare_that_died_is_replaced)
{
    g_autoptr(GPtrArray) waiting = begin_with(2, 2);
    g_autoptr(GPtrArray) next = NULL;
    pid_t qemu = vm_qemu(waiting->pdata[0]);
    sbx *sandbox;

    ck_assert_int_eq(kill(qemu, SIGKILL), 0);
    ck_assert(vm_wait_gone(qemu, 1000));
    /* One that libvirt was still starting keeps its name: its VM is replaced. */
    sandbox = create();
    g_free(vm_sh(sandbox, "true"));
    fill(2);
    next = spares();
    ck_assert_uint_eq(next->len, 2);
    sbx_unref(sandbox);
}
END_TEST

/* --- pools do what they are told --- */

START_TEST(a_pool_is_filled_and_emptied)
{
    g_autoptr(GPtrArray) waiting = begin_with(-1, 3);
    GArray *pidfds = watch(waiting);
    Pool pool = our_pool();

    ck_assert_int_eq(pool.ready, 3);
    ck_assert_int_eq(pool.target, 3);
    printf("  a spare has %d MiB to itself\n", (int)(pool.cost / VM_MIB));
    ck_assert_uint_gt(pool.cost, 4 * VM_MIB);
    ck_assert_uint_lt(pool.cost, MEMORY);
    ck_assert_int_eq(sbx_pool_set_size(0, NULL), SBX_OK);
    ck_assert_msg(vm_wait_all_gone(pidfds, 5000), "spares are left after set_size(0)");
    pool = our_pool();
    ck_assert_int_eq(pool.ready, 0);
    ck_assert_int_eq(pool.target, 0);
}
END_TEST

START_TEST(a_client_wants_spares)
{
    g_autoptr(GPtrArray) waiting = begin_with(0, 0);
    sbx_options *options = vm_options(MEMORY);
    sbx *sandbox;

    ck_assert_int_eq(sbx_options_set_spares(options, 2, NULL), SBX_OK);
    sandbox = vm_create_with(options);
    ck_assert_int_eq(our_pool().target, 2);
    fill(2);
    sbx_unref(sandbox);
    sandbox = vm_create_with(options);
    g_ptr_array_unref(waiting);
    waiting = spares();
    ck_assert(!is_one_of(waiting, sbx_id(sandbox)));
    sbx_options_unref(options);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(no_spare_is_wanted)
{
    g_autoptr(GPtrArray) waiting = begin_with(1, 1);
    sbx_options *options = vm_options(MEMORY);
    gint64 start = vm_now_ms();
    sbx *sandbox;
    double uptime;

    ck_assert_int_eq(sbx_options_set_spares(options, 0, NULL), SBX_OK);
    sandbox = vm_create_with(options);
    uptime = number_of(sandbox, "cut -d' ' -f1 /proc/uptime");
    ck_assert(!is_one_of(waiting, sbx_id(sandbox)));
    ck_assert(!vm_is_clone(sbx_id(sandbox)));
    ck_assert_msg(uptime * 1000 < vm_now_ms() - start + 100, "up for %.1f s after %d ms", uptime,
                  (int)(vm_now_ms() - start));
    sbx_options_unref(options);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(the_budget_is_obeyed)
{
    g_autoptr(GPtrArray) waiting = begin_with(2, 2);
    GArray *pidfds = watch(waiting);
    sbx_options *options = vm_options(MEMORY);
    sbx_error *error = NULL;
    int code;

    ck_assert_int_eq(sbx_pool_set_budget(VM_MIB, NULL), SBX_OK);
    ck_assert_msg(vm_wait_all_gone(pidfds, 5000), "spares are left that are over the budget");
    code = sbx_pool_fill(options, 1, vm_limit(60000), &error);
    ck_assert_msg(code < 0 && strstr(sbx_error_message(error), "over the budget of 1 MiB") != NULL,
                  "%d: %s", code, error != NULL ? sbx_error_message(error) : "");
    vm_check_error(code, SBX_E_BUSY, error, "sbx_pool_fill");
    /* A sandbox is none. */
    sbx_unref(create());
    ck_assert_int_eq(our_pool().ready, 0);
    sbx_options_unref(options);
}
END_TEST

START_TEST(a_drained_pool_is_empty)
{
    g_autoptr(GPtrArray) waiting = begin_with(2, 2);
    GArray *pidfds = watch(waiting);
    unsigned int drained = 0;
    sbx *sandbox;

    ck_assert_int_eq(sbx_pool_drain("builtin:debian-12", &drained, NULL), SBX_OK);
    ck_assert_uint_eq(drained, 0);
    ck_assert_int_eq(sbx_pool_drain(SBX_IMAGE_DEFAULT, &drained, NULL), SBX_OK);
    ck_assert_uint_eq(drained, 2);
    ck_assert_msg(vm_wait_all_gone(pidfds, 0), "sbx_pool_drain() returns before they are gone");
    /* None is made before there is another sandbox. */
    ck_assert_int_eq(our_pool().target, 0);
    sandbox = create();
    ck_assert_int_eq(our_pool().target, 2);
    sbx_unref(sandbox);
}
END_TEST

/* Nothing but the image of the test is within reach. */
static void check_only_image(const char *data)
{
    sbx_image_list *images = NULL;

    ck_assert_int_eq(sbx_image_list_get(&images, NULL), SBX_OK);
    ck_assert_uint_eq(sbx_image_list_length(images), 1);
    ck_assert(g_str_has_prefix(sbx_image_list_path(images, 0), data));
    sbx_image_list_free(images);
}

/* An image of the test's own, and a keeper that boots its spares and keeps one. */
START_TEST(spares_do_not_hold_an_image)
{
    g_autofree char *data = vm_image_make(VM_IMAGE_SOUND, "own");
    g_autofree char *runtime = vm_path("ro");
    g_autoptr(GPtrArray) waiting = NULL;
    sbx_error *error = NULL;
    GArray *pidfds;
    int removed;

    g_setenv("LIBSANDBOX_DATA_DIR", data, TRUE);
    g_setenv("LIBSANDBOX_RUNTIME_DIR", runtime, TRUE);
    g_setenv("LIBSANDBOX_IDLE_SECONDS", "3", TRUE);
    g_setenv("LIBSANDBOX_TEMPLATES", "0", TRUE);
    g_setenv("LIBSANDBOX_SPARES", "1", TRUE);
    check_only_image(data);
    fill(1);
    waiting = vm_machines(runtime);
    ck_assert_uint_eq(waiting->len, 1);
    pidfds = watch(waiting);
    removed = sbx_image_remove(SBX_IMAGE_DEFAULT, &error);
    ck_assert_msg(removed == 1, "%d removed: %s", removed,
                  error != NULL ? sbx_error_message(error) : "");
    ck_assert_msg(vm_wait_all_gone(pidfds, 0), "the spare is still there");
    ck_assert_int_ge(sbx_keeper_stop(1, NULL), 0);
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *const *tests, size_t count)
{
    TCase *tcase = tcase_create(name);

    tcase_set_timeout(tcase, vm_limit(vm_full() ? 900000 : 180000) / 1000);
    tcase_add_unchecked_fixture(tcase, build_template, NULL);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
}

int main(void)
{
    const TTest *const identity[] = {
        clones_share_nothing,   clones_of_one_moment_share_nothing,
        the_clock_is_right,     a_spare_takes_what_was_asked_for,
        a_spare_is_nobodys,     a_spare_looks_like_one_that_was_booted,
        the_first_command_is_as_fast_as_the_tenth,
    };
    const TTest *const clients[] = {a_client_is_killed_after_its_claim,
                                    spares_outlive_the_program_that_caused_them,
                                    a_spare_that_died_is_replaced};
    const TTest *const pools[] = {a_pool_is_filled_and_emptied, a_client_wants_spares,
                                  no_spare_is_wanted,           the_budget_is_obeyed,
                                  a_drained_pool_is_empty,
                                  spares_do_not_hold_an_image};
    Suite *suite = suite_create("vm-clones");

    add(suite, "identity", identity, G_N_ELEMENTS(identity));
    add(suite, "clients", clients, G_N_ELEMENTS(clients));
    add(suite, "pools", pools, G_N_ELEMENTS(pools));
    /* Each test says how many spares there are. */
    g_setenv("LIBSANDBOX_SPARES", "0", TRUE);
    g_setenv("LIBSANDBOX_TEMPLATES", "1", TRUE);
    return vm_main("vm-clones", suite);
}
