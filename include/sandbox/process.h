/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Commands and processes.
 *
 * An sbx_command describes what to run; an sbx_process is one running it. The standard streams of a
 * process are real file descriptors of this program: poll them, read them, write them. They are
 * pipes, blocking, close-on-exec.
 */
#ifndef SANDBOX_PROCESS_H
#define SANDBOX_PROCESS_H

#include <stdint.h>

#include <sandbox/handle.h>

SBX_BEGIN_DECLS

typedef struct sbx_command sbx_command;
typedef struct sbx_process sbx_process;

#define SBX_STDIN 0
#define SBX_STDOUT 1
#define SBX_STDERR 2

#define SBX_STDIO_NULL 0  /* /dev/null */
#define SBX_STDIO_PIPE 1  /* a pipe, see sbx_process_fd() */
#define SBX_STDIO_MERGE 2 /* standard error only: the same stream as standard output */
#define SBX_STDIO_INHERIT 3 /* this program's own standard stream of that number */

#define SBX_SCOPE_PROCESS 0 /* the process alone */
#define SBX_SCOPE_GROUP 1   /* its process group, as a terminal would */
#define SBX_SCOPE_ALL 2     /* everything it has started, whatever that did to hide */

/* Why a command ended: sbx_process_cause(), sbx_result_cause(). */
#define SBX_CAUSE_EXIT 0     /* it exited by itself */
#define SBX_CAUSE_SIGNAL 1   /* a signal ended it */
#define SBX_CAUSE_OOM 2      /* the guest's kernel killed it, or a child of it, for memory */
#define SBX_CAUSE_DEADLINE 3 /* it was killed at its deadline */
#define SBX_CAUSE_CPU 4      /* it was killed when its CPU time was used up */
#define SBX_CAUSE_OUTPUT 5   /* it was killed because it wrote too much */
#define SBX_CAUSE_UNKNOWN 6  /* nobody knows whether it has ended, or how */

#define SBX_MEMORY_LIMIT_MIN 1048576 /* smallest sbx_command_set_memory_limit() */

#define SBX_ARGS_MAX 65536             /* arguments of one command */
#define SBX_COMMAND_BYTES_MAX 18874368 /* bytes of one command, arguments, script, environment */

/**
 * sbx_command_new:
 * @program: a path, or a name that is looked up in the guest's PATH. Copied.
 *
 * A command without arguments that reads nothing (SBX_STDIO_NULL) and writes to pipes.
 *
 * Returns a new reference, or NULL when memory is short. Never blocks. Since: 0.1
 */
SBX_PUBLIC sbx_command *sbx_command_new(const char *program);

/**
 * sbx_command_new_script:
 * @script: a bash script, as for sbx_sh(). Copied.
 *
 * The command that sbx_sh() runs: `bash -c SCRIPT` with BASH_ENV. Arguments added to it become $0, $1
 * and so on. Returns a new reference, or NULL when memory is short. Never blocks. Since: 0.1
 */
SBX_PUBLIC sbx_command *sbx_command_new_script(const char *script);

/**
 * sbx_command_ref:
 * @command: a command, not NULL
 *
 * Takes one more reference and returns @command. Any thread. Since: 0.1
 */
SBX_PUBLIC sbx_command *sbx_command_ref(sbx_command *command);

/**
 * sbx_command_unref:
 * @command: a command, or NULL
 *
 * Drops a reference; returns NULL. Processes started from it are not touched. Any thread. Since: 0.1
 */
SBX_PUBLIC sbx_command *sbx_command_unref(sbx_command *command);

/**
 * sbx_command_add_arg:
 * @command: a command
 * @arg: one argument, any bytes but NUL. Copied.
 * @error: where to put an error, or NULL
 *
 * Errors: SBX_E_INVALID, SBX_E_TOO_BIG. Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_command_add_arg(sbx_command *command, const char *arg, sbx_error **error);

/**
 * sbx_command_set_env:
 * @command: a command
 * @name: variable name: not empty, no '='. Copied.
 * @value: its value, or NULL to undo an earlier call. Copied.
 * @error: where to put an error, or NULL
 *
 * Adds to, or overrides, the sandbox's own variables for this command.
 *
 * Errors: SBX_E_INVALID, SBX_E_TOO_BIG. Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_command_set_env(sbx_command *command, const char *name, const char *value,
                                   sbx_error **error);

/**
 * sbx_command_clear_env:
 * @command: a command
 * @clear: 1 to start from an empty environment, 0 to start from the sandbox's (the default)
 *
 * Variables set with sbx_command_set_env() are kept. Never blocks. Since: 0.1
 */
