/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the client's files share. The client is what is linked into programs: it owns no thread, no
 * main loop and no signal handler, and it allocates what it hands out with malloc().
 */
#ifndef SBX_CLIENT_PRIVATE_H
#define SBX_CLIENT_PRIVATE_H

#include <json-glib/json-glib.h>
#include <stdarg.h>
#include <sys/types.h>

#include <sandbox/sandbox.h>

#include "wire/fault.h"
#include "wire/json.h"
#include "wire/message.h"

/* error.c */

/* Stores a new error in *error (when wanted) and returns @code. @hint may be NULL. */
int sbx_fail(sbx_error **error, int code, int sys_errno, const char *operation, const char *hint,
             const char *format, ...) G_GNUC_PRINTF(6, 7);
/* The same with a cause (details of the layer below, may be NULL) and a finished message. */
int sbx_fail_cause(sbx_error **error, int code, int sys_errno, const char *operation,
                   const char *hint, const char *cause, const char *message);
/* The same from a GError of the SBX_FAULT domain (any other becomes SBX_E_SYSTEM); frees it. */
int sbx_fail_fault(sbx_error **error, const char *operation, GError *fault);
/* Hands on an error that was already made, not NULL; returns its code. */
int sbx_fail_with(sbx_error **error, sbx_error *reason);
/* Another one like it; NULL is fine. */
sbx_error *sbx_error_copy(const sbx_error *error);
/* The number of a code's name, or SBX_E_INTERNAL for an unknown one. */
int sbx_code_from_name(const char *name);

/* wait.c: where calls block */

struct pollfd;
/* CLOCK_MONOTONIC */
int64_t sbx_now_ms(void);
/* Waits until one of @fds is ready, or until @deadline_ms of sbx_now_ms() (-1: for ever). Signals do
 * not end it. Returns how many are ready, 0 when the time ran out, or -errno: -ECANCELED inside of a
 * cancelled op, whenever it waits from then on. Inside of an op others run meanwhile, and it may go on
 * in another thread: hold no mutex. */
int sbx_wait(struct pollfd *fds, unsigned int count, int64_t deadline_ms);
int sbx_wait_one(int fd, short events, int64_t deadline_ms);
/* The same, but a signal handled meanwhile ends it with -EINTR. */
int sbx_wait_signal(int fd, short events);
/* Whether a call may wait so long: -1, for ever, up to SBX_TIMEOUT_MAX_MS. A smaller one may be what was
 * left of a time that is over. Returns SBX_OK or what it fails with. */
int sbx_check_timeout(int64_t timeout_ms, const char *operation, sbx_error **error);
/* Makes an error of what these returned. */
int sbx_wait_failed(int code, const char *operation, sbx_error **error);
/* Until it is turned off again, cancelling does not end waits: what was begun is cleaned up. op.c */
void sbx_wait_shield(int on);
/* Calls a callback that came with options, on the program's own stack. (One that is a parameter of the
 * call gets there by itself.) Returns what it does, 1 without calling it inside of a cancelled op. */
int sbx_call_progress(sbx_progress_func progress, void *data, int permille, const char *stage,
                      const char *text);

/* paths.c */

/* Absolute path of one of our helper programs, to be freed with free(), or NULL with *error set. */
char *sbx_find_helper(const char *name, const char *operation, sbx_error **error);
/* Directory that holds the keeper's socket and lock; made when missing. NULL with *error set. */
char *sbx_runtime_dir(const char *operation, sbx_error **error);

/* options.c */

/* What was said, and not left at its default: bits of sbx_options.chosen. */
#define SBX_CHOSE_IMAGE 1u
#define SBX_CHOSE_MEMORY 2u
#define SBX_CHOSE_VCPUS 4u
#define SBX_CHOSE_DISK_SIZE 8u
#define SBX_CHOSE_SPARES 16u

struct sbx_options {
    gint refs;
    unsigned int chosen;
    char *image;
    char *root; /* a snapshot's name, or NULL */
    uint64_t memory;
    unsigned int vcpus;
    uint64_t disk_size;
    int64_t timeout_ms;
    int64_t start_timeout_ms;
    int64_t wait_ms;
    int spares;
    GHashTable *env;    /* char* -> char* */
    GHashTable *labels; /* char* -> char* */
};

/* Another one with the same settings, or NULL. */
sbx_options *sbx_options_copy(const sbx_options *options);
/* Checks an environment variable's name and size, and that there is room for it in @env. */
int sbx_check_env(const char *name, const char *value, GHashTable *env, const char *operation,
                  sbx_error **error);
