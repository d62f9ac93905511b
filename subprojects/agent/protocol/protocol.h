/* protocol.h: what the keeper and the guest agent agree on, version 1.
 *
 * HTTP/2 with prior knowledge on one byte stream; the keeper is the client. Bodies other than a
 * process's own bytes are lists of TLVs: one byte tag, four bytes length (big endian), value.
 * Strings travel with their terminating NUL, so that a decoder can point into the body. Unknown
 * tags are skipped: a newer end may send more.
 *
 *   POST /v1/setup                   setup -> 200 info. Repeatable: a clone gets a new identity.
 *   GET  /v1/ping                    -> 204
 *   GET  /v1/metrics                 -> 200 metrics of the machine
 *   POST /v1/park                    -> 204, after which the agent forgets the HTTP/2 session and
 *                                    expects a new one on the same stream; the keeper sends nothing
 *                                    more on the old one. 409 while a process is being served. A
 *                                    template is saved parked; hanging up on it is not an end.
 *   POST /v1/processes/ID            command -> 200 with the header sbx-pid once exec succeeded,
 *                                    the exit record as body at exit; 422 failure when it cannot
 *                                    start
 *   PUT  /v1/processes/ID/stdin      request body is its standard input
 *   GET  /v1/processes/ID/stdout     response body is its standard output (and so on for stderr)
 *   POST /v1/processes/ID/signal     signal -> 204, 404 or 409 failure
 *   POST /v1/processes/ID/resize     size -> 204, 404 or 409 failure (it has no terminal)
 *   GET  /v1/processes/ID/usage      -> 200 usage of all it started, 404 once it has exited
 *   POST /v1/connections/tcp/PORT    -> 200 once connected to that port, of 127.0.0.1 or else of
 *                                    ::1; 422 failure when it cannot be. From then on request body
 *                                    and response body are what the connection carries. An end of
 *                                    either shuts that direction down; a reset of the stream is one
 *                                    of the connection: CONNECT_ERROR when it comes from the server
 *                                    in the guest, NO_ERROR behind the end of the response when
 *                                    that has gone and takes nothing more.
 *   POST /v1/connections/unix/PATH   the same to a socket of the file system; PATH is its absolute
 *                                    path in lower-case hexadecimal digits
 *
 * A command on a terminal has its standard input and output there; .../stdin and stdout are what is
 * typed and what is shown. A terminal's input has no end: the end of .../stdin types the character
 * for end-of-file (VEOF, twice when a line has been begun), unless the terminal is in raw mode.
 * When .../stdout is given up, the terminal hangs up.
 *
 * ID is decimal, chosen by the keeper, unused at the time. The four requests of a process may be
 * sent in one write, the POST first. Every other answer than the above carries a failure.
 *
 * A clone of a running machine inherits a session that is another machine's, in the middle of
 * whatever it was saying. Its keeper writes a reset, magic and nonce, to a second port, and nothing
 * to the first before the agent has answered there with the same bytes: what follows them is a new
 * session. The agent throws away what it still finds on the first port, and forgets the requests
 * and the IDs; the processes live on, without standard input and with output nobody gets.
 */
#ifndef SBX_AGENT_PROTOCOL_H
#define SBX_AGENT_PROTOCOL_H

#include "tlv.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SBX_PROTO_VERSION 1
#define SBX_PROTO_PORT_NAME "org.libsandbox.agent.0"
#define SBX_PROTO_RESET_PORT_NAME "org.libsandbox.reset.0"
#define SBX_PROTO_RESET_MAGIC "SBXRESET"
#define SBX_PROTO_PATH "/v1/"
#define SBX_PROTO_PID_HEADER "sbx-pid"

enum {
    SBX_PROTO_RESET_MAGIC_SIZE = sizeof SBX_PROTO_RESET_MAGIC - 1,
    SBX_PROTO_RESET_NONCE_SIZE = 16,
    SBX_PROTO_RESET_SIZE = SBX_PROTO_RESET_MAGIC_SIZE + SBX_PROTO_RESET_NONCE_SIZE,
};

