/* ports.c: listening sockets from /proc/net, their processes from the links in /proc/PID/fd.
 *
 * No kernel says when somebody begins to listen, so that whoever waits has to look again and again.
 * Here that costs the guest some microseconds each time; the host is told once. */
#include "ports.h"

#include "agent.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LISTENING = 0x0a, FIRST_PAUSE = 5, LAST_PAUSE = 100, ADDRESS_DIGITS = 32 };
enum { EXIT_TIME_OVER = 1, EXIT_USAGE = 2, EXIT_NOBODY_WAITS = 3 };

struct listener {
    int family;
    uint8_t address[16];
    unsigned port, uid;
    unsigned long inode;
    int pid; /* 0: unknown */
};

struct listeners {
    struct listener *items;
    size_t count, allocated;
};

/* The kernel prints the address as 32-bit numbers in its own byte order. */
static void parse_address(const char *digits, struct listener *listener)
{
    size_t words = strlen(digits) / 8;

    for (size_t i = 0; i < words && i < 4; i++) {
        char word[9] = {0};
        uint32_t value;
        memcpy(word, digits + 8 * i, 8);
        value = (uint32_t)strtoul(word, NULL, 16);
        memcpy(listener->address + 4 * i, &value, sizeof value);
    }
}

static bool parse_line(const char *line, int family, struct listener *listener)
{
    char digits[ADDRESS_DIGITS + 1];
    unsigned state;

    *listener = (struct listener){.family = family};
    if (sscanf(line, " %*u: %32[0-9A-F]:%x %*32[0-9A-F]:%*x %x %*x:%*x %*x:%*x %*x %u %*u %lu",
               digits, &listener->port, &state, &listener->uid, &listener->inode) != 5)
        return false;
    parse_address(digits, listener);
    return state == LISTENING;
}

static bool add(struct listeners *list, const struct listener *listener)
{
    if (list->count == list->allocated) {
        size_t size = list->allocated * 2 + 16;
        struct listener *items = realloc(list->items, size * sizeof *items);
        if (items == NULL)
            return false;
        list->items = items;
        list->allocated = size;
    }
    list->items[list->count++] = *listener;
    return true;
}

/* A kernel without IPv6 has no such file. */
static bool read_file(const char *path, int family, struct listeners *list)
{
    FILE *file = fopen(path, "re");
    char line[512];
    bool good = true;

    if (file == NULL)
        return errno == ENOENT;
    while (good && fgets(line, sizeof line, file) != NULL) {
        struct listener listener;
        if (parse_line(line, family, &listener))
            good = add(list, &listener);
    }
    fclose(file);
    return good;
}

static bool look(struct listeners *list)
{
    list->count = 0;
    return read_file("/proc/net/tcp", AF_INET, list) && read_file("/proc/net/tcp6", AF_INET6, list);
}

/* Takes the sockets of one process for its own that have no owner yet. */
static void match_process(int pid, struct listeners *list)
{
    char path[64], link[64];
    DIR *folder;
    struct dirent *entry;

    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    folder = opendir(path);
    if (folder == NULL)
        return;
    while ((entry = readdir(folder)) != NULL) {
        ssize_t length = readlinkat(dirfd(folder), entry->d_name, link, sizeof link - 1);
        unsigned long inode;

        if (length <= 0)
            continue;
        link[length] = 0;
        if (sscanf(link, "socket:[%lu]", &inode) != 1)
            continue;
        for (size_t i = 0; i < list->count; i++)
            if (list->items[i].inode == inode && list->items[i].pid == 0)
                list->items[i].pid = pid;
    }
    closedir(folder);
}

static void match_processes(struct listeners *list)
{
    DIR *folder = opendir("/proc");
    struct dirent *entry;

    if (folder == NULL)
        return;
    while ((entry = readdir(folder)) != NULL)
        if (isdigit((unsigned char)entry->d_name[0]))
            match_process(atoi(entry->d_name), list);
    closedir(folder);
}

static void read_name(int pid, char *name, size_t size)
{
    char path[64];
    FILE *file;

    name[0] = 0;
    snprintf(path, sizeof path, "/proc/%d/comm", pid);
    file = pid > 0 ? fopen(path, "re") : NULL;
    if (file == NULL)
        return;
    name[fread(name, 1, size - 1, file)] = 0;
    fclose(file);
    name[strcspn(name, "\n")] = 0;
    for (char *at = name; *at != 0; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '?';
}

static int list_ports(void)
{
    struct listeners list = {0};

    if (!look(&list)) {
        fprintf(stderr, "cannot read /proc/net/tcp: %s\n", strerror(errno));
        return EXIT_TIME_OVER;
    }
    match_processes(&list);
    for (size_t i = 0; i < list.count; i++) {
        const struct listener *listener = &list.items[i];
        char address[INET6_ADDRSTRLEN], name[64];

        inet_ntop(listener->family, listener->address, address, sizeof address);
        read_name(listener->pid, name, sizeof name);
        printf("%s %u %u %d %s\n", address, listener->port, listener->uid, listener->pid, name);
    }
    free(list.items);
    return fflush(stdout) == 0 ? 0 : EXIT_TIME_OVER;
}

/* Whether a connection to 127.0.0.1 or ::1 gets there. */
static bool is_reached(const struct listener *listener)
{
    static const uint8_t any[16], loopback[16] = {[15] = 1}, loopback_4[4] = {127, 0, 0, 1};
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    const uint8_t *address = listener->address;
    bool is_6 = listener->family == AF_INET6;

    if (is_6 && memcmp(address, mapped, sizeof mapped) != 0)
        return memcmp(address, any, 16) == 0 || memcmp(address, loopback, 16) == 0;
    if (is_6)
        address += sizeof mapped;
    return memcmp(address, any, 4) == 0 || memcmp(address, loopback_4, 4) == 0;
}

static bool listens(struct listeners *list, unsigned port)
{
    if (!look(list))
        return false;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].port == port && is_reached(&list->items[i]))
            return true;
    return false;
}

/* Whoever waits holds standard input open, and writes nothing. False: nobody does. */
static bool pause_for(int milliseconds)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

    return poll(&input, 1, milliseconds) <= 0;
}

static int wait_for_port(unsigned port, long limit_ms)
{
    struct listeners list = {0};
    uint64_t started = agent_clock(CLOCK_MONOTONIC);
    int pause = FIRST_PAUSE, code = 0;

    while (!listens(&list, port)) {
        long left = limit_ms - (long)((agent_clock(CLOCK_MONOTONIC) - started) / 1000000);

        if (limit_ms >= 0 && left <= 0) {
            code = EXIT_TIME_OVER;
            break;
        }
        if (!pause_for(limit_ms >= 0 && left < pause ? (int)left : pause)) {
            code = EXIT_NOBODY_WAITS;
            break;
        }
        pause = pause * 2 < LAST_PAUSE ? pause * 2 : LAST_PAUSE;
    }
    free(list.items);
    return code;
}

int ports_main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "list") == 0)
        return list_ports();
    if (argc == 4 && strcmp(argv[1], "wait") == 0)
        return wait_for_port((unsigned)strtoul(argv[2], NULL, 10), strtol(argv[3], NULL, 10));
    fprintf(stderr, "usage: ports list | ports wait PORT MILLISECONDS\n");
    return EXIT_USAGE;
}