/* A JSON object of a table of strings; bytes that are not UTF-8 survive. */
JsonObject *sbx_strings_to_json(GHashTable *table);
/* True for NAME or NAME@VERSION of characters that are harmless in a file name. */
int sbx_image_name_ok(const char *image);
/* Adds the members image, memory, vcpus and disk_size. */
void sbx_options_add_kind(const sbx_options *options, JsonObject *object);
/* The parameters of a call about a kind of sandbox; NULL are the defaults. SBX_E_INVALID when the
 * options name a snapshot instead. */
int sbx_options_kind(const sbx_options *options, JsonObject **params, const char *operation,
                     sbx_error **error);

/* Another table with the same strings. */
GHashTable *sbx_strings_copy(GHashTable *table);

/* image.c */

/* Another one with the same settings, or NULL. */
sbx_image_build_options *sbx_image_build_options_copy(const sbx_image_build_options *options);

/* snapshot.c */

/* Checks a snapshot's name. */
int sbx_check_snapshot_name(const char *name, const char *operation, sbx_error **error);

/* keeper.c */

/* Connects to this user's keeper. Without one: starts it when @start, else returns
 * SBX_E_NOT_FOUND. Returns a connected descriptor. */
int sbx_keeper_connect(int start, const char *operation, sbx_error **error);
#define SBX_KEEPER_SOCKET "keeper.sock"

/* The address of the keeper's socket, by way of the runtime directory's descriptor: a path may exceed
 * its 108 bytes. */
struct sockaddr_un;
void sbx_keeper_address(int directory, struct sockaddr_un *address);
/* Whether somebody listens there. Only system calls; never blocks. */
int sbx_keeper_listens(const struct sockaddr_un *address);
/* Connects to a keeper of whatever version, without greeting it: it only takes "keeper.stop" then.
 * SBX_E_NOT_FOUND, and no error, when there is none. */
int sbx_keeper_reach(const char *operation, sbx_error **error);

/* call.c */

typedef struct {
    JsonObject *result; /* owned */
    int fds[SBX_MESSAGE_FDS_MAX];
    int n_fds;
} SbxReply;

void sbx_reply_clear(SbxReply *reply);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SbxReply, sbx_reply_clear)

/* A link to the keeper that one call at a time uses. */
typedef struct {
    int fd;
    int64_t next_id;
} SbxLink;

/* An idle link or a new one; starts a keeper only when @start. */
int sbx_link_take(int start, SbxLink *link, const char *operation, sbx_error **error);
/* Gives a link back for the next call; one that failed is closed with sbx_link_drop(). */
void sbx_link_give(SbxLink *link);
void sbx_link_drop(SbxLink *link);
/* One request and its answer on a link. Takes @params. */
int sbx_link_call(SbxLink *link, const char *method, JsonObject *params, const int *fds, int n_fds,
                  SbxReply *reply, const char *operation, sbx_error **error);
/* Only the request; returns its id, or a negative code. Takes @params. */
int64_t sbx_link_send(SbxLink *link, const char *method, JsonObject *params, const int *fds,
                      int n_fds, const char *operation, sbx_error **error);
/* Waits for the answer to request @id. */
int sbx_link_receive(SbxLink *link, int64_t id, SbxReply *reply, const char *operation,
                     sbx_error **error);

/* Whoever wants to see what comes before the answer. */
typedef struct {
    /* Takes a notification; NULL: a signal has interrupted the wait. Anything but 0 cancels. */
    int (*fn)(void *data, JsonObject *notification);
    void *data;
} SbxWatch;

/* Whole exchange on a link of the pool. */
int sbx_call(int start, const char *method, JsonObject *params, const int *fds, int n_fds,
             SbxReply *reply, const char *operation, sbx_error **error);
/* The same without descriptors, starting a keeper, with somebody watching; SBX_E_CANCELLED when that
 * one does not want to go on. */
int sbx_call_watched(const char *method, JsonObject *params, const SbxWatch *watch, SbxReply *reply,
                     const char *operation, sbx_error **error);

/* list.c */

/* Another one with the same settings, or NULL. */
sbx_list_options *sbx_list_options_copy(const sbx_list_options *options);

/* The array @name of an answer, with a reference; an empty one when there is none. */
JsonArray *sbx_reply_items(const SbxReply *reply, const char *name);
/* Its nth object, or NULL. */
JsonObject *sbx_item(JsonArray *items, size_t index);

