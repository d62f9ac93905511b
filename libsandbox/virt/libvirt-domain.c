/*
 * Domains of the libvirt driver: starting, killing, and noticing that they ended.
 *
 * The scratch disk is a file descriptor (virDomainFDAssociate(), libvirt 9.0), so the file needs
 * no name: made with O_TMPFILE it goes with its last holder, however that ends, and nobody can
 * open it meanwhile. The alternatives lose: a name unlinked after the start survives a crash
 * before that; /proc/<keeper>/fd/N makes the keeper stay dumpable, thus readable for every QEMU
 * of the same user, and means nothing to a daemon in another PID namespace. The price:
 * descriptors belong to a defined domain, so instead of one createXML it takes define, associate,
 * create and undefine (which turns a running domain into a transient one); a few milliseconds.
 *
 * Killing. libvirt's destroy sends SIGTERM and looks every 200 ms whether the process is gone.
 * With a pidfd it is SIGKILL and a wait for the event, some 10 ms. libvirt sees its monitor
 * connection end and tidies up on its own time; our notification does not wait for it.
 *
 * An end can be noticed twice (by kill and by libvirt) and before start() has returned. The
 * first notice decides, under the driver's lock; it is told when both `started` and `ended` hold.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "virt/libvirt-private.h"

/* A SIGKILLed QEMU takes milliseconds; longer than this it hangs in the kernel. */
enum { KILL_WAIT_MS = 10000 };

static SbxLibvirt *driver_of(SbxLibvirtDomain *domain)
{
    return (SbxLibvirt *)domain->base.driver;
}

/* ---- telling ends ---- */

typedef struct {
    SbxLibvirtDomain *domain; /* a reference */
    SbxDomainEnd end;
    char *detail;
} EndNotice;

static gboolean tell_end(gpointer data)
{
    EndNotice *notice = data;
    SbxDomainEnded *on_ended = &notice->domain->on_ended;

    if (on_ended->fn != NULL)
        on_ended->fn(&notice->domain->base, notice->end, notice->detail, on_ended->data);
    return G_SOURCE_REMOVE;
}

static void free_notice(gpointer data)
{
    EndNotice *notice = data;
    SbxDomainEnded *on_ended = &notice->domain->on_ended;

    if (on_ended->free != NULL)
        on_ended->free(on_ended->data);
    sbx_domain_unref(&notice->domain->base);
    g_free(notice->detail);
    g_free(notice);
}

/*
 * Called with the lock held, once per domain. Takes over the table's reference. A source and not
 * g_main_context_invoke(), which would run the function here when nobody runs the context.
 */
static void queue_end(SbxLibvirtDomain *domain)
{
    SbxLibvirt *driver = driver_of(domain);
    EndNotice *notice = g_new0(EndNotice, 1);
    g_autoptr(GSource) source = g_idle_source_new();

    g_hash_table_remove(driver->domains, domain->uuid);
    notice->domain = domain;
    notice->end = domain->end;
    if (domain->end == SBX_DOMAIN_CRASHED)
        notice->detail = sbx_log_tail(driver, domain->base.name);
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, tell_end, notice, free_notice);
    g_source_attach(source, driver->context);
}

/* Called with the lock held. */
static void note_end(SbxLibvirtDomain *domain, SbxDomainEnd end)
{
    if (domain->ended)
        return;
    domain->ended = TRUE;
    domain->end = domain->killed ? SBX_DOMAIN_DESTROYED : end;
    if (domain->started)
        queue_end(domain);
}

static SbxDomainEnd end_of_detail(int detail)
{
    switch (detail) {
    case VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN:
        return SBX_DOMAIN_SHUTDOWN;
    case VIR_DOMAIN_EVENT_STOPPED_DESTROYED:
        return SBX_DOMAIN_DESTROYED;
    default:
        return SBX_DOMAIN_CRASHED;
    }
}

