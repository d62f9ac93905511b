/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Identity: see identity.h. */
#include "keeper/identity.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#define ENTROPY_SIZE 64

static uint64_t now_ns(void)
{
    return (uint64_t)g_get_real_time() * 1000;
}

/* Nothing of it is shared with any other sandbox. */
void sbx_identity_give(SbxSandbox *sandbox, SbxAgentDoneFunc done, gpointer data)
{
    guchar random[16 + ENTROPY_SIZE];
    char machine_id[33];
    char hostname[16];
    SbxAgentSetup setup = {
        .hostname = hostname,
        .machine_id = machine_id,
        .realtime_ns = now_ns(),
        .entropy = random + 16,
        .entropy_length = ENTROPY_SIZE,
        .env = (const char *const *)sandbox->config.env,
    };

    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        g_error("getrandom: %s", g_strerror(errno));
    for (int i = 0; i < 16; i++)
        g_snprintf(machine_id + 2 * i, 3, "%02x", random[i]);
    g_snprintf(hostname, sizeof hostname, "%.12s", sandbox->id + 8);
    sbx_agent_session_setup(sandbox->session, &setup, done, data);
    explicit_bzero(random, sizeof random);
}

void sbx_identity_set_clock(SbxSandbox *sandbox, SbxAgentDoneFunc done, gpointer data)
{
    SbxAgentSetup setup = {
        .realtime_ns = now_ns(),
        .env = (const char *const *)sandbox->config.env,
    };

    sbx_agent_session_setup(sandbox->session, &setup, done, data);
}
