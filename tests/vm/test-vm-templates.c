/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Templates that something happens to: damage, a full disk, a killed keeper, another QEMU, two
 * keepers that want the same one. A sandbox can be had throughout, and what was wrong is told.
 *
 * The first template is built before the first test, by two keepers at once, and copied: a test that
 * damages it puts the copy back first, which takes no boot. Keepers of tests share the program's data
 * directory, and with it the templates and the log, and have runtime directories of their own.
 *
 * Not tested: a host whose clock is stepped, which would be stepped for everybody on it.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vm-env.h"

#define MEMORY (256 * VM_MIB)
#define ID_LENGTH 64

static void run(const char *const *argv)
{
    g_autoptr(GError) error = NULL;
    gint status = -1;

    if (!g_spawn_sync("/", (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
                      &status, &error) ||
        !g_spawn_check_wait_status(status, &error))
        ck_abort_msg("%s: %s", argv[0], error->message);
}

/* --- a keeper of its own --- */

static char *runtime;

static void use_keeper(const char *name)
{
    runtime = vm_path(name);
    g_setenv("LIBSANDBOX_RUNTIME_DIR", runtime, TRUE);
    g_setenv("LIBSANDBOX_TEMPLATES", "1", TRUE);
    /* Should this test fail, its keeper does not stay for long. */
    g_setenv("LIBSANDBOX_IDLE_SECONDS", "3", TRUE);
}

static void leave_keeper(void)
{
    GArray *pids = vm_processes(runtime);
    GArray *pidfds = vm_pidfds(pids);
    g_autofree char *left = NULL;

    g_array_unref(pids);
    ck_assert_int_ge(sbx_keeper_stop(1, NULL), 0);
    ck_assert_msg(vm_wait_all_gone(pidfds, 5000), "the keeper does not end");
    left = vm_leftovers(runtime);
    ck_assert_msg(left == NULL, "left behind:\n%s", left);
}

/* What keepers of a data directory have written to their log since @from. */
static char *log_since(const char *data, gsize from)
{
    g_autofree char *path = g_build_filename(data, "log", "keeper.log", NULL);
    g_autofree char *text = NULL;
    gsize length = 0;

    if (!g_file_get_contents(path, &text, &length, NULL) || length < from)
        return g_strdup("");
    return g_strdup(text + from);
}

static gsize log_length(const char *data)
{
    g_autofree char *text = log_since(data, 0);

    return strlen(text);
}

/* --- templates --- */

static int build_with(sbx_progress_func progress, void *data, char **id, sbx_error **error)
{
    sbx_options *options = vm_options(MEMORY);
    int built = sbx_template_build(options, 0, progress, data, id, error);

    sbx_options_unref(options);
    return built;
}

static void build(void)
{
    sbx_error *error = NULL;
    int built = build_with(NULL, NULL, NULL, &error);

    ck_assert_msg(built == 1, "sbx_template_build: %d, %s", built,
                  error != NULL ? sbx_error_message(error) : "there was one");
}

/* The only one there is, and when it was made; freed with g_free(). */
static char *only_template(gint64 *created)
{
    sbx_template_list *list = NULL;
    char *id;

    ck_assert_int_eq(sbx_template_list_get(&list, NULL), SBX_OK);
    ck_assert_uint_eq(sbx_template_list_length(list), 1);
    ck_assert_int_eq(sbx_template_list_state(list, 0), SBX_TEMPLATE_READY);
    ck_assert_uint_eq(sbx_template_list_memory(list, 0), MEMORY);
    *created = sbx_template_list_created(list, 0);
    id = g_strdup(sbx_template_list_id(list, 0));
    sbx_template_list_free(list);
    return id;
}

static char *templates_dir(void)
{
    return vm_path("data/cache/templates");
}

/* The names there that begin with @prefix. */
static guint count_names(const char *prefix)
{
    g_autofree char *path = templates_dir();
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    guint count = 0;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
        count += g_str_has_prefix(name, prefix);
    return count;
}

/* Makes a sandbox that works; returns whether it is a clone. */
static gboolean create_clone(void)
{
    sbx *sandbox = vm_create();
    gboolean is_clone = vm_is_clone(sbx_id(sandbox));
    g_autofree char *said = vm_sh(sandbox, "echo works");

    ck_assert_str_eq(said, "works");
    sbx_unref(sandbox);
    return is_clone;
}

/* --- two keepers build the first one --- */

typedef struct {
    int built;
    char id[ID_LENGTH + 1];
} Built;

static Built first_built[2];

static void build_in_child(const char *name, int out)
{
    Built result = {-1, ""};
    sbx_error *error = NULL;
    char *id = NULL;

    use_keeper(name);
    result.built = build_with(NULL, NULL, &id, &error);
    if (result.built < 0)
        fprintf(stderr, "%s: %s\n", name, sbx_error_message(error));
    else
        g_strlcpy(result.id, id, sizeof result.id);
    (void)!write(out, &result, sizeof result);
    sbx_keeper_stop(1, NULL);
    _exit(0);
}

static void copy_templates(const char *from, const char *to)
{
    g_autofree char *source = vm_path(from);
    g_autofree char *target = vm_path(to);
    const char *remove[] = {"rm", "-rf", target, NULL};
    const char *copy[] = {"cp", "-a", "--sparse=always", source, target, NULL};

    run(remove);
    run(copy);
}

/* In the program itself, once. */
static void build_first(void)
{
    static const char *const names[] = {"r1", "r2"};
    gint64 start = vm_now_ms();
    pid_t children[2];
    int ends[2];

    if (first_built[0].id[0] != '\0')
        return;
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    for (int i = 0; i < 2; i++) {
        children[i] = fork();
        if (children[i] == 0)
            build_in_child(names[i], ends[1]);
    }
    close(ends[1]);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq((int)read(ends[0], &first_built[i], sizeof first_built[i]),
                         (int)sizeof first_built[i]);
    for (int i = 0; i < 2; i++)
        waitpid(children[i], NULL, 0);
    close(ends[0]);
    printf("  template after %d ms\n", (int)(vm_now_ms() - start));
    copy_templates("data/cache/templates", "pristine");
}

START_TEST(two_keepers_build_it_once)
{
    ck_assert_int_eq(first_built[0].built + first_built[1].built, 1);
    ck_assert_str_eq(first_built[0].id, first_built[1].id);
    ck_assert_uint_eq(strlen(first_built[0].id), ID_LENGTH);
    ck_assert_uint_eq(count_names("build-"), 0);
}
END_TEST

/* --- damage --- */

typedef enum { CUT, FLIP, GARBAGE, GONE } Damage;

static const struct {
    const char *file;
    Damage damage;
    gboolean is_loaded;      /* a keeper has used the template before */
    gboolean is_noticed;     /* what is in a keeper's memory cannot be damaged */
    gboolean is_always_run;  /* or with SBX_TEST_FULL only */
    const char *pattern;     /* of the keeper's log */
} cases[] = {
    {"memory", CUT, FALSE, TRUE, TRUE, "its memory file has 104857600 bytes instead of 268435456"},
    {"memory", FLIP, TRUE, TRUE, TRUE, "the content of its memory file differs"},
    {"state", FLIP, FALSE, TRUE, TRUE, "the content of its state file differs"},
    {"template.json", GARBAGE, FALSE, TRUE, TRUE, "template\\.json"},
    {"disk", CUT, TRUE, TRUE, TRUE, "its disk file has 104857600 bytes instead of"},
    {"memory", CUT, TRUE, TRUE, FALSE, "its memory file has 104857600 bytes instead of"},
    {"memory", FLIP, FALSE, TRUE, FALSE, "the content of its memory file differs"},
    {"memory", GONE, FALSE, TRUE, FALSE, "its memory file is missing"},
    {"memory", GONE, TRUE, TRUE, FALSE, "its memory file is missing"},
    {"state", CUT, FALSE, TRUE, FALSE, "its state file has 1000 bytes instead of"},
    {"state", FLIP, TRUE, FALSE, FALSE, ""},
    {"template.json", GARBAGE, TRUE, FALSE, FALSE, ""},
    {"template.json", GONE, FALSE, TRUE, FALSE, "template\\.json"},
    {"disk", CUT, FALSE, TRUE, FALSE, "its disk file has 104857600 bytes instead of"},
    {"disk", FLIP, FALSE, TRUE, FALSE, "the content of its disk file differs"},
};

static void flip_byte(const char *path, off_t at)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    unsigned char byte = 0;

    ck_assert_int_eq(pread(fd, &byte, 1, at), 1);
    byte ^= 0x10;
    ck_assert_int_eq(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

static void damage(const char *id, const char *file, Damage how)
{
    g_autofree char *dir = templates_dir();
    g_autofree char *path = g_build_filename(dir, id, file, NULL);
    gboolean is_small = strcmp(file, "state") == 0;

    switch (how) {
    case CUT:
        ck_assert_int_eq(truncate(path, is_small ? 1000 : (off_t)(100 * VM_MIB)), 0);
        break;
    case FLIP:
        flip_byte(path, is_small ? 5000 : (off_t)(128 * VM_MIB));
        break;
    case GARBAGE:
        ck_assert(g_file_set_contents(path, "{\"format\": 1, \"mem", -1, NULL));
        break;
    case GONE:
        ck_assert_int_eq(unlink(path), 0);
        break;
    }
}

static void check_rebuilt(gint64 created)
{
    gint64 again = 0;

    build();
    g_free(only_template(&again));
    ck_assert_int_gt(again, created);
    ck_assert_msg(create_clone(), "the new template is not used");
}

START_TEST(a_damaged_template)
{
    g_autofree char *data = vm_path("data");
    g_autofree char *name = g_strdup_printf("rd%d", _i);
    g_autofree char *id = NULL;
    g_autofree char *said = NULL;
    gint64 created = 0;
    gsize from;

    if (!cases[_i].is_always_run && !vm_full())
        return;
    copy_templates("pristine", "data/cache/templates");
    use_keeper(name);
    id = only_template(&created);
    if (cases[_i].is_loaded)
        ck_assert_msg(create_clone(), "the sound template is not used");
    from = log_length(data);
    damage(id, cases[_i].file, cases[_i].damage);
    ck_assert_int_eq(create_clone(), !cases[_i].is_noticed);
    said = log_since(data, from);
    ck_assert_msg(g_regex_match_simple(cases[_i].pattern, said, 0, 0),
                  "%s does not appear in what the keeper says: \"%s\"", cases[_i].pattern, said);
    ck_assert_uint_eq(count_names(id), cases[_i].is_noticed ? 1 : 2); /* without its lock: 0, 1 */
    ck_assert_int_eq(create_clone(), !cases[_i].is_noticed);
    if (vm_full() && cases[_i].is_noticed)
        check_rebuilt(created);
    leave_keeper();
}
END_TEST

/* What spares have not read yet is read from the file that is no more. */
START_TEST(a_template_is_cut_under_its_spares)
{
    sbx_options *options = vm_options(MEMORY);
    g_autofree char *id = NULL;
    gint64 created = 0;

    copy_templates("pristine", "data/cache/templates");
    g_setenv("LIBSANDBOX_SPARES", "2", TRUE);
    use_keeper("rs");
    ck_assert_int_eq(sbx_pool_fill(options, 2, vm_limit(120000), NULL), 2);
    id = only_template(&created);
    damage(id, "memory", CUT);
    create_clone();
    create_clone();
    leave_keeper();
    sbx_options_unref(options);
}
END_TEST

/* The next spares come from a new one. */
START_TEST(a_pool_gets_its_template_again)
{
    sbx_options *options = vm_options(MEMORY);
    gint64 created = 0;
    gint64 again = 0;
    g_autofree char *id = NULL;

    copy_templates("pristine", "data/cache/templates");
    g_setenv("LIBSANDBOX_SPARES", "1", TRUE);
    use_keeper("rp");
    ck_assert_int_eq(sbx_pool_fill(options, 1, vm_limit(120000), NULL), 1);
    id = only_template(&created);
    damage(id, "memory", FLIP);
    /* Its spare was there before; the one in its place finds the damage. */
    ck_assert(create_clone());
    ck_assert_int_eq(sbx_pool_fill(options, 1, vm_limit(120000), NULL), 1);
    ck_assert_int_eq(sbx_pool_fill(options, 2, vm_limit(120000), NULL), 2);
    g_free(only_template(&again));
    ck_assert_int_gt(again, created);
    leave_keeper();
    sbx_options_unref(options);
}
END_TEST

/* --- a keeper that is killed while it builds --- */

static int tell_stage(void *data, int permille, const char *stage, const char *text)
{
    (void)permille;
    (void)text;
    if (strcmp(stage, "warming up") == 0)
        (void)!write(GPOINTER_TO_INT(data), "w", 1);
    return 0;
}

START_TEST(the_builder_is_killed)
{
    char byte = 0;
    int ends[2];
    int status = 0;
    pid_t child;
    GArray *pids;
    GArray *pidfds;

    use_keeper("rk");
    ck_assert_int_ge(sbx_template_remove_all(NULL), 0);
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    child = fork();
    if (child == 0) {
        sbx_error *error = NULL;

        _exit(build_with(tell_stage, GINT_TO_POINTER(ends[1]), NULL, &error) == SBX_E_KEEPER ? 0
                                                                                             : 1);
    }
    close(ends[1]);
    ck_assert_msg(read(ends[0], &byte, 1) == 1, "it never warmed up");
    ck_assert_uint_eq(count_names("build-"), 1);
    pids = vm_processes(runtime);
    pidfds = vm_pidfds(pids);
    g_array_unref(pids);
    ck_assert_int_eq(kill(vm_keeper(runtime), SIGKILL), 0);
    ck_assert_msg(vm_wait_all_gone(pidfds, 5000), "processes outlive the keeper");
    waitpid(child, &status, 0);
    ck_assert_msg(status == 0, "its client was not told that the keeper has gone");
    ck_assert_uint_eq(count_names("build-"), 1);
    close(ends[0]);
    build();
    ck_assert_msg(count_names("build-") == 0, "what the killed keeper left is still there");
    ck_assert(create_clone());
    leave_keeper();
}
END_TEST

/* --- a keeper that nobody needs --- */

/* A program that wants one sandbox, whose kind has no template yet, and is gone long before there is one. */
static void use_and_end(void)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        sbx *sandbox;

        if (sbx_template_remove_all(NULL) < 0)
            _exit(1);
        sandbox = vm_create();
        _exit(sbx_kill(sandbox, NULL) == SBX_OK ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}

START_TEST(the_last_program_ends_meanwhile)
{
    gint64 created = 0;
    GArray *pids;
    GArray *pidfds;

    use_keeper("ri");
    g_setenv("LIBSANDBOX_IDLE_SECONDS", "1", TRUE);
    g_setenv("LIBSANDBOX_SPARES", "1", TRUE);
    use_and_end();
    pids = vm_processes(runtime);
    pidfds = vm_pidfds(pids);
    g_array_unref(pids);
    ck_assert_msg(vm_wait_all_gone(pidfds, 120000), "the keeper stays");
    ck_assert_uint_eq(count_names("build-"), 0);
    g_free(only_template(&created));
    leave_keeper();
}
END_TEST

/* --- other hosts --- */

static gboolean can_mount(void)
{
    if (geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
        return TRUE;
    printf("  not tested: only root can arrange this host\n");
    return FALSE;
}

/* A data directory of its own with the images and libvirt's cache of the program's; the path. */
static char *make_data(const char *name, const char *size)
{
    char *data = vm_path(name);
    g_autofree char *cache = g_build_filename(data, "cache", NULL);
    g_autofree char *link = g_build_filename(cache, "libvirt", NULL);
    g_autofree char *shared = vm_path("data/cache/libvirt");
    g_autofree char *images_link = g_build_filename(data, "images", NULL);
    g_autofree char *images = vm_path("data/images");
    g_autofree char *options = g_strdup_printf("size=%s,mode=0755", size);
    const char *copy[] = {"cp", "-aL", shared, link, NULL};

    ck_assert_int_eq(g_mkdir(data, 0755), 0);
    ck_assert_int_eq(mount("small", data, "tmpfs", 0, options), 0);
    ck_assert_int_eq(g_mkdir(cache, 0755), 0);
    ck_assert_int_eq(symlink(images, images_link), 0);
    if (g_file_test(shared, G_FILE_TEST_EXISTS))
        run(copy);
    g_setenv("LIBSANDBOX_DATA_DIR", data, TRUE);
    return data;
}

START_TEST(there_is_no_room_for_it)
{
    sbx_error *error = NULL;
    g_autofree char *data = NULL;
    int code;

    if (!can_mount())
        return;
    data = make_data("small", "200m");
    use_keeper("rf");
    code = build_with(NULL, NULL, NULL, &error);
    ck_assert_ptr_nonnull(error);
    printf("  %s\n", sbx_error_message(error));
    ck_assert_msg(g_regex_match_simple("(?i)space|MiB|bytes", sbx_error_message(error), 0, 0),
                  "\"%s\"", sbx_error_message(error));
    vm_check_error(code, SBX_E_NO_SPACE, error, "sbx_template_build");
    ck_assert_msg(!create_clone(), "a template was made");
    leave_keeper();
}
END_TEST

/* Takes all room when the guest is up, and so has a part of its memory only. */
static int fill_disk(void *data, int permille, const char *stage, const char *text)
{
    g_autofree char *block = g_malloc0(VM_MIB);
    int fd;

    (void)permille;
    (void)text;
    if (strcmp(stage, "warming up") != 0 || g_file_test(data, G_FILE_TEST_EXISTS))
        return 0;
    fd = open(data, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    while (write(fd, block, VM_MIB) > 0)
        ;
    close(fd);
    return 0;
}

START_TEST(the_disk_is_full_meanwhile)
{
    sbx_error *error = NULL;
    g_autofree char *data = NULL;
    g_autofree char *filler = NULL;
    g_autofree char *said = NULL;
    int code;

    if (!can_mount())
        return;
    data = make_data("tight", "600m");
    filler = g_build_filename(data, "filler", NULL);
    use_keeper("rt");
    code = build_with(fill_disk, filler, NULL, &error);
    ck_assert_msg(code < 0, "it was built without room");
    printf("  %s\n", sbx_error_message(error));
    ck_assert_msg(g_regex_match_simple("full|No space left", sbx_error_message(error), 0, 0),
                  "\"%s\"", sbx_error_message(error));
    said = log_since(data, 0);
    ck_assert_msg(strstr(said, "no template for") != NULL, "the keeper says \"%s\"", said);
    vm_check_error(code, SBX_E_NO_SPACE, error, "sbx_template_build");
    ck_assert_int_eq(unlink(filler), 0);
    ck_assert_msg(!create_clone(), "a template was made");
    leave_keeper();
}
END_TEST

/* A distribution's update may keep QEMU's version: the file is another all the same. */
static void replace_qemu(const char *qemu)
{
    g_autofree char *copy = vm_path("qemu");
    g_autofree char *real = realpath(qemu, NULL);
    const char *argv[] = {"cp", real, copy, NULL};

    run(argv);
    ck_assert_msg(mount(copy, real, NULL, MS_BIND, NULL) == 0, "cannot replace %s: %s", real,
                  g_strerror(errno));
}

START_TEST(qemu_is_updated)
{
    g_autofree char *qemu = g_find_program_in_path("qemu-system-x86_64");
    g_autofree char *data = NULL;
    g_autofree char *own = NULL;
    g_autofree char *dir = templates_dir();
    sbx_template_list *list = NULL;

    if (qemu == NULL || !can_mount())
        return;
    copy_templates("pristine", "data/cache/templates");
    replace_qemu(qemu);
    data = make_data("updated", "600m");
    own = g_build_filename(data, "cache", "templates", NULL);
    ck_assert_int_eq(symlink(dir, own), 0);
    use_keeper("ru");
    ck_assert_msg(!create_clone(), "the template of another QEMU was used");
    build();
    ck_assert(create_clone());
    ck_assert_int_eq(sbx_template_list_get(&list, NULL), SBX_OK);
    ck_assert_uint_eq(sbx_template_list_length(list), 2);
    ck_assert_str_ne(sbx_template_list_id(list, 0), sbx_template_list_id(list, 1));
    ck_assert_str_ne(sbx_template_list_vmm(list, 0), sbx_template_list_vmm(list, 1));
    sbx_template_list_free(list);
    leave_keeper();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vm-templates");
    TCase *damages = tcase_create("damage");
    TCase *hosts = tcase_create("hosts");

    tcase_set_timeout(damages, vm_limit(180000) / 1000);
    tcase_add_unchecked_fixture(damages, build_first, NULL);
    tcase_add_test(damages, two_keepers_build_it_once);
    tcase_add_loop_test(damages, a_damaged_template, 0, G_N_ELEMENTS(cases));
    tcase_add_test(damages, a_template_is_cut_under_its_spares);
    tcase_add_test(damages, a_pool_gets_its_template_again);
    suite_add_tcase(suite, damages);
    tcase_set_timeout(hosts, vm_limit(180000) / 1000);
    tcase_add_unchecked_fixture(hosts, build_first, NULL);
    tcase_add_test(hosts, the_builder_is_killed);
    tcase_add_test(hosts, the_last_program_ends_meanwhile);
    tcase_add_test(hosts, there_is_no_room_for_it);
    tcase_add_test(hosts, the_disk_is_full_meanwhile);
    tcase_add_test(hosts, qemu_is_updated);
    suite_add_tcase(suite, hosts);
    return vm_main("vm-templates", suite);
}
