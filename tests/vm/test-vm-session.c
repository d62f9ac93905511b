/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What someone does in the first minutes: look around, run tools, be careless with rm. Ends with a
 * guest that destroyed itself while the host did not notice.
 */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vm-env.h"

static void check_line(const char *text, const char *pattern)
{
    ck_assert_msg(g_regex_match_simple(pattern, text, G_REGEX_MULTILINE, 0),
                  "no line of \"%.2000s\" matches %s", text, pattern);
}

START_TEST(looks_around)
{
    sbx *sandbox = vm_shared();
    g_autofree char *root = vm_sh(sandbox, "ls -lh /");
    g_autofree char *release = vm_sh(sandbox, "cat /etc/os-release");
    g_autofree char *kernel = vm_sh(sandbox, "uname -a");
    g_autofree char *cpus = vm_sh(sandbox, "grep -c '^processor' /proc/cpuinfo");

    check_line(root, "^total ");
    check_line(root, "^drwxr-xr-x .* etc$");
    check_line(root, "^drwx------ .* root$");
    check_line(root, "^lrwxrwxrwx .* bin -> usr/bin$");
    check_line(release, "^VERSION_CODENAME=trixie$");
    check_line(kernel, "^Linux [0-9a-z]+ 6\\.[0-9.]+.*Debian.* x86_64 GNU/Linux$");
    ck_assert_str_eq(cpus, "2");
    sbx_unref(sandbox);
}
END_TEST

START_TEST(is_app_and_may_become_root)
{
    sbx *sandbox = vm_shared();
    g_autofree char *user = vm_sh(sandbox, "whoami; id -u; pwd; echo $HOME");
    g_autofree char *root = vm_sh(sandbox, "sudo whoami; sudo id -u");

    ck_assert_str_eq(user, "app\n1000\n/home/app\n/home/app");
    ck_assert_str_eq(root, "root\n0");
    sbx_unref(sandbox);
}
END_TEST

