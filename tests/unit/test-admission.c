/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Admission: exact boundaries of limits, order of arrival, waiting and its end, what is said. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sandbox/error.h>
#include <sandbox/options.h>

#include "keeper/admission.h"
#include "lib/test-main.h"
#include "wire/fault.h"
#include "wire/json.h"

#define MIB (G_GUINT64_CONSTANT(1) << 20)
#define GIB (G_GUINT64_CONSTANT(1) << 30)
#define FOREVER SBX_WAIT_FOREVER

/* One who asks. */
typedef struct {
    char name;
    SbxTicket *ticket;
    int calls;
    GError *fault;
    void (*then)(void); /* done in the callback */
} Caller;

typedef enum { NOW, WAITS, REFUSED } Outcome;

static SbxAdmission *admission;
static Caller a, b, c, d, e;
static GString *told; /* "a" was admitted, "-b" got a fault: in the order of the callbacks */
static gboolean inside; /* a function of the admission */

static void caller_init(Caller *caller, char name)
{
    memset(caller, 0, sizeof *caller);
    caller->name = name;
}

static void on_told(GError *fault, gpointer data)
{
    Caller *caller = data;

    ck_assert(!inside);
    ck_assert_int_eq(caller->calls++, 0);
    g_string_append_printf(told, "%s%c", fault != NULL ? "-" : "", caller->name);
    caller->fault = fault;
    if (fault != NULL)
        caller->ticket = NULL;
    if (caller->then != NULL)
        caller->then();
}

static Outcome ask(Caller *caller, guint count, guint64 memory, guint vcpus, gint64 wait_ms)
{
    gboolean now = 77;

    g_clear_error(&caller->fault);
    caller->calls = 0;
    inside = TRUE;
    caller->ticket = sbx_admission_ask(admission, count, memory, vcpus, wait_ms, on_told, caller,
                                       &now, &caller->fault);
    inside = FALSE;
    if (caller->ticket != NULL) {
        ck_assert_ptr_null(caller->fault);
        ck_assert(now == TRUE || now == FALSE);
        return now ? NOW : WAITS;
    }
    ck_assert_ptr_nonnull(caller->fault);
    ck_assert_int_eq(now, 77);
    return REFUSED;
}

static void release(Caller *caller, guint times)
{
    for (guint i = 0; i < times; i++) {
        inside = TRUE;
        sbx_ticket_release(caller->ticket);
        inside = FALSE;
    }
}

static void set_limits(guint sandboxes, guint64 memory, guint vcpus)
{
    SbxLimits limits = {sandboxes, memory, vcpus};

    inside = TRUE;
    sbx_admission_set(admission, &limits);
    inside = FALSE;
}

