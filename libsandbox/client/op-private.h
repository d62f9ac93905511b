/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ops and queues among themselves, and what the generated twins use. See include/sandbox/op.h.
 *
 * An op is a call in a fiber. queue.c decides who runs when, op.c is what one op goes through.
 */
#ifndef SBX_CLIENT_OP_PRIVATE_H
#define SBX_CLIENT_OP_PRIVATE_H

#include <glib.h>
#include <poll.h>
#include <pthread.h>

#include <sandbox/op.h>

#include "client/fiber.h"

/* One kind of call: what its twin keeps is a frame with copies of the arguments. */
typedef struct {
    int (*run)(void *frame, sbx_error **error);
    void (*deliver)(void *frame); /* writes the outputs of a success to where they go */
    void (*free)(void *frame);    /* also outputs that were not delivered */
} SbxCallKind;

/* Starts a call. Takes @frame, also on failure. */
int sbx_op_start(const SbxCallKind *kind, void *frame, sbx_queue *queue, sbx_op **out,
                 const char *operation, sbx_error **error);

/* For twins: a copy of @count items of @size bytes; room for as many, zeroed, also for none. NULL when
 * memory is short. */
gpointer sbx_op_copy(const void *items, size_t count, size_t size);
/* The same of strings, with a NULL behind them; for g_strfreev(). */
char **sbx_op_copy_texts(const char *const *texts, size_t count);
gpointer sbx_op_space(size_t count, size_t size);
/* The same of a descriptor: -1 for what is none, which the call itself has to judge; another -errno
 * when it could not be duplicated, which sbx_op_no_fd() tells. */
int sbx_op_copy_fd(int fd);
int sbx_op_no_fd(int fd, int number, const char *operation, sbx_error **error);

/* Inside of an op: whether it was cancelled, so that callbacks must not be called any more. */
int sbx_op_is_cancelled(void);

/* Inside of an op: sbx_wait(). */
int sbx_op_poll(sbx_op *op, struct pollfd *fds, unsigned int count, int64_t deadline_ms);
/* Inside of an op, with a lock that is given up meanwhile: until another op or thread, with that
 * lock, calls sbx_op_unpark(), or the time is up. Returns 0, perhaps for no reason, or -ECANCELED.
 */
int sbx_op_park(sbx_op *op, GMutex *lock, int64_t deadline_ms);
void sbx_op_unpark(sbx_op *op);

/* --- between op.c and queue.c --- */

typedef enum {
    SBX_OP_READY,   /* in the queue's list of those that can go on, or about to be run */
    SBX_OP_RUNNING, /* by the thread that dispatches */
    SBX_OP_WAITING, /* for descriptors or a deadline */
    SBX_OP_DONE,
} SbxOpState;

struct sbx_op {
    gint refs; /* the program's */
    sbx_queue *queue;
    const SbxCallKind *kind;
    void *frame;
    SbxFiber *fiber;
    gint cancelled;       /* atomic */
    gint shielded;        /* atomic: waits although it was cancelled; set by the op itself */
    gint interrupted;     /* a wait ended because it was cancelled; set by the op itself */
    gint done;            /* atomic; the state tells the same under the lock */
    int64_t slice_end_ms; /* when others should have a turn */
    int code;
    sbx_error *error;
    gpointer data;

    /* Guarded by the queue's lock. */
    SbxOpState state;
    gboolean entered;
    gboolean abandoned;   /* nobody has a reference */
    GList link;           /* in queue->ready, in queue->finished, or in no list */
    GQueue *list;         /* which one */
    struct pollfd *fds;   /* what it waits for; its own */
    unsigned int count;
    GSequenceIter *timer; /* its deadline, or NULL */
    int64_t deadline_ms;
};

struct sbx_queue {
    gint refs;
    pid_t pid;
    int epoll_fd;
    int wake_fd;  /* an eventfd: readable when there is something to do that is no event */
    int timer_fd; /* the first deadline */

    pthread_mutex_t lock; /* guards what follows, and the ops' states; never held in an op */
    pthread_cond_t changed; /* an op was finished, or nobody dispatches any more */
    gboolean dispatching;
    pthread_t dispatcher;
    gboolean woken;        /* wake_fd is readable */
    int64_t armed_ms;      /* what timer_fd is set to, -1: nothing */
    GQueue ready;          /* of ops */
    GQueue finished;       /* of ops that somebody references */
    GHashTable *watches;   /* descriptor -> Watch */
    GSequence *timers;     /* of ops, by deadline */
    unsigned int unheard;  /* finished since the last sbx_dispatch() */
};

/* queue.c; with the queue's lock held */

void sbx_queue_lock(sbx_queue *queue);
void sbx_queue_unlock(sbx_queue *queue);
/* NULL becomes the default queue. SBX_E_FORKED when it is another process's. */
int sbx_queue_resolve(sbx_queue **queue, const char *operation, sbx_error **error);
/* Puts an op into one of the lists, or takes it out (NULL). */
void sbx_queue_list(sbx_op *op, GQueue *list);
/* Makes the queue's descriptor readable. */
void sbx_queue_wake(sbx_queue *queue);
/* An op that waits can go on; ops in another state are left alone. */
void sbx_queue_rouse(sbx_op *op);
/* Notes what an op waits for. Returns 0 or -errno. */
int sbx_queue_watch(sbx_op *op, struct pollfd *fds, unsigned int count, int64_t deadline_ms);
/* TRUE when this thread may dispatch now; ends with sbx_queue_leave(). */
gboolean sbx_queue_enter(sbx_queue *queue);
void sbx_queue_leave(sbx_queue *queue);
gboolean sbx_queue_is_mine(sbx_queue *queue);

/* op.c; in the thread that dispatches, without the lock */

/* Lets an op go on until it waits, has had its share, or is done. */
void sbx_op_run(sbx_op *op);

#endif