/* Limits. Both ends enforce them on what they receive. */
enum {
    SBX_PROTO_MAX_SCRIPT = 16 << 20,
    SBX_PROTO_MAX_COMMAND = 20 << 20,  /* a whole command: script, arguments, environment */
    SBX_PROTO_MAX_SETUP = 1 << 20,
    SBX_PROTO_MAX_REPLY = 64 << 10,    /* any body from the agent that is not process output */
    SBX_PROTO_MAX_ARGS = 65536,
    SBX_PROTO_MAX_ENV = 4096,
    SBX_PROTO_MAX_NAME = 256,          /* user, host name */
    SBX_PROTO_MAX_CWD = 4096,          /* PATH_MAX */
    SBX_PROTO_MAX_TEXT = 1024,         /* a failure's text, a version */
    SBX_PROTO_MAX_ENTROPY = 4096,
    SBX_PROTO_MAX_CELLS = 65535,       /* rows, columns */
    SBX_PROTO_MAX_PROCESSES = 1024,
    SBX_PROTO_MAX_CONNECTIONS = 256,
    SBX_PROTO_MAX_SOCKET = 107,        /* what a sockaddr_un holds */
    SBX_PROTO_MAX_STREAMS = 4 * SBX_PROTO_MAX_PROCESSES + SBX_PROTO_MAX_CONNECTIONS + 16,
    SBX_PROTO_MAX_HEADER_LIST = 8 << 10,
    /* What either end may have to keep of a stream whose reader is slow. Credit comes back by halves:
     * with less than this a fast stream waits for it. */
    SBX_PROTO_STREAM_WINDOW = 512 << 10,
    /* Connection credit is given back at once, so this only bounds what is in flight. */
    SBX_PROTO_CONNECTION_WINDOW = 16 << 20,
    SBX_PROTO_FRAME_SIZE = 64 << 10,
};

enum sbx_tag {
    SBX_TAG_HOSTNAME = 1,
    SBX_TAG_MACHINE_ID,    /* 32 lower-case hexadecimal digits */
    SBX_TAG_REALTIME,      /* u64, nanoseconds since 1970 */
    SBX_TAG_ENTROPY,
    SBX_TAG_ENV,           /* KEY=VALUE, repeated; also in a command */
    SBX_TAG_VERSION = 16,
    SBX_TAG_KERNEL,
    SBX_TAG_BOOT_AGENT,    /* u64, ns of CLOCK_BOOTTIME when the agent's main began */
    SBX_TAG_BOOT_READY,    /* u64, ns of CLOCK_BOOTTIME when it could serve */
    SBX_TAG_ARG = 32,      /* repeated */
    SBX_TAG_SCRIPT,
    SBX_TAG_CWD,
    SBX_TAG_USER,
    SBX_TAG_FLAGS,         /* u32, enum sbx_command_flags */
    SBX_TAG_ROWS,          /* u32, of the command's terminal, also in a size */
    SBX_TAG_COLUMNS,       /* u32 */
    SBX_TAG_MEMORY_LIMIT,  /* u64, bytes, of all the command starts; limits: absent or 0 is none */
    SBX_TAG_TASK_LIMIT,    /* u32, processes and threads */
    SBX_TAG_CPU_LIMIT,     /* u64, microseconds of CPU time */
    SBX_TAG_SIGNAL = 48,   /* u32 */
    SBX_TAG_SCOPE,         /* u32, enum sbx_signal_scope */
    SBX_TAG_EXIT_CODE = 64,
    SBX_TAG_EXIT_SIGNAL,
    SBX_TAG_EXIT_OOM,      /* u32, 0 or 1 */
    SBX_TAG_CPU_USER,      /* u64, microseconds */
    SBX_TAG_CPU_SYSTEM,    /* u64, microseconds */
    SBX_TAG_MAX_RSS,       /* u64, bytes */
    SBX_TAG_WALL,          /* u64, nanoseconds */
    SBX_TAG_EXIT_CAUSE,    /* u32, enum sbx_exit_cause */
    SBX_TAG_PEAK_MEMORY,   /* u64, bytes */
    SBX_TAG_FAILURE = 80,  /* u32, enum sbx_failure_kind */
    SBX_TAG_ERRNO,         /* u32 */
    SBX_TAG_TEXT,
    /* Usage and metrics, all u64. */
    SBX_TAG_MEMORY = 96,      /* bytes */
    SBX_TAG_TASKS,            /* processes and threads */
    SBX_TAG_READ_BYTES,
    SBX_TAG_WRITTEN_BYTES,
    SBX_TAG_UPTIME,           /* nanoseconds */
    SBX_TAG_CPU_TIME,         /* microseconds */
    SBX_TAG_MEMORY_TOTAL,
    SBX_TAG_MEMORY_AVAILABLE,
    SBX_TAG_DISK_TOTAL,
    SBX_TAG_DISK_FREE,
    SBX_TAG_LOAD,             /* thousandths */
};