/* Runs what is due now; waits for nothing. */
static void run(void)
{
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

static void run_until_told(Caller *caller)
{
    while (caller->calls == 0)
        g_main_context_iteration(NULL, TRUE);
}

/* How long the main loop would sleep, in milliseconds; -1: for ever. */
static gint loop_sleeps(void)
{
    GMainContext *context = g_main_context_default();
    GPollFD fds[8];
    gint timeout = 77;
    gint priority;

    ck_assert(g_main_context_acquire(context));
    g_main_context_prepare(context, &priority);
    ck_assert_int_le(g_main_context_query(context, G_MAXINT, &timeout, fds, 8), 8);
    g_main_context_release(context);
    return timeout;
}

static void assert_told(const char *expected)
{
    run();
    ck_assert_str_eq(told->str, expected);
    g_string_truncate(told, 0);
}

static void assert_used(gint64 sandboxes, guint64 memory, gint64 vcpus, gint64 waiting)
{
    g_autoptr(JsonObject) object = sbx_admission_describe(admission);
    JsonObject *used = sbx_json_get_object(object, "used");

    ck_assert_int_eq(sbx_json_get_int(used, "sandboxes", -1), sandboxes);
    ck_assert_int_eq(sbx_json_get_int(used, "memory", -1), (gint64)memory);
    ck_assert_int_eq(sbx_json_get_int(used, "vcpus", -1), vcpus);
    ck_assert_int_eq(sbx_json_get_int(object, "waiting", -1), waiting);
}

static void assert_fault(Caller *caller, int code, const char *message, const char *hint)
{
    ck_assert_ptr_nonnull(caller->fault);
    ck_assert_str_eq(caller->fault->message, message);
    ck_assert_int_eq(sbx_fault_code(caller->fault), code);
    ck_assert_pstr_eq(sbx_fault_hint(caller->fault), hint);
    g_clear_error(&caller->fault);
}

static void setup(void)
{
    Caller *callers[] = {&a, &b, &c, &d, &e};

    g_unsetenv("LIBSANDBOX_MAX_SANDBOXES");
    g_unsetenv("LIBSANDBOX_MAX_MEMORY");
    g_unsetenv("LIBSANDBOX_MAX_VCPUS");
    admission = sbx_admission_new();
    told = g_string_new(NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(callers); i++)
        caller_init(callers[i], (char)('a' + i));
}

/* Each test has released what it had: the admission asserts that. */
static void teardown(void)
{
    Caller *callers[] = {&a, &b, &c, &d, &e};

    assert_used(0, 0, 0, 0);
    run();
    ck_assert_str_eq(told->str, "");
    ck_assert_int_eq(loop_sleeps(), -1);
    g_string_free(told, TRUE);
    for (gsize i = 0; i < G_N_ELEMENTS(callers); i++)
        g_clear_error(&callers[i]->fault);
    sbx_admission_free(admission);
}

/* --- limits --- */

/* Sizes that fill a limit of 10 units of one kind; the other kinds are as good as unlimited. */
static const struct {
    guint sandboxes;
    guint64 memory;
    guint vcpus;
} tens[] = {{10, 100 * GIB, 1000}, {1000, 10, 1000}, {1000, 100 * GIB, 10}};

/* Asks for @units of the loop's kind. */
static Outcome ask_units(Caller *caller, int kind, guint units, gint64 wait_ms)
{
    if (kind == 0)
        return ask(caller, units, MIB, 1, wait_ms);
    return kind == 1 ? ask(caller, 1, units, 1, wait_ms) : ask(caller, 1, MIB, units, wait_ms);
}

START_TEST(boundary)
{
    set_limits(tens[_i].sandboxes, tens[_i].memory, tens[_i].vcpus);
    ck_assert_int_eq(ask_units(&a, _i, 9, 0), NOW);
    ck_assert_int_eq(ask_units(&b, _i, 2, 0), REFUSED);
    ck_assert_int_eq(ask_units(&b, _i, 1, 0), NOW);
    ck_assert_int_eq(ask_units(&c, _i, 1, 0), REFUSED);
    release(&b, 1);
    ck_assert_int_eq(ask_units(&c, _i, 1, 0), NOW);
    release(&a, _i == 0 ? 9 : 1);
    release(&c, 1);
    ck_assert_int_eq(ask_units(&a, _i, 10, 0), NOW);
    release(&a, _i == 0 ? 10 : 1);
}
END_TEST

START_TEST(never_fits)
{
    set_limits(tens[_i].sandboxes, tens[_i].memory, tens[_i].vcpus);
    ck_assert_int_eq(ask_units(&a, _i, 11, FOREVER), REFUSED);
    ck_assert_int_eq(sbx_fault_code(a.fault), SBX_E_BUSY);
    ck_assert_int_eq(ask_units(&a, _i, 11, 1000), REFUSED);
    ck_assert_int_eq(ask_units(&a, _i, 11, 0), REFUSED);
    /* Also when somebody waits, who is not disturbed. */
    ck_assert_int_eq(ask_units(&b, _i, 10, FOREVER), NOW);
    ck_assert_int_eq(ask_units(&c, _i, 10, FOREVER), WAITS);
    ck_assert_int_eq(ask_units(&a, _i, 11, FOREVER), REFUSED);
    release(&c, 1);
    release(&b, _i == 0 ? 10 : 1);
}
END_TEST

START_TEST(no_limits)
{
    ck_assert_int_eq(ask(&a, 100000, GIB, 64, 0), NOW);
    ck_assert_int_eq(ask(&b, 1, SBX_MEMORY_MAX, SBX_VCPUS_MAX, 0), NOW);
    assert_used(100001, 100000 * GIB + SBX_MEMORY_MAX, 6400064, 0);
    release(&a, 100000);
    release(&b, 1);
}
END_TEST

START_TEST(all_or_none)
{
    set_limits(4, 8 * GIB, 0);
    ck_assert_int_eq(ask(&a, 2, GIB, 1, 0), NOW);
    ck_assert_int_eq(ask(&b, 3, GIB, 1, 0), REFUSED);
    ck_assert_int_eq(ask(&b, 2, 3 * GIB + 1, 1, 0), REFUSED);
    assert_used(2, 2 * GIB, 2, 0);
    ck_assert_int_eq(ask(&b, 2, 3 * GIB, 5, 0), NOW);
    assert_used(4, 8 * GIB, 12, 0);
    release(&b, 1);
    assert_used(3, 5 * GIB, 7, 0);
    release(&b, 1);
    release(&a, 2);
    /* Three are more than is left after one of two is given back. */
    ck_assert_int_eq(ask(&a, 2, GIB, 1, 0), NOW);
    ck_assert_int_eq(ask(&b, 4, GIB, 1, FOREVER), WAITS);
    release(&a, 1);
    assert_told("");
    assert_used(1, GIB, 1, 1);
    release(&a, 1);
    assert_used(4, 4 * GIB, 4, 0);
    assert_told("b");
    release(&b, 4);
}
END_TEST

START_TEST(bad_arguments)
{
    ck_assert_int_eq(ask(&a, 0, GIB, 1, 0), REFUSED);
    assert_fault(&a, SBX_E_INVALID,
                 "0 sandboxes with 1073741824 bytes of memory each were asked for", NULL);
    ck_assert_int_eq(ask(&a, 1, G_MAXUINT64, 1, 0), REFUSED);
    ck_assert_int_eq(sbx_fault_code(a.fault), SBX_E_INVALID);
    ck_assert_int_eq(ask(&a, 2, G_GUINT64_CONSTANT(1) << 63, 1, 0), REFUSED);
    ck_assert_int_eq(sbx_fault_code(a.fault), SBX_E_INVALID);
    ck_assert_int_eq(ask(&a, 1, GIB, 1, -2), REFUSED);
    assert_fault(&a, SBX_E_INVALID,
                 "cannot wait -2 ms for room: at least -1, at most 31622400000", NULL);
    ck_assert_int_eq(ask(&a, 1, GIB, 1, SBX_TIMEOUT_MAX_MS + 1), REFUSED);
    ck_assert_int_eq(sbx_fault_code(a.fault), SBX_E_INVALID);
    /* Sums stay within what can be said, without limits and with the largest. */
    ck_assert_int_eq(ask(&a, 1, G_MAXINT64, 0, 0), NOW);
    ck_assert_int_eq(ask(&b, 1, 1, 0, 0), REFUSED);
    ck_assert_int_eq(ask(&b, G_MAXUINT, 0, G_MAXUINT, 0), REFUSED);
    set_limits(G_MAXUINT, G_MAXUINT64, G_MAXUINT);
    ck_assert_int_eq(ask(&b, 1, 1, 0, 0), REFUSED);
    ck_assert_int_eq(ask(&b, 1, 0, G_MAXUINT, 0), NOW);
    assert_used(2, G_MAXINT64, G_MAXUINT, 0);
    release(&a, 1);
    release(&b, 1);
}
END_TEST

/* --- order --- */

START_TEST(first_come)
{
    set_limits(4, 0, 0);
    ck_assert_int_eq(ask(&a, 3, GIB, 1, 0), NOW);
    ck_assert_int_eq(ask(&b, 3, GIB, 1, FOREVER), WAITS);
    /* These would fit, and do not overtake. */
    ck_assert_int_eq(ask(&c, 1, GIB, 1, FOREVER), WAITS);
    ck_assert_int_eq(ask(&d, 1, GIB, 1, 0), REFUSED);
    assert_used(3, 3 * GIB, 3, 2);
    release(&a, 1);
    assert_told("");
    release(&a, 1);
    assert_used(4, 4 * GIB, 4, 1);
    assert_told("b");
    release(&a, 1);
    assert_used(4, 4 * GIB, 4, 0);
    assert_told("c");
    release(&c, 1);
    release(&b, 3);
}
END_TEST

START_TEST(one_release_admits_several)
{
    set_limits(0, 10 * GIB, 0);
    ck_assert_int_eq(ask(&a, 1, 10 * GIB, 1, 0), NOW);
    ck_assert_int_eq(ask(&b, 1, 3 * GIB, 1, FOREVER), WAITS);
    ck_assert_int_eq(ask(&c, 1, 4 * GIB, 1, FOREVER), WAITS);
    ck_assert_int_eq(ask(&d, 1, 4 * GIB, 1, FOREVER), WAITS);
    ck_assert_int_eq(ask(&e, 1, 1 * GIB, 1, FOREVER), WAITS);
    release(&a, 1);
    assert_used(2, 7 * GIB, 2, 2);
    assert_told("bc");
    release(&b, 1);
    assert_told("de");
    release(&e, 1);
    release(&d, 1);
    release(&c, 1);
}
END_TEST

/* The share is taken when it is given back, not when the callback runs: nobody comes between. */
START_TEST(nobody_between)
{
    set_limits(1, 0, 0);
    ck_assert_int_eq(ask(&a, 1, GIB, 1, 0), NOW);
    ck_assert_int_eq(ask(&b, 1, GIB, 1, FOREVER), WAITS);
    release(&a, 1);
    assert_used(1, GIB, 1, 0);
    ck_assert_int_eq(ask(&c, 1, GIB, 1, 0), REFUSED);
    ck_assert_int_eq(ask(&c, 1, GIB, 1, FOREVER), WAITS);
    assert_told("b");
    release(&b, 1);
    assert_told("c");
    release(&c, 1);
}
END_TEST

/* --- leaving the queue --- */

START_TEST(first_leaves)
{
    set_limits(4, 0, 0);
    ck_assert_int_eq(ask(&a, 2, GIB, 1, 0), NOW);
    ck_assert_int_eq(ask(&b, 3, GIB, 1, FOREVER), WAITS);
    ck_assert_int_eq(ask(&c, 1, GIB, 1, FOREVER), WAITS);
    ck_assert_int_eq(ask(&d, 1, GIB, 1, FOREVER), WAITS);
    release(&b, 1);
    assert_used(4, 4 * GIB, 4, 0);
    assert_told("cd");
    release(&a, 2);
    release(&c, 1);
    release(&d, 1);
}
END_TEST

START_TEST(middle_leaves)
{
    set_limits(1, 0, 0);
    ck_assert_int_eq(ask(&a, 1, GIB, 1, 0), NOW);
    ck_assert_int_eq(ask(&b, 1, GIB, 1, FOREVER), WAITS);
    ck_assert_int_eq(ask(&c, 1, GIB, 1, 60000), WAITS);
    ck_assert_int_eq(ask(&d, 1, GIB, 1, FOREVER), WAITS);
    ck_assert_int_gt(loop_sleeps(), 0);
    release(&c, 1);
    ck_assert_int_eq(loop_sleeps(), -1);
    assert_used(1, GIB, 1, 2);
    release(&a, 1);
    assert_told("b");
    release(&b, 1);
    assert_told("d");
    release(&d, 1);
}
END_TEST

/* Admitted, but told nothing yet: leaves with all of its share, which goes to the next. */
START_TEST(leaves_while_callback_is_due)
{
    set_limits(2, 0, 0);
    ck_assert_int_eq(ask(&a, 2, GIB, 1, 0), NOW);
    ck_assert_int_eq(ask(&b, 2, 2 * GIB, 1, FOREVER), WAITS);
    ck_assert_int_eq(ask(&c, 1, GIB, 1, FOREVER), WAITS);
    release(&a, 2);
    assert_used(2, 4 * GIB, 2, 1);
    release(&b, 1);
    assert_used(1, GIB, 1, 0);
    assert_told("c");
    release(&c, 1);
    /* With nobody behind it. */
    ck_assert_int_eq(ask(&a, 2, GIB, 1, 0), NOW);
    ck_assert_int_eq(ask(&b, 1, GIB, 1, FOREVER), WAITS);
    release(&a, 2);
    release(&b, 1);
    assert_used(0, 0, 0, 0);
    assert_told("");
}
END_TEST

/* --- the end of waiting --- */

START_TEST(time_is_over)
{
    gint64 since = g_get_monotonic_time();

    set_limits(2, 0, 0);
    ck_assert_int_eq(ask(&a, 1, GIB, 1, 0), NOW);
    ck_assert_int_eq(ask(&b, 2, GIB, 1, 30), WAITS);
    ck_assert_int_eq(ask(&c, 1, GIB, 1, FOREVER), WAITS);
    run_until_told(&b);
    ck_assert_int_ge(g_get_monotonic_time() - since, 30000);
    assert_fault(&b, SBX_E_BUSY,
                 "there was no room for 2 sandboxes with 1GiB of memory and 1 vCPU each within "
                 "30ms: the limit is 2 sandboxes (1 in use, 2 asked for)",
                 "end other sandboxes, raise the limit (`sbx keeper limits`, or "
                 "LIBSANDBOX_MAX_SANDBOXES when the keeper starts), or wait longer: "
                 "sbx_options_set_wait()");
    /* Whom it held up is next. */
    assert_used(2, 2 * GIB, 2, 0);
    assert_told("-bc");
    release(&a, 1);
    release(&c, 1);
}
END_TEST

START_TEST(each_its_own_time)
{
    set_limits(1, 0, 0);
    ck_assert_int_eq(ask(&a, 1, GIB, 1, 0), NOW);
    ck_assert_int_eq(ask(&b, 1, GIB, 1, 40), WAITS);
    ck_assert_int_eq(ask(&c, 1, GIB, 1, 1), WAITS);
    ck_assert_int_eq(ask(&d, 1, GIB, 1, 20), WAITS);
    run_until_told(&b);
    assert_told("-c-d-b");
    assert_used(1, GIB, 1, 0);
    release(&a, 1);
}
END_TEST

START_TEST(admitted_in_time)
{
    set_limits(1, 0, 0);
    ck_assert_int_eq(ask(&a, 1, GIB, 1, 0), NOW);
    ck_assert_int_eq(ask(&b, 1, GIB, 1, 60000), WAITS);
    ck_assert_int_gt(loop_sleeps(), 50000);
    ck_assert_int_le(loop_sleeps(), 60000);
    release(&a, 1);
    ck_assert_int_eq(loop_sleeps(), 0);
    assert_told("b");
    ck_assert_int_eq(loop_sleeps(), -1);
    release(&b, 1);
}
END_TEST

/* Waiting times of which 32 bits of milliseconds would leave 5 ms, and the longest. */
static const gint64 long_waits[] = {(gint64)G_MAXUINT + 6, SBX_TIMEOUT_MAX_MS, G_MAXUINT,
                                    (gint64)G_MAXUINT - 1};

START_TEST(waits_long)
{
    set_limits(1, 0, 0);
    ck_assert_int_eq(ask(&a, 1, GIB, 1, 0), NOW);
    ck_assert_int_eq(ask(&b, 1, GIB, 1, long_waits[_i]), WAITS);
    /* The loop itself sleeps in turns of at most G_MAXINT, 24 days. */
    ck_assert_int_gt(loop_sleeps(), G_MAXINT / 2);
    release(&b, 1);
    ck_assert_int_eq(loop_sleeps(), -1);
    release(&a, 1);
}
END_TEST

/* --- limits that change --- */

START_TEST(raised_limits)
{
    set_limits(2, 0, 2);
    ck_assert_int_eq(ask(&a, 1, GIB, 2, 0), NOW);
    ck_assert_int_eq(ask(&b, 1, GIB, 1, FOREVER), WAITS);
    ck_assert_int_eq(ask(&c, 1, GIB, 1, FOREVER), WAITS);
    set_limits(3, 0, 2);
    assert_told("");
    set_limits(2, 0, 4);
    assert_used(2, 2 * GIB, 3, 1);
    assert_told("b");
    set_limits(0, 0, 0);
    assert_told("c");
    release(&a, 1);
    release(&b, 1);
    release(&c, 1);
}
END_TEST

START_TEST(read_limits)
{
    SbxLimits limits = {77, 77, 77};

    sbx_admission_get(admission, &limits);
    ck_assert(limits.sandboxes == 0 && limits.memory == 0 && limits.vcpus == 0);
    set_limits(1, 2 * GIB, 3);
    sbx_admission_get(admission, &limits);
    ck_assert(limits.sandboxes == 1 && limits.memory == 2 * GIB && limits.vcpus == 3);
}
END_TEST

START_TEST(lowered_limits)
{
    ck_assert_int_eq(ask(&a, 3, GIB, 1, 0), NOW);
    ck_assert_int_eq(ask(&b, 1, GIB, 1, 0), NOW);
    set_limits(2, 2 * GIB, 0);
    assert_used(4, 4 * GIB, 4, 0);
    ck_assert_int_eq(ask(&c, 1, GIB, 1, 0), REFUSED);
    assert_fault(&c, SBX_E_BUSY,
                 "there is no room for a sandbox with 1GiB of memory and 1 vCPU: the limit is "
                 "2 sandboxes (4 in use, 1 asked for) and 2GiB of memory (4GiB in use, 1GiB asked "
                 "for)",
                 "end other sandboxes, raise the limit (`sbx keeper limits`, or "
                 "LIBSANDBOX_MAX_SANDBOXES and LIBSANDBOX_MAX_MEMORY when the keeper starts), or "
                 "wait: sbx_options_set_wait()");
    ck_assert_int_eq(ask(&c, 1, GIB, 1, FOREVER), WAITS);
    release(&a, 2);
    assert_told("");
    release(&a, 1);
    assert_told("c");
    release(&b, 1);
    release(&c, 1);
}
END_TEST

/* Who was admitted keeps it, told or not; who can never fit any more does not hold up the rest. */
START_TEST(hopeless)
{
    set_limits(4, 0, 0);
    ck_assert_int_eq(ask(&a, 4, GIB, 1, 0), NOW);
    ck_assert_int_eq(ask(&b, 4, GIB, 1, FOREVER), WAITS);
    ck_assert_int_eq(ask(&c, 3, GIB, 1, FOREVER), WAITS);
    ck_assert_int_eq(ask(&d, 1, GIB, 1, 60000), WAITS);
    ck_assert_int_eq(ask(&e, 3, GIB, 1, 60000), WAITS);
    release(&a, 4);
    set_limits(2, 0, 0);
    assert_used(4, 4 * GIB, 4, 1);
    release(&e, 1); /* its fault is due */
    assert_told("b-c");
    assert_fault(&c, SBX_E_BUSY,
                 "there can never be room for 3 sandboxes with 1GiB of memory and 1 vCPU each: the "
                 "limit is 2 sandboxes (4 in use, 3 asked for)",
                 "ask for less, or raise the limit (`sbx keeper limits`, or "
                 "LIBSANDBOX_MAX_SANDBOXES when the keeper starts)");
    release(&b, 3);
    assert_told("d");
    release(&b, 1);
    release(&d, 1);
    assert_used(0, 0, 0, 0);
}
END_TEST

/* --- callbacks that call --- */

static void release_b(void)
{
    release(&b, 1);
}

static void ask_again(void)
{
    ck_assert_int_eq(ask(&d, 1, GIB, 1, FOREVER), WAITS);
    release(&c, 1);
}

START_TEST(calls_from_callbacks)
{
    set_limits(1, 0, 0);
    b.then = release_b;
    c.then = ask_again;
    ck_assert_int_eq(ask(&a, 1, GIB, 1, 0), NOW);
    ck_assert_int_eq(ask(&b, 1, GIB, 1, FOREVER), WAITS);
    ck_assert_int_eq(ask(&c, 1, GIB, 1, FOREVER), WAITS);
    release(&a, 1);
    assert_told("bcd");
    assert_used(1, GIB, 1, 0);
    release(&d, 1);
}
END_TEST

static void release_c(void)
{
    release(&c, 1);
}

/* From a callback, another's that is due is taken back; and from a timeout's. */
START_TEST(callbacks_cancel)
{
    set_limits(2, 0, 0);
    b.then = release_c;
    ck_assert_int_eq(ask(&a, 2, GIB, 1, 0), NOW);
    ck_assert_int_eq(ask(&b, 1, GIB, 1, FOREVER), WAITS);
    ck_assert_int_eq(ask(&c, 1, GIB, 1, FOREVER), WAITS);
    release(&a, 2);
    assert_told("b");
    assert_used(1, GIB, 1, 0);
    ck_assert_int_eq(ask(&a, 1, GIB, 1, 0), NOW);
    release(&b, 1);
    b.calls = 0;
    ck_assert_int_eq(ask(&b, 2, GIB, 1, 1), WAITS);
    ck_assert_int_eq(ask(&c, 2, GIB, 1, FOREVER), WAITS);
    run_until_told(&b);
    assert_told("-b");
    release(&a, 1);
    assert_told("");
}
END_TEST

static void end_admission(void)
{
    release(&b, 1);
    sbx_admission_free(admission);
}

START_TEST(freed_in_callback)
{
    SbxAdmission *fixture = admission;

    admission = sbx_admission_new();
    set_limits(1, 0, 0);
    b.then = end_admission;
    ck_assert_int_eq(ask(&a, 1, GIB, 1, 0), NOW);
    ck_assert_int_eq(ask(&b, 1, GIB, 1, FOREVER), WAITS);
    release(&a, 1);
    assert_told("b");
    /* Also with a callback that was due and is not any more. */
    admission = sbx_admission_new();
    set_limits(1, 0, 0);
    ck_assert_int_eq(ask(&a, 1, GIB, 1, 0), NOW);
    ck_assert_int_eq(ask(&b, 1, GIB, 1, FOREVER), WAITS);
    release(&a, 1);
    release(&b, 1);
    sbx_admission_free(admission);
    ck_assert_int_eq(loop_sleeps(), -1);
    admission = fixture;
}
END_TEST

static int status_of_free(void)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0});
        signal(SIGABRT, SIG_DFL);
        close(STDOUT_FILENO);
        close(STDERR_FILENO);
        sbx_admission_free(admission);
        _exit(0);
    }
    ck_assert_int_gt(child, 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

START_TEST(free_with_tickets)
{
    int status;

    set_limits(1, 0, 0);
    ck_assert_int_eq(status_of_free(), 0);
    ck_assert_int_eq(ask(&a, 1, GIB, 1, 0), NOW);
    status = status_of_free();
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    ck_assert_int_eq(ask(&b, 1, GIB, 1, FOREVER), WAITS);
    release(&a, 1);
    release(&b, 1);
    ck_assert_int_eq(status_of_free(), 0);
}
END_TEST

/* --- what is said --- */

START_TEST(messages)
{
    set_limits(4, 4 * GIB, 4);
    ck_assert_int_eq(ask(&a, 1, 3 * GIB, 3, 0), NOW);
    ck_assert_int_eq(ask(&b, 1, 1280 * MIB, 1, 0), REFUSED);
    assert_fault(&b, SBX_E_BUSY,
                 "there is no room for a sandbox with 1280MiB of memory and 1 vCPU: the limit is "
                 "4GiB of memory (3GiB in use, 1280MiB asked for)",
                 "end other sandboxes, raise the limit (`sbx keeper limits`, or "
                 "LIBSANDBOX_MAX_MEMORY when the keeper starts), or wait: sbx_options_set_wait()");
    ck_assert_int_eq(ask(&b, 1, 8 * GIB, 8, FOREVER), REFUSED);
    assert_fault(&b, SBX_E_BUSY,
                 "there can never be room for a sandbox with 8GiB of memory and 8 vCPUs: the limit "
                 "is 4GiB of memory (3GiB in use, 8GiB asked for) and 4 vCPUs (3 in use, 8 asked "
                 "for)",
                 "ask for less, or raise the limit (`sbx keeper limits`, or LIBSANDBOX_MAX_MEMORY "
                 "and LIBSANDBOX_MAX_VCPUS when the keeper starts)");
    /* Who would fit but for those before it, and what holds them up. */
    ck_assert_int_eq(ask(&b, 1, GIB, 2, FOREVER), WAITS);
    ck_assert_int_eq(ask(&c, 1, GIB, 1, 0), REFUSED);
    assert_fault(&c, SBX_E_BUSY,
                 "there is no room for a sandbox with 1GiB of memory and 1 vCPU: 1 other waits "
                 "before it, in order of arrival",
                 "end other sandboxes, raise the limit (`sbx keeper limits`, or "
                 "LIBSANDBOX_MAX_VCPUS when the keeper starts), or wait: sbx_options_set_wait()");
    ck_assert_int_eq(ask(&c, 1, 2 * GIB, 1, 1), WAITS);
    ck_assert_int_eq(ask(&d, 1, 2 * GIB, 1, 0), REFUSED);
    assert_fault(&d, SBX_E_BUSY,
                 "there is no room for a sandbox with 2GiB of memory and 1 vCPU: the limit is 4GiB "
                 "of memory (3GiB in use, 2GiB asked for), and 2 others wait before it, in order "
                 "of arrival",
                 "end other sandboxes, raise the limit (`sbx keeper limits`, or "
                 "LIBSANDBOX_MAX_MEMORY when the keeper starts), or wait: sbx_options_set_wait()");
    run_until_told(&c);
    ck_assert_ptr_nonnull(strstr(c.fault->message, "within 1ms: the limit is 4GiB of memory"));
    ck_assert_ptr_nonnull(strstr(c.fault->message, ", and 1 other waits before it"));
    assert_told("-c");
    release(&b, 1);
    release(&a, 1);
    set_limits(1, 0, 0);
    ck_assert_int_eq(ask(&a, 2, GIB, 1, 0), REFUSED);
    ck_assert_ptr_nonnull(strstr(a.fault->message, ": the limit is 1 sandbox (0 in use, 2 asked "));
}
END_TEST

START_TEST(description)
{
    g_autoptr(JsonObject) object = NULL;
    g_autofree char *text = NULL;

    set_limits(3, 4 * GIB, 0);
    ck_assert_int_eq(ask(&a, 2, GIB, 3, 0), NOW);
    ck_assert_int_eq(ask(&b, 2, GIB, 1, FOREVER), WAITS);
    ck_assert_int_eq(ask(&c, 1, GIB, 1, FOREVER), WAITS);
    object = sbx_admission_describe(admission);
    text = sbx_json_print(object, NULL);
    ck_assert_str_eq(text, "{\"limits\":{\"sandboxes\":3,\"memory\":4294967296,\"vcpus\":0},"
                           "\"used\":{\"sandboxes\":2,\"memory\":2147483648,\"vcpus\":6},"
                           "\"waiting\":2}");
    release(&c, 1);
    release(&b, 1);
    release(&a, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("admission");
    TCase *cases = tcase_create("admission");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_loop_test(cases, boundary, 0, 3);
    tcase_add_loop_test(cases, never_fits, 0, 3);
    tcase_add_test(cases, no_limits);
    tcase_add_test(cases, all_or_none);
    tcase_add_test(cases, bad_arguments);
    tcase_add_test(cases, first_come);
    tcase_add_test(cases, one_release_admits_several);
    tcase_add_test(cases, nobody_between);
    tcase_add_test(cases, first_leaves);
    tcase_add_test(cases, middle_leaves);
    tcase_add_test(cases, leaves_while_callback_is_due);
    tcase_add_test(cases, time_is_over);
    tcase_add_test(cases, each_its_own_time);
    tcase_add_test(cases, admitted_in_time);
    tcase_add_loop_test(cases, waits_long, 0, (int)G_N_ELEMENTS(long_waits));
    tcase_add_test(cases, raised_limits);
    tcase_add_test(cases, read_limits);
    tcase_add_test(cases, lowered_limits);
    tcase_add_test(cases, hopeless);
    tcase_add_test(cases, calls_from_callbacks);
    tcase_add_test(cases, callbacks_cancel);
    tcase_add_test(cases, freed_in_callback);
    tcase_add_test(cases, free_with_tickets);
    tcase_add_test(cases, messages);
    tcase_add_test(cases, description);
    suite_add_tcase(suite, cases);
    return test_run(suite);
}
