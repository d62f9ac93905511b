/*
 * What libvirt's embedded QEMU driver needs around it: a root directory with its configuration,
 * an environment, and an event loop.
 *
 * What the caller prepares before the driver is opened:
 *   - the process is not root: as root libvirt insists on a user `libvirt-qemu`. Its uid needs
 *     no passwd entry;
 *   - HOME, XDG_CONFIG_HOME, XDG_CACHE_HOME, XDG_DATA_HOME and XDG_RUNTIME_DIR were set, below
 *     the root, when it was executed: GLib reads them once, libvirt makes directories there, and
 *     a user's own libvirt.conf must not reach us. (Set here as well, for programs that come
 *     early enough.)
 *   - the root is a directory of that user, short, on a small tmpfs of its own, with `cache`
 *     bound from a place that stays: libvirt keeps what it learnt about QEMU there, which costs
 *     it seconds to learn. It forgets it by itself when QEMU, its modules, libvirt, the kernel or
 *     the CPU change;
 *   - PID 1 of the PID namespace is another process, and reaps. QEMU is its child, not ours;
 *   - /dev/kvm is openable or, when the probe said no, absent.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "virt/libvirt-private.h"

/*
 * Below the root come names like lib/qemu/domain-123456-<20 characters of the name>/monitor.sock,
 * and a socket's name has 107 characters at most.
 */
enum { ROOT_LENGTH_LIMIT = 44 };

/*
 * stdio_handler: the default is a daemon, virtlogd, that is not there. namespaces,
 * cgroup_controllers, dynamic_ownership, remember_owner: for a privileged driver; the keeper does
 * its own. security_driver: SELinux and AppArmor confine what a privileged libvirt starts.
 * max_core, dump_guest_core: a crash must not leave a guest's memory on a disk.
 */
static const char qemu_conf[] = "stdio_handler = \"file\"\n"
                                "security_driver = \"none\"\n"
                                "namespaces = []\n"
                                "cgroup_controllers = []\n"
                                "dynamic_ownership = 0\n"
                                "remember_owner = 0\n"
                                "seccomp_sandbox = 1\n"
                                "max_core = 0\n"
                                "dump_guest_core = 0\n";

static gboolean make_directory(const char *root, const char *below, GError **error)
{
    g_autofree char *path = g_build_filename(root, below, NULL);

    if (g_mkdir_with_parents(path, 0700) == 0)
        return TRUE;
    g_set_error(error, SBX_VIRT_ERROR, SBX_VIRT_ERROR_UNAVAILABLE, "cannot make %s for libvirt: %s",
                path, g_strerror(errno));
    return FALSE;
}

static gboolean write_configuration(const char *root, GError **error)
{
    g_autofree char *path = g_build_filename(root, "etc", "qemu.conf", NULL);
    g_autoptr(GError) cause = NULL;

    if (g_file_set_contents(path, qemu_conf, -1, &cause))
        return TRUE;
    g_set_error(error, SBX_VIRT_ERROR, SBX_VIRT_ERROR_UNAVAILABLE, "cannot configure libvirt: %s",
                cause->message);
    return FALSE;
}

static void set_environment(const char *root)
{
    static const struct {
        const char *variable;
        const char *below;
    } places[] = {
        {"HOME", "."},
        {"XDG_CONFIG_HOME", "etc"},
        {"XDG_CACHE_HOME", "cache"},
        {"XDG_DATA_HOME", "lib"},
        {"XDG_RUNTIME_DIR", "run"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autofree char *path = g_build_filename(root, places[i].below, NULL);
        g_setenv(places[i].variable, path, TRUE);
    }
}

char *sbx_embed_prepare(const char *root, GError **error)
{
    static const char *const directories[] = {"etc", "cache", "lib", "run", "log/qemu"};

    if (root == NULL || root[0] != '/' || strlen(root) > ROOT_LENGTH_LIMIT ||
        strpbrk(root, "?&%#;") != NULL) {
        g_set_error(error, SBX_VIRT_ERROR, SBX_VIRT_ERROR_INVALID,
                    "libvirt's root directory must be absolute, of at most %d plain characters: %s",
                    ROOT_LENGTH_LIMIT, root != NULL ? root : "(none)");
        return NULL;
    }
    if (geteuid() == 0) {
        g_set_error(error, SBX_VIRT_ERROR, SBX_VIRT_ERROR_INVALID,
                    "libvirt's embedded driver must not run as root; "
                    "become a service user first");
        return NULL;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(directories); i++)
        if (!make_directory(root, directories[i], error))
            return NULL;
    if (!write_configuration(root, error))
        return NULL;
    set_environment(root);
    return g_strdup_printf("qemu:///embed?root=%s", root);
}

static gpointer run_events(gpointer data G_GNUC_UNUSED)
{
    for (;;)
        if (virEventRunDefaultImpl() < 0)
            g_error("libvirt's event loop failed");
    return NULL;
}

/*
 * libvirt's default event loop is GLib's default main context. A caller that runs that context
 * itself (its notifications go there) runs libvirt's events with it; for every other caller a
 * thread does, for the rest of the process's life, as libvirt requires.
 */
gboolean sbx_libvirt_start_events(GMainContext *context, GError **error)
{
    static GMutex lock;
    static gboolean registered;
    static gboolean running;
    gboolean ok = TRUE;

    g_mutex_lock(&lock);
    if (!registered) {
        sbx_libvirt_silence();
        registered = virInitialize() == 0 && virEventRegisterDefaultImpl() == 0;
        if (!registered) {
            sbx_libvirt_error(error, SBX_VIRT_ERROR_UNAVAILABLE, "cannot initialise libvirt");
            ok = FALSE;
        }
    }
    if (ok && !running && context != NULL && context != g_main_context_default()) {
        g_thread_unref(g_thread_new("libvirt-events", run_events, NULL));
        running = TRUE;
    }
    g_mutex_unlock(&lock);
    return ok;
}