SBX_PUBLIC void sbx_command_clear_env(sbx_command *command, int clear);

/**
 * sbx_command_set_cwd:
 * @command: a command
 * @directory: absolute path in the guest, or NULL for the user's home. Copied.
 * @error: where to put an error, or NULL
 *
 * Errors: SBX_E_INVALID. Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_command_set_cwd(sbx_command *command, const char *directory, sbx_error **error);

/**
 * sbx_command_set_user:
 * @command: a command
 * @user: a user name or number of the guest, or NULL for "app". Copied.
 * @error: where to put an error, or NULL
 *
 * Errors: SBX_E_INVALID. An unknown user is reported by sbx_spawn(). Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_command_set_user(sbx_command *command, const char *user, sbx_error **error);

/**
 * sbx_command_set_stdio:
 * @command: a command
 * @stream: SBX_STDIN, SBX_STDOUT or SBX_STDERR
 * @mode: SBX_STDIO_NULL, SBX_STDIO_PIPE, SBX_STDIO_INHERIT, or (standard error only) SBX_STDIO_MERGE
 * @error: where to put an error, or NULL
 *
 * SBX_STDIO_INHERIT is sbx_command_set_fd() with this program's descriptor 0, 1 or 2.
 *
 * Errors: SBX_E_INVALID. Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_command_set_stdio(sbx_command *command, int stream, int mode, sbx_error **error);

/**
 * sbx_command_set_fd:
 * @command: a command
 * @stream: SBX_STDIN, SBX_STDOUT or SBX_STDERR
 * @fd: an open descriptor of this program: a file, a terminal, a pipe, a socket
 * @error: where to put an error, or NULL
 *
 * Connects a standard stream with a descriptor instead of a pipe. The descriptor is not taken: it has
 * to be open when the command is started, which makes a duplicate for as long as the stream lasts.
 * Neither its flags (O_NONBLOCK) nor anything else that other programs share with it is changed. Input
 * is read ahead: up to about 400 KiB more than the process reads may be gone from @fd.
 *
 * Errors: SBX_E_INVALID (no such stream, @fd is not open, or is closed to that direction). Never
 * blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_command_set_fd(sbx_command *command, int stream, int fd, sbx_error **error);

/**
 * sbx_command_set_deadline:
 * @command: a command
 * @milliseconds: how long it may take, 1 to SBX_TIMEOUT_MAX_MS; 0 (the default): as long as it likes
 * @error: where to put an error, or NULL
 *
 * Counted by the host's monotonic clock, from the request to start it. When the time is over, the
 * command and everything it has started get SIGKILL, and its cause is SBX_CAUSE_DEADLINE. When the guest
 * has not confirmed the end 5 seconds later, what became of it is unknown: exit code -1, cause
 * SBX_CAUSE_UNKNOWN. Time goes on while the sandbox is paused; a deadline that passes meanwhile is
 * enforced, and its end confirmed, when the sandbox is resumed. What a command that ended in time has
 * left in the background goes on.
 *
 * Errors: SBX_E_INVALID. Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_command_set_deadline(sbx_command *command, int64_t milliseconds,
                                        sbx_error **error);

/**
 * sbx_command_set_output_limit:
 * @command: a command
 * @bytes: how much it may write to standard output and standard error together, 1 to INT64_MAX; 0 (the
 *   default): no limit
 * @error: where to put an error, or NULL
 *
 * A command that writes more gets SIGKILL, it and everything it has started, with the cause
 * SBX_CAUSE_OUTPUT; of what it wrote exactly @bytes are delivered. sbx_run() succeeds with these. Only
 * streams that go somewhere count, not SBX_STDIO_NULL.
 *
 * Errors: SBX_E_INVALID. Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_command_set_output_limit(sbx_command *command, int64_t bytes, sbx_error **error);

/**
 * sbx_command_set_detached:
 * @command: a command
 * @detached: 1: sbx_spawn() starts it as if sbx_process_detach() had been called at once; 0: the default
 *
 * Pipes to its output are kept by the keeper from the first byte; a pipe to its input is at end-of-file,
 * unless it is a terminal. sbx_run() takes no notice. Never blocks. Since: 0.1
 */