/* On the event loop's thread. */
int sbx_libvirt_lifecycle(virConnectPtr connection G_GNUC_UNUSED, virDomainPtr handle, int event,
                          int detail, void *data)
{
    SbxLibvirt *driver = data;
    char uuid[VIR_UUID_STRING_BUFLEN];
    SbxLibvirtDomain *domain;
    gboolean starting;

    if (event != VIR_DOMAIN_EVENT_STOPPED || virDomainGetUUIDString(handle, uuid) < 0)
        return 0;
    g_mutex_lock(&driver->lock);
    domain = g_hash_table_lookup(driver->domains, uuid);
    starting = domain != NULL && !domain->started;
    if (domain != NULL)
        note_end(domain, end_of_detail(detail));
    g_mutex_unlock(&driver->lock);
    /* libvirt has written its last line there. start() still wants to read it. */
    if (!starting)
        sbx_log_remove(driver, virDomainGetName(handle));
    return 0;
}

void sbx_libvirt_lose_all(SbxLibvirt *driver)
{
    g_mutex_lock(&driver->lock);
    driver->lost = TRUE;
    g_autoptr(GList) domains = g_hash_table_get_values(driver->domains);
    for (GList *item = domains; item != NULL; item = item->next)
        note_end(item->data, SBX_DOMAIN_CRASHED);
    g_mutex_unlock(&driver->lock);
}

/* ---- starting ---- */

static gboolean create_with_scratch_fd(SbxLibvirtDomain *domain, const SbxDomainSpec *spec,
                                       const char *xml, unsigned int flags)
{
    int fd = spec->scratch_fd;

    domain->handle = virDomainDefineXML(driver_of(domain)->connection, xml);
    if (domain->handle == NULL)
        return FALSE;
    if (virDomainFDAssociate(domain->handle, SBX_SCRATCH_FDGROUP, 1, &fd,
                             VIR_DOMAIN_FD_ASSOCIATE_SECLABEL_WRITABLE) == 0 &&
        virDomainCreateWithFlags(domain->handle, flags) == 0) {
        /* From here on it exists as long as it runs. It may have ended already: no error. */
        virDomainUndefine(domain->handle);
        return TRUE;
    }
    return FALSE; /* still defined: create() undoes that once it has read libvirt's error */
}

static gboolean create(SbxLibvirtDomain *domain, const SbxDomainSpec *spec, GError **error)
{
    SbxLibvirt *driver = driver_of(domain);
    unsigned int flags = (driver->embedded ? 0 : VIR_DOMAIN_START_AUTODESTROY) |
                         (spec->start_paused ? VIR_DOMAIN_START_PAUSED : 0);
    g_autofree char *xml = sbx_domain_xml(spec, error);
    gboolean ok;

    if (xml == NULL)
        return FALSE;
    virResetLastError();
    if (spec->scratch_fd >= 0) {
        ok = create_with_scratch_fd(domain, spec, xml, flags);
    } else {
        domain->handle = virDomainCreateXML(driver->connection, xml, flags);
        ok = domain->handle != NULL;
    }
    if (ok)
        return TRUE;

    g_autofree char *tail = sbx_log_tail(driver, spec->name);
    const char *message = virGetLastErrorMessage();
    gboolean told = message != NULL && strstr(message, "qemu-system") != NULL;
    sbx_libvirt_error(error, SBX_VIRT_ERROR_START_FAILED, "cannot start virtual machine %s%s%s",
                      spec->name, tail != NULL && !told ? "; QEMU said: " : "",
                      tail != NULL && !told ? tail : "");
    if (domain->handle != NULL)
        virDomainUndefine(domain->handle);
    sbx_log_remove(driver, spec->name);
    return FALSE;
}

/*
 * The pid from libvirt's pid file, and a pidfd for it. Between the two the process may have ended
 * and its pid may belong to a newer QEMU; the pid file is still there only if it did not, as
 * libvirt removes it before it starts to forget the domain.
 */
