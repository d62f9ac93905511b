/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fibers: switching, threads, stacks. */
#include <check.h>
#include <errno.h>
#include <glib.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/fiber.h"
#include "lib/test-main.h"

int *sbx_thread_errno(void);

typedef struct {
    SbxFiber *fiber;
    int step;
    void *thread[2];
    int *errno_at[2];
    int outside;
} Story;

static void tell(void *data)
{
    Story *story = data;

    ck_assert_ptr_eq(sbx_fiber_data(), story);
    for (int i = 0; i < 3; i++) {
        story->step++;
        sbx_fiber_leave();
    }
}

START_TEST(goes_on_where_it_left)
{
    Story story = {.step = 0};

    story.fiber = sbx_fiber_new(tell, &story);
    ck_assert_ptr_nonnull(story.fiber);
    ck_assert_ptr_null(sbx_fiber_data());
    for (int i = 1; i <= 3; i++) {
        ck_assert_int_eq(sbx_fiber_enter(story.fiber), 0);
        ck_assert_int_eq(story.step, i);
        ck_assert_ptr_null(sbx_fiber_data());
    }
    ck_assert_int_eq(sbx_fiber_enter(story.fiber), 1);
    sbx_fiber_free(story.fiber);
    sbx_fiber_free(NULL);
}
END_TEST

/* With thread-errno.h this is what errno is. */
static void wander(void *data)
{
    Story *story = data;

    for (int i = 0; i < 2; i++) {
        story->thread[i] = g_thread_self();
        story->errno_at[i] = sbx_thread_errno();
        sbx_fiber_leave();
    }
}

static gpointer enter(gpointer data)
{
    Story *story = data;

    sbx_fiber_enter(story->fiber);
    return &errno;
}

/* errno is that of the thread on which a fiber goes on. */
START_TEST(from_thread_to_thread)
{
    Story story = {.step = 0};
    void *address;

    story.fiber = sbx_fiber_new(wander, &story);
    sbx_fiber_enter(story.fiber);
    address = g_thread_join(g_thread_new("other", enter, &story));
    ck_assert_ptr_eq(story.thread[0], g_thread_self());
    ck_assert_ptr_ne(story.thread[1], story.thread[0]);
    ck_assert_ptr_eq(story.errno_at[0], &errno);
    ck_assert_ptr_eq(story.errno_at[1], address);
    ck_assert_int_eq(sbx_fiber_enter(story.fiber), 1);
    sbx_fiber_free(story.fiber);
}
END_TEST

static void note_outside(void *data)
{
    Story *story = data;

    ck_assert_ptr_null(sbx_fiber_data());
    story->outside++;
}

static void go_outside(void *data)
{
    Story *story = data;

    for (int i = 0; i < 5; i++)
        sbx_fiber_call_outside(note_outside, story);
    ck_assert_int_eq(story->outside, 5);
}

START_TEST(calls_outside)
{
    Story story = {.step = 0};

    story.fiber = sbx_fiber_new(go_outside, &story);
    ck_assert_int_eq(sbx_fiber_enter(story.fiber), 1);
    ck_assert_int_eq(story.outside, 5);
    sbx_fiber_free(story.fiber);
}
END_TEST

static void look_at_mask(void *data)
{
    sigset_t *mask = data;

    pthread_sigmask(SIG_SETMASK, NULL, mask);
    sbx_fiber_leave();
    pthread_sigmask(SIG_SETMASK, NULL, mask);
}

/* It has the signal mask of the thread it runs on, and leaves none behind. */
START_TEST(signal_masks)
{
    sigset_t seen, usr1, now;
    SbxFiber *fiber = sbx_fiber_new(look_at_mask, &seen);

    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sbx_fiber_enter(fiber);
    ck_assert_int_eq(sigismember(&seen, SIGUSR1), 0);
    pthread_sigmask(SIG_BLOCK, &usr1, NULL);
    ck_assert_int_eq(sbx_fiber_enter(fiber), 1);
    ck_assert_int_eq(sigismember(&seen, SIGUSR1), 1);
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    ck_assert_int_eq(sigismember(&now, SIGUSR1), 1);
    sbx_fiber_free(fiber);
}
END_TEST

/* Idle stacks are kept, but not all. */
START_TEST(stacks_are_reused)
{
    SbxFiber *fibers[100];
    Story story = {.step = 0};

    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++) {
            fibers[i] = sbx_fiber_new(tell, &story);
            sbx_fiber_enter(fibers[i]);
        }
        ck_assert_int_eq(sbx_fiber_stacks(), 100);
        /* Half of them are left in the middle. */
        for (int i = 0; i < 100; i++) {
            for (int step = 0; step < 3 && i % 2 == 0; step++)
                sbx_fiber_enter(fibers[i]);
            sbx_fiber_free(fibers[i]);
        }
        ck_assert_int_eq(sbx_fiber_stacks(), 32);
    }
}
END_TEST

static int sink;

/* As deep as it gets. */
__attribute__((noinline)) static void dig(volatile char *above, int depth)
{
    volatile char bytes[16384];

    memset((char *)bytes, depth, sizeof bytes);
    if (depth < 10000)
        dig(bytes, depth + 1);
    sink += bytes[depth % 100] + (above != NULL ? above[0] : 0);
}

static void overflow(void *data)
{
    (void)data;
    dig(NULL, 0);
}

/* Beyond the stack is nothing that could be overwritten. */
START_TEST(the_guard)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        SbxFiber *fiber = sbx_fiber_new(overflow, NULL);

        signal(SIGSEGV, SIG_DFL);
        sbx_fiber_enter(fiber);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(!WIFEXITED(status) || WEXITSTATUS(status) != 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fiber");
    TCase *cases = tcase_create("all");

    tcase_add_test(cases, goes_on_where_it_left);
    tcase_add_test(cases, from_thread_to_thread);
    tcase_add_test(cases, calls_outside);
    tcase_add_test(cases, signal_masks);
    tcase_add_test(cases, stacks_are_reused);
    tcase_add_test(cases, the_guard);
    suite_add_tcase(suite, cases);
    return test_run(suite);
}
