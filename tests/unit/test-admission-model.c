/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Admission against a model: random calls, and after each the same state and the same callbacks as
 * a list of all callers that is added up anew every time. A failure names its seed's number.
 */
#include <check.h>

#include <sandbox/error.h>
#include <sandbox/options.h>

#include "keeper/admission.h"
#include "lib/test-main.h"
#include "wire/fault.h"
#include "wire/json.h"

#define SEEDS 40
#define STEPS 2000
#define CALLERS_MAX 40

typedef enum { WAITING, ADMITTED_DUE, FAULT_DUE, HELD } State;

typedef struct {
    State state;
    guint count; /* what it still has, or asks for */
    guint memory;
    guint vcpus;
    SbxTicket *ticket;
} Caller;

static SbxAdmission *admission;
static SbxLimits limits;
static GPtrArray *callers; /* in order of arrival, those that are not gone */
static GQueue expected;    /* Caller whose callbacks are due */
static GRand *randomness;

static void on_told(GError *fault, gpointer data)
{
    Caller *caller = data;

    ck_assert_ptr_eq(g_queue_pop_head(&expected), caller);
    if (caller->state == FAULT_DUE) {
        ck_assert_int_eq(sbx_fault_code(fault), SBX_E_BUSY);
        g_error_free(fault);
        g_ptr_array_remove(callers, caller);
        return;
    }
    ck_assert_int_eq(caller->state, ADMITTED_DUE);
    ck_assert_ptr_null(fault);
    caller->state = HELD;
}

/* --- the model --- */

static gboolean takes(const Caller *caller)
{
    return caller->state == HELD || caller->state == ADMITTED_DUE;
}

static SbxLimits used(void)
{
    SbxLimits sum = {0};

    for (guint i = 0; i < callers->len; i++) {
        const Caller *caller = callers->pdata[i];

        if (takes(caller)) {
            sum.sandboxes += caller->count;
            sum.memory += (guint64)caller->count * caller->memory;
            sum.vcpus += caller->count * caller->vcpus;
        }
    }
    return sum;
}

static gboolean fits(const Caller *caller, SbxLimits taken)
{
    taken.sandboxes += caller->count;
    taken.memory += (guint64)caller->count * caller->memory;
    taken.vcpus += caller->count * caller->vcpus;
    return (limits.sandboxes == 0 || taken.sandboxes <= limits.sandboxes) &&
           (limits.memory == 0 || taken.memory <= limits.memory) &&
           (limits.vcpus == 0 || taken.vcpus <= limits.vcpus);
}

static guint waiting(void)
{
    guint count = 0;

    for (guint i = 0; i < callers->len; i++)
        count += ((Caller *)callers->pdata[i])->state == WAITING;
    return count;
}

static void decide(Caller *caller, State state)
{
    caller->state = state;
    g_queue_push_tail(&expected, caller);
}

static void settle(void)
{
    for (guint i = 0; i < callers->len; i++) {
        Caller *caller = callers->pdata[i];

        if (caller->state == WAITING && !fits(caller, (SbxLimits){0}))
            decide(caller, FAULT_DUE);
    }
    for (guint i = 0; i < callers->len; i++) {
        Caller *caller = callers->pdata[i];

        if (caller->state == WAITING) {
            if (!fits(caller, used()))
                break;
            decide(caller, ADMITTED_DUE);
        }
    }
}

/* --- what is tried --- */

static void step_ask(void)
{
    Caller *caller = g_new0(Caller, 1);
    gint64 wait = g_rand_boolean(randomness) ? SBX_WAIT_FOREVER : 0;
    g_autoptr(GError) fault = NULL;
    gboolean now = FALSE;
    gboolean fits_now;

    caller->count = (guint)g_rand_int_range(randomness, 1, 5);
    caller->memory = (guint)g_rand_int_range(randomness, 0, 6);
    caller->vcpus = (guint)g_rand_int_range(randomness, 0, 5);
    fits_now = waiting() == 0 && fits(caller, used());
    caller->ticket = sbx_admission_ask(admission, caller->count, caller->memory, caller->vcpus,
                                       wait, on_told, caller, &now, &fault);
    if (!fits(caller, (SbxLimits){0}) || (!fits_now && wait == 0)) {
        ck_assert_ptr_null(caller->ticket);
        ck_assert_int_eq(sbx_fault_code(fault), SBX_E_BUSY);
        g_free(caller);
        return;
    }
    ck_assert_ptr_nonnull(caller->ticket);
    ck_assert_int_eq(now, fits_now);
    caller->state = now ? HELD : WAITING;
    g_ptr_array_add(callers, caller);
}

static void release(Caller *caller)
{
    sbx_ticket_release(caller->ticket);
    if (caller->state != HELD)
        caller->count = 0;
    else
        caller->count--;
    g_queue_remove(&expected, caller);
    if (caller->count == 0)
        g_ptr_array_remove(callers, caller);
    settle();
}

static void step_release(void)
{
    if (callers->len > 0)
        release(callers->pdata[g_rand_int_range(randomness, 0, (gint32)callers->len)]);
}

static void step_set(void)
{
    limits.sandboxes = (guint)g_rand_int_range(randomness, 0, 16);
    limits.memory = (guint64)g_rand_int_range(randomness, 0, 40);
    limits.vcpus = (guint)g_rand_int_range(randomness, 0, 30);
    sbx_admission_set(admission, &limits);
    settle();
}

/* All callbacks that are due, or only the first few. */
static void step_loop(void)
{
    int turns = g_rand_boolean(randomness) ? g_rand_int_range(randomness, 1, 3) : G_MAXINT;

    while (turns-- > 0 && g_main_context_iteration(NULL, FALSE))
        ;
    if (turns >= 0)
        ck_assert(g_queue_is_empty(&expected));
}

static void assert_same(void)
{
    g_autoptr(JsonObject) object = sbx_admission_describe(admission);
    JsonObject *taken = sbx_json_get_object(object, "used");
    SbxLimits sum = used();

    ck_assert_int_eq(sbx_json_get_int(taken, "sandboxes", -1), sum.sandboxes);
    ck_assert_int_eq(sbx_json_get_int(taken, "memory", -1), (gint64)sum.memory);
    ck_assert_int_eq(sbx_json_get_int(taken, "vcpus", -1), sum.vcpus);
    ck_assert_int_eq(sbx_json_get_int(object, "waiting", -1), waiting());
}

static void step(void)
{
    guint kind = (guint)g_rand_int_range(randomness, 0, 20);

    if (kind < 9 && callers->len < CALLERS_MAX)
        step_ask();
    else if (kind < 16)
        step_release();
    else if (kind < 17)
        step_set();
    else
        step_loop();
    assert_same();
}

START_TEST(model)
{
    g_unsetenv("LIBSANDBOX_MAX_SANDBOXES");
    g_unsetenv("LIBSANDBOX_MAX_MEMORY");
    g_unsetenv("LIBSANDBOX_MAX_VCPUS");
    randomness = g_rand_new_with_seed(20260102u + (guint32)_i);
    admission = sbx_admission_new();
    callers = g_ptr_array_new_with_free_func(g_free);
    limits = (SbxLimits){0};
    for (int i = 0; i < STEPS; i++)
        step();
    while (callers->len > 0)
        release(callers->pdata[0]);
    step_loop();
    assert_same();
    sbx_admission_free(admission);
    g_ptr_array_unref(callers);
    g_rand_free(randomness);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("admission-model");
    TCase *cases = tcase_create("model");

    tcase_add_loop_test(cases, model, 0, SEEDS);
    suite_add_tcase(suite, cases);
    return test_run(suite);
}