START_TEST(has_its_environment)
{
    sbx *sandbox = vm_shared();
    g_autofree char *value = vm_sh(sandbox, "printf %s \"$FROM_OPTIONS\"");
    g_autofree char *locale = vm_sh(sandbox, "locale charmap; echo $LANG; echo $USER; echo $SHELL");
    sbx_command *command = sbx_command_new("env");
    sbx_result *result = NULL;

    ck_assert_str_eq(value, "a b'c\n\xc3\xa9");
    ck_assert_str_eq(locale, "UTF-8\nC.UTF-8\napp\n/bin/bash");
    sbx_command_clear_env(command, 1);
    ck_assert_int_eq(sbx_command_set_env(command, "ONLY", "this", NULL), SBX_OK);
    ck_assert_int_eq(sbx_run(sandbox, command, &result, NULL), SBX_OK);
    ck_assert_str_eq(sbx_result_stdout(result, NULL), "ONLY=this\n");
    sbx_result_free(result);
    sbx_command_unref(command);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(runs_tools)
{
    sbx *sandbox = vm_shared();
    g_autofree char *python = vm_sh(sandbox, "python3 -c 'import ssl, sqlite3; print(6 * 7)'");
    g_autofree char *git = vm_sh(sandbox, "git init -q r && cd r && git -c user.name=a -c "
                                          "user.email=a@b commit -q --allow-empty -m one && "
                                          "git log --format=%s");
    g_autofree char *others =
        vm_sh(sandbox, "curl --version | head -n1 | cut -d' ' -f1; "
                       "ps --version >/dev/null && ip -V >/dev/null && echo ok");
    g_autofree char *deno = vm_sh(sandbox, "if command -v deno >/dev/null; then "
                                           "deno eval 'console.log(6 * 7)'; else echo none; fi");

    ck_assert_str_eq(python, "42");
    ck_assert_str_eq(git, "one");
    ck_assert_str_eq(others, "curl\nok");
    ck_assert_msg(strcmp(deno, "42") == 0 || strcmp(deno, "none") == 0, "deno says %s", deno);
    sbx_unref(sandbox);
}
END_TEST

START_TEST(clock_is_right)
{
    sbx *sandbox = vm_shared();
    g_autofree char *before = vm_sh(sandbox, "date +%s");
    gint64 off = g_get_real_time() / 1000000 - g_ascii_strtoll(before, NULL, 10);

    ck_assert_msg(ABS(off) <= vm_limit(3000) / 1000, "the guest's clock is off by %d s", (int)off);
    sbx_unref(sandbox);
}
END_TEST

/* Two sandboxes at once share nothing that could tell one's secrets to the other. */
START_TEST(has_an_identity_of_its_own)
{
    static const char script[] = "cat /etc/machine-id; cat /proc/sys/kernel/random/boot_id; "
                                 "head -c 32 /dev/urandom | sha256sum; python3 -c 'import random; "
                                 "print(random.random())'";
    sbx *first = vm_shared();
    sbx *second = vm_create();
    g_autofree char *host = vm_sh(first, "hostname; cat /etc/hostname; cat /etc/machine-id");
    g_autofree char *of_first = vm_sh(first, script);
    g_autofree char *of_second = vm_sh(second, script);
    g_auto(GStrv) names = g_strsplit(host, "\n", -1);
    g_auto(GStrv) one = g_strsplit(of_first, "\n", -1);
    g_auto(GStrv) two = g_strsplit(of_second, "\n", -1);

    ck_assert_int_eq(strncmp(names[0], sbx_id(first) + 8, 12), 0);
    ck_assert_uint_eq(strlen(names[0]), 12);
    ck_assert_str_eq(names[0], names[1]);
    check_line(names[2], "^[0-9a-f]{32}$");
    ck_assert_uint_eq(g_strv_length(one), 4);
    ck_assert_uint_eq(g_strv_length(two), 4);
    for (int i = 0; i < 4; i++)
        ck_assert_str_ne(one[i], two[i]);
    sbx_unref(first);
    sbx_unref(second);
}
END_TEST

START_TEST(appears_in_the_list)
{
    sbx *sandbox = vm_shared();
    sbx_list *list = NULL;

    ck_assert_int_eq(sbx_list_get(&list, NULL), SBX_OK);
    ck_assert_uint_eq(sbx_list_length(list), 1);
    ck_assert_str_eq(sbx_list_id(list, 0), sbx_id(sandbox));
    ck_assert_int_eq(sbx_list_status(list, 0), SBX_STATUS_RUNNING);
    ck_assert_int_eq(sbx_list_vcpus(list, 0), 2);
    ck_assert_uint_eq(sbx_list_memory(list, 0), VM_SHARED_MEMORY);
    ck_assert_str_eq(sbx_list_label_key(list, 0, 0), "suite");
    ck_assert_int_eq((int)sbx_list_deadline(list, 0), 0);
    ck_assert(g_str_has_prefix(sbx_list_image(list, 0), SBX_IMAGE_DEFAULT "@"));
    sbx_list_free(list);
    sbx_unref(sandbox);
}
END_TEST

/* --- carelessness --- */

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What the host can see of itself, and no other program is likely to change meanwhile. */
static char *host_state(void)
{
    static const char *const files[] = {"/etc/passwd",  "/etc/os-release", "/bin/sh",
                                        "/usr/bin/env", "/etc/hostname",   "/etc/machine-id"};
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    DIR *root = opendir("/");
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    struct dirent *entry;
    char *state;

    while ((entry = readdir(root)) != NULL)
        g_ptr_array_add(names, g_strdup(entry->d_name));
    closedir(root);
    g_ptr_array_sort(names, by_name);
    for (guint i = 0; i < names->len; i++)
        g_checksum_update(sum, names->pdata[i], -1);
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *text = NULL;
        gsize length = 0;
        struct stat status = {0};

        if (g_file_get_contents(files[i], &text, &length, NULL))
            g_checksum_update(sum, (const guchar *)text, (gssize)length);
        if (stat(files[i], &status) == 0)
            g_checksum_update(sum, (const guchar *)&status.st_mode, sizeof status.st_mode);
    }
    state = g_strdup(g_checksum_get_string(sum));
    g_checksum_free(sum);
    return state;
}

