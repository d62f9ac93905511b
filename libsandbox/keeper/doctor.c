/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The doctor: `sbx-keeper --doctor`, which sbx_doctor() runs.
 *
 * It runs as the user that calls it, outside of the keeper's namespaces, and neither needs a keeper
 * nor opens a driver: libvirt's embedded driver takes seconds and leaves files. Checks run in the
 * order of the table; later ones use what earlier ones found.
 */
#include "keeper/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sandbox/version.h>

#include "keeper/launch.h"
#include "wire/json.h"

/* A file system that does not answer must not hang our caller for ever. All of it takes 0.2 s. */
#define DEADLINE_SECONDS 15

static const struct {
    const char *name;
    SbxCheckFunc run;
} checks[] = {
    {"installation", sbx_doctor_check_install},
    {"libvirt", sbx_doctor_check_libvirt},
    {"libvirt-driver", sbx_doctor_check_module},
    {"qemu", sbx_doctor_check_qemu},
    {"kvm", sbx_doctor_check_kvm},
    {"accelerator", sbx_doctor_check_accelerator},
    {"known-problems", sbx_doctor_check_versions},
    {"keeper-user", sbx_doctor_check_user},
    {"namespaces", sbx_doctor_check_namespaces},
    {"mounts", sbx_doctor_check_mounts},
    {"runtime-dir", sbx_doctor_check_runtime},
    {"data-dir", sbx_doctor_check_data},
    {"cache-dir", sbx_doctor_check_cache},
    {"log-dir", sbx_doctor_check_log},
    {"mke2fs", sbx_doctor_check_mke2fs},
    {"image", sbx_doctor_check_image},
    {"image-tools", sbx_doctor_check_tools},
    {"subordinate-ids", sbx_doctor_check_subids},
    {"memory", sbx_doctor_check_memory},
    {"open-files", sbx_doctor_check_files},
    {"vsock", sbx_doctor_check_vsock},
    {"cloud-hypervisor", sbx_doctor_check_cloud_hypervisor},
};

void sbx_check_set(SbxCheck *check, SbxCheckStatus status, const char *hint, const char *format,
                   ...)
{
    va_list args;

    g_assert(status == SBX_CHECK_OK || hint != NULL);
    g_free(check->detail);
    g_free(check->hint);
    check->status = status;
    check->hint = g_strdup(hint);
    va_start(args, format);
    check->detail = g_strdup_vprintf(format, args);
    va_end(args);
}

gboolean sbx_doctor_is_embedded(const SbxDoctor *doctor)
{
    return g_str_has_prefix(doctor->uri, SBX_DOCTOR_URI);
}

static JsonObject *check_to_json(const char *name, const SbxCheck *check)
{
    static const char *const statuses[] = {
        [SBX_CHECK_OK] = "ok", [SBX_CHECK_WARNING] = "warning", [SBX_CHECK_ERROR] = "error"};
    JsonObject *object = json_object_new();

    json_object_set_string_member(object, "name", name);
    json_object_set_string_member(object, "status", statuses[check->status]);
    sbx_json_set_text(object, "detail", check->detail);
    if (check->hint != NULL)
        sbx_json_set_text(object, "hint", check->hint);
    else
        json_object_set_null_member(object, "hint");
    return object;
}

/* Returns whether no check failed. */
static gboolean run_checks(SbxDoctor *doctor, JsonArray *results)
{
    gboolean ok = TRUE;

    for (size_t i = 0; i < G_N_ELEMENTS(checks); i++) {
        SbxCheck check = {0};

        checks[i].run(doctor, &check);
        g_assert(check.detail != NULL);
        json_array_add_object_element(results, check_to_json(checks[i].name, &check));
        ok = ok && check.status != SBX_CHECK_ERROR;
        g_free(check.detail);
        g_free(check.hint);
    }
    return ok;
}

static int print(JsonObject *report)
{
    gsize length;
    g_autofree char *text = sbx_json_print(report, &length);

    return fwrite(text, 1, length, stdout) == length && fputc('\n', stdout) != EOF &&
                   fflush(stdout) == 0
               ? 0
               : 1;
}

void sbx_doctor_paths_clear(SbxDoctorPaths *paths)
{
    g_free(paths->runtime_dir);
    g_free(paths->runtime_problem);
    g_free(paths->data_dir);
    g_free(paths->cache_dir);
    g_free(paths->log);
    g_free(paths->missing);
    g_free(paths->path);
}

int sbx_doctor_main(const SbxDoctorPaths *paths)
{
    const char *uri = g_getenv("LIBSANDBOX_URI");
    SbxDoctor doctor = {.paths = paths,
                        .uri = uri != NULL ? uri : SBX_DOCTOR_URI,
                        .path = paths->path != NULL ? paths->path : LAUNCH_PATH};
    g_autoptr(JsonObject) report = json_object_new();
    JsonArray *results = json_array_new();
    gboolean ok;

    alarm(DEADLINE_SECONDS);
    sbx_doctor_try_launch(paths->runtime_dir, &doctor.launch);
    ok = run_checks(&doctor, results);
    json_object_set_boolean_member(report, "ok", ok);
    json_object_set_string_member(report, "version", SBX_VERSION_STRING);
    if (doctor.accelerator != NULL)
        json_object_set_string_member(report, "accelerator", doctor.accelerator);
    else
        json_object_set_null_member(report, "accelerator");
    sbx_json_set_text(report, "uri", doctor.uri);
    json_object_set_array_member(report, "checks", results);
    g_free(doctor.qemu);
    g_free(doctor.kvm_reason);
    g_free(doctor.launch.failure);
    g_free(doctor.launch.hint);
    g_string_free(doctor.launch.log, TRUE);
    return print(report);
}
