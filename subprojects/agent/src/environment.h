/* environment.h: what a command finds in its environment. */
#ifndef SBX_ENVIRONMENT_H
#define SBX_ENVIRONMENT_H

#include "protocol.h"
#include "user.h"

/* Entries every command gets, from setup; replaces the earlier ones. False when out of memory. */
bool environment_set_defaults(const char *const *entries, size_t count);
/* Allocated in one piece, NULL-terminated, later entries win; NULL when out of memory. */
char **environment_build(const struct sbx_command *command, const struct user *user,
                         const char *cwd);
const char *environment_get(char *const *environment, const char *name);

#endif