/* The next command fails in good time, and says why. */
static void check_next_command(sbx *sandbox)
{
    sbx_result *result = NULL;
    sbx_error *error = NULL;
    gint64 start = vm_now_ms();
    int code = sbx_sh(sandbox, "echo still here", &result, &error);

    ck_assert_msg(code < 0, "the guest's bash survived: exit code %d",
                  code < 0 ? 0 : sbx_result_exit_code(result));
    ck_assert_int_lt(vm_now_ms() - start, vm_limit(5000));
    ck_assert_msg(code == SBX_E_EXEC || code == SBX_E_GONE, "%s: %s", sbx_error_code_name(code),
                  sbx_error_message(error));
    if (code == SBX_E_EXEC)
        ck_assert_msg(strstr(sbx_error_message(error), "bash") != NULL, "\"%s\" names no program",
                      sbx_error_message(error));
    sbx_error_free(error);
}

START_TEST(destroys_itself_and_nothing_else)
{
    g_autofree char *before = host_state();
    g_autofree char *canary = vm_path("canary");
    g_autofree char *after = NULL;
    g_autofree char *content = NULL;
    sbx *sandbox = vm_create();
    sbx_result *result = NULL;
    sbx_error *error = NULL;
    g_autofree char *refused = NULL;
    g_autofree char *denied = NULL;
    gint64 start;

    ck_assert(g_file_set_contents(canary, "alive", -1, NULL));
    refused = vm_sh_fails(sandbox, "rm -rf /", 1);
    check_line(refused, "dangerous to operate recursively on '/'");
    denied = vm_sh_fails(sandbox,
                         "rm -rf --no-preserve-root / 2>&1 >/dev/null | "
                         "grep -v '/proc\\|/sys' >&2; exit ${PIPESTATUS[0]}",
                         1);
    check_line(denied, "Permission denied$");
    g_free(vm_sh(sandbox, "test -x /usr/bin/python3"));

    ck_assert_int_eq(
        sbx_sh(sandbox, "sudo rm -rf --no-preserve-root / >/dev/null 2>&1", &result, &error),
        SBX_OK);
    ck_assert_int_ne(sbx_result_exit_code(result), 0); /* /proc and /sys cannot be removed */
    sbx_result_free(result);
    check_next_command(sandbox);
    start = vm_now_ms();
    ck_assert_int_eq(sbx_kill(sandbox, &error), SBX_OK);
    ck_assert_int_lt(vm_now_ms() - start, vm_limit(1000));
    vm_expect_gone(sandbox, "killed");
    sbx_unref(sandbox);

    after = host_state();
    ck_assert_str_eq(before, after);
    ck_assert(g_file_get_contents(canary, &content, NULL, NULL));
    ck_assert_str_eq(content, "alive");
    ck_assert_int_eq(sbx_image_verify(SBX_IMAGE_DEFAULT, NULL, NULL, NULL), SBX_OK);
    /* The other sandbox boots from the same files. */
    sandbox = vm_shared();
    g_free(vm_sh(sandbox, "test -x /usr/bin/python3"));
    sbx_unref(sandbox);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vm-session");
    TCase *basic = tcase_create("basic");
    TCase *tools = tcase_create("tools");
    TCase *careless = tcase_create("careless");

    tcase_set_timeout(basic, vm_limit(120000) / 1000);
    tcase_add_test(basic, looks_around);
    tcase_add_test(basic, is_app_and_may_become_root);
    tcase_add_test(basic, has_its_environment);
    tcase_add_test(basic, clock_is_right);
    tcase_add_test(basic, appears_in_the_list);
    suite_add_tcase(suite, basic);
    tcase_set_timeout(tools, vm_limit(180000) / 1000);
    tcase_add_test(tools, runs_tools);
    tcase_add_test(tools, has_an_identity_of_its_own);
    suite_add_tcase(suite, tools);
    tcase_set_timeout(careless, vm_limit(300000) / 1000);
    tcase_add_test(careless, destroys_itself_and_nothing_else);
    suite_add_tcase(suite, careless);
    return vm_main("vm-session", suite);
}
