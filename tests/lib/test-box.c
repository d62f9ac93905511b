/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See test-box.h. */
#include "lib/test-box.h"

#include "lib/test-keeper.h"
#include "lib/test-process.h"

sbx *box;

void test_box_setup_with(const sbx_options *options)
{
    test_keeper_setup();
    box = test_create(options);
}

void test_box_setup(void)
{
    test_box_setup_with(NULL);
}

void test_box_teardown(void)
{
    box = sbx_unref(box);
    test_keeper_teardown();
}

pid_t test_box_agent(void)
{
    g_autoptr(GArray) vm = test_processes_with(sbx_id(box));
    g_autoptr(GArray) inside = NULL;

    ck_assert_uint_eq(vm->len, 1);
    inside = test_descendants(g_array_index(vm, pid_t, 0));
    for (guint i = 0; i < inside->len; i++) {
        pid_t pid = g_array_index(inside, pid_t, i);
        g_autofree char *name = test_process_name(pid);

        if (g_strcmp0(name, "sbx-agent") == 0)
            return pid;
    }
    ck_abort_msg("there is no agent");
    return 0;
}
