/* transport.h: the byte stream to the host. One way to open it now, virtio-serial; vsock and TCP
 * will be further ones. Everything after opening is the same for all: a non-blocking fd. */
#ifndef SBX_TRANSPORT_H
#define SBX_TRANSPORT_H

/* The virtio-serial port of that name, opened, or -1 when there is none; fatal when it does not
 * open. */
int transport_open_virtio_serial(const char *port_name);
/* An inherited socket, made non-blocking and close-on-exec; fatal when it is none. */
int transport_open_inherited(int fd);

#endif
