/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files and trees in and out of a real guest: users, owners, a full disk, the guest's own root as
 * an enemy. What does not need a guest is in tests/component/test-keeper-transfer.c. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vm-env.h"

static sbx_transfer_options *as(const char *user)
{
    sbx_transfer_options *options = sbx_transfer_options_new();

    ck_assert_int_eq(sbx_transfer_options_set_user(options, user, NULL), SBX_OK);
    return options;
}

static void succeeds(int code, sbx_error **error)
{
    ck_assert_msg(code >= 0, "%s", code < 0 ? sbx_error_message(*error) : "");
}

static void fails(int code, int wanted, sbx_error **error, const char *word)
{
    ck_assert_msg(code == wanted && strstr(sbx_error_message(*error), word) != NULL, "%d: %s", code,
                  code < 0 ? sbx_error_message(*error) : "it worked");
    sbx_error_free(*error);
    *error = NULL;
}

/* As app, whose file it becomes; as root, who keeps owners and may write anywhere. */
START_TEST(users_and_owners)
{
    sbx *sandbox = vm_shared();
    g_autofree char *path = vm_path("file");
    sbx_transfer_options *root = as("root");
    sbx_transfer_options *nobody = as("no-such-user");
    sbx_error *error = NULL;
    g_autofree char *said = NULL;

    ck_assert(g_file_set_contents(path, "text", -1, NULL));
    ck_assert_int_eq(chmod(path, 0640), 0);
    succeeds(sbx_upload(sandbox, path, "mine", NULL, &error), &error);
    g_free(said);
    said = vm_sh(sandbox, "stat -c '%U %a' /home/app/mine; cat mine");
    ck_assert_str_eq(said, "app 640\ntext");
    fails(sbx_upload(sandbox, path, "/etc/theirs", NULL, &error), SBX_E_DENIED, &error,
          "Permission denied");
    succeeds(sbx_upload(sandbox, path, "/etc/theirs", root, &error), &error);
    fails(sbx_download(sandbox, "/etc/shadow", path, NULL, &error), SBX_E_DENIED, &error,
          "\"shadow\"");
    fails(sbx_upload(sandbox, path, "x", nobody, &error), SBX_E_EXEC, &error, "no-such-user");
    sbx_transfer_options_free(root);
    sbx_transfer_options_free(nobody);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(the_guests_disk_is_full)
{
    sbx *sandbox = vm_shared();
    g_autofree char *path = vm_path("large");
    sbx_transfer_options *root = as("root");
    sbx_error *error = NULL;
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    ck_assert_int_eq(posix_fallocate(fd, 0, 8 << 20), 0);
    close(fd);
    g_free(vm_sh(sandbox, "exit 0"));
    {
        sbx_command *command = sbx_command_new_script(
            "mkdir -p /mnt/small && mount -t tmpfs -o size=4m small /mnt/small");
        sbx_result *result = NULL;

        ck_assert_int_eq(sbx_command_set_user(command, "root", NULL), SBX_OK);
        succeeds(sbx_run(sandbox, command, &result, &error), &error);
        ck_assert_int_eq(sbx_result_exit_code(result), 0);
        sbx_result_free(result);
        sbx_command_unref(command);
    }
    fails(sbx_upload(sandbox, path, "/mnt/small/large", root, &error), SBX_E_NO_SPACE, &error,
          "cannot write \"large\"");
    ck_assert_str_eq(vm_sh(sandbox, "ls -A /mnt/small"), "");
    sbx_transfer_options_free(root);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(killed_in_the_middle)
{
    sbx *sandbox = vm_create();
    sbx_error *error = NULL;
    int ends[2];
    pid_t killer;

    g_free(vm_sh(sandbox, "head -c 30M /dev/urandom >large"));
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    killer = fork();
    if (killer == 0) {
        sbx *again = NULL;
        char byte;

        if (read(ends[0], &byte, 1) == 1 && sbx_connect(sbx_id(sandbox), NULL, &again, NULL) == 0)
            sbx_kill(again, NULL);
        /* Only now does the pipe break: what the call sees first is the sandbox's end. */
        while (read(ends[0], &byte, 1) > 0)
            ;
        _exit(0);
    }
    close(ends[0]);
    fails(sbx_tar_create(sandbox, ".", NULL, 0, ends[1], NULL, &error), SBX_E_GONE, &error, "");
    close(ends[1]);
    sbx_unref(sandbox);
}
END_TEST

static Suite *copy_suite(void)
{
    Suite *suite = suite_create("copy");
    TCase *cases = tcase_create("copy");

    tcase_set_timeout(cases, vm_limit(120000) / 1000.0);
    tcase_add_test(cases, users_and_owners);
    tcase_add_test(cases, the_guests_disk_is_full);
    tcase_add_test(cases, killed_in_the_middle);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    vm_use_templates();
    return vm_main("copy", copy_suite());
}
