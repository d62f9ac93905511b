/* session.h: the keeper's end of the conversation with one guest agent.
 *
 * Everything happens in the GMainContext that was the thread default at sbx_agent_session_new, in
 * one thread, without blocking. No callback ever runs inside a call to a function of this header;
 * all of them may call any function of it. Every callback that was handed in is called exactly
 * once, also when the session ends first (then with SBX_AGENT_ERROR_CLOSED, or whatever ended it).
 *
 * Output that had arrived before the end is still written; an exit that waits for it is told then.
 *
 * The agent is hostile: what it sends can end its own session and nothing else. Deadlines are the
 * caller's: it closes a session that does not answer in time.
 *
 * The program must ignore SIGPIPE: standard output may be a pipe nobody reads any more.
 */
#ifndef SBX_AGENT_SESSION_H
#define SBX_AGENT_SESSION_H

#include <glib.h>
#include <stdint.h>

G_BEGIN_DECLS

typedef struct _SbxAgentSession SbxAgentSession;
typedef struct _SbxAgentProcess SbxAgentProcess;

#define SBX_AGENT_ERROR (sbx_agent_error_quark())
GQuark sbx_agent_error_quark(void);

typedef enum {
    SBX_AGENT_ERROR_FAILED,        /* the agent said so; the message is its own */
    SBX_AGENT_ERROR_CLOSED,        /* closed by either side */
    SBX_AGENT_ERROR_PROTOCOL,      /* "agent protocol violation: ..."; the session is over */
    SBX_AGENT_ERROR_INVALID,       /* an argument cannot be sent: too long, malformed */
    SBX_AGENT_ERROR_LIMIT,         /* too many processes at once */
    SBX_AGENT_ERROR_NO_PROGRAM,    /* missing, or its interpreter is */
    SBX_AGENT_ERROR_NOT_EXECUTABLE,
    SBX_AGENT_ERROR_NOT_A_PROGRAM, /* its bytes are none */
    SBX_AGENT_ERROR_LONG_ARGUMENTS,
    SBX_AGENT_ERROR_BAD_DIRECTORY,
    SBX_AGENT_ERROR_NO_USER,
    SBX_AGENT_ERROR_NO_PROCESS,    /* it has exited */
    SBX_AGENT_ERROR_BUSY,          /* park: processes are still being served */
} SbxAgentError;

typedef void (*SbxAgentDoneFunc)(SbxAgentSession *session, const GError *error, gpointer data);

/* Takes fd, a connected stream socket. closed is called once, when the session has ended, whoever
 * ended it; notify after it. closed may be NULL. */
SbxAgentSession *sbx_agent_session_new(int fd, SbxAgentDoneFunc closed, gpointer data,
                                       GDestroyNotify notify);
/* The same for a clone of a running machine, whose agent is still in the session of the machine it
 * was cloned from. Takes reset_fd too, a stream socket connected to the clone's port for resets; it
 * is closed when the agent has answered, or with the session. Both must be connected to the clone
 * before it runs. What the agent still says of the other session is thrown away (up to 64 MiB; more
 * is a violation); requests may be made at once and are sent when it has answered. Processes that
 * the clone inherited go on without the keeper. */
SbxAgentSession *sbx_agent_session_new_clone(int fd, int reset_fd, SbxAgentDoneFunc closed,
                                             gpointer data, GDestroyNotify notify);
/* Ends the session; the fd is closed at once, callbacks follow from the main loop. Idempotent. */
void sbx_agent_session_close(SbxAgentSession *session);
/* Closes it, and gives the handle up. Callbacks still to come follow from the main loop. */
void sbx_agent_session_free(SbxAgentSession *session);

typedef struct {
    const char *hostname;           /* any member may be NULL or 0: left alone */
    const char *machine_id;         /* 32 lower-case hexadecimal digits */
    uint64_t realtime_ns;           /* since 1970 */
    const void *entropy;            /* credited in full; at most 4096 bytes */
    gsize entropy_length;
    const char *const *env;         /* KEY=VALUE; replaces the defaults of an earlier setup */
} SbxAgentSetup;

/* What the agent told in its answer to setup; all of it its own claim. */
typedef struct {
    const char *agent_version;      /* valid UTF-8 */
    const char *kernel_release;
    uint64_t boot_agent_ns;         /* since the guest's kernel started: agent's main */
    uint64_t boot_ready_ns;         /* ... agent ready to serve */
} SbxAgentInfo;

