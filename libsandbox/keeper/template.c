/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Templates in use: see template.h. */
#include "keeper/template.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <sandbox/error.h>

#include "image/digest.h"
#include "image/manifest.h"

/* What a change of ours to how templates are made changes. */
#define FORMAT "1"
/* Templates that nobody used for so long are removed. */
#define UNUSED_DAYS 30

gboolean sbx_template_possible(SbxKeeper *keeper, SbxDriver *driver)
{
    return keeper->templates_dir != NULL &&
           (sbx_driver_capabilities(driver) & SBX_DRIVER_CLONE) != 0;
}

/* --- the key --- */

static gboolean digest_file(const char *path, GStringChunk *strings, const char **digest,
                            GError **error)
{
    g_autofree char *bytes = NULL;
    g_autoptr(GError) reason = NULL;
    char hex[SBX_DIGEST_SIZE];
    gsize length;

    if (!g_file_get_contents(path, &bytes, &length, &reason)) {
        sbx_fault_set(error, SBX_E_SYSTEM, 0, NULL, "%s", reason->message);
        return FALSE;
    }
    if (!sbx_digest_bytes(bytes, length, hex, error))
        return FALSE;
    *digest = g_string_chunk_insert(strings, hex);
    return TRUE;
}

/* The VM's description without what differs from one to the next. */
static gboolean describe_machine(SbxDriver *driver, const SbxSandboxConfig *config,
                                 GStringChunk *strings, const char **machine, GError **error)
{
    SbxDomainSpec spec = SBX_DOMAIN_SPEC_INIT;
    g_autofree char *xml = NULL;
    g_autofree char *all = NULL;

    sbx_keeper_fill_in_machine(driver, config, &spec);
    /* Measured anew by each keeper, and never twice the same. */
    spec.tsc_khz = MIN(spec.tsc_khz, 1);
    spec.name = "template";
    spec.kernel = "/kernel";
    spec.initrd = "/initrd";
    spec.root_image = "/root";
    spec.scratch = "/scratch";
    spec.agent_socket = "/agent";
    spec.console_socket = "/console";
    spec.monitor_socket = "/monitor";
    spec.reset_socket = "/reset";
    xml = sbx_domain_xml(&spec, error);
    if (xml == NULL)
        return FALSE;
    all = g_strconcat("format " FORMAT "\n", xml, sbx_warm_up_script(TRUE), NULL);
    *machine = g_string_chunk_insert(strings, all);
    return TRUE;
}

/* Its version, and its program: a distribution's update may keep the version. */
static const char *describe_vmm(const SbxDriverInfo *info, GStringChunk *strings)
{
    g_autofree char *text = NULL;
    struct stat program = {0};
    unsigned long version = info->hypervisor_version;

    if (info->emulator != NULL)
        (void)!stat(info->emulator, &program);
    text = g_strdup_printf("%s %lu.%lu.%lu (%s, %" G_GINT64_FORMAT " bytes of %" G_GINT64_FORMAT
                           ".%09ld)",
                           info->hypervisor, version / 1000000, version / 1000 % 1000,
                           version % 1000, info->emulator != NULL ? info->emulator : "?",
                           (gint64)program.st_size, (gint64)program.st_mtim.tv_sec,
                           program.st_mtim.tv_nsec);
    return g_string_chunk_insert(strings, text);
}

/* Under KVM a guest has seen the host's CPU, and its state is the host kernel's. */
static const char *describe_accelerator(gboolean kvm, GStringChunk *strings)
{
    g_autofree char *cpus = NULL;
    g_autofree char *text = NULL;
    char digest[SBX_DIGEST_SIZE] = "";
    struct utsname host;

    if (!kvm)
        return "tcg";
    if (g_file_get_contents("/proc/cpuinfo", &cpus, NULL, NULL)) {
        g_auto(GStrv) lines = g_strsplit(cpus, "\n", -1);
        g_autoptr(GString) stable = g_string_new(NULL);

        for (char **line = lines; *line != NULL && **line != '\0'; line++)
            if (!g_str_has_prefix(*line, "cpu MHz") && !g_str_has_prefix(*line, "bogomips"))
                g_string_append_printf(stable, "%s\n", *line);
        sbx_digest_bytes(stable->str, stable->len, digest, NULL);
    }
    text = g_strdup_printf("kvm (Linux %s, CPU %.16s)", uname(&host) == 0 ? host.release : "?",
                           digest);
    return g_string_chunk_insert(strings, text);
}

gboolean sbx_template_key(SbxKeeper *keeper, SbxDriver *driver, SbxImage *image,
                          const SbxSandboxConfig *config, SbxTemplateKey *key,
                          GStringChunk *strings, GError **error)
{
    g_autofree char *manifest = g_build_filename(image->dir, SBX_IMAGE_MANIFEST, NULL);
    g_autofree char *agent = g_strdup_printf("/proc/self/fd/%d", keeper->agent_fd);
    g_autofree char *name = g_strdup_printf("%s@%s", image->name, image->version);
    SbxDriverInfo info;

    sbx_driver_describe(driver, &info);
    *key = (SbxTemplateKey){
        .image = g_string_chunk_insert(strings, name),
        .vmm = describe_vmm(&info, strings),
        .accelerator = describe_accelerator(info.kvm, strings),
        .memory = config->memory,
        .vcpus = config->vcpus,
        .disk_size = config->disk_size,
    };
    return digest_file(manifest, strings, &key->image_digest, error) &&
           digest_file(agent, strings, &key->agent_digest, error) &&
           describe_machine(driver, config, strings, &key->machine, error);
}

