/* identity.c: host name, machine id, clock, entropy, default environment. May be applied again: a
 * clone of a template takes its own identity this way. Files are replaced by renaming, so whatever
 * root made of the old ones is harmless; when /etc is gone, so be it. Only a file that is still the
 * very one made here before is written in place: making three anew was most of what a claim of a spare
 * costs inside the guest. */
#include "identity.h"

#include "agent.h"
#include "environment.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

enum { MAX_HOSTS = 64 << 10 };

static int random_fd = -1;

void identity_init(void)
{
    random_fd = open("/dev/urandom", O_RDWR | O_CLOEXEC);
}

/* A file made here: which one it was. */
struct own_file {
    const char *path;
    dev_t device;
    ino_t inode; /* 0: none yet */
};

static bool write_in_place(const struct own_file *file, const char *text, size_t length)
{
    struct stat info;
    int fd = file->inode != 0
                 ? open(file->path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
                 : -1;

    if (fd < 0)
        return false;
    bool done = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_nlink == 1 &&
                info.st_dev == file->device && info.st_ino == file->inode &&
                pwrite(fd, text, length, 0) == (ssize_t)length &&
                (info.st_size == (off_t)length || ftruncate(fd, (off_t)length) == 0);
    close(fd);
    return done;
}

static void remember(struct own_file *file, int fd)
{
    struct stat info;

    file->inode = 0;
    if (fstat(fd, &info) == 0) {
        file->device = info.st_dev;
        file->inode = info.st_ino;
    }
}

static void replace_file(struct own_file *file, const char *text, size_t length)
{
    const char *path = file->path;
    char temporary[128];

    if (write_in_place(file, text, length))
        return;

    snprintf(temporary, sizeof temporary, "%s.sbx", path);
    unlink(temporary);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return;
    bool written = write(fd, text, length) == (ssize_t)length;
    remember(file, fd);
    close(fd);
    if (!written || rename(temporary, path) < 0)
        unlink(temporary);
}

static void write_line(struct own_file *file, const char *text)
{
    char line[256];
    int n = snprintf(line, sizeof line, "%s\n", text);
    replace_file(file, line, (size_t)n);
}

static bool is_own_line(const char *line)
{
    static const char address[] = "127.0.1.1";
    size_t n = sizeof address - 1;
    return strncmp(line, address, n) == 0 && (line[n] == ' ' || line[n] == '\t');
}

static size_t read_hosts(char *text, size_t size)
{
    struct stat info;
    ssize_t n = -1;
    int fd = open("/etc/hosts", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return 0;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
        n = read(fd, text, size);
    close(fd);
    return n > 0 ? (size_t)n : 0;
}

/* Without an entry for the host's own name, sudo asks the name server for it at every call. */
static void write_hosts(const char *hostname)
{
    static struct own_file file = {.path = "/etc/hosts"};
    static char old[MAX_HOSTS], text[MAX_HOSTS + 512];
    size_t length = read_hosts(old, sizeof old - 1);
    int n;

    old[length] = 0;
    if (length == 0)
        strcpy(old, "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n");
    n = snprintf(text, sizeof text, "127.0.1.1 %s\n", hostname);
    char *line, *rest = old;
    while ((line = strsep(&rest, "\n")) != NULL) {
        if (is_own_line(line) || (rest == NULL && line[0] == 0))
            continue;
        n += snprintf(text + n, sizeof text - (size_t)n, "%s\n", line);
    }
    replace_file(&file, text, (size_t)n);
}

static bool add_entropy(const uint8_t *bytes, size_t length)
{
    struct rand_pool_info *seed = malloc(sizeof *seed + length);

    if (seed == NULL)
        return false;
    seed->entropy_count = (int)(length * 8);
    seed->buf_size = (int)length;
    memcpy(seed->buf, bytes, length);
    bool done = ioctl(random_fd, RNDADDENTROPY, seed) == 0 && ioctl(random_fd, RNDRESEEDCRNG) == 0;
    explicit_bzero(seed, sizeof *seed + length);
    free(seed);
    return done;
}

static bool set_clock(uint64_t realtime)
{
    struct timespec now = {.tv_sec = (time_t)(realtime / 1000000000u),
                           .tv_nsec = (long)(realtime % 1000000000u)};
    return clock_settime(CLOCK_REALTIME, &now) == 0;
}

/* The file of a boot id; without a name, and shown in the place of the kernel's. */
static int make_boot_id_file(void)
{
    static const char shown[] = "/proc/sys/kernel/random/boot_id", file[] = "/run/.sbx-boot-id";

    unlink(file);
    int fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0444);
    if (fd < 0)
        return -1;
    if (mount(file, shown, NULL, MS_BIND, NULL) < 0) {
        close(fd);
        fd = -1;
    } else {
        mount(NULL, shown, NULL,
              MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    }
    unlink(file);
    return fd;
}

/* The kernel makes its boot id once; clones of one boot would all have the same. As containers have it,
 * a file is shown in its place, through which nobody can write. Ids are all of one length. */
static void renew_boot_id(void)
{
    static int file = -1;
    char id[64];
    int fd = open("/proc/sys/kernel/random/uuid", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, id, sizeof id) : -1;

    if (fd >= 0)
        close(fd);
    if (file < 0)
        file = make_boot_id_file();
    if (n > 0 && file >= 0 && pwrite(file, id, (size_t)n, 0) < 0) {
        close(file);
        file = -1;
    }
}

static const char *apply_to_machine(const struct sbx_setup *setup)
{
    static struct own_file hostname_file = {.path = "/etc/hostname"};
    static struct own_file machine_id_file = {.path = "/etc/machine-id"};
    static bool had_identity;

    if (setup->entropy_length > 0 && !add_entropy(setup->entropy, setup->entropy_length))
        return "cannot seed the random number generator";
    if (setup->realtime != 0 && !set_clock(setup->realtime))
        return "cannot set the clock";
    if (setup->hostname != NULL) {
        if (sethostname(setup->hostname, strlen(setup->hostname)) < 0)
            return "cannot set the host name";
        write_line(&hostname_file, setup->hostname);
        write_hosts(setup->hostname);
    }
    if (setup->machine_id != NULL) {
        write_line(&machine_id_file, setup->machine_id);
        /* The first identity is that of this boot. */
        if (had_identity)
            renew_boot_id();
        had_identity = true;
    }
    return NULL;
}

const char *identity_apply(const struct sbx_setup *setup)
{
    const char *problem = agent_mode.init ? apply_to_machine(setup) : NULL;

    if (problem == NULL &&
        !environment_set_defaults((const char *const *)setup->env, setup->env_count))
        problem = "out of memory";
    return problem;
}

void identity_describe(struct sbx_tlv_writer *reply)
{
    struct utsname name;
    struct sbx_info info = {.version = AGENT_VERSION,
                            .kernel = uname(&name) == 0 ? name.release : "unknown",
                            .boot_agent = agent_boot_started,
                            .boot_ready = agent_boot_ready};
    sbx_info_encode(reply, &info);
}