enum sbx_command_flags {
    SBX_COMMAND_STDIN = 1 << 0,  /* a pipe served by .../stdin; otherwise /dev/null */
    SBX_COMMAND_STDOUT = 1 << 1,
    SBX_COMMAND_STDERR = 1 << 2,
    SBX_COMMAND_MERGE = 1 << 3,  /* standard error goes where standard output goes */
    SBX_COMMAND_CLEAR_ENV = 1 << 4,
    /* When the main process is gone, what is in the pipes then is all the output there is. Later
     * output of children left behind is thrown away; they get no SIGPIPE. */
    SBX_COMMAND_OUTPUT_ENDS_AT_EXIT = 1 << 5,
    /* argv[0] names one of the agent's own workers, which are run like any command: as a user, in a
     * cgroup. What a worker does on behalf of the keeper thus has that user's rights, and when it
     * hangs (a FIFO, a dead file system) the agent does not. */
    SBX_COMMAND_WORKER = 1 << 6,
    SBX_COMMAND_ALL_FLAGS = (1 << 7) - 1,
};

enum sbx_signal_scope {
    SBX_SCOPE_PROCESS = 0,
    SBX_SCOPE_GROUP = 1,   /* its process group, as a terminal would */
    SBX_SCOPE_CGROUP = 2,  /* everything it started, whatever that did to hide */
};

/* Why a process ended, as far as the guest can tell; the numbers are the public ones. */
enum sbx_exit_cause {
    SBX_EXIT_CAUSE_EXIT = 0,
    SBX_EXIT_CAUSE_SIGNAL = 1,
    SBX_EXIT_CAUSE_OOM = 2,    /* it or a child was killed for memory, and it did not end well */
    SBX_EXIT_CAUSE_CPU = 4,    /* its cgroup had used up its CPU time */
};

enum sbx_failure_kind {
    SBX_FAILURE_OTHER = 0,
    SBX_FAILURE_REQUEST = 1,    /* malformed or not understood */
    SBX_FAILURE_PROGRAM = 2,    /* not found, not executable, interpreter missing */
    SBX_FAILURE_DIRECTORY = 3,
    SBX_FAILURE_USER = 4,
    SBX_FAILURE_LIMIT = 5,
    SBX_FAILURE_NO_PROCESS = 6, /* no such ID, or it has exited */
    SBX_FAILURE_BUSY = 7,
    SBX_FAILURE_CONNECT = 16,   /* errno says why */
};

/* The messages. A decoded one points into the body it was decoded from; argv and env are arrays of
 * their own, ended by NULL, released by the clear function. Decoders return false for anything that
 * is malformed, oversized or incomplete, and then leave nothing to clear. */
struct sbx_command {
    const char **argv;  /* with a script: its $0, $1 and so on, may be empty */
    size_t argc;
    const char **env;   /* KEY=VALUE */
    size_t env_count;
    const char *script; /* NUL-terminated at script_length; run by bash -c */
    size_t script_length;
    const char *cwd;    /* NULL: home */
    const char *user;   /* name or number; NULL: app */
    uint32_t flags;
    uint32_t rows;      /* of its terminal; 0: none. With one, STDOUT and not STDERR */
    uint32_t columns;
    uint64_t memory_limit; /* 0: none */
    uint32_t task_limit;
    uint64_t cpu_limit; /* microseconds */
};

struct sbx_size {
    uint32_t rows;
    uint32_t columns;
};

struct sbx_setup {
    const char *hostname;
    const char *machine_id;
    uint64_t realtime;  /* 0: leave the clock alone */
    const uint8_t *entropy;
    size_t entropy_length;
    const char **env;
    size_t env_count;
};

struct sbx_info {
    const char *version;
    const char *kernel;
    uint64_t boot_agent;
    uint64_t boot_ready;
};

struct sbx_exit {
    bool signalled;
    uint32_t status;  /* exit code, or the signal */
    bool oom;
    uint32_t cause;   /* enum sbx_exit_cause */
    uint64_t cpu_user; /* of its whole cgroup; without one, of what it waited for */
    uint64_t cpu_system;
    uint64_t max_rss; /* of its largest process */
    uint64_t peak_memory; /* of its whole cgroup; 0: not known */
    uint64_t wall;
};

