/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many at once: a burst of creates, and a keeper that is killed under all its sandboxes. The burst
 * has 6 sandboxes, and 20 with SBX_TEST_FULL=1.
 */
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vm-env.h"

#define SMALL 6
#define LARGE 20

static int crowd_size(void)
{
    return vm_full() ? LARGE : SMALL;
}

typedef struct {
    const sbx_options *options;
    sbx *sandbox;
    char *failure;
    gint64 took;
} Creator;

static void *create(void *data)
{
    Creator *creator = data;
    sbx_error *error = NULL;
    gint64 start = vm_now_ms();

    if (sbx_create(creator->options, &creator->sandbox, &error) < 0) {
        creator->failure = g_strdup(sbx_error_message(error));
        sbx_error_free(error);
    }
    creator->took = vm_now_ms() - start;
    return NULL;
}

/* Creates them all at once, in one thread each. */
static void create_crowd(sbx **crowd, int count)
{
    sbx_options *options = vm_options(128 * VM_MIB);
    g_autofree Creator *creators = g_new0(Creator, count);
    g_autofree pthread_t *threads = g_new0(pthread_t, count);
    gint64 start = vm_now_ms();

    sbx_options_set_start_timeout(options, vm_limit(600000), NULL);
    for (int i = 0; i < count; i++) {
        creators[i].options = options;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, create, &creators[i]), 0);
    }
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < count; i++) {
        ck_assert_msg(creators[i].failure == NULL, "sandbox %d: %s", i, creators[i].failure);
        crowd[i] = creators[i].sandbox;
    }
    printf("  %d sandboxes at once took %d ms\n", count, (int)(vm_now_ms() - start));
    sbx_options_unref(options);
}

static int count_vms(void)
{
    GArray *pids = vm_processes("guest=sbx_");
    g_autofree char *runtime = vm_path("r");
    int count = 0;

    for (guint i = 0; i < pids->len; i++) {
        g_autofree char *path = g_strdup_printf("/proc/%d/cmdline", g_array_index(pids, pid_t, i));
        g_autofree char *line = NULL;
        gsize length = 0;

        if (g_file_get_contents(path, &line, &length, NULL) &&
            memmem(line, length, runtime, strlen(runtime)) != NULL)
            count++;
    }
    g_array_unref(pids);
    return count;
}

START_TEST(a_burst)
{
    int count = crowd_size();
    g_autofree sbx **crowd = g_new0(sbx *, count);
    sbx_list *list = NULL;

    create_crowd(crowd, count);
    ck_assert_int_eq(sbx_list_get(&list, NULL), SBX_OK);
    ck_assert_uint_eq(sbx_list_length(list), (size_t)count + 1);
    sbx_list_free(list);
    for (int i = 0; i < count; i++) {
        g_autofree char *host = vm_sh(crowd[i], "hostname");

        ck_assert_int_eq(strncmp(host, sbx_id(crowd[i]) + 8, 12), 0);
    }
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(sbx_kill(crowd[i], NULL), SBX_OK);
    ck_assert_int_eq(count_vms(), 1); /* the shared one */
    for (int i = 0; i < count; i++)
        sbx_unref(crowd[i]);
}
END_TEST

/* Everything of this program's keeper: launcher, init, keeper, VMs. */
static GArray *keeper_pidfds(void)
{
    g_autofree char *runtime = vm_path("r");
    GArray *pids = vm_processes(runtime);
    GArray *fds = vm_pidfds(pids);

    g_array_unref(pids);
    return fds;
}

/* Names below /tmp and the data directory that a keeper might have left. */
static char *temporary_files(void)
{
    GString *found = g_string_new(NULL);
    DIR *tmp = opendir("/tmp");
    struct dirent *entry;

    while ((entry = readdir(tmp)) != NULL)
        if (g_str_has_prefix(entry->d_name, "libsandbox-vm-"))
            g_string_append_printf(found, "%s ", entry->d_name);
    closedir(tmp);
    return g_string_free(found, FALSE);
}

