/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sandbox of a test that needs just one: a checked fixture around test-keeper.h's. */
#pragma once

#include <sandbox/sandbox.h>
#include <sys/types.h>

extern sbx *box;

void test_box_setup(void);
/* What a fixture does that sets up more than an ordinary sandbox. */
void test_box_setup_with(const sbx_options *options);
void test_box_teardown(void);
/* The guest's init, which is a process of this machine. */
pid_t test_box_agent(void);
