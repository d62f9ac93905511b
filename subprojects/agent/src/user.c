/* user.c: parses passwd and group by hand, since a static glibc has no NSS. Both files belong to
 * root in the guest: read without following it into a pipe, capped, every field checked. */
#include "user.h"

#include "protocol.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_FILE = 1 << 20, APP_ID = 1000 };

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* The text of a regular file, NUL-terminated, or NULL; what exceeds the cap is cut off. */
static char *read_text(const char *path)
{
    struct stat info;
    char *text = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return NULL;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
        size_t size = info.st_size < MAX_FILE ? (size_t)info.st_size : MAX_FILE;
        text = malloc(size + 1);
        ssize_t n = text != NULL ? read(fd, text, size) : -1;
        if (text != NULL)
            text[n > 0 ? n : 0] = 0;
    }
    close(fd);
    return text;
}

/* Splits a line at colons in place; the missing fields are "". */
static void split(char *line, char *fields[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fields[i] = line;
        line += strcspn(line, ":");
        if (*line == ':')
            *line++ = 0;
    }
}

static bool parse_id(const char *text, uint32_t *out)
{
    uint64_t value;
    if (!sbx_decimal_parse(text, strlen(text), &value) || value >= UINT32_MAX)
        return false;
    *out = (uint32_t)value;
    return true;
}

static void set_text(char *out, size_t size, const char *value, const char *otherwise)
{
    snprintf(out, size, "%s", value[0] != 0 && strlen(value) < size ? value : otherwise);
}

static bool find_in_passwd(char *text, const char *who, struct user *out)
{
    uint32_t wanted = 0, uid, gid;
    bool numeric = parse_id(who, &wanted);
    char *line, *rest = text;

    while ((line = strsep(&rest, "\n")) != NULL) {
        char *fields[7];
        split(line, fields, 7);
        if (!parse_id(fields[2], &uid) || !parse_id(fields[3], &gid))
            continue;
        if (strcmp(fields[0], who) != 0 && !(numeric && uid == wanted))
            continue;
        out->uid = uid;
        out->gid = gid;
        set_text(out->name, sizeof out->name, fields[0], who);
        set_text(out->home, sizeof out->home, fields[5], "/");
        set_text(out->shell, sizeof out->shell, fields[6], "/bin/sh");
        return true;
    }
    return false;
}

static bool find_without_passwd(const char *who, struct user *out)
{
    uint32_t id;

    if (strcmp(who, "app") == 0)
        id = APP_ID;
    else if (strcmp(who, "root") == 0)
        id = 0;
    else if (!parse_id(who, &id))
        return false;
    out->uid = id;
    out->gid = id;
    set_text(out->name, sizeof out->name, who, "app");
    set_text(out->home, sizeof out->home, id == 0 ? "/root" : "/", "/");
    set_text(out->shell, sizeof out->shell, "/bin/sh", "/bin/sh");
    return true;
}

static bool is_member(char *members, const char *name)
{
    char *member;
    while ((member = strsep(&members, ",")) != NULL)
        if (strcmp(member, name) == 0)
            return true;
    return false;
}

static void add_groups(char *text, struct user *out)
{
    uint32_t gid;
    char *line, *rest = text;

    out->groups[0] = out->gid;
    out->group_count = 1;
    while (rest != NULL && (line = strsep(&rest, "\n")) != NULL) {
        char *fields[4];
        split(line, fields, 4);
        if (out->group_count < USER_MAX_GROUPS && parse_id(fields[2], &gid) && gid != out->gid &&
            is_member(fields[3], out->name))
            out->groups[out->group_count++] = gid;
    }
}

static bool look_up(const char *who, struct user *out)
{
    char *passwd = read_text("/etc/passwd");
    *out = (struct user){0};
    bool found = passwd != NULL && find_in_passwd(passwd, who, out);
    free(passwd);
    if (!found && !find_without_passwd(who, out))
        return false;
    char *group = read_text("/etc/group");
    add_groups(group, out);
    free(group);
    return true;
}

bool user_find(const char *who, struct user *out)
{
    /* The same user again, and nobody touched the files: no need to read them. */
    static struct {
        char who[64];
        struct stat passwd, group;
        struct user user;
    } last;
    struct stat passwd = {0}, group = {0};
    bool stable = stat("/etc/passwd", &passwd) == 0 && stat("/etc/group", &group) == 0;

    if (stable && strcmp(last.who, who) == 0 && same_file(&passwd, &last.passwd) &&
        same_file(&group, &last.group)) {
        *out = last.user;
        return true;
    }
    if (!look_up(who, out))
        return false;
    last.who[0] = 0;
    if (stable && strlen(who) < sizeof last.who) {
        strcpy(last.who, who);
        last.passwd = passwd;
        last.group = group;
        last.user = *out;
    }
    return true;
}

void user_self(struct user *out)
{
    char number[16];

    snprintf(number, sizeof number, "%u", (unsigned)getuid());
    user_find(number, out);
    out->gid = getgid();
}
