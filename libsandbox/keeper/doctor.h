/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The doctor: what its files share.
 *
 *   doctor.c             the table of checks, the report
 *   doctor-virt.c        libvirt, QEMU, KVM
 *   doctor-host.c        user and namespaces, directories, resources
 *   doctor-image.c       images, and the tools that make them and the disks
 *   doctor-namespaces.c  tries what sbx-launch does, with its own code
 *   doctor-capture.c     runs a program for its output
 */
#ifndef SBX_KEEPER_DOCTOR_H
#define SBX_KEEPER_DOCTOR_H

#include <glib.h>
#include <sys/types.h>

#include "keeper/keeper.h"

typedef enum {
    SBX_CHECK_OK,
    SBX_CHECK_WARNING, /* sandboxes work, but slower, or something else does not */
    SBX_CHECK_ERROR,   /* no sandbox can be made */
} SbxCheckStatus;

typedef struct {
    SbxCheckStatus status;
    char *detail;
    char *hint;
} SbxCheck;

/* How far sbx-launch would come. */
typedef struct {
    gint64 uid;       /* who the keeper would run as; -1 when not even that was found */
    gboolean entered; /* the namespaces exist */
    gboolean mounted; /* and in them what the keeper cannot do without */
    char *failure;    /* what ended it, or NULL */
    char *hint;       /* for that, or NULL */
    GString *log;     /* what it can do without, one line each */
} SbxDoctorLaunch;

/* What checks find out for those after them. */
typedef struct {
    const SbxDoctorPaths *paths;
    const char *uri;
    const char *path; /* where the keeper looks for programs */
    char *qemu;       /* path, or NULL */
    guint qemu_major;
    gboolean kvm;
    char *kvm_reason;
    const char *accelerator; /* "kvm", "tcg" or NULL */
    SbxDoctorLaunch launch;
} SbxDoctor;

typedef void (*SbxCheckFunc)(SbxDoctor *doctor, SbxCheck *check);

/* doctor.c: sets the outcome. A status other than SBX_CHECK_OK needs a hint. */
void sbx_check_set(SbxCheck *check, SbxCheckStatus status, const char *hint, const char *format,
                   ...) G_GNUC_PRINTF(4, 5);
/* Is this libvirt's embedded driver, whose parts must be on this machine? */
gboolean sbx_doctor_is_embedded(const SbxDoctor *doctor);

/* doctor-capture.c */

/* The first bytes of what a program prints, on stdout or stderr; NULL when it cannot be executed.
 * It is killed after two seconds. */
char *sbx_doctor_capture(const char *program, const char *argument);
/* The path of a program in a list of directories separated by colons, or NULL. */
char *sbx_doctor_find(const char *path, const char *name);
/* The first "N.N" in a text. */
gboolean sbx_doctor_parse_version(const char *text, guint *major, guint *minor);

/* doctor-namespaces.c */
void sbx_doctor_try_launch(const char *runtime_dir, SbxDoctorLaunch *launch);

/* doctor-virt.c */
void sbx_doctor_check_libvirt(SbxDoctor *doctor, SbxCheck *check);
void sbx_doctor_check_module(SbxDoctor *doctor, SbxCheck *check);
void sbx_doctor_check_qemu(SbxDoctor *doctor, SbxCheck *check);
void sbx_doctor_check_kvm(SbxDoctor *doctor, SbxCheck *check);
void sbx_doctor_check_accelerator(SbxDoctor *doctor, SbxCheck *check);
void sbx_doctor_check_versions(SbxDoctor *doctor, SbxCheck *check);
void sbx_doctor_check_vsock(SbxDoctor *doctor, SbxCheck *check);
void sbx_doctor_check_cloud_hypervisor(SbxDoctor *doctor, SbxCheck *check);

/* doctor-host.c */
void sbx_doctor_check_install(SbxDoctor *doctor, SbxCheck *check);
void sbx_doctor_check_user(SbxDoctor *doctor, SbxCheck *check);
void sbx_doctor_check_namespaces(SbxDoctor *doctor, SbxCheck *check);
void sbx_doctor_check_mounts(SbxDoctor *doctor, SbxCheck *check);
void sbx_doctor_check_runtime(SbxDoctor *doctor, SbxCheck *check);
void sbx_doctor_check_data(SbxDoctor *doctor, SbxCheck *check);
void sbx_doctor_check_cache(SbxDoctor *doctor, SbxCheck *check);
void sbx_doctor_check_log(SbxDoctor *doctor, SbxCheck *check);
void sbx_doctor_check_memory(SbxDoctor *doctor, SbxCheck *check);
void sbx_doctor_check_files(SbxDoctor *doctor, SbxCheck *check);

/* doctor-image.c */
void sbx_doctor_check_mke2fs(SbxDoctor *doctor, SbxCheck *check);
void sbx_doctor_check_image(SbxDoctor *doctor, SbxCheck *check);
void sbx_doctor_check_tools(SbxDoctor *doctor, SbxCheck *check);
void sbx_doctor_check_subids(SbxDoctor *doctor, SbxCheck *check);

#endif
