/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Building an image version: one builder per image, in a private directory, published at the end.
 *
 * The lock images/.lock-SLUG belongs to whoever builds; the guard shares it, so the next builder
 * starts when a dead one's processes are gone. Lock order: image, then build directory.
 */
#include "image/build.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "image/failure.h"
#include "image/publish.h"
#include "image/script.h"
#include "image/store.h"
#include "image/sweep.h"
#include "image/tree.h"

static const char *const builtin_images[] = {"builtin:debian-13"};

static gboolean check_name(const SbxImageName *name, GError **error)
{
    if (name->version) {
        sbx_fault_set(error, SBX_E_INVALID, 0, "name the image without \"@VERSION\"",
                      "a new version gets its name when it is built, %s cannot be asked for",
                      name->version);
        return FALSE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(builtin_images); i++) {
        if (g_str_equal(name->name, builtin_images[i]))
            return TRUE;
    }
    sbx_fault_set(error, SBX_E_NOT_FOUND, 0, "the builtin image is builtin:debian-13",
                  "%s is not an image that libsandbox can build", name->name);
    return FALSE;
}

static gboolean go_on(const SbxImageBuild *build, int permille, const char *stage,
                      const char *text, GError **error)
{
    if (!sbx_cancel_check(build->cancel) &&
        (!build->progress || build->progress(build->data, permille, stage, text)))
        return TRUE;
    sbx_fault_set(error, SBX_E_CANCELLED, 0, NULL, "building the image was cancelled");
    return FALSE;
}

/* A damaged version counts as none: building is how it gets repaired. */
static char *existing_version(const SbxImageBuild *build)
{
    g_autoptr(SbxImage) image = NULL;

    if (build->force)
        return NULL;
    image = sbx_image_store_find_in(build->dirs, build->name, NULL);
    return image ? g_strdup(image->version) : NULL;
}

/*
 * Waits in a child, because flock() can be waited for in no other way together with signals. The
 * lock belongs to the open file that both share, so it is ours when the child has it.
 */
static pid_t fork_waiter(int fd)
{
    pid_t parent = getpid();
    pid_t child = fork();

    if (child != 0)
        return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    while (flock(fd, LOCK_EX) < 0) {
        if (errno != EINTR)
            _exit(1);
    }
    _exit(0);
}

static gboolean wait_for_lock(const SbxImageBuild *build, int fd, const char *path,
                              GError **error)
{
    pid_t child = fork_waiter(fd);
    g_auto(fd_t) pidfd = child > 0 ? pidfd_open(child, 0) : -1;
    struct pollfd ended = {.fd = pidfd, .events = POLLIN};
    int status = -1;

    while (pidfd >= 0 && !ended.revents && !build->cancel->cancelled)
        sbx_cancel_poll(build->cancel, &ended, 1);
    if (child > 0) {
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
    }
    if (!go_on(build, 0, "wait", "waiting for another build", error))
        return FALSE;
    if (status == 0)
        return TRUE;
    sbx_fault_set(error, SBX_E_SYSTEM, 0, NULL, "cannot lock %s", path);
    return FALSE;
}

static int lock_image(const SbxImageBuild *build, GError **error)
{
    g_autofree char *path =
        g_strdup_printf("%s/.lock-%s", build->dirs->own, build->name->slug);
    g_auto(fd_t) fd = -1;

    if (g_mkdir_with_parents(build->dirs->own, 0755) < 0) {
        sbx_image_set_errno(error, errno, "cannot make the directory %s", build->dirs->own);
        return -1;
    }
    fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno != EWOULDBLOCK)) {
        sbx_image_set_errno(error, errno, "cannot lock %s", path);
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return sbx_fd_steal(&fd);
    if (!go_on(build, 0, "wait", "waiting for another build of the same image", error) ||
        !wait_for_lock(build, fd, path, error))
        return -1;
    return sbx_fd_steal(&fd);
}

static gboolean run_script(const SbxImageBuild *build, const char *dir, const char *output,
                           const int locks[2], GError **error)
{
    const SbxImageScript script = {
        .program = build->program,
        .build_dir = dir,
        .output = output,
        .mirror = build->mirror,
        .no_deno = build->no_deno,
        .locks = locks,
        .n_locks = 2,
        .progress = build->progress,
        .data = build->data,
        .cancel = build->cancel,
    };

    if (mkdir(output, 0755) < 0) {
        sbx_image_set_errno(error, errno, "cannot make the directory %s", output);
        return FALSE;
    }
    return sbx_image_script_run(&script, error);
}

static char *build_locked(const SbxImageBuild *build, int image_lock, GError **error)
{
    g_auto(fd_t) dir_lock = -1;
    g_autofree char *dir = NULL;
    g_autofree char *output = NULL;
    g_autofree char *version = NULL;

    sbx_image_sweep(build->dirs->own);
    dir = sbx_image_build_dir_new(build->dirs->own, &dir_lock, error);
    if (!dir)
        return NULL;
    output = g_build_filename(dir, "image", NULL);
    if (run_script(build, dir, output, (int[]){image_lock, dir_lock}, error) &&
        go_on(build, 990, "publish", "publishing the image", error))
        version = sbx_image_publish(build->dirs, build->name, output, error);
    /* What cannot be removed now is for the next sweep; the build's own result matters more. */
    sbx_tree_remove(dir, NULL);
    return g_steal_pointer(&version);
}

int sbx_image_build_run(const SbxImageBuild *build, char **version, GError **error)
{
    g_auto(fd_t) lock = -1;
    char *found;

    if (!check_name(build->name, error))
        return -1;
    found = existing_version(build);
    if (!found) {
        lock = lock_image(build, error);
        if (lock < 0)
            return -1;
        found = existing_version(build);
    }
    if (found) {
        *version = found;
        return 0;
    }
    found = build_locked(build, lock, error);
    if (!found)
        return -1;
    *version = found;
    if (build->progress)
        build->progress(build->data, 1000, "done", "the image is ready");
    return 1;
}
