/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fibers: see fiber.h. ucontext makes and switches them. Stacks come from mmap() with a page below
 * that cannot be touched; idle ones are kept for the next fiber. Sanitizers and valgrind are told of
 * each stack and each switch, they would be lost otherwise.
 */
#include "client/fiber.h"

#include <glib.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "config.h"

#if defined(__SANITIZE_ADDRESS__)
#define HAVE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define HAVE_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HAVE_TSAN 1
#endif
#endif

#ifdef HAVE_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef HAVE_TSAN
#include <sanitizer/tsan_interface.h>
#endif
#ifdef SBX_HAVE_VALGRIND
#include <valgrind/valgrind.h>
#endif

/* Frames of sanitized code are several times as large. */
#if defined(HAVE_ASAN) || defined(HAVE_TSAN)
#define STACK_BYTES ((size_t)1 << 20)
#else
#define STACK_BYTES ((size_t)256 << 10)
#endif
#define GUARD_BYTES ((size_t)4096)
#define IDLE_MAX 32

struct SbxFiber {
    void (*main)(void *data);
    void *data;
    char *stack; /* above the guard */
    int ended;
    ucontext_t inside;
    ucontext_t outside;
    void (*function)(void *data); /* to be called outside, or NULL */
    void *function_data;
#ifdef HAVE_ASAN
    void *fake_inside; /* ASan's own stacks of the two sides */
    void *fake_outside;
    const void *outside_bottom;
    size_t outside_size;
#endif
#ifdef HAVE_TSAN
    void *tsan_inside;
    void *tsan_outside;
#endif
};

/* --- stacks --- */

static struct {
    pthread_mutex_t lock;
    char *idle[IDLE_MAX];
    int n_idle;
    int count; /* those in use, too */
} stacks = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void lock_stacks(void)
{
    pthread_mutex_lock(&stacks.lock);
}

static void unlock_stacks(void)
{
    pthread_mutex_unlock(&stacks.lock);
}

static void watch_fork(void)
{
    pthread_atfork(lock_stacks, unlock_stacks, unlock_stacks);
}

static char *stack_map(void)
{
    char *base = mmap(NULL, GUARD_BYTES + STACK_BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);

    if (base == MAP_FAILED)
        return NULL;
    if (mprotect(base, GUARD_BYTES, PROT_NONE) < 0) {
        munmap(base, GUARD_BYTES + STACK_BYTES);
        return NULL;
    }
#ifdef SBX_HAVE_VALGRIND
    (void)VALGRIND_STACK_REGISTER(base + GUARD_BYTES, base + GUARD_BYTES + STACK_BYTES);
#endif
    return base + GUARD_BYTES;
}

static char *stack_take(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    char *stack = NULL;

    pthread_once(&once, watch_fork);
    lock_stacks();
    if (stacks.n_idle > 0)
        stack = stacks.idle[--stacks.n_idle];
    unlock_stacks();
    if (stack != NULL)
        return stack;
    stack = stack_map();
    if (stack != NULL) {
        lock_stacks();
        stacks.count++;
        unlock_stacks();
    }
    return stack;
}

static void stack_give(char *stack)
{
    int kept = 0;

#ifdef HAVE_ASAN
    /* Its last frames never returned. */
    ASAN_UNPOISON_MEMORY_REGION(stack, STACK_BYTES);
#endif
    lock_stacks();
    if (stacks.n_idle < IDLE_MAX) {
        stacks.idle[stacks.n_idle++] = stack;
        kept = 1;
    } else {
        stacks.count--;
    }
    unlock_stacks();
    if (!kept)
        munmap(stack - GUARD_BYTES, GUARD_BYTES + STACK_BYTES);
}

/* When the library is unloaded. */
__attribute__((destructor)) static void free_stacks(void)
{
    while (stacks.n_idle > 0)
        munmap(stacks.idle[--stacks.n_idle] - GUARD_BYTES, GUARD_BYTES + STACK_BYTES);
}

int sbx_fiber_stacks(void)
{
    int count;

    lock_stacks();
    count = stacks.count;
    unlock_stacks();
    return count;
}

/* --- thread-local variables, whose addresses must be looked up each time --- */

static _Thread_local SbxFiber *running;