SBX_PUBLIC void sbx_command_set_detached(sbx_command *command, int detached);

/**
 * sbx_command_end_output_at_exit:
 * @command: a command
 * @end: 1: the output ends when the command does; 0 (the default): when everybody who holds the pipe
 *   has closed it, as on any Unix
 *
 * A background process that a command leaves behind may hold its standard output for ever. With 1, what
 * is in the pipes when the command itself ends is all its output; what is left behind goes on, its later
 * output is dropped. sbx_process_wait() then returns when all output is in this program's pipes, so
 * somebody must read them. sbx_run() and sbx_sh() always do this. Never blocks. Since: 0.1
 */
SBX_PUBLIC void sbx_command_end_output_at_exit(sbx_command *command, int end);

/**
 * sbx_command_set_memory_limit:
 * @command: a command
 * @bytes: SBX_MEMORY_LIMIT_MIN or more, or 0 for no limit but the sandbox's memory (the default)
 * @error: where to put an error, or NULL
 *
 * Limits the memory of the command and everything it starts, together, file cache and kernel memory
 * included. The guest's kernel first takes back file cache, then kills a process of the command:
 * SBX_CAUSE_OOM. Others in the sandbox are not affected. The limit outlives the command in what it
 * leaves behind, as all limits do. Errors: SBX_E_INVALID. Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_command_set_memory_limit(sbx_command *command, uint64_t bytes,
                                            sbx_error **error);

/**
 * sbx_command_set_process_limit:
 * @command: a command
 * @count: how many processes and threads, the command itself included; 0: no limit (the default)
 * @error: where to put an error, or NULL
 *
 * When so many exist, fork() and its like fail with EAGAIN in the command and what it has started.
 * Errors: SBX_E_INVALID. Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_command_set_process_limit(sbx_command *command, int count, sbx_error **error);

/**
 * sbx_command_set_cpu_limit:
 * @command: a command
 * @milliseconds: of CPU time; 0: no limit (the default)
 * @error: where to put an error, or NULL
 *
 * When the command and everything it has started have used so much CPU time together, on all
 * processors, in programs and in the kernel, all of them are killed: SBX_CAUSE_CPU. Waiting costs none.
 * Kept to within a few milliseconds. Errors: SBX_E_INVALID. Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_command_set_cpu_limit(sbx_command *command, int64_t milliseconds,
                                         sbx_error **error);

/**
 * sbx_run:
 * @sandbox: a sandbox
 * @command: what to run; its standard streams are pipes that this call reads, its input is empty
 * @out: (out): exit code and output; the caller frees it with sbx_result_free()
 * @error: where to put an error, or NULL
 *
 * Runs a command to its end, like sbx_sh() does a script, with the same limits. Streams that were set
 * to descriptors go there; the call returns when all output was written to them. When the call fails,
 * is cancelled, or this program dies, the command and everything it has started are killed.
 *
 * Errors: those of sbx_sh(). Since: 0.1
 */
