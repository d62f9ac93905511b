/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Queues: which op goes on when. See include/sandbox/op.h.
 *
 * The queue's descriptor is an epoll set: of the descriptors that ops wait for, of a timer with the
 * first deadline, and of an eventfd for all else. One thread dispatches at a time. Whoever has to
 * wait for an op either dispatches, polling that set, or waits for the thread that does.
 */
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "client/op-private.h"
#include "client/private.h"
#include "wire/fd.h"

#define EVENTS_MAX 64

typedef struct {
    sbx_op *op;
    short events;
} Waiter;

/* Those who wait for one descriptor. */
typedef struct {
    int fd;
    GArray *waiters; /* of Waiter */
    uint32_t events; /* in the epoll set; 0: it is not in there */
} Watch;

static struct {
    pthread_mutex_t lock;
    sbx_queue *queue;
} standard = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* --- life --- */

static void watch_free(gpointer data)
{
    Watch *watch = data;

    g_array_unref(watch->waiters);
    g_free(watch);
}

static int add_own(sbx_queue *queue, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    return fd < 0 ? -1 : epoll_ctl(queue->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static int open_descriptors(sbx_queue *queue)
{
    queue->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    queue->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    queue->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (queue->epoll_fd < 0 || add_own(queue, queue->wake_fd) < 0 ||
        add_own(queue, queue->timer_fd) < 0)
        return -1;
    return 0;
}

static void close_descriptors(sbx_queue *queue)
{
    sbx_fd_clear(&queue->epoll_fd);
    sbx_fd_clear(&queue->wake_fd);
    sbx_fd_clear(&queue->timer_fd);
}

static sbx_queue *queue_make(void)
{
    sbx_queue *queue = g_try_new0(sbx_queue, 1);
    pthread_condattr_t attributes;

    if (queue == NULL)
        return NULL;
    queue->refs = 1;
    queue->pid = getpid();
    queue->epoll_fd = queue->wake_fd = queue->timer_fd = -1;
    queue->armed_ms = -1;
    pthread_mutex_init(&queue->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&queue->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    g_queue_init(&queue->ready);
    g_queue_init(&queue->finished);
    queue->watches = g_hash_table_new_full(NULL, NULL, NULL, watch_free);
    queue->timers = g_sequence_new(NULL);
    return queue;
}

int sbx_queue_new(sbx_queue **out, sbx_error **error)
{
    sbx_queue *queue;

    if (out == NULL)
        return sbx_fail(error, SBX_E_INVALID, 0, __func__, NULL, "out is NULL");
    queue = queue_make();
    if (queue == NULL)
        return sbx_fail(error, SBX_E_NO_MEMORY, ENOMEM, __func__, NULL, "out of memory");
    if (open_descriptors(queue) < 0) {
        int reason = errno;

        sbx_queue_unref(queue);
        return sbx_fail(error, SBX_E_SYSTEM, reason, __func__,
                        reason == EMFILE ? "close descriptors, or raise `ulimit -n`" : NULL,
                        "cannot make the descriptors of a queue: %s", g_strerror(reason));
    }
    *out = queue;
    return SBX_OK;
}

sbx_queue *sbx_queue_ref(sbx_queue *queue)
{
    g_atomic_int_inc(&queue->refs);
    return queue;
}

sbx_queue *sbx_queue_unref(sbx_queue *queue)
{
    if (queue == NULL || !g_atomic_int_dec_and_test(&queue->refs))
        return NULL;
    close_descriptors(queue);
    /* A forked child may have inherited all else in use by another thread. */
    if (queue->pid != getpid())
        return NULL;
    g_hash_table_unref(queue->watches);
    g_sequence_free(queue->timers);
    pthread_mutex_destroy(&queue->lock);
    pthread_cond_destroy(&queue->changed);
    g_free(queue);
    return NULL;
}

/* --- the default queue --- */

static void lock_standard(void)
{
    pthread_mutex_lock(&standard.lock);
}

static void unlock_standard(void)
{
    pthread_mutex_unlock(&standard.lock);
}

static void watch_fork(void)
{
    pthread_atfork(lock_standard, unlock_standard, unlock_standard);
}

/* When the library is unloaded. */
__attribute__((destructor)) static void free_standard(void)
{
    standard.queue = sbx_queue_unref(standard.queue);
}

int sbx_queue_resolve(sbx_queue **queue, const char *operation, sbx_error **error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    int code = SBX_OK;

    if (*queue != NULL && (*queue)->pid == getpid())
        return SBX_OK;
    if (*queue != NULL)
        return sbx_fail(error, SBX_E_FORKED, 0, operation,
                        "use the default queue, or make one in the child",
                        "the queue was made before fork()");
    pthread_once(&once, watch_fork);
    lock_standard();
    if (standard.queue != NULL && standard.queue->pid != getpid())
        standard.queue = sbx_queue_unref(standard.queue);
    if (standard.queue == NULL)
        code = sbx_queue_new(&standard.queue, error);
    *queue = standard.queue;
    unlock_standard();
    return code;
}

int sbx_get_fd(sbx_queue *queue)
{
    int code = sbx_queue_resolve(&queue, __func__, NULL);

    return code < 0 ? code : queue->epoll_fd;
}

/* --- with the lock --- */

void sbx_queue_lock(sbx_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
}

void sbx_queue_unlock(sbx_queue *queue)
{
    pthread_mutex_unlock(&queue->lock);
}

void sbx_queue_list(sbx_op *op, GQueue *list)
{
    if (op->list != NULL)
        g_queue_unlink(op->list, &op->link);
    op->list = list;
    if (list != NULL)
        g_queue_push_tail_link(list, &op->link);
}

void sbx_queue_wake(sbx_queue *queue)
{
    uint64_t one = 1;

    if (!queue->woken)
        (void)!write(queue->wake_fd, &one, sizeof one);
    queue->woken = TRUE;
}

static void drain(sbx_queue *queue, int fd)
{
    uint64_t count;

    (void)!read(fd, &count, sizeof count);
    if (fd == queue->wake_fd)
        queue->woken = FALSE;
    else
        queue->armed_ms = -1;
}

/* Sets the timer to the first deadline. */
static void arm(sbx_queue *queue)
{
    GSequenceIter *first = g_sequence_get_begin_iter(queue->timers);
    struct itimerspec when = {0};
    int64_t wanted = -1;

    if (!g_sequence_iter_is_end(first))
        wanted = MAX(((sbx_op *)g_sequence_get(first))->deadline_ms, 1);
    if (wanted == queue->armed_ms)
        return;
    if (wanted >= 0) {
        when.it_value.tv_sec = wanted / 1000;
        when.it_value.tv_nsec = wanted % 1000 * 1000000;
    }
    timerfd_settime(queue->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
    queue->armed_ms = wanted;
}

/* Has the epoll set say what those who wait want to know. */
static int watch_update(sbx_queue *queue, Watch *watch)
{
    struct epoll_event event = {.data.fd = watch->fd};
    int operation = watch->events != 0 ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

    for (guint i = 0; i < watch->waiters->len; i++)
        event.events |= (uint32_t)g_array_index(watch->waiters, Waiter, i).events | EPOLLERR;
    if (event.events == watch->events)
        return 0;
    if (event.events == 0)
        operation = EPOLL_CTL_DEL;
    watch->events = event.events;
    if (epoll_ctl(queue->epoll_fd, operation, watch->fd, &event) == 0)
        return 0;
    /* The program closed the descriptor under an op that waits for it, and this is another one. */
    if (errno == ENOENT && operation == EPOLL_CTL_MOD &&
        epoll_ctl(queue->epoll_fd, EPOLL_CTL_ADD, watch->fd, &event) == 0)
        return 0;
    return -errno;
}

static int watch_add(sbx_op *op, int fd, short events)
{
    sbx_queue *queue = op->queue;
    Watch *watch = g_hash_table_lookup(queue->watches, GINT_TO_POINTER(fd));
    Waiter waiter = {.op = op, .events = events};

    if (watch == NULL) {
        watch = g_new0(Watch, 1);
        watch->fd = fd;
        watch->waiters = g_array_new(FALSE, FALSE, sizeof(Waiter));
        g_hash_table_insert(queue->watches, GINT_TO_POINTER(fd), watch);
    }
    g_array_append_val(watch->waiters, waiter);
    return watch_update(queue, watch);
}

static void watch_remove(sbx_op *op, int fd)
{
    sbx_queue *queue = op->queue;
    Watch *watch = g_hash_table_lookup(queue->watches, GINT_TO_POINTER(fd));

    if (watch == NULL)
        return;
    for (guint i = watch->waiters->len; i > 0; i--)
        if (g_array_index(watch->waiters, Waiter, i - 1).op == op)
            g_array_remove_index_fast(watch->waiters, i - 1);
    watch_update(queue, watch);
    if (watch->waiters->len == 0)
        g_hash_table_remove(queue->watches, GINT_TO_POINTER(fd));
}

static void unwatch(sbx_op *op, unsigned int count)
{
    for (unsigned int i = 0; i < count; i++)
        if (op->fds[i].fd >= 0)
            watch_remove(op, op->fds[i].fd);
    op->fds = NULL;
    if (op->timer != NULL)
        g_sequence_remove(op->timer);
    op->timer = NULL;
}

static gint compare_deadlines(gconstpointer a, gconstpointer b, gpointer data)
{
    int64_t first = ((const sbx_op *)a)->deadline_ms;
    int64_t second = ((const sbx_op *)b)->deadline_ms;

    (void)data;
    return first < second ? -1 : first > second;
}

int sbx_queue_watch(sbx_op *op, struct pollfd *fds, unsigned int count, int64_t deadline_ms)
{
    op->fds = fds;
    op->count = count;
    for (unsigned int i = 0; i < count; i++) {
        int code = fds[i].fd >= 0 ? watch_add(op, fds[i].fd, fds[i].events) : 0;

        if (code < 0) {
            unwatch(op, i + 1);
            return code;
        }
    }
    op->deadline_ms = deadline_ms;
    if (deadline_ms >= 0)
        op->timer = g_sequence_insert_sorted(op->queue->timers, op, compare_deadlines, NULL);
    op->state = SBX_OP_WAITING;
    return 0;
}

void sbx_queue_rouse(sbx_op *op)
{
    if (op->state != SBX_OP_WAITING)
        return;
    unwatch(op, op->count);
    op->state = SBX_OP_READY;
    sbx_queue_list(op, &op->queue->ready);
}

/* Rousing removes waiters, and perhaps the watch: one at a time. */
static void watch_fire(sbx_queue *queue, int fd, uint32_t events)
{
    Watch *watch;
    guint i = 0;

    while ((watch = g_hash_table_lookup(queue->watches, GINT_TO_POINTER(fd))) != NULL &&
           i < watch->waiters->len) {
        Waiter *waiter = &g_array_index(watch->waiters, Waiter, i);

        if ((events & ((uint32_t)waiter->events | EPOLLERR | EPOLLHUP)) != 0)
            sbx_queue_rouse(waiter->op);
        else
            i++;
    }
}

static void expire(sbx_queue *queue)
{
    int64_t now = sbx_now_ms();
    GSequenceIter *first;

    while (!g_sequence_iter_is_end(first = g_sequence_get_begin_iter(queue->timers))) {
        sbx_op *op = g_sequence_get(first);

        if (op->deadline_ms > now)
            return;
        sbx_queue_rouse(op);
    }
}

gboolean sbx_queue_is_mine(sbx_queue *queue)
{
    return queue->dispatching && pthread_equal(queue->dispatcher, pthread_self());
}

gboolean sbx_queue_enter(sbx_queue *queue)
{
    if (queue->dispatching)
        return FALSE;
    queue->dispatching = TRUE;
    queue->dispatcher = pthread_self();
    return TRUE;
}

/* The descriptor tells what this thread has left to others. */
void sbx_queue_leave(sbx_queue *queue)
{
    arm(queue);
    if (queue->unheard > 0 || queue->ready.length > 0)
        sbx_queue_wake(queue);
    queue->dispatching = FALSE;
    pthread_cond_broadcast(&queue->changed);
}

/* --- dispatching --- */

/* With the lock, which it gives up meanwhile: lets everyone who can go on once. */
static void turn(sbx_queue *queue)
{
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(queue->epoll_fd, events, EVENTS_MAX, 0);
    guint batch;

    for (int i = 0; i < count; i++) {
        int fd = events[i].data.fd;

        if (fd == queue->wake_fd || fd == queue->timer_fd)
            drain(queue, fd);
        else
            watch_fire(queue, fd, events[i].events);
    }
    expire(queue);
    for (batch = queue->ready.length; batch > 0 && queue->ready.length > 0; batch--) {
        sbx_op *op = queue->ready.head->data;

        sbx_queue_list(op, NULL);
        sbx_queue_unlock(queue);
        sbx_op_run(op);
        sbx_queue_lock(queue);
    }
    arm(queue);
}

static int within_callback(const char *operation, sbx_error **error)
{
    return sbx_fail(error, SBX_E_INVALID, 0, operation, "return from the callback first",
                    "called from within a callback of an op of the same queue");
}

int sbx_dispatch(sbx_queue *queue, sbx_error **error)
{
    int code = sbx_queue_resolve(&queue, __func__, error);

    if (code < 0)
        return code;
    sbx_queue_lock(queue);
    if (sbx_queue_is_mine(queue)) {
        sbx_queue_unlock(queue);
        return within_callback(__func__, error);
    }
    if (sbx_queue_enter(queue)) {
        sbx_queue_ref(queue);
        turn(queue);
        code = (int)MIN(queue->unheard, (unsigned int)G_MAXINT);
        queue->unheard = 0;
        sbx_queue_leave(queue);
        sbx_queue_unlock(queue);
        sbx_queue_unref(queue);
        return code;
    }
    sbx_queue_unlock(queue);
    return 0;
}

sbx_op *sbx_queue_next(sbx_queue *queue)
{
    sbx_op *op = NULL;

    if (sbx_queue_resolve(&queue, __func__, NULL) < 0)
        return NULL;
    sbx_queue_lock(queue);
    if (queue->finished.length > 0) {
        op = queue->finished.head->data;
        sbx_queue_list(op, NULL);
    }
    sbx_queue_unlock(queue);
    return op;
}

/* With the lock: until another thread has done something, or the time is up. */
static void wait_for_dispatcher(sbx_queue *queue, int64_t deadline_ms)
{
    struct timespec until = {.tv_sec = deadline_ms / 1000, .tv_nsec = deadline_ms % 1000 * 1000000};

    if (deadline_ms < 0)
        pthread_cond_wait(&queue->changed, &queue->lock);
    else
        pthread_cond_timedwait(&queue->changed, &queue->lock, &until);
}

/* With the lock, which it gives up meanwhile: dispatches until the op is done. */
static int wait_dispatching(sbx_op *op, int64_t deadline_ms)
{
    sbx_queue *queue = op->queue;
    int code = 0;

    sbx_queue_enter(queue);
    for (;;) {
        turn(queue);
        if (op->state == SBX_OP_DONE || code != 0 ||
            (deadline_ms >= 0 && sbx_now_ms() >= deadline_ms))
            break;
        if (queue->ready.length > 0)
            continue;
        sbx_queue_unlock(queue);
        code = sbx_wait_one(queue->epoll_fd, POLLIN, deadline_ms);
        sbx_queue_lock(queue);
        code = MIN(code, 0);
    }
    sbx_queue_leave(queue);
    return code;
}

int sbx_op_wait(sbx_op *op, int timeout_ms, sbx_error **error)
{
    sbx_queue *queue = op->queue;
    int64_t deadline = timeout_ms < 0 ? -1 : sbx_now_ms() + timeout_ms;
    int code = sbx_queue_resolve(&queue, __func__, error);
    int done;

    if (code >= 0)
        code = sbx_check_timeout(timeout_ms, __func__, error);
    if (code < 0)
        return code;
    sbx_queue_lock(queue);
    if (op->state != SBX_OP_DONE && sbx_queue_is_mine(queue)) {
        sbx_queue_unlock(queue);
        return within_callback(__func__, error);
    }
    while (op->state != SBX_OP_DONE && code == 0) {
        if (!queue->dispatching)
            code = wait_dispatching(op, deadline);
        else
            wait_for_dispatcher(queue, deadline);
        if (deadline >= 0 && sbx_now_ms() >= deadline)
            break;
    }
    done = op->state == SBX_OP_DONE;
    sbx_queue_unlock(queue);
    if (done)
        return 1;
    return code < 0 ? sbx_fail(error, SBX_E_SYSTEM, -code, __func__, NULL, "cannot wait: %s",
                               g_strerror(-code))
                    : 0;
}