char *sbx_template_id_for(SbxKeeper *keeper, SbxDriver *driver, SbxImage *image,
                          const SbxSandboxConfig *config, GError **error)
{
    g_autoptr(GStringChunk) strings = g_string_chunk_new(4096);
    SbxTemplateKey key;

    if (!sbx_template_key(keeper, driver, image, config, &key, strings, error))
        return NULL;
    return sbx_template_id(&key);
}

/* --- those that are loaded --- */

static SbxTemplate *find_loaded(SbxKeeper *keeper, const char *id)
{
    SbxTemplate *template;

    g_mutex_lock(&keeper->boot_lock);
    template = g_hash_table_lookup(keeper->templates, id);
    if (template != NULL)
        sbx_template_ref(template);
    g_mutex_unlock(&keeper->boot_lock);
    return template;
}

void sbx_template_forget(SbxKeeper *keeper, const char *id)
{
    g_mutex_lock(&keeper->boot_lock);
    g_hash_table_remove(keeper->templates, id);
    g_mutex_unlock(&keeper->boot_lock);
}

static SbxTemplate *load(SbxKeeper *keeper, const char *id)
{
    g_autofree char *damage = NULL;
    g_autoptr(GError) error = NULL;
    SbxTemplate *template = sbx_template_load(keeper->templates_dir, id, &damage, &error);

    if (damage != NULL) {
        g_warning("the template %.12s is damaged and was removed: %s", id, damage);
        g_atomic_int_inc(&keeper->templates_lost);
    }
    if (error != NULL)
        g_message("the template %.12s cannot be used: %s", id, error->message);
    if (template == NULL)
        return NULL;
    g_mutex_lock(&keeper->boot_lock);
    g_hash_table_replace(keeper->templates, template->id, sbx_template_ref(template));
    g_mutex_unlock(&keeper->boot_lock);
    return template;
}

SbxTemplate *sbx_template_find(SbxKeeper *keeper, SbxDriver *driver, SbxImage *image,
                               const SbxSandboxConfig *config)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *id = NULL;
    SbxTemplate *template;

    if (!sbx_template_possible(keeper, driver))
        return NULL;
    id = sbx_template_id_for(keeper, driver, image, config, &error);
    if (id == NULL) {
        g_message("templates cannot be used: %s", error->message);
        return NULL;
    }
    template = find_loaded(keeper, id);
    if (template != NULL && sbx_template_still_good(template))
        return template;
    if (template != NULL) {
        g_message("the template %.12s was touched and is checked again", id);
        sbx_template_forget(keeper, id);
        sbx_template_unref(template);
    }
    return load(keeper, id);
}

/* --- one that is no good --- */

typedef struct {
    char *dir;
    char *id;
} Removal;

static void remove_in_worker(gpointer data)
{
    Removal *removal = data;
    g_autoptr(GError) error = NULL;

    if (!sbx_template_store_remove(removal->dir, removal->id, &error))
        g_message("cannot remove the template %.12s: %s", removal->id, error->message);
    g_free(removal->dir);
    g_free(removal->id);
    g_free(removal);
}

void sbx_template_distrust(SbxKeeper *keeper, SbxTemplate *template, const char *why)
{
    Removal *removal;
    gboolean known;

    g_mutex_lock(&keeper->boot_lock);
    known = g_hash_table_lookup(keeper->templates, template->id) == template;
    if (known)
        g_hash_table_remove(keeper->templates, template->id);
    g_mutex_unlock(&keeper->boot_lock);
    if (!known)
        return;
    g_atomic_int_inc(&keeper->templates_lost);
    g_warning("the template %.12s cannot be restored and is removed: %s", template->id,
              why != NULL ? why : "the VMM ended");
    removal = g_new0(Removal, 1);
    removal->dir = g_strdup(keeper->templates_dir);
    removal->id = g_strdup(template->id);
    sbx_keeper_work(keeper, remove_in_worker, removal);
}

/* --- leftovers --- */

void sbx_template_sweep_in_worker(gpointer data)
{
    SbxKeeper *keeper = data;
    g_autoptr(GDir) snapshots = g_dir_open(keeper->snapshots_dir, 0, NULL);
    const char *name;

    if (keeper->templates_dir != NULL)
        sbx_template_store_sweep(keeper->templates_dir, UNUSED_DAYS);
    while (snapshots != NULL && (name = g_dir_read_name(snapshots)) != NULL) {
        g_autofree char *dir = g_build_filename(keeper->snapshots_dir, name, NULL);

        sbx_template_store_sweep(dir, G_MAXUINT);
        rmdir(dir); /* one that was never finished is empty now */
    }
}
