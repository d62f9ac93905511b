/* attributes.c: owner, mode, times and extended attributes. */
#include "attributes.h"

#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

unsigned tar_attributes_mode(const struct tar_options *options, const struct tar_entry *entry)
{
    /* The sticky bit of a directory takes rights away, it gives none. */
    unsigned kept = entry->type == TAR_DIRECTORY ? 01777 : 0777;

    return entry->mode & (options->privileged ? 07777 : kept);
}

/* File capabilities are setuid by another name. Labels are the system's affair, not the file's. */
bool tar_attributes_wanted(const struct tar_options *options, const char *name)
{
    if (strncmp(name, "user.", 5) == 0)
        return true;
    if (geteuid() != 0 || strcmp(name, "security.selinux") == 0)
        return false;
    return options->privileged || strncmp(name, "system.posix_acl_", 17) == 0;
}

static bool set_owner(const struct tar_options *options, const struct tar_entry *entry,
                      int directory, const char *name, struct tar_failure *failure)
{
    int flags = *name == '\0' ? AT_EMPTY_PATH : AT_SYMLINK_NOFOLLOW;

    if (!options->owners || geteuid() != 0)
        return true;
    if (entry->uid >= UINT32_MAX || entry->gid >= UINT32_MAX)
        return tar_fail(failure, TAR_MALFORMED, "the owner of %s is no user id",
                        tar_quote(entry->path));
    if (fchownat(directory, name, (uid_t)entry->uid, (gid_t)entry->gid, flags) == 0)
        return true;
    return tar_fail_errno(failure, errno, "cannot give %s to user %u and group %u",
                          tar_quote(entry->path), (unsigned)entry->uid, (unsigned)entry->gid);
}

static void set_xattrs(const struct tar_options *options, const struct tar_entry *entry, int fd,
                       const struct tar_report *report, struct tar_counts *counts)
{
    for (size_t i = 0; i < entry->xattr_count; i++) {
        const struct tar_xattr *xattr = &entry->xattrs[i];

        if (tar_attributes_wanted(options, xattr->name) &&
            fsetxattr(fd, xattr->name, xattr->value, xattr->length, 0) < 0)
            tar_warn(report, counts, "cannot set the attribute %s of %s: %s",
                     tar_quote(xattr->name), tar_quote(entry->path), strerror(errno));
    }
}

static void times_of(const struct tar_entry *entry, struct timespec times[2])
{
    times[0] = times[1] =
        (struct timespec){.tv_sec = (time_t)entry->mtime, .tv_nsec = (long)entry->mtime_ns};
}

/* A change of owner takes set-id bits and capabilities away, so it comes first. */
bool tar_attributes_set(const struct tar_options *options, const struct tar_entry *entry, int fd,
                        const struct tar_report *report, struct tar_counts *counts,
                        struct tar_failure *failure)
{
    struct timespec times[2];

    if (!set_owner(options, entry, fd, "", failure))
        return false;
    if (entry->xattr_count > 0)
        set_xattrs(options, entry, fd, report, counts);
    if (fchmod(fd, tar_attributes_mode(options, entry)) < 0)
        return tar_fail_errno(failure, errno, "cannot set the mode of %s", tar_quote(entry->path));
    times_of(entry, times);
    if (futimens(fd, times) < 0)
        return tar_fail_errno(failure, errno, "cannot set the times of %s", tar_quote(entry->path));
    return true;
}

bool tar_attributes_set_link(const struct tar_options *options, const struct tar_entry *entry,
                             int directory, const char *name, struct tar_failure *failure)
{
    struct timespec times[2];

    times_of(entry, times);
    return set_owner(options, entry, directory, name, failure) &&
           (utimensat(directory, name, times, AT_SYMLINK_NOFOLLOW) == 0 ||
            tar_fail_errno(failure, errno, "cannot set the times of %s", tar_quote(entry->path)));
}