void sbx_agent_session_setup(SbxAgentSession *session, const SbxAgentSetup *setup,
                             SbxAgentDoneFunc done, gpointer data);
/* NULL before a setup succeeded. Owned by the session. */
const SbxAgentInfo *sbx_agent_session_get_info(SbxAgentSession *session);
void sbx_agent_session_ping(SbxAgentSession *session, SbxAgentDoneFunc done, gpointer data);
/* Asks the agent to forget this session and to await a new one on the same stream, and not to power
 * off when the stream is hung up: to be done before a template is saved. When done comes without an
 * error nothing more will be sent; close the session. The template and all its clones each get a
 * new SbxAgentSession on their own stream. After a setup, and with no other request under way. BUSY
 * while any process of this session is not over. */
void sbx_agent_session_park(SbxAgentSession *session, SbxAgentDoneFunc done, gpointer data);

/* Of the whole guest, by its own claim. What is not known is 0. */
typedef struct {
    uint64_t uptime_ns;
    uint64_t cpu_time_us;           /* of all its CPUs, since its start */
    uint64_t memory_total;          /* bytes */
    uint64_t memory_available;
    uint64_t memory_peak;           /* of all commands together */
    uint64_t disk_total;            /* of its root file system */
    uint64_t disk_free;
    uint64_t tasks;                 /* processes and threads, the kernel's own too */
    uint64_t load_milli;            /* load average of the last minute, in thousandths */
} SbxAgentMetrics;

/* metrics is NULL when error is set. */
typedef void (*SbxAgentMetricsFunc)(SbxAgentSession *session, const SbxAgentMetrics *metrics,
                                    const GError *error, gpointer data);
void sbx_agent_session_get_metrics(SbxAgentSession *session, SbxAgentMetricsFunc done,
                                   gpointer data);

typedef struct {
    const char *const *argv;        /* program and arguments; with a script: its $0, $1 and so on */
    const char *script;             /* bash -c SCRIPT, BASH_ENV=$HOME/.bashrc; NULL: none */
    gsize script_length;            /* 0: up to its NUL. At most 16 MiB, no NUL inside */
    const char *const *env;         /* KEY=VALUE, on top of the defaults; may be NULL */
    gboolean clear_env;             /* only env, nothing else */
    const char *cwd;                /* NULL: home. Relative: to home */
    const char *user;               /* name or number; NULL: app */
    gboolean is_worker;             /* argv[0] names a worker of the agent, see protocol.h */
    guint rows, columns;            /* of a terminal for its standard streams, at most 65535; 0:
                                       none. stdout_fd is given, stderr_fd is -1 */
    uint64_t memory_limit;          /* bytes, of all it starts; limits: 0 is none */
    guint task_limit;               /* processes and threads */
    uint64_t cpu_limit_us;          /* CPU time; all it started is killed when it is used up */
    gboolean merge_stderr;          /* standard error into standard output; stderr_fd is -1 */
    /* sh: output that is there when the main process exits is all; what background children write
     * later is thrown away and does not disturb them. Otherwise output lasts until everybody who
     * holds the pipe has closed it. */
    gboolean output_ends_at_exit;
    guint64 output_limit;           /* bytes of both outputs together; 0: none. What is beyond is thrown
                                       away, and all it started is killed */
    gboolean may_detach;            /* sbx_agent_process_leave and what belongs to it will be used */
    gboolean input_waits;           /* ... and its input does not end with a client's: a terminal */
    guint kept_streams;             /* bits 0 to 2: streams whose fd is -1 and that begin as if everybody
                                       had left; needs may_detach */
} SbxAgentCommand;

typedef struct {
    gboolean signalled;
    int status;                     /* exit code 0-255, or the signal 1-64 */
    gboolean oom;                   /* the OOM killer struck in its cgroup */
    int cause;                      /* SBX_CAUSE_EXIT, SIGNAL, OOM or CPU */
    uint64_t cpu_user_us;           /* of all it started */
    uint64_t cpu_system_us;
    uint64_t max_rss;               /* bytes; of its largest process */
    uint64_t peak_memory;           /* bytes; of all it started together, as far as known */
    uint64_t wall_ns;
    gboolean output_cut;            /* by the output_limit */
} SbxAgentExit;

/* pid is the guest's; error NULL when it runs. */
typedef void (*SbxAgentStartedFunc)(SbxAgentProcess *process, int pid, const GError *error,
                                    gpointer data);
/* exit is NULL when error is set: the session ended first. */
typedef void (*SbxAgentExitedFunc)(SbxAgentProcess *process, const SbxAgentExit *exit,
                                   const GError *error, gpointer data);

