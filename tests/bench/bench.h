/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the parts of the bench program: samples, the host's description, the bare boot. */
#ifndef SBX_TESTS_BENCH_H
#define SBX_TESTS_BENCH_H

#include <glib.h>
#include <sys/types.h>

/* --- samples, of one unit --- */

typedef GArray Samples; /* double */

Samples *samples_new(void);
void samples_add(Samples *samples, double value);
/* Sorts them. @part: 0.5 is the median. NAN without any. */
double samples_quantile(Samples *samples, double part);

/* Milliseconds of a monotonic clock. */
double now_ms(void);

/* --- bench-host.c --- */

/* The host as a JSON object. @qemu: a running VM, or -1. */
char *host_describe(pid_t qemu);
/* The VM of a sandbox, and the keeper that started it; -1 when there is none. */
pid_t host_qemu(const char *id);
pid_t host_keeper(pid_t qemu);
/* A number of KiB after "FIELD:" in /proc/PID/FILE; -1 when there is none. */
double host_kib(pid_t pid, const char *file, const char *field);
/* Voluntary context switches of all its threads. */
double host_wakeups(pid_t pid);
/* Its arguments. */
char **host_arguments(pid_t pid);

/* --- bench-boot.c --- */

typedef struct BareBoot BareBoot;

/* Prepares boots of the image in @image_dir with the machine, processor, memory and kernel command
 * line of the VM @like, without its disks and without libvirt. */
BareBoot *bare_boot_new(const char *image_dir, pid_t like, GError **error);
/* Boots once; milliseconds from the exec of QEMU until its init runs, or -1. */
double bare_boot_run(BareBoot *boot);
void bare_boot_free(BareBoot *boot);

#endif