struct sbx_failure {
    uint32_t kind;
    uint32_t error; /* errno in the guest, 0 when none fits */
    const char *text;
};

struct sbx_signal {
    uint32_t number;
    uint32_t scope;
};

/* Of a running process and all it started; without cgroups, of that process alone. */
struct sbx_usage {
    uint64_t cpu_user;      /* microseconds */
    uint64_t cpu_system;
    uint64_t memory;        /* bytes */
    uint64_t peak_memory;
    uint64_t tasks;
    uint64_t read_bytes;    /* from disks; 0 when the kernel does not count */
    uint64_t written_bytes;
};

/* Of the machine. What cannot be found out is 0. */
struct sbx_metrics {
    uint64_t uptime;        /* nanoseconds */
    uint64_t cpu_time;      /* microseconds, of all CPUs */
    uint64_t memory_total;  /* bytes */
    uint64_t memory_available;
    uint64_t memory_peak;   /* of all commands together */
    uint64_t disk_total;    /* of the root file system */
    uint64_t disk_free;
    uint64_t tasks;
    uint64_t load;          /* of the last minute, thousandths */
};

void sbx_command_encode(struct sbx_tlv_writer *writer, const struct sbx_command *command);
bool sbx_command_decode(const void *data, size_t length, struct sbx_command *out);
void sbx_command_clear(struct sbx_command *command);
void sbx_setup_encode(struct sbx_tlv_writer *writer, const struct sbx_setup *setup);
bool sbx_setup_decode(const void *data, size_t length, struct sbx_setup *out);
void sbx_setup_clear(struct sbx_setup *setup);
void sbx_info_encode(struct sbx_tlv_writer *writer, const struct sbx_info *info);
bool sbx_info_decode(const void *data, size_t length, struct sbx_info *out);
void sbx_exit_encode(struct sbx_tlv_writer *writer, const struct sbx_exit *record);
bool sbx_exit_decode(const void *data, size_t length, struct sbx_exit *out);
void sbx_failure_encode(struct sbx_tlv_writer *writer, const struct sbx_failure *failure);
bool sbx_failure_decode(const void *data, size_t length, struct sbx_failure *out);
void sbx_signal_encode(struct sbx_tlv_writer *writer, const struct sbx_signal *signal);
bool sbx_signal_decode(const void *data, size_t length, struct sbx_signal *out);
void sbx_size_encode(struct sbx_tlv_writer *writer, const struct sbx_size *size);
bool sbx_size_decode(const void *data, size_t length, struct sbx_size *out);
void sbx_usage_encode(struct sbx_tlv_writer *writer, const struct sbx_usage *usage);
bool sbx_usage_decode(const void *data, size_t length, struct sbx_usage *out);
void sbx_metrics_encode(struct sbx_tlv_writer *writer, const struct sbx_metrics *metrics);
bool sbx_metrics_decode(const void *data, size_t length, struct sbx_metrics *out);

/* A request's path, taken apart. */
enum sbx_resource {
    SBX_RESOURCE_UNKNOWN,
    SBX_RESOURCE_SETUP,
    SBX_RESOURCE_PING,
    SBX_RESOURCE_PARK,
    SBX_RESOURCE_METRICS,
    SBX_RESOURCE_PROCESS,
    SBX_RESOURCE_STDIN,
    SBX_RESOURCE_STDOUT,
    SBX_RESOURCE_STDERR,
    SBX_RESOURCE_SIGNAL,
    SBX_RESOURCE_RESIZE,
    SBX_RESOURCE_USAGE,
    SBX_RESOURCE_TCP,  /* id is the port */
    SBX_RESOURCE_UNIX, /* see sbx_path_parse_socket */
};
enum sbx_resource sbx_path_parse(const char *path, size_t length, uint64_t *id);
/* The socket that the path of an SBX_RESOURCE_UNIX names; false when the path is not one. */
bool sbx_path_parse_socket(const char *path, size_t length, char socket[SBX_PROTO_MAX_SOCKET + 1]);
/* A decimal number without sign, space or leading zero; false on overflow. */
bool sbx_decimal_parse(const char *text, size_t length, uint64_t *out);

#endif
