/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sbx-launch: the two small processes around the keeper.
 *
 *     guardian (launch-main.c)       outside; holds keeper.lock, removes what has a name at the end
 *       init (launch-init.c)         PID 1 of a new PID namespace; reaps orphans, among them every VM
 *         sbx-keeper                 the keeper itself, without privileges
 *           QEMU ...
 *
 * When the keeper ends, however it ends, init ends with it and the kernel kills everything else in
 * the PID namespace. When the guardian is killed, init gets the same signal. All that running VMs
 * need (sockets, state, the initramfs) lies in a tmpfs that only this mount namespace has, and disks
 * have no name: nothing is left even when everything is killed at once.
 *
 * With LIBSANDBOX_URI=qemu:///system the VMs are children of libvirt's daemon, which ends them when
 * the keeper's connection ends. That daemon's QEMU must find sockets and initramfs: they lie in a
 * real directory, see launch-directory.c. Root's keeper is then started as root, opens the
 * connection (the daemon looks at who does that) and becomes launch->uid before it reads anything
 * that a guest says.
 *
 * Plain C and libc only, so that it starts in a millisecond and works when libvirt is missing.
 */
#ifndef SBX_KEEPER_LAUNCH_H
#define SBX_KEEPER_LAUNCH_H

#include <sys/types.h>

/* Where the keeper, libvirt and their tools look for programs, whatever the caller's PATH is. */
#define LAUNCH_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* What LIBSANDBOX_URI begins with when libvirt's daemon is to run the VMs. */
#define LAUNCH_DAEMON_URI "qemu:///system"

#define LISTEN_FD 3
#define STATUS_FD 4
/* start.lock, taken by the client, so that nobody else starts a keeper before this one's guardian has
 * keeper.lock. */
#define START_LOCK_FD 5

typedef struct {
    const char *keeper;
    const char *agent;
    const char *runtime_dir;
    const char *data_dir;
    const char *cache_dir;
    const char *log;
    int daemon;       /* VMs are run by libvirt's daemon, outside of our namespaces */
    char *vm_dir;     /* the keeper's directory; short, see launch-directory.c */
    uid_t client_uid; /* who may talk to the keeper */
    uid_t uid;        /* who the keeper runs as */
    gid_t gid;
    int keeper_fd; /* the programs, opened while we may still reach their paths */
    int agent_fd;
} Launch;

/* Tells the client why the keeper cannot start, then exits. @hint may be NULL. */
void launch_fail(int code, int sys_errno, const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5), noreturn));
/* Writes a line to the log. */
void launch_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* mkdir -p; -1 with errno set. */
int launch_mkdirs(const char *path, mode_t mode);
/* printf into a new string; never NULL. */
char *launch_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* launch-directory.c */

/* Makes and empties launch->vm_dir. @runtime: the runtime directory; keeper.lock is held. */
void launch_make_vm_dir(Launch *launch, int runtime);
void launch_remove_vm_dir(const Launch *launch);

/* launch-namespaces.c */

/* Chooses the user the keeper runs as. */
void launch_choose_user(Launch *launch);
/* Leaves the caller's PID and mount namespaces; a fork() is then PID 1 of the new one. */
void launch_unshare(const Launch *launch);
/* As PID 1: mounts what the keeper needs. */
void launch_mount(const Launch *launch);
/* Whether any user may pass through a directory and all above it. */
int launch_is_open(const char *path);
/* Where the keeper finds this user's images: on the host or, when the user that root's keeper becomes
 * cannot go there, in the private directory, where launch_mount() shows them. A new string. */
char *launch_images(const Launch *launch);
/* Takes /dev/kvm away: libvirt must not try one that does not work. */
void launch_mask_kvm(void);

/* launch-init.c */

/* The life of PID 1; never returns. */
void launch_init(const Launch *launch) __attribute__((noreturn));

#endif