/* fs-worker.c */

typedef struct SbxFsWorker SbxFsWorker;
#define SBX_FS_IDLE_MAX 2
/* At the end of a handle: lets its idle workers go. */
void sbx_fs_close_idle(sbx *sandbox);

/* handle.c */

struct sbx {
    gint refs;
    pid_t pid; /* of the process that made the handle */
    int lease; /* closing it ends a session sandbox; -1 when this handle does not own one */
    char id[32];
    gint umask; /* of file calls */
    GMutex workers_lock;                   /* guards what follows */
    SbxFsWorker *workers[SBX_FS_IDLE_MAX]; /* idle ones, the oldest first */
    guint turns;                           /* of file calls that go on, see fs-turn.c */
    GQueue turn_queue;                     /* of those that wait for one */
    int64_t turned_ms;                     /* when one was last given */
};

/* Whether it looks like a sandbox's id. */
int sbx_id_ok(const char *id);
/* SBX_E_INVALID when there is none, SBX_E_FORKED when it came through fork(). */
int sbx_check_handle(sbx *sandbox, const char *operation, sbx_error **error);
/* A handle to the sandbox of that id. Takes *lease (-1: it owns none) on success. */
int sbx_handle_new(const char *id, int *lease, sbx **out, const char *operation, sbx_error **error);
/* A pidfd of this process for the keeper to watch, or -1. */
int sbx_self_pidfd(void);
/* A call about a sandbox that somebody holds: one that the keeper does not know has ended,
 * SBX_E_GONE. Adds the member "id" to @params, which is taken. */
int sbx_handle_call(sbx *sandbox, const char *method, JsonObject *params, const int *fds, int n_fds,
                    SbxReply *reply, const char *operation, sbx_error **error);

/* port.c */

/* The parameters that name a port, or with @path a socket, of a guest. */
int sbx_target_to_json(int port, const char *path, JsonObject **params, const char *operation,
                       sbx_error **error);

/* command.c */

struct sbx_command {
    gint refs;
    char *program;      /* NULL for a script */
    char *script;       /* NULL for a program */
    GPtrArray *args;    /* char*, without the program */
    GHashTable *env;    /* char* -> char* */
    size_t bytes;
    int clear_env;
    int output_ends_at_exit;
    int is_worker; /* program names a worker of the agent */
    int is_detached;
    int64_t deadline_ms;  /* 0: none */
    int64_t output_limit; /* 0: none */
    char *cwd;
    char *user;
    int stdio[3];
    int fds[3]; /* the caller's, for SBX_STDIO_FD */
    int owns_fds; /* they are duplicates */
    int rows, columns; /* of its terminal, 0: none */
    uint64_t memory_limit; /* limits: 0 is none */
    int process_limit;
    int64_t cpu_limit_ms;
};

/* What sbx_command_set_fd() makes of a stream. */
#define SBX_STDIO_FD 4

/* Another one with the same settings, or NULL. */
sbx_command *sbx_command_copy(const sbx_command *command);
JsonObject *sbx_command_to_json(const sbx_command *command);

/* terminal.c */

/* Adds terminal and limits to the members of a command. */
void sbx_command_confines_to_json(const sbx_command *command, JsonObject *object);

/* result.c */

typedef struct {
    char *data;
    size_t length;
    size_t allocated;
} SbxBuffer;

/* How a command ended and what it took, as the keeper tells it. */
typedef struct {
    int exit_code;
    int signal;
    int oom;
    int cause;
    uint64_t cpu_time_us;
    uint64_t peak_memory;
    uint64_t wall_time_us;
    int output_cut;
} SbxEnd;

void sbx_end_from_json(JsonObject *object, SbxEnd *end);
/* Asks the keeper something about a process. Takes @params, which may be NULL. SBX_E_GONE when the
 * sandbox has ended. */
int sbx_process_call(sbx_process *process, const char *method, JsonObject *params, SbxReply *reply,
                     const char *operation, sbx_error **error);
/* NULL while it runs, and when its end is unknown. */
const SbxEnd *sbx_process_end(sbx_process *process);

struct sbx_result {
    SbxEnd end;
    SbxBuffer out;
    SbxBuffer err;
};

#define SBX_OUTPUT_MAX ((size_t)1 << 30)

/* Reads once from @fd to the end of @buffer. Returns bytes read, 0 at end of file, or -errno. */
ssize_t sbx_buffer_read(SbxBuffer *buffer, int fd);

#endif