static void find_process(SbxLibvirtDomain *domain)
{
    SbxLibvirt *driver = driver_of(domain);
    g_autofree char *content = NULL;
    g_autofree char *again = NULL;

    if (!driver->embedded)
        return;
    g_autofree char *file = g_strconcat(domain->base.name, ".pid", NULL);
    g_autofree char *path = g_build_filename(driver->root, "run", "qemu", file, NULL);
    if (!g_file_get_contents(path, &content, NULL, NULL))
        return;
    gint64 pid = g_ascii_strtoll(content, NULL, 10);
    if (pid <= 1)
        return;
    int fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
    if (fd < 0)
        return;
    if (!g_file_get_contents(path, &again, NULL, NULL) || strcmp(content, again) != 0) {
        close(fd);
        return;
    }
    domain->base.pid = (pid_t)pid;
    domain->pidfd = fd;
}

static SbxLibvirtDomain *new_domain(SbxLibvirt *driver, const SbxDomainSpec *spec,
                                    const SbxDomainEnded *ended)
{
    SbxLibvirtDomain *domain = g_new0(SbxLibvirtDomain, 1);

    g_atomic_ref_count_init(&domain->base.references);
    domain->base.driver = &sbx_libvirt_ref(driver)->base;
    domain->base.name = g_strdup(spec->name);
    domain->pidfd = -1;
    domain->on_ended = *ended;
    g_strlcpy(domain->uuid, spec->uuid, sizeof domain->uuid);
    return domain;
}

/* The table's reference makes events find the domain from the very first. */
static gboolean enter_table(SbxLibvirtDomain *domain, GError **error)
{
    SbxLibvirt *driver = driver_of(domain);
    gboolean entered = FALSE;

    g_mutex_lock(&driver->lock);
    if (driver->lost)
        g_set_error(error, SBX_VIRT_ERROR, SBX_VIRT_ERROR_GONE,
                    "cannot start virtual machine %s: %s closed the connection; open it again",
                    domain->base.name, driver->uri);
    else if (g_hash_table_contains(driver->domains, domain->uuid))
        g_set_error(error, SBX_VIRT_ERROR, SBX_VIRT_ERROR_INVALID,
                    "cannot start virtual machine %s: its uuid is in use", domain->base.name);
    else
        entered = g_hash_table_insert(driver->domains, domain->uuid, domain);
    if (entered)
        sbx_domain_ref(&domain->base);
    g_mutex_unlock(&driver->lock);
    return entered;
}

/* Drops both references; nobody was told of this domain. */
static SbxDomain *abandon(SbxLibvirtDomain *domain, gboolean entered)
{
    SbxLibvirt *driver = driver_of(domain);

    if (entered) {
        g_mutex_lock(&driver->lock);
        g_hash_table_remove(driver->domains, domain->uuid);
        g_mutex_unlock(&driver->lock);
        sbx_domain_unref(&domain->base);
    }
    if (domain->on_ended.free != NULL)
        domain->on_ended.free(domain->on_ended.data);
    return sbx_domain_unref(&domain->base);
}

SbxDomain *sbx_libvirt_start(SbxDriver *base, const SbxDomainSpec *given,
                             const SbxDomainEnded *ended, GError **error)
{
    SbxLibvirt *driver = (SbxLibvirt *)base;
    SbxDomainSpec spec = *given;
    g_autofree char *uuid = NULL;

    if (spec.uuid == NULL)
        spec.uuid = uuid = g_uuid_string_random();
    else
        spec.uuid = uuid = g_ascii_strdown(spec.uuid, -1); /* as libvirt writes it */
    if (spec.emulator == NULL)
        spec.emulator = driver->emulator;
    if (spec.qemu_user == NULL)
        spec.qemu_user = driver->qemu_user;

    SbxLibvirtDomain *domain = new_domain(driver, &spec, ended);
    if (!enter_table(domain, error))
        return abandon(domain, FALSE);
    if (!create(domain, &spec, error))
        return abandon(domain, TRUE);
    find_process(domain);

    g_mutex_lock(&driver->lock);
    domain->started = TRUE;
    gboolean ended_already = domain->ended;
    if (ended_already)
        queue_end(domain);
    g_mutex_unlock(&driver->lock);
    if (ended_already)
        sbx_log_remove(driver, spec.name);
    return &domain->base;
}

/* ---- killing ---- */

