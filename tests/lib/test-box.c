/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See test-box.h. */
#include "lib/test-box.h"

#include "lib/test-keeper.h"

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
