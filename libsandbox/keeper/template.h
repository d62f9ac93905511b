/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Templates in use: finding the one for a kind of sandbox, building it, giving up one that is no good.
 * The files are template-store.c's. See doc/templates.md.
 */
#ifndef SBX_KEEPER_TEMPLATE_H
#define SBX_KEEPER_TEMPLATE_H

#include "keeper/sandbox.h"

/* Methods. They take the request. */
void sbx_template_method_list(SbxKeeper *keeper, SbxRequest *request);
void sbx_template_method_build(SbxKeeper *keeper, SbxRequest *request);
void sbx_template_method_remove(SbxKeeper *keeper, SbxRequest *request);

/* --- template.c --- */

/* In a worker: the id of the template for a kind of sandbox; free it with g_free(). NULL with a fault
 * set. */
char *sbx_template_id_for(SbxKeeper *keeper, SbxDriver *driver, SbxImage *image,
                          const SbxSandboxConfig *config, GError **error);
/* In a worker: the template itself, or NULL when there is none or templates are not used here. */
SbxTemplate *sbx_template_find(SbxKeeper *keeper, SbxDriver *driver, SbxImage *image,
                               const SbxSandboxConfig *config);
/* Whether templates can be used, as far as the driver goes. */
gboolean sbx_template_possible(SbxKeeper *keeper, SbxDriver *driver);
/* In a worker: the key of which the id is made; the strings are in @strings. */
gboolean sbx_template_key(SbxKeeper *keeper, SbxDriver *driver, SbxImage *image,
                          const SbxSandboxConfig *config, SbxTemplateKey *key, GStringChunk *strings,
                          GError **error);
/* Any thread: it could not be restored. Removes it, but for one that has no place in the store. */
void sbx_template_distrust(SbxKeeper *keeper, SbxTemplate *template, const char *why);
/* Any thread: it is not to be used any more by this keeper (it was removed, or replaced). */
void sbx_template_forget(SbxKeeper *keeper, const char *id);

/* In a worker: removes what earlier keepers did not finish, and templates that nobody uses. @data: the
 * keeper. */
void sbx_template_sweep_in_worker(gpointer data);

/* --- template-build.c --- */

/* How far a build is; main loop. */
typedef void (*SbxBuildProgress)(const char *stage, guint done, guint total, gpointer data);
/* How it ended, once: the id and whether it was built just now, or a fault (borrowed). */
typedef void (*SbxBuildDone)(const char *id, gboolean built, const GError *fault, gpointer data);

/* Builds the template for a kind of sandbox unless there is one (@force: also then). Builds of the same
 * kind are one build. @progress may be NULL. Returns a number for sbx_template_build_ignore(). */
guint sbx_template_build(SbxKeeper *keeper, const SbxSandboxConfig *config, gboolean force,
                         SbxBuildProgress progress, SbxBuildDone done, gpointer data);
/* Whoever asked is not to be told any more. The build goes on. */
void sbx_template_build_ignore(SbxKeeper *keeper, guint number);

/* --- warm-up.c --- */

/*
 * Runs what most programs run first, so that it is in the page cache of a template (@thorough), and
 * under TCG translated in a spare. What fails is no matter; @done (error NULL: go on) follows at the
 * latest when the time for it is over.
 */
void sbx_warm_up(SbxSandbox *sandbox, gboolean thorough, SbxAgentDoneFunc done, gpointer data);
/* What it runs, for a template's key. */
const char *sbx_warm_up_script(gboolean thorough);

/* --- save.c --- */

/* Once, from the main loop: the devices' state, or NULL and a fault. */
typedef void (*SbxSaved)(SbxSandbox *sandbox, GBytes *state, const GError *fault, gpointer data);
/* Saves the state of a VM whose RAM is a shared file, and stops it for good. */
void sbx_vm_save(SbxSandbox *sandbox, SbxSaved saved, gpointer data);

#endif