static gboolean wait_until_dead(SbxLibvirtDomain *domain, GError **error)
{
    struct pollfd poll_for = {.fd = domain->pidfd, .events = POLLIN};
    int ready;

    do
        ready = poll(&poll_for, 1, KILL_WAIT_MS);
    while (ready < 0 && errno == EINTR);
    if (ready > 0)
        return TRUE;
    g_set_error(error, SBX_VIRT_ERROR, SBX_VIRT_ERROR_TIMED_OUT,
                "virtual machine %s (process %d) was killed and does not end", domain->base.name,
                (int)domain->base.pid);
    return FALSE;
}

static gboolean send_kill(SbxLibvirtDomain *domain)
{
    return domain->pidfd >= 0 &&
           (syscall(SYS_pidfd_send_signal, domain->pidfd, SIGKILL, NULL, 0) == 0 || errno == ESRCH);
}

static gboolean destroy_through_libvirt(SbxLibvirtDomain *domain, GError **error)
{
    if (virDomainDestroyFlags(domain->handle, VIR_DOMAIN_DESTROY_REMOVE_LOGS) == 0)
        return TRUE;
    /* Both mean that it is not running any more. */
    int code = virGetLastErrorCode();
    if (code == VIR_ERR_NO_DOMAIN || code == VIR_ERR_OPERATION_INVALID)
        return TRUE;
    sbx_libvirt_error(error, SBX_VIRT_ERROR_FAILED, "cannot kill virtual machine %s",
                      domain->base.name);
    return FALSE;
}

/* FALSE when it has ended already. */
static gboolean mark_killed(SbxLibvirtDomain *domain)
{
    SbxLibvirt *driver = driver_of(domain);

    g_mutex_lock(&driver->lock);
    gboolean running = !domain->ended;
    domain->killed = domain->killed || running;
    g_mutex_unlock(&driver->lock);
    return running;
}

gboolean sbx_libvirt_kill(SbxDomain *base, GError **error)
{
    SbxLibvirtDomain *domain = (SbxLibvirtDomain *)base;
    SbxLibvirt *driver = driver_of(domain);

    if (!mark_killed(domain))
        return TRUE;
    gboolean dead =
        send_kill(domain) ? wait_until_dead(domain, error) : destroy_through_libvirt(domain, error);
    if (!dead)
        return FALSE;
    g_mutex_lock(&driver->lock);
    note_end(domain, SBX_DOMAIN_DESTROYED);
    g_mutex_unlock(&driver->lock);
    return TRUE;
}

/* All signals first, then the waits: as long as the slowest, not the sum. */
void sbx_libvirt_kill_all(SbxLibvirt *driver)
{
    g_autoptr(GList) domains = NULL;

    g_mutex_lock(&driver->lock);
    domains = g_hash_table_get_values(driver->domains);
    for (GList *item = domains; item != NULL; item = item->next)
        sbx_domain_ref(item->data);
    g_mutex_unlock(&driver->lock);
    for (GList *item = domains; item != NULL; item = item->next)
        if (mark_killed(item->data))
            send_kill(item->data);
    for (GList *item = domains; item != NULL; item = item->next) {
        g_autoptr(GError) error = NULL;

        if (!sbx_libvirt_kill(item->data, &error))
            g_warning("%s", error->message);
        sbx_domain_unref(item->data);
    }
}

gboolean sbx_libvirt_set_paused(SbxDomain *base, gboolean paused, GError **error)
{
    SbxLibvirtDomain *domain = (SbxLibvirtDomain *)base;

    if ((paused ? virDomainSuspend(domain->handle) : virDomainResume(domain->handle)) == 0)
        return TRUE;
    sbx_libvirt_error(error, SBX_VIRT_ERROR_FAILED, "cannot %s virtual machine %s",
                      paused ? "pause" : "resume", domain->base.name);
    return FALSE;
}

void sbx_libvirt_free_domain(SbxDomain *base)
{
    SbxLibvirtDomain *domain = (SbxLibvirtDomain *)base;
    SbxLibvirt *driver = driver_of(domain);

    if (domain->handle != NULL)
        virDomainFree(domain->handle);
    if (domain->pidfd >= 0)
        close(domain->pidfd);
    g_free(domain->base.name);
    g_free(domain);
    sbx_libvirt_unref(driver);
}