SBX_PUBLIC int sbx_run(sbx *sandbox, const sbx_command *command, sbx_result **out,
                       sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_spawn:
 * @sandbox: a sandbox; the process keeps a reference to it
 * @command: what to run; not changed, not kept
 * @out: (out): the running process, one reference
 * @error: where to put an error, or NULL
 *
 * Starts a command and returns as soon as the guest has executed it. Blocks for one round trip. The
 * process lives until its end or the sandbox's: when this program dies, or drops the handle, it goes on
 * detached, see sbx_process_detach().
 *
 * Errors: SBX_E_EXEC (no such program, directory or user, or one of them is in a file system that does
 * not answer for 4 seconds; the message says which. Of a program sbx_error_errno() is ENOENT, EACCES,
 * ENOEXEC, or E2BIG: one argument is longer than 128 KiB, or all are longer than 2 MiB), SBX_E_GONE,
 * SBX_E_TOO_BIG, SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_spawn(sbx *sandbox, const sbx_command *command, sbx_process **out,
                         sbx_error **error) SBX_WARN_UNUSED;

/**
 * sbx_process_ref:
 * @process: a process, not NULL
 *
 * Takes one more reference and returns @process. Any thread. Since: 0.1
 */
SBX_PUBLIC sbx_process *sbx_process_ref(sbx_process *process);

/**
 * sbx_process_unref:
 * @process: a process, or NULL
 *
 * Drops a reference; returns NULL. The last one closes the descriptors that were not taken; the
 * process in the guest goes on. Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC sbx_process *sbx_process_unref(sbx_process *process);

/**
 * sbx_process_pid:
 * @process: a process
 *
 * Its process id inside the guest. Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC int sbx_process_pid(sbx_process *process);

/**
 * sbx_process_fd:
 * @process: a process
 * @stream: SBX_STDIN (write to it), SBX_STDOUT or SBX_STDERR (read from it)
 *
 * This program's end of a standard stream, or -1 when that stream is no pipe or was taken. Owned by
 * @process. Writing to the input of a process that has gone raises SIGPIPE, as any pipe does.
 * Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC int sbx_process_fd(sbx_process *process, int stream);

/**
 * sbx_process_take_fd:
 * @process: a process
 * @stream: SBX_STDIN, SBX_STDOUT or SBX_STDERR
 *
 * Like sbx_process_fd(), but hands the descriptor over: the caller closes it. Closing the input is
 * how a process sees end-of-file. Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC int sbx_process_take_fd(sbx_process *process, int stream);

/**
 * sbx_process_exit_fd:
 * @process: a process
 *
 * A descriptor that becomes readable (poll for POLLIN) when sbx_process_wait() would not block. Only
 * for polling. Owned by @process. Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC int sbx_process_exit_fd(sbx_process *process);

/**
 * sbx_process_wait:
 * @process: a process
 * @timeout_ms: milliseconds to wait at most; 0 only looks, -1 waits for ever
 * @error: where to put an error, or NULL
 *
 * Waits for the end of the process. Its output may still be in the pipes.
 *
 * Returns 1 when it has ended, 0 when the time ran out.
 * Errors: SBX_E_GONE (the sandbox ended first: how the process ended is unknown), SBX_E_KEEPER,
 * SBX_E_INVALID (a timeout below -1). Since: 0.1
 */
SBX_PUBLIC int sbx_process_wait(sbx_process *process, int timeout_ms, sbx_error **error);

/**
 * sbx_process_exit_code:
 * @process: a process
 *
 * 0 to 255, or 128+n when signal n ended it; -1 while it runs, and when its end is unknown.
 * Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC int sbx_process_exit_code(sbx_process *process);

/**
 * sbx_process_exit_signal:
 * @process: a process
 *
 * The signal that ended it, or 0. Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC int sbx_process_exit_signal(sbx_process *process);

/**
 * sbx_process_oom:
 * @process: a process
 *
 * 1 when the guest's kernel killed it or one of its children for want of memory, else 0.
 * Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC int sbx_process_oom(sbx_process *process);

/**
 * sbx_process_cause:
 * @process: a process
 *
 * Why it ended: one of SBX_CAUSE_; -1 while it runs, and when its sandbox ended first. A signal or exit
 * code that SBX_CAUSE_OOM and what follows it explain is still told by sbx_process_exit_code() and
 * sbx_process_exit_signal(). Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC int sbx_process_cause(sbx_process *process);

/**
 * sbx_process_cpu_time_us:
 * @process: a process
 *
 * Microseconds of CPU time, user and system, that it and everything it started had used when it ended;
 * 0 while it runs. Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC uint64_t sbx_process_cpu_time_us(sbx_process *process);

/**
 * sbx_process_peak_memory:
 * @process: a process
 *
 * The most bytes of memory that it and everything it started ever used together, file cache included; 0
 * while it runs. Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC uint64_t sbx_process_peak_memory(sbx_process *process);

/**
 * sbx_process_wall_time_us:
 * @process: a process
 *
 * Microseconds from its start to its end by the guest's clock; 0 while it runs. Never blocks; any
 * thread. Since: 0.1
 */
SBX_PUBLIC uint64_t sbx_process_wall_time_us(sbx_process *process);

/**
 * sbx_process_signal:
 * @process: a process
 * @signal: a signal number of Linux x86-64, 1 to 64
 * @error: where to put an error, or NULL
 *
 * Sends a signal to the process and its process group, as a terminal would. A process that has
 * ended already is a success. Blocks for one round trip.
 *
 * Errors: SBX_E_INVALID, SBX_E_GONE, SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_process_signal(sbx_process *process, int signal, sbx_error **error);

/**
 * sbx_process_signal_scope:
 * @process: a process
 * @signal: a signal number of Linux x86-64, 1 to 64
 * @scope: SBX_SCOPE_PROCESS, SBX_SCOPE_GROUP or SBX_SCOPE_ALL
 * @error: where to put an error, or NULL
 *
 * Like sbx_process_signal(), to the process alone, to its process group, or to everything it has started
 * that still runs. Blocks for one round trip.
 *
 * Errors: SBX_E_INVALID, SBX_E_GONE, SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_process_signal_scope(sbx_process *process, int signal, int scope,
                                        sbx_error **error);

/**
 * sbx_process_signal_by_id:
 * @sandbox: a sandbox
 * @id: as sbx_process_id() or sbx_process_list_id() has it
 * @signal: a signal number of Linux x86-64, 1 to 64
 * @scope: SBX_SCOPE_PROCESS, SBX_SCOPE_GROUP or SBX_SCOPE_ALL
 * @error: where to put an error, or NULL
 *
 * Like sbx_process_signal_scope() without being attached. Blocks for one round trip.
 *
 * Errors: SBX_E_INVALID, SBX_E_NOT_FOUND (no such process, or it ended too long ago), SBX_E_GONE,
 * SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_process_signal_by_id(sbx *sandbox, int64_t id, int signal, int scope,
                                        sbx_error **error);

/**
 * sbx_process_kill:
 * @process: a process
 * @error: where to put an error, or NULL
 *
 * SIGKILL to the process and to everything it has started. Does not wait for the end. Blocks for one
 * round trip. Errors: SBX_E_GONE, SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_process_kill(sbx_process *process, sbx_error **error);

/**
 * sbx_process_output_cut:
 * @process: a process
 *
 * 1 when its output limit was reached and something of what it wrote was thrown away, else 0; known when
 * the process has ended. Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC int sbx_process_output_cut(sbx_process *process);

/**
 * sbx_process_id:
 * @process: a process
 *
 * The keeper's number for it, for sbx_process_attach(). Unique as long as the keeper runs, which is at
 * least as long as the sandbox. Never blocks; any thread. Since: 0.1
 */
SBX_PUBLIC int64_t sbx_process_id(sbx_process *process);

/**
 * sbx_process_detach:
 * @process: a process
 * @error: where to put an error, or NULL
 *
 * Lets the process go on by itself. Its input ends, unless it is a terminal. Of its output the keeper
 * keeps the last SBX_OUTPUT_KEPT bytes of each stream, less when the sandbox has very many such
 * processes. What was delivered before can still be read from the handle's descriptors, up to
 * end-of-file; its input is closed. The handle then is good for sbx_process_id() and for signals; the
 * end is told to whoever attaches, and sbx_process_wait() fails with SBX_E_INVALID.
 *
 * A process whose client has died, or has dropped its handle, is detached in the same way; what was
 * delivered to that client and not read is lost.
 *
 * A process that has ended already is a success. Blocks for one round trip.
 * Errors: SBX_E_GONE, SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_process_detach(sbx_process *process, sbx_error **error);

#define SBX_OUTPUT_KEPT 262144     /* bytes of each stream of a detached process, the last ones */
#define SBX_PROCESSES_REMEMBERED 256 /* processes of a sandbox that have ended, the latest ones */

/**
 * sbx_process_attach:
 * @sandbox: a sandbox; the process keeps a reference to it
 * @id: as sbx_process_id() or sbx_process_list_id() has it
 * @out: (out): the process, one reference
 * @error: where to put an error, or NULL
 *
 * Connects with a detached process. Its descriptors bring what the keeper has kept, then what comes; it
 * has them for those streams that were pipes when it was started. Of a process that has ended the last
 * SBX_PROCESSES_REMEMBERED per sandbox can still be attached to: output and how it ended are told as if
 * it ended now. Output is brought once. Blocks for one round trip.
 *
 * Errors: SBX_E_NOT_FOUND (no such process, or it is too long ago), SBX_E_BUSY (somebody is attached to
 * it), SBX_E_GONE, SBX_E_KEEPER. Since: 0.1
 */
SBX_PUBLIC int sbx_process_attach(sbx *sandbox, int64_t id, sbx_process **out,
                                  sbx_error **error) SBX_WARN_UNUSED;

SBX_END_DECLS

#endif