START_TEST(the_keeper_is_killed)
{
    int count = crowd_size();
    g_autofree sbx **crowd = g_new0(sbx *, count);
    g_autofree char *runtime = vm_path("r");
    g_autofree char *temporary = temporary_files();
    g_autofree char *temporary_after = NULL;
    g_autofree char *left = NULL;
    GArray *everything;
    guint processes;
    gint64 start;
    sbx *next;

    create_crowd(crowd, count);
    ck_assert_int_eq(count_vms(), count + 1);
    everything = keeper_pidfds();
    processes = everything->len;
    start = vm_now_ms();
    ck_assert_int_eq(kill(vm_keeper(NULL), SIGKILL), 0);
    ck_assert_msg(vm_wait_all_gone(everything, 1000), "something is left of %u processes",
                  processes);
    printf("  keeper killed: %u processes gone after %d ms\n", processes,
           (int)(vm_now_ms() - start));
    left = vm_leftovers(runtime);
    ck_assert_msg(left == NULL, "left behind:\n%s", left);
    temporary_after = temporary_files();
    ck_assert_str_eq(temporary, temporary_after);

    start = vm_now_ms();
    for (int i = 0; i < count; i++) {
        sbx_result *result = NULL;
        sbx_error *error = NULL;
        int code = sbx_sh(crowd[i], "true", &result, &error);

        ck_assert_msg(code == SBX_E_KEEPER || code == SBX_E_GONE, "%s: %s",
                      sbx_error_code_name(code), error ? sbx_error_message(error) : "");
        sbx_error_free(error);
        ck_assert_int_eq(sbx_kill(crowd[i], NULL), SBX_OK);
        sbx_unref(crowd[i]);
    }
    ck_assert_int_lt(vm_now_ms() - start, vm_limit(1000));

    next = vm_create();
    g_free(vm_sh(next, "true"));
    sbx_unref(next);
}
END_TEST

/* The same when the guardian, the outermost process, is the victim. */
START_TEST(the_guardian_is_killed)
{
    sbx *sandbox = vm_create();
    g_autofree char *option = g_strdup_printf("--runtime-dir=%s/r", vm_dir());
    GArray *launchers = vm_processes(option);
    GArray *everything = keeper_pidfds();
    sbx *next;

    /* The guardian is the one that is not another's child in the new namespace: the oldest. */
    ck_assert_int_ge((int)launchers->len, 1);
    ck_assert_int_eq(kill(g_array_index(launchers, pid_t, 0), SIGKILL), 0);
    g_array_unref(launchers);
    ck_assert(vm_wait_all_gone(everything, 1000));
    sbx_unref(sandbox);
    next = vm_create(); /* what has a name is taken over by the next keeper */
    g_free(vm_sh(next, "true"));
    sbx_unref(next);
}
END_TEST

/* Ten programs find no keeper, and start one. */
START_TEST(programs_race_for_a_keeper)
{
    pid_t children[10];
    int failed = 0;
    int start[2];
    GArray *everything = keeper_pidfds();
    GArray *keepers;

    ck_assert_int_ge(sbx_keeper_stop(1, NULL), 0);
    ck_assert(vm_wait_all_gone(everything, 2000));
    ck_assert_int_eq(pipe(start), 0);
    for (int i = 0; i < 10; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            char byte;
            sbx_options *options = sbx_options_new();
            sbx *sandbox = NULL;
            sbx_error *error = NULL;

            close(start[1]);
            (void)!read(start[0], &byte, 1);
            sbx_options_set_image(options, "no-such-image", NULL);
            /* NOT_FOUND is a keeper's answer. */
            _exit(sbx_create(options, &sandbox, &error) == SBX_E_NOT_FOUND ? 0 : 1);
        }
    }
    close(start[0]);
    close(start[1]);
    for (int i = 0; i < 10; i++) {
        int status = -1;

        ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
        failed += status != 0;
    }
    ck_assert_int_eq(failed, 0);
    keepers = vm_processes("--vm-dir=");
    failed = 0;
    for (guint i = 0; i < keepers->len; i++) {
        g_autofree char *path =
            g_strdup_printf("/proc/%d/cmdline", g_array_index(keepers, pid_t, i));
        g_autofree char *line = NULL;
        gsize length = 0;

        if (g_file_get_contents(path, &line, &length, NULL))
            failed += memmem(line, length, vm_dir(), strlen(vm_dir())) != NULL;
    }
    ck_assert_int_eq(failed, 1); /* one keeper for all */
    g_array_unref(keepers);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vm-crowd");
    TCase *crowd = tcase_create("crowd");
    TCase *keepers = tcase_create("keepers");

    tcase_set_timeout(crowd, vm_limit(900000) / 1000);
    tcase_add_test(crowd, a_burst);
    tcase_add_test(crowd, the_keeper_is_killed);
    suite_add_tcase(suite, crowd);
    tcase_set_timeout(keepers, vm_limit(120000) / 1000);
    tcase_add_test(keepers, the_guardian_is_killed);
    tcase_add_test(keepers, programs_race_for_a_keeper);
    suite_add_tcase(suite, keepers);
    return vm_main("vm-crowd", suite);
}
