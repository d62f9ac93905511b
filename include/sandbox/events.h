/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Events: what happens to sandboxes and to the commands in them.
 *
 * A subscription has a descriptor that becomes readable when there are events; they are pulled until
 * there are none. The keeper remembers the last 1000 events of a user, also of sandboxes that have
 * ended, for as long as it runs. A subscriber that falls further behind loses the oldest ones and is
 * told how many (SBX_EVENT_LOST); it never costs the keeper memory.
 *
 * One thread at a time may use a subscription. It belongs to the process that opened it: after
 * fork() the child may only free it. Events are immutable and may be read from any thread.
 */
#ifndef SANDBOX_EVENTS_H
#define SANDBOX_EVENTS_H

#include <stdint.h>

#include <sandbox/error.h>
#include <sandbox/handle.h>
#include <sandbox/process.h>

SBX_BEGIN_DECLS

typedef struct sbx_events sbx_events;
typedef struct sbx_event sbx_event;

#define SBX_EVENT_CREATED 1         /* somebody creates it; text: the image, or what it is a copy of */
#define SBX_EVENT_READY 2           /* commands can run in it */
#define SBX_EVENT_PAUSED 3
#define SBX_EVENT_RESUMED 4
#define SBX_EVENT_PROCESS_STARTED 5 /* has pid and command */
#define SBX_EVENT_PROCESS_EXITED 6  /* has pid, command, code, signal, cause */
#define SBX_EVENT_OOM 7             /* the guest's kernel killed in a command for want of memory */
#define SBX_EVENT_EXTENDED 8        /* has the new deadline */
#define SBX_EVENT_KILLED 9          /* by sbx_kill() */
#define SBX_EVENT_DIED 10           /* guest or VM ended by themselves, or did not start; text: why */
#define SBX_EVENT_ENDED 11          /* the last of every sandbox: nothing is left; text: why */
#define SBX_EVENT_LOST 12           /* code: how many events this subscriber did not get */

#define SBX_EVENTS_NEW (-INT64_C(1)) /* only what happens from now on */
#define SBX_EVENTS_ALL INT64_C(0)    /* all that the keeper remembers, and what happens from now on */

/**
 * sbx_events_open:
 * @sandbox: whose events, or NULL for those of all sandboxes of this user
 * @since: SBX_EVENTS_NEW, SBX_EVENTS_ALL, or milliseconds since 1970 UTC: what the keeper remembers
 *   from then on comes first
 * @out: (out): the subscription; the caller frees it with sbx_events_free()
 * @error: where to put an error, or NULL
 *
 * Blocks for one exchange with the keeper. With NULL a keeper is started when there is none. A
 * subscription keeps the keeper running, but no sandbox.
 *
 * Errors: SBX_E_INVALID, SBX_E_GONE (nothing is remembered of that sandbox), SBX_E_KEEPER,
 * SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_events_open(sbx *sandbox, int64_t since, sbx_events **out, sbx_error **error);

/** sbx_events_free: ends the subscription; NULL is fine. Never blocks. Since: 0.1 */
SBX_PUBLIC void sbx_events_free(sbx_events *events);

/**
 * sbx_events_get_fd:
 * @events: a subscription
 *
 * A descriptor for poll() and the like: readable when sbx_events_next() has something to say. Owned
 * by @events; do not read from it. Never blocks. Since: 0.1
 */
SBX_PUBLIC int sbx_events_get_fd(sbx_events *events);

/**
 * sbx_events_next:
 * @events: a subscription
 * @out: (out): the next event; the caller frees it with sbx_event_free()
 * @error: where to put an error, or NULL
 *
 * Never blocks. Returns 1 with an event, 0 when there is none now.
 * Errors: SBX_E_KEEPER (the keeper has ended, and all sandboxes with it), SBX_E_PROTOCOL,
 * SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_events_next(sbx_events *events, sbx_event **out, sbx_error **error);

/**
 * sbx_events_wait:
 * @events: a subscription
 * @timeout_ms: milliseconds to wait at most; 0: not at all; SBX_WAIT_FOREVER
 * @error: where to put an error, or NULL
 *
 * Blocks until sbx_events_next() has something to say. Returns 1, or 0 when the time ran out. After
 * SBX_EVENT_ENDED the subscription to one sandbox has nothing more to say.
 * Errors: SBX_E_INVALID, SBX_E_SYSTEM, SBX_E_FORKED. Since: 0.1
 */
SBX_PUBLIC int sbx_events_wait(sbx_events *events, int64_t timeout_ms, sbx_error **error);

/**
 * sbx_events_history:
 * @events: a subscription
 *
 * How many of the events that were there when it was opened are still to come; 0: what comes next is
 * new. Never blocks. Since: 0.1
 */
SBX_PUBLIC uint64_t sbx_events_history(const sbx_events *events);

/** sbx_event_free: frees an event; NULL is fine. Since: 0.1 */
SBX_PUBLIC void sbx_event_free(sbx_event *event);

/*
 * The following never block. Strings are owned by the event. What an event does not have is NULL or
 * 0.
 */

/** sbx_event_type: one of SBX_EVENT_; later versions may know more. Since: 0.1 */
SBX_PUBLIC int sbx_event_type(const sbx_event *event);

/** sbx_event_type_name: the name of one of SBX_EVENT_, for example "process-exited"; "unknown" for
 * another @type. Static string. Since: 0.1 */
SBX_PUBLIC const char *sbx_event_type_name(int type);

/** sbx_event_number: counts the events of a keeper from 1 on; 0 for SBX_EVENT_LOST. Since: 0.1 */
SBX_PUBLIC uint64_t sbx_event_number(const sbx_event *event);

/** sbx_event_time: when it happened, milliseconds since 1970 UTC. Since: 0.1 */
SBX_PUBLIC int64_t sbx_event_time(const sbx_event *event);

/** sbx_event_sandbox: the sandbox's id; NULL for SBX_EVENT_LOST. Since: 0.1 */
SBX_PUBLIC const char *sbx_event_sandbox(const sbx_event *event);

/** sbx_event_text: what more there is to say, for a person: UTF-8, at most 1000 bytes. Since: 0.1 */
SBX_PUBLIC const char *sbx_event_text(const sbx_event *event);

/** sbx_event_code: the exit code, 128 and the signal when one ended it; or the number of lost
 * events. Since: 0.1 */
SBX_PUBLIC int64_t sbx_event_code(const sbx_event *event);

/** sbx_event_signal: the signal that ended the process. Since: 0.1 */
SBX_PUBLIC int sbx_event_signal(const sbx_event *event);

/** sbx_event_cause: why the process ended, one of SBX_CAUSE_; -1 for other events. Since: 0.1 */
SBX_PUBLIC int sbx_event_cause(const sbx_event *event);

/** sbx_event_pid: the process's number in the guest. Since: 0.1 */
SBX_PUBLIC int sbx_event_pid(const sbx_event *event);

/** sbx_event_command: the beginning of the command, for a person: UTF-8, at most 200 bytes.
 * Since: 0.1 */
SBX_PUBLIC const char *sbx_event_command(const sbx_event *event);

/** sbx_event_deadline: the new deadline, milliseconds since 1970 UTC. Since: 0.1 */
SBX_PUBLIC int64_t sbx_event_deadline(const sbx_event *event);

SBX_END_DECLS

#endif
