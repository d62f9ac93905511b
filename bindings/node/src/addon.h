/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The addon: what its files share.
 *
 * Each environment of the JavaScript engine (the main thread, each worker) has a State: a queue of
 * operations, and one thread that lets them go on and moves bytes of pipes. JavaScript's thread
 * starts operations and takes their outcomes; nothing that could block runs there, and nothing in
 * the engine's own pool of threads.
 *
 * The lock guards what both threads use: the list of messages to JavaScript and that of transfers.
 * All else of a State is used by JavaScript's thread only.
 */
#ifndef SBX_NODE_ADDON_H
#define SBX_NODE_ADDON_H

#define NAPI_VERSION 8
#include <node_api.h>
#include <pthread.h>
#include <sandbox/sandbox.h>
#include <stdint.h>

#include "table.h"

typedef struct State State;
typedef struct Handle Handle;
typedef struct Callback Callback;
typedef struct Message Message;
typedef struct Pending Pending;

/* What the thread has to tell JavaScript, in order. */
struct Message {
    Message *next;
    void (*deliver)(State *state, Message *message);
    void (*drop)(State *state, Message *message); /* when there is nobody to tell any more */
};

/* An object of the library, or a descriptor, that JavaScript holds as an external. */
struct Handle {
    State *state; /* NULL: the environment has gone, and the object with it */
    Handle *previous, *next;
    int type;
    void *object; /* NULL: released */
    int refs;     /* JavaScript's, and those of calls under way */
    int pins;     /* calls under way that use the object */
    int released; /* to be done when the last of them is over */
    Callback *callback;
};

/* A call, from its arguments to its outputs. */
typedef struct {
    const SbxFunction *function;
    SbxCall call;
    SbxSlot slots[SBX_PARAMS_MAX];
    Handle *pins[SBX_PARAMS_MAX];
    int pin_count;
    Callback *callback;
} Invocation;

/* A promise: of an operation, or of a transfer from or to a descriptor. */
struct Pending {
    Message message; /* first: it is one */
    Pending *previous, *next;
    State *state;
    napi_deferred deferred;
    double token;
    Invocation invocation; /* its function is NULL for a transfer */
    /* Transfers. */
    Pending *next_transfer;
    int fd;
    int is_write;
    int cancelled;
    int failure; /* an errno */
    uint8_t *bytes;
    size_t length, done;
};

struct State {
    napi_env env;
    sbx_queue *queue;
    napi_threadsafe_function wake_js;
    int wake_fd; /* an eventfd: the thread is to look again */
    pthread_t thread;
    int has_thread;
    pthread_mutex_t lock;
    /* With the lock. */
    int stopping;
    Message *first, *last;
    Pending *transfers;
    /* JavaScript's thread. */
    Pending *pending;
    size_t pending_count;
    Handle *handles;
    size_t handle_count;
    double last_token;
    napi_ref make_error;
    Callback *callbacks; /* all of them */
};

/* loop.c */
int make_waker(State *state);
int state_start(State *state);
void state_wake(State *state);
void state_stop(State *state);
void post_message(State *state, Message *message);

/* handle.c */
napi_value handle_new(State *state, int type, void *object);
napi_value handle_new_fd(State *state, int fd);
int handle_fd(const Handle *handle);
Handle *handle_get(State *state, napi_value value);
void handle_pin(Handle *handle);
void handle_unpin(Handle *handle);
void handle_release(Handle *handle);
void handles_clear(State *state);

/* convert.c */
napi_value text_to_js(napi_env env, const char *text);
napi_value bytes_to_js(napi_env env, const void *bytes, size_t length);
napi_value int64_to_js(napi_env env, int64_t number);
napi_value uint64_to_js(napi_env env, uint64_t number);
/* Allocated; NULL after an exception was thrown. */
char *text_from_js(napi_env env, napi_value value, const char *what);
/* 0, or -1 after an exception was thrown. */
int int64_from_js(napi_env env, napi_value value, int64_t least, int64_t most, const char *what,
                  int64_t *number);
int uint64_from_js(napi_env env, napi_value value, uint64_t most, const char *what,
                   uint64_t *number);
int bytes_from_js(napi_env env, napi_value value, const char *what, void **bytes, size_t *length);
int is_nothing(napi_env env, napi_value value);
napi_value undefined(napi_env env);
void throw_type(napi_env env, const char *what, const char *wanted);

/* arguments.c */
int invocation_fill(State *state, Invocation *invocation, size_t count,
                    const napi_value *arguments);
void invocation_free_inputs(Invocation *invocation);
void invocation_clear(State *state, Invocation *invocation);

/* outcome.c */
napi_value invocation_outcome(State *state, Invocation *invocation);
napi_value error_to_js(State *state, int code, const sbx_error *error);

/* call.c */
napi_value call_function(napi_env env, napi_callback_info info);
Pending *pending_new(State *state, napi_value *promise);
void pending_settle(Pending *pending, int rejected, napi_value value);
void pending_free(Pending *pending);
void pending_cancel(Pending *pending);

/* transfer.c */
napi_value transfer_read(napi_env env, napi_callback_info info);
napi_value transfer_write(napi_env env, napi_callback_info info);
/* Goes on with a transfer whose descriptor is ready; 1 when it is over. */
int transfer_go_on(Pending *pending, int cancelled);
void transfer_cancel_all(State *state, const Handle *handle);

/* callback.c */
Callback *callback_new(State *state, napi_value function);
Callback *callback_ref(Callback *callback);
void callback_unref(Callback *callback);
void callbacks_forget(State *state);

#endif
