/* reset.c: finds resets in what the second port gives.
 *
 * Nobody is connected to that port until the machine has been cloned. A virtio-serial port without
 * a host is always ready: it reports a hang-up and reads as at its end. Both may be over at any
 * time, so neither is believed; watched edge-triggered, the port is read when the driver wakes its
 * waiters, which it does when the host comes or goes and when bytes arrive. */
#include "reset.h"

#include "agent.h"
#include "loop.h"
#include "protocol.h"
#include "server.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static struct source reset_source = {.fd = -1};
static uint8_t last[SBX_PROTO_RESET_SIZE]; /* the latest bytes, the newest at the end */

/* Every position is looked at, also inside what was a reset already: when a message was cut short,
 * the one behind it is still found, and answered last. */
static void take(uint8_t byte)
{
    memmove(last, last + 1, sizeof last - 1);
    last[sizeof last - 1] = byte;
    if (memcmp(last, SBX_PROTO_RESET_MAGIC, SBX_PROTO_RESET_MAGIC_SIZE) == 0)
        server_reset(last + SBX_PROTO_RESET_MAGIC_SIZE);
}

static void port_ready(struct source *source, uint32_t events)
{
    uint8_t buffer[1024];
    ssize_t n;

    (void)events;
    do {
        n = read(source->fd, buffer, sizeof buffer);
        for (ssize_t i = 0; i < n; i++)
            take(buffer[i]);
    } while (n > 0 || (n < 0 && errno == EINTR));
}

void reset_init(int fd)
{
    if (fd >= 0 && !loop_add(&reset_source, fd, EPOLLIN | EPOLLET, port_ready))
        agent_fatal("cannot watch the port for resets: %s", strerror(errno));
}
