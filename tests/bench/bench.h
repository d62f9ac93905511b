/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared by the parts of the bench program:
 *
 *   bench.c            options, the list of rows, start and end
 *   bench-figure.c     a figure as a line of JSON
 *   bench-samples.c    samples and the clock
 *   bench-host.c       the host and its processes, from /proc
 *   bench-sandbox.c    sandboxes and pools, for rows that cannot go on without
 *   bench-boot.c       reference: a bare boot of QEMU
 *   bench-reference.c  references: bare libvirt (through bench-libvirt), fork and exec
 *   bench-create.c, bench-load.c, bench-command.c, bench-copy.c, bench-fork.c, bench-memory.c,
 *   bench-end.c, bench-pump.c
 *                      the rows
 */
#ifndef SBX_TESTS_BENCH_H
#define SBX_TESTS_BENCH_H

#include <glib.h>
#include <sandbox/sandbox.h>
#include <sys/types.h>

#include "bench-samples.h"

/* --- bench.c --- */

/* What all sandboxes of the run are, as the first one was. */
typedef struct {
    char *image_dir;
    guint64 memory;
    unsigned vcpus;
    char **arguments; /* of the QEMU of one that booted afresh */
} Machine;

extern Machine machine;
extern int runs;        /* sandboxes per figure */
extern char *bench_dir; /* of this run alone: the keeper's runtime directory is "k" in it */

G_NORETURN void die(const char *what, const sbx_error *error);
G_NORETURN void die_text(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* --- bench-figure.c --- */

/* The host, as JSON, for all lines to come. Takes it. */
void figure_host(char *json);
/* @reference: what it is compared with, or NULL. Frees the samples. */
void figure(const char *name, const char *unit, Samples *samples, const char *reference_name,
            Samples *reference, const char *target);
void figure_one(const char *name, const char *unit, double value, const char *target);

/* --- bench-host.c --- */

/* The host as a JSON object. @arguments: those of a QEMU. */
char *host_describe(char **arguments);
int host_cpus(void);
/* The processes of our keeper, which must run. */
pid_t host_guardian(void);
pid_t host_keeper(void);
/* Its VMs, a pid_t each: spares, too. */
GArray *host_vms(void);
/* All below a process, and itself. */
GArray *host_family(pid_t pid);
/* The VM of a sandbox: the one of that name or, as a claimed spare has another, the only one there
 * is. Ends the program when it cannot be told. */
pid_t host_vm(sbx *sandbox);
/* Bytes, given as "FIELD: N kB" in /proc/PID/FILE. */
double host_bytes(pid_t pid, const char *file, const char *field);
/* Voluntary context switches of all its threads. */
double host_wakeups(pid_t pid);
/* Its arguments. */
char **host_arguments(pid_t pid);

/* --- bench-sandbox.c --- */

/* Errors end the program. */

/* @options may be NULL, and @took: milliseconds. */
sbx *sandbox_create(const sbx_options *options, double *took);
/* Kills it and drops the reference. */
void sandbox_end(sbx *sandbox);
void sandboxes_end(sbx **sandboxes, guint count);
/* Runs a script, which must succeed; its standard output. */
char *sandbox_sh(sbx *sandbox, const char *script);
/* The same, measured: milliseconds. */
double sandbox_sh_time(sbx *sandbox, const char *script);
/* Options of a sandbox that boots afresh. */
sbx_options *fresh_options(void);
/* Has spares ready: at least @count. */
void pool_fill(guint count);
/* From now on as many spares as the keeper thinks fit. */
void pool_auto(void);
/* From now on exactly so many; returns when it is so. With 0 a create starts a VM from its
 * template, which is there when this returns. */
void pool_exactly(guint count);

/* --- bench-boot.c --- */

typedef struct BareBoot BareBoot;

/* Prepares boots of the machine's image with its processor, memory and kernel command line, without
 * its disks and without libvirt. */
BareBoot *bare_boot_new(GError **error);
/* Boots once; milliseconds from the exec of QEMU until its init runs, or -1. */
double bare_boot_run(BareBoot *boot);
/* The same machine with an init that pumps, see bench-pump-init.c, between a virtio-serial port and
 * a socket that listens at @path. */
BareBoot *bare_boot_new_pump(const char *path, GError **error);
/* Starts it; the caller ends and reaps it. */
GPid bare_boot_spawn(BareBoot *boot);
void bare_boot_free(BareBoot *boot);

/* --- bench-reference.c --- */

/* libvirt's calls alone, on domains like the machine. Started by the first use. */

/* One start and one destroy; milliseconds. Samples may be NULL. */
void bare_libvirt_pair(Samples *starts, Samples *destroys);
/* Starts and destroys in so many threads for so long: pairs per second. */
double bare_libvirt_rate(int threads, int ms);
/* Milliseconds until @count domains are there, started in so many threads. */
double bare_libvirt_starts(int threads, int count);
/* Waits until nothing is left of it. Fine when there is none. */
void bare_libvirt_stop(void);

/* Adds the milliseconds of posix_spawn() and waitpid() of an empty static program. */
void fork_exec(Samples *samples);

/* --- rows --- */

void bench_create_cold(void);
void bench_create_fresh(void);
void bench_create_ready(void);
void bench_create_dry(void);
void bench_burst(void);
void bench_rate(void);
void bench_sh(void);
void bench_first(void);
void bench_round_trips(void);
void bench_pump(void);
void bench_copy(void);
void bench_fork(void);
void bench_pause(void);
void bench_memory(void);
void bench_keeper_memory(void);
void bench_kill(void);
void bench_keeper_killed(void);

#endif
