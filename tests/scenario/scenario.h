/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the C runner share; README.md says what a runner is.
 *
 * A verb is a function of a step. It returns the library's code: on failure the step's error is
 * set, on success its result, NULL for null. A verb's options are in its row of the tables; a step
 * with another one is not carried out.
 */
#ifndef SBX_TESTS_SCENARIO_H
#define SBX_TESTS_SCENARIO_H

#include <json-glib/json-glib.h>
#include <sandbox/sandbox.h>

typedef enum { NOTHING, ANYTHING, SANDBOX, PROCESS, OPEN_FILE, WATCH, FORWARD } Kind;

typedef struct {
    GHashTable *handles; /* name -> Handle */
    char *scratch;
} Runner;

typedef struct {
    Runner *runner;
    JsonObject *arguments;
    void *on;         /* the object of the kind that the verb asks for */
    sbx_error *error; /* for the library to set */
    JsonNode *result;
} Step;

typedef struct {
    const char *name;
    Kind on;
    int (*carry_out)(Step *step);
    const char *options; /* all keys but id, do, on, as, expect and note */
} Verb;

/* Ends with a row without a name. */
extern const Verb sandbox_verbs[];
extern const Verb process_verbs[];
extern const Verb fs_verbs[];
extern const Verb file_verbs[];
extern const Verb host_verbs[];
extern const Verb port_verbs[];

/* --- handles (run-scenario.c) --- */

/* Keeps @object, which the runner owns from then on, under the name @name. */
void keep(Step *step, const char *name, Kind kind, void *object);
/* The object of that name, or NULL. */
void *kept(Step *step, const char *name, Kind kind);
/* Releases the step's object and forgets its name. */
void forget(Step *step);

/* --- arguments (values.c); absent ones give NULL, 0, FALSE or @otherwise --- */

gboolean has(const Step *step, const char *key);
const char *text_of(const Step *step, const char *key);
gint64 number_of(const Step *step, const char *key, gint64 otherwise);
gboolean is_set(const Step *step, const char *key);
/* Octal digits; -1 when absent. */
int mode_of(const Step *step, const char *key);
GBytes *bytes_of(const Step *step, const char *key);
/* NULL-terminated, also when absent. */
char **words_of(const Step *step, const char *key);
/* Calls @set for each member of an object of strings; stops at the first failure. */
int for_each_pair(Step *step, const char *key,
                  int (*set)(void *target, const char *name, const char *value, sbx_error **error),
                  void *target);
/* Sets an error as the library would, for what has no call of it: 0, or SBX_E_SYSTEM and @number.
 */
int host_failed(Step *step, int number);
/* The path of a "local" argument; freed with g_free(). */
char *local_path(const Step *step, const char *key);

/* --- results (values.c) --- */

JsonNode *node_text(const char *text);
JsonNode *node_number(gint64 number);
JsonNode *node_bool(gboolean value);
JsonNode *node_bytes(const void *data, gsize length);
JsonNode *node_object(JsonObject *object);
/* Takes the strings; the result is sorted. */
JsonNode *node_sorted_texts(GPtrArray *texts);
/* An array of objects, sorted by that member. */
JsonNode *node_sorted_objects(GPtrArray *objects, const char *key);
void set_mode(JsonObject *object, const char *key, guint mode);
JsonNode *node_error(int code, const sbx_error *error);

/* --- shared by verbs --- */

/* Sends to a connected socket while reading from it, to the end; closes it. */
int talk(Step *step, int fd);
JsonNode *node_stat(const sbx_stat *stat, gboolean with_times);

#define SCENARIO_CLEANUP(type, release) G_DEFINE_AUTOPTR_CLEANUP_FUNC(type, release)

SCENARIO_CLEANUP(sbx_options, sbx_options_unref)
SCENARIO_CLEANUP(sbx_command, sbx_command_unref)
SCENARIO_CLEANUP(sbx_result, sbx_result_free)
SCENARIO_CLEANUP(sbx_stat, sbx_stat_free)
SCENARIO_CLEANUP(sbx_dir, sbx_dir_free)
SCENARIO_CLEANUP(sbx_stats, sbx_stats_free)
SCENARIO_CLEANUP(sbx_usage, sbx_usage_free)
SCENARIO_CLEANUP(sbx_events, sbx_events_free)
SCENARIO_CLEANUP(sbx_list, sbx_list_free)
SCENARIO_CLEANUP(sbx_list_options, sbx_list_options_free)
SCENARIO_CLEANUP(sbx_snapshot_list, sbx_snapshot_list_free)
SCENARIO_CLEANUP(sbx_process_list, sbx_process_list_free)
SCENARIO_CLEANUP(sbx_port_list, sbx_port_list_free)
SCENARIO_CLEANUP(sbx_env_list, sbx_env_list_free)
SCENARIO_CLEANUP(sbx_fs_options, sbx_fs_options_free)
SCENARIO_CLEANUP(sbx_transfer_options, sbx_transfer_options_free)

#endif