/* Starts a process. The fds are taken (all of them, always), made non-blocking, and pumped; -1 is
 * /dev/null in the guest. They should be pipes or sockets made for this.
 *
 * started is called first. If it had no error, exited follows: for output_ends_at_exit when also
 * all output was written to stdout_fd and stderr_fd and these were closed (or their reader went
 * away), so that output is complete then; otherwise at once when the process has exited. notify
 * releases data after the last callback, on every path. Either callback may be NULL.
 *
 * Backpressure is end to end: an fd that is not read stops the guest's process at its pipe, an fd
 * whose reader goes away gives the guest's process SIGPIPE. When the process closes its standard
 * input, stdin_fd is closed. A terminal hangs up as soon as stdout_fd's reader has gone; the end of
 * stdin_fd is typed as its end-of-file character.
 *
 * Returns a reference to be given back with sbx_agent_process_unref, which does not affect the
 * process in the guest. */
SbxAgentProcess *sbx_agent_session_spawn(SbxAgentSession *session, const SbxAgentCommand *command,
                                         int stdin_fd, int stdout_fd, int stderr_fd,
                                         SbxAgentStartedFunc started, SbxAgentExitedFunc exited,
                                         gpointer data, GDestroyNotify notify);

typedef enum {
    SBX_AGENT_SCOPE_PROCESS,
    SBX_AGENT_SCOPE_GROUP,  /* its process group */
    SBX_AGENT_SCOPE_CGROUP, /* all it started; with SIGKILL nothing escapes. Also after its exit,
                               for as long as its output lasts */
} SbxAgentScope;

/* done may be NULL. NO_PROCESS when it is over. */
void sbx_agent_process_signal(SbxAgentProcess *process, int number, SbxAgentScope scope,
                              SbxAgentDoneFunc done, gpointer data);
/* Of its terminal; its foreground processes get SIGWINCH. done may be NULL. NO_PROCESS when it is
 * over, INVALID when it has no terminal. */
void sbx_agent_process_resize(SbxAgentProcess *process, guint rows, guint columns,
                              SbxAgentDoneFunc done, gpointer data);

/* Of a process and all it started, by the guest's own claim. What is not known is 0. */
typedef struct {
    uint64_t cpu_user_us;
    uint64_t cpu_system_us;
    uint64_t memory;                /* bytes, file cache included */
    uint64_t peak_memory;
    uint64_t tasks;                 /* processes and threads */
    uint64_t read_bytes;            /* from disks */
    uint64_t written_bytes;
} SbxAgentUsage;

/* usage is NULL when error is set: NO_PROCESS when it is over. */
typedef void (*SbxAgentUsageFunc)(SbxAgentProcess *process, const SbxAgentUsage *usage,
                                  const GError *error, gpointer data);
void sbx_agent_process_get_usage(SbxAgentProcess *process, SbxAgentUsageFunc done, gpointer data);
/* Loses interest: its fds are closed, started and exited will not be called any more, notify will.
 * The process goes on without standard input; its next output gives it SIGPIPE. */
void sbx_agent_process_detach(SbxAgentProcess *process);
/* Kills all it started (SIGKILL to the cgroup), then as detach. */
void sbx_agent_process_cancel(SbxAgentProcess *process);
/* Its exit is known; with output_ends_at_exit, exited may still wait for readers. */
gboolean sbx_agent_process_has_exited(SbxAgentProcess *process);

/* Who is at the other ends of the fds of a command that may_detach. Output that nobody reads is kept,
 * the last 256 KiB of each stream (4 KiB, when all of a session are more than 16 MiB), and does not hold
 * the process up. Any of these may be called after the exit, too, until the last unref. */

/* Whoever is there will close the fds without a word: he is gone, and what he does not read any more is
 * kept. (Without this, his leaving gives the process SIGPIPE a moment later.) */
void sbx_agent_process_allow_leaving(SbxAgentProcess *process);
/* Closes the fds; input ends unless input_waits. */
void sbx_agent_process_leave(SbxAgentProcess *process);
/* Takes new fds (-1: none) in place of what was there: what was kept is written first. A stream that has
 * nothing any more closes its fd. */
void sbx_agent_process_attach(SbxAgentProcess *process, int stdin_fd, int stdout_fd, int stderr_fd);
SbxAgentProcess *sbx_agent_process_ref(SbxAgentProcess *process);
void sbx_agent_process_unref(SbxAgentProcess *process);

G_END_DECLS

#endif
