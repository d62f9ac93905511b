/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands in a sandbox: see test-command.h. */
#include "lib/test-command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/test-keeper.h"

sbx_process *test_spawn(sbx *sandbox, sbx_command *command)
{
    sbx_error *error = NULL;
    sbx_process *process = NULL;

    test_ok(sbx_spawn(sandbox, command, &process, &error), &error);
    sbx_command_unref(command);
    return process;
}

sbx_process *test_spawn_script(sbx *sandbox, const char *script)
{
    return test_spawn(sandbox, sbx_command_new_script(script));
}

sbx_result *test_run_command(sbx *sandbox, sbx_command *command)
{
    sbx_error *error = NULL;
    sbx_result *result = NULL;

    test_ok(sbx_run(sandbox, command, &result, &error), &error);
    sbx_command_unref(command);
    return result;
}

void test_wait(sbx_process *process)
{
    sbx_error *error = NULL;

    ck_assert_int_eq(test_ok(sbx_process_wait(process, 60000, &error), &error), 1);
}

void test_read_all(int fd, char *bytes, gsize length)
{
    for (gsize done = 0; done < length;) {
        ssize_t n = read(fd, bytes + done, length - done);

        ck_assert_msg(n > 0, "only %zu bytes of %zu: %s", done, length,
                      n < 0 ? strerror(errno) : "");
        done += (gsize)n;
    }
}

GByteArray *test_read_to_end(int fd)
{
    GByteArray *bytes = g_byte_array_new();
    guint8 buffer[65536];
    ssize_t n;

    while ((n = read(fd, buffer, sizeof buffer)) > 0)
        g_byte_array_append(bytes, buffer, (guint)n);
    /* A terminal that has hung up says EIO. */
    ck_assert_msg(n == 0 || errno == EIO, "read: %s", strerror(errno));
    g_byte_array_append(bytes, (const guint8 *)"", 1);
    g_byte_array_set_size(bytes, bytes->len - 1);
    return bytes;
}

int test_read_number(int fd)
{
    char text[16] = "";

    for (gsize i = 0; i < sizeof text - 1; i++) {
        test_read_all(fd, text + i, 1);
        if (text[i] == '\n')
            break;
    }
    return atoi(text);
}
