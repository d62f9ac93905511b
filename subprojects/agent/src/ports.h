/* ports.h: a worker: which ports are listened on.
 *
 *   ports list                  prints a line for each listening TCP socket: address, port, its
 *                               owner's user ID, the process that has it (0: not to be found) and
 *                               that one's name, which may have blanks
 *   ports wait PORT MILLISECONDS
 *                               0 once something listens on the port where 127.0.0.1 or ::1 reach
 *                               it, 1 when that time is over (-1: never), 3 when standard input
 *                               ends first
 */
#ifndef SBX_PORTS_H
#define SBX_PORTS_H

int ports_main(int argc, char **argv);

#endif
