/* loop.h: the agent's event loop: epoll, one thread. */
#ifndef SBX_LOOP_H
#define SBX_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct source {
    int fd; /* -1 when not in the loop */
    void (*ready)(struct source *source, uint32_t events);
};

/* Must be the first member of what loop_free_later gets. */
struct garbage {
    struct garbage *next;
};

void loop_init(void);
/* Takes fd over. False when the kernel refused; fd is then closed. */
bool loop_add(struct source *source, int fd, uint32_t events,
              void (*ready)(struct source *source, uint32_t events));
void loop_change(struct source *source, uint32_t events);
/* Closes the fd. Safe from any handler, for any source, any number of times. */
void loop_close(struct source *source);
/* Frees once no event of the current batch can refer to it. */
void loop_free_later(struct garbage *garbage);
/* Runs for ever. after is called when a batch was handled; true asks to be called again even if
 * nothing happens meanwhile. */
_Noreturn void loop_run(bool (*after)(void));

#endif
