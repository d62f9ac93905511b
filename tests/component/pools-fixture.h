/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What tests of pools share: a keeper with spares of a driver that cannot clone, and what they ask
 * of it. */
#pragma once

#include <glib.h>
#include <sandbox/sandbox.h>

#define FILL_MS 60000 /* far more than it takes, for a busy machine */
#define END_MS 10000

/* A checked fixture; its teardown is test_keeper_teardown(). */
void pools_setup(void);

/* At least so many spares are ready. */
void fill(guint count);
/* It fails with that code and a word in its message. */
void assert_fill_fails(int code, const char *word);
sbx_pool_list *pools(void);
/* Waits until the only pool is as wanted; -1: no matter. */
void wait_for_pool(int ready, int starting);

/* pidfds of all VMs. */
GArray *vm_pidfds(void);
/* How many have ended; closes them. */
guint count_ended(GArray *pidfds, int within_ms);
/* The only VM there is. */
char *only_vm(void);
/* Stops the agent of a VM: the VM is there and does not answer. */
void stop_agent(const char *name);

/* Waits until that has happened, since the keeper began, to some sandbox; spares are none. */
void wait_for_event(int type);
guint count_sandboxes(void);
guint64 sandboxes_in_use(void);

/* A call in a thread of its own. */
typedef struct {
    GThread *thread;
    sbx_options *options;
    guint fill; /* so many spares; 0: a sandbox */
    sbx *sandbox;
    int code;
    sbx_error *error;
} Call;

Call *start_call(guint count);
/* Takes the options. */
Call *start_call_with(sbx_options *options, guint count);
void join_call(Call *call);