/* The empty assembly keeps compilers from taking these for functions without effect. */
__attribute__((noinline)) static SbxFiber *get_running(void)
{
    __asm__ volatile("");
    return running;
}

__attribute__((noinline)) static void set_running(SbxFiber *fiber)
{
    __asm__ volatile("");
    running = fiber;
}

__attribute__((noinline)) int *sbx_thread_errno(void)
{
    __asm__ volatile("");
    return __errno_location();
}

void *sbx_fiber_data(void)
{
    SbxFiber *fiber = get_running();

    return fiber != NULL ? fiber->data : NULL;
}

/* --- switching --- */

static void switch_in(SbxFiber *fiber)
{
#ifdef HAVE_ASAN
    __sanitizer_start_switch_fiber(&fiber->fake_outside, fiber->stack, STACK_BYTES);
#endif
#ifdef HAVE_TSAN
    fiber->tsan_outside = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(fiber->tsan_inside, 0);
#endif
    swapcontext(&fiber->outside, &fiber->inside);
#ifdef HAVE_ASAN
    __sanitizer_finish_switch_fiber(fiber->fake_outside, NULL, NULL);
#endif
}

/* What the other side must do first. */
static void arrive_inside(SbxFiber *fiber)
{
#ifdef HAVE_ASAN
    __sanitizer_finish_switch_fiber(fiber->fake_inside, &fiber->outside_bottom,
                                    &fiber->outside_size);
#endif
    (void)fiber;
}

static void switch_out(SbxFiber *fiber)
{
#ifdef HAVE_ASAN
    __sanitizer_start_switch_fiber(fiber->ended ? NULL : &fiber->fake_inside,
                                   fiber->outside_bottom, fiber->outside_size);
#endif
#ifdef HAVE_TSAN
    __tsan_switch_to_fiber(fiber->tsan_outside, 0);
#endif
    swapcontext(&fiber->inside, &fiber->outside);
    arrive_inside(fiber);
}

static void begin(void)
{
    SbxFiber *fiber = get_running();

    arrive_inside(fiber);
    fiber->main(fiber->data);
    fiber->ended = 1;
    switch_out(fiber);
    g_assert_not_reached();
}

SbxFiber *sbx_fiber_new(void (*main)(void *data), void *data)
{
    SbxFiber *fiber = g_try_new0(SbxFiber, 1);

    if (fiber == NULL)
        return NULL;
    fiber->main = main;
    fiber->data = data;
    fiber->stack = stack_take();
    if (fiber->stack == NULL || getcontext(&fiber->inside) < 0) {
        sbx_fiber_free(fiber);
        return NULL;
    }
    fiber->inside.uc_stack.ss_sp = fiber->stack;
    fiber->inside.uc_stack.ss_size = STACK_BYTES;
    fiber->inside.uc_link = NULL;
    makecontext(&fiber->inside, begin, 0);
#ifdef HAVE_TSAN
    fiber->tsan_inside = __tsan_create_fiber(0);
#endif
    return fiber;
}

void sbx_fiber_free(SbxFiber *fiber)
{
    if (fiber == NULL)
        return;
#ifdef HAVE_TSAN
    if (fiber->tsan_inside != NULL)
        __tsan_destroy_fiber(fiber->tsan_inside);
#endif
    if (fiber->stack != NULL)
        stack_give(fiber->stack);
    g_free(fiber);
}

int sbx_fiber_enter(SbxFiber *fiber)
{
    SbxFiber *before = get_running();

    for (;;) {
        void (*function)(void *data);

        set_running(fiber);
        /* A context brings its signal mask along: let that be the one of this thread. */
        pthread_sigmask(SIG_SETMASK, NULL, &fiber->inside.uc_sigmask);
        switch_in(fiber);
        set_running(before);
        function = fiber->function;
        if (function == NULL)
            return fiber->ended;
        fiber->function = NULL;
        function(fiber->function_data);
    }
}

void sbx_fiber_leave(void)
{
    switch_out(get_running());
}

void sbx_fiber_call_outside(void (*function)(void *data), void *data)
{
    SbxFiber *fiber = get_running();

    fiber->function = function;
    fiber->function_data = data;
    switch_out(fiber);
}
