/* user.h: who a command runs as, from the guest's own /etc/passwd and /etc/group. */
#ifndef SBX_USER_H
#define SBX_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { USER_MAX_GROUPS = 64 };

struct user {
    char name[64];
    char home[512];
    char shell[256];
    uid_t uid;
    gid_t gid;
    gid_t groups[USER_MAX_GROUPS];
    size_t group_count;
};

/* By name or number. "app" and "root" exist even when the file does not say so: an image without
 * them, or one whose files were deleted, must still run commands. False: no such user. */
bool user_find(const char *who, struct user *out);
/* Who the agent itself runs as. */
void user_self(struct user *out);

#endif
