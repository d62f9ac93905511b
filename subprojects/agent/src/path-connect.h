/* path-connect.h: connects a socket to the path of another, in a process of its own.
 *
 * The path may lead into a file system whose server does not answer any more; whoever looks it up
 * then waits for ever, in a state that not even SIGKILL ends. The agent must not. */
#ifndef SBX_PATH_CONNECT_H
#define SBX_PATH_CONNECT_H

struct path_connect;

/* Gets a connected, non-blocking socket, or -1 and why not. Called once, unless it was cancelled.
 */
typedef void (*path_connected)(void *data, int fd, int error);

/* NULL with *error when it could not begin. */
struct path_connect *path_connect_begin(const char *path, path_connected done, void *data,
                                        int *error);
void path_connect_cancel(struct path_connect *attempt);

#endif
