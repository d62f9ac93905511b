/* loop.c: epoll, and the one subtlety of it: a handler may close and free what a later event of the
 * same batch points to, so memory is released between batches. */
#include "loop.h"

#include "agent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static int epoll_fd = -1;
static struct garbage *garbage_list;

void loop_init(void)
{
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd < 0)
        agent_fatal("epoll_create1: %s", strerror(errno));
}

bool loop_add(struct source *source, int fd, uint32_t events,
              void (*ready)(struct source *source, uint32_t events))
{
    struct epoll_event event = {.events = events, .data.ptr = source};

    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
        close(fd);
        source->fd = -1;
        return false;
    }
    source->fd = fd;
    source->ready = ready;
    return true;
}

void loop_change(struct source *source, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};
    if (source->fd >= 0)
        epoll_ctl(epoll_fd, EPOLL_CTL_MOD, source->fd, &event);
}

void loop_close(struct source *source)
{
    source->ready = NULL;
    if (source->fd < 0)
        return;
    epoll_ctl(epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
    close(source->fd);
    source->fd = -1;
}

void loop_free_later(struct garbage *garbage)
{
    garbage->next = garbage_list;
    garbage_list = garbage;
}

static void collect_garbage(void)
{
    while (garbage_list != NULL) {
        struct garbage *next = garbage_list->next;
        free(garbage_list);
        garbage_list = next;
    }
}

_Noreturn void loop_run(bool (*after)(void))
{
    struct epoll_event events[64];
    bool again = after();

    for (;;) {
        int n = epoll_wait(epoll_fd, events, 64, again ? 0 : -1);
        if (n < 0 && errno != EINTR)
            agent_fatal("epoll_wait: %s", strerror(errno));
        for (int i = 0; i < n; i++) {
            struct source *source = events[i].data.ptr;
            if (source->ready != NULL)
                source->ready(source, events[i].events);
        }
        again = after();
        collect_garbage();
    }
}
