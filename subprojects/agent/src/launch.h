/* launch.h: one clone and exec; returns when the exec has succeeded or failed. */
#ifndef SBX_LAUNCH_H
#define SBX_LAUNCH_H

#include "user.h"

#include <stdbool.h>
#include <sys/types.h>

enum launch_stage {
    LAUNCH_CLONE,
    LAUNCH_PREPARE,     /* session, descriptors, limits */
    LAUNCH_USER,
    LAUNCH_DIRECTORY,
    LAUNCH_EXEC,
    LAUNCH_INTERPRETER, /* the program is there, what it names as its interpreter is not */
};

struct launch {
    char *const *argv;
    char *const *environment;
    int program_fd;       /* -1, or the program itself, opened; program is then its name only */
    const char *program;  /* searched for in search_path unless it has a slash */
    const char *search_path;
    const char *cwd;      /* NULL: home if it can be entered, else / */
    const struct user *user;
    bool switch_user;
    int stdio[3];
    bool terminal;        /* stdio[0] is to be its controlling terminal */
    int script_fd;        /* -1, or what the command finds as LAUNCH_SCRIPT_FD */
    int cgroup_fd;        /* -1: none */
};

/* Below 10, where bash puts its own. */
enum { LAUNCH_SCRIPT_FD = 9 };

struct launch_error {
    int stage;
    int error;
};

/* Once, before the first launch: what a child needs of /proc must not depend on its path later. */
void launch_init(void);
/* The pid, or -1 with error filled in. */
pid_t launch(const struct launch *launch, struct launch_error *error);

#endif
