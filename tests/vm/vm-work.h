/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Work for a sandbox that is forked, and how far the keeper has got with a capture.
 *
 * The work writes files, keeps a memory that it checks and changes, all the time; a ticker prints to a
 * pipe of this program as well. All of it has to go on in every copy, with nothing lost.
 */
#ifndef SBX_TESTS_VM_WORK_H
#define SBX_TESTS_VM_WORK_H

#include <pthread.h>

#include "vm-env.h"

/* Has the shared sandbox work; the first call does. An unchecked fixture. */
void vm_work_start(void);
/* Fails unless all of it goes on in that sandbox and nothing is missing. */
void vm_work_check(sbx *sandbox);
/* A script that fails unless the file gets so many more lines. tail knows no events of an overlay, and
 * looks once a second unless told otherwise. */
#define VM_MORE(file, lines)                                                                       \
    "test $(timeout 60 tail -s 0.05 -n 0 -f " file " | head -n " lines " | wc -l) = " lines        \
    " || exit 4\n"
/* A script that fails when a file has a gap, or what was in memory has changed. */
extern const char vm_work_no_gaps[];
/* The number in a file's last line. */
guint64 vm_work_lines(sbx *sandbox, const char *file);

/* --- a process that prints to us, read by a thread --- */

typedef struct {
    sbx_process *process;
    pthread_t thread;
    int fd;
    guint64 lines; /* so far, in order */
    gboolean out_of_order;
    gint64 last_ms;
    gint64 longest_ms; /* without a line */
    pthread_mutex_t lock;
} VmTicker;

VmTicker *vm_ticker_start(sbx *sandbox);
/* The longest time without a line since the last call of it. */
gint64 vm_ticker_stall(VmTicker *self);
guint64 vm_ticker_lines(VmTicker *self);
/* All that it wrote has come, in order: it is stopped and its file compared. */
void vm_ticker_end(VmTicker *self, sbx *sandbox);
/* A script that fails unless it, or a copy of it, goes on for longer than a pipe would let it. */
extern const char vm_ticker_goes_on[];

/* --- the keeper's captures --- */

guint64 vm_sandboxes_used(void);
/* Nothing but the shared sandbox is there, no file of a capture, no memory of one. */
void vm_check_only_shared(void);

/* Stages of a capture, in order. */
typedef enum { VM_STAGE_BEGUN, VM_STAGE_LOADER, VM_STAGE_STOPPED } VmStage;

typedef struct {
    int fd;
    char *dir;
    char *capture; /* the directory of the one that was waited for */
} VmWatch;

VmWatch vm_watch_begin(void);
/* Waits until the next capture has got that far: its directory is there, its loader's disk is (the
 * VMM follows), the parent's disk is being copied (the parent stands still). */
void vm_watch_wait(VmWatch *watch, VmStage stage);
void vm_watch_end(VmWatch *watch);

#endif
