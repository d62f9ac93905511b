/* message.c: failures and warnings in words. */
#include "message.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN_MAX = 100 }; /* of the beginning and of the end of a long name */

bool tar_fail(struct tar_failure *failure, enum tar_kind kind, const char *format, ...)
{
    va_list args;

    failure->kind = kind;
    failure->error = 0;
    va_start(args, format);
    vsnprintf(failure->text, sizeof failure->text, format, args);
    va_end(args);
    return false;
}

static enum tar_kind kind_of(int error)
{
    switch (error) {
    case ENOENT:
        return TAR_NOT_FOUND;
    case EEXIST:
    case EISDIR:
    case ENOTDIR:
    case ENOTEMPTY:
        return TAR_EXISTS;
    case ENOSPC:
    case EDQUOT:
        return TAR_NO_SPACE;
    case EACCES:
    case EPERM:
    case EROFS:
    case ELOOP:
    case EXDEV:
        return TAR_DENIED;
    case EFBIG:
    case ENAMETOOLONG:
        return TAR_TOO_BIG;
    case ENOMEM:
        return TAR_NO_MEMORY;
    case EPIPE:
        return TAR_PEER;
    case ECANCELED:
        return TAR_CANCELLED;
    default:
        return TAR_SYSTEM;
    }
}

bool tar_fail_errno(struct tar_failure *failure, int error, const char *format, ...)
{
    size_t used;
    va_list args;

    failure->kind = kind_of(error);
    failure->error = error;
    va_start(args, format);
    vsnprintf(failure->text, sizeof failure->text - 64, format, args);
    va_end(args);
    used = strlen(failure->text);
    snprintf(failure->text + used, sizeof failure->text - used, ": %s", strerror(error));
    return false;
}

void tar_warn(const struct tar_report *report, struct tar_counts *counts, const char *format, ...)
{
    char text[TAR_TEXT_MAX];
    va_list args;

    counts->warnings++;
    if (report == NULL || report->warning == NULL)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    report->warning(report->data, text);
}

bool tar_progress(const struct tar_report *report, const struct tar_counts *counts,
                  const char *path, struct tar_failure *failure)
{
    if (report == NULL || report->progress == NULL || report->progress(report->data, counts, path))
        return true;
    return tar_fail(failure, TAR_CANCELLED, "the transfer was cancelled");
}

/* The length of the printable UTF-8 character at p, 0 when there is none. */
static size_t character(const unsigned char *p, size_t left)
{
    size_t length = *p < 0x80 ? 1 : *p >= 0xc3 && *p < 0xe0 ? 2 : *p >= 0xe0 && *p < 0xf0 ? 3 : 0;

    /* U+0080 to U+00BF, some of which terminals act on, are left out with 0xc2. */
    if (length == 0 || length > left || *p < 0x20 || *p == 0x7f || *p == '"' || *p == '\\')
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if (*p == 0xe0 && p[1] < 0xa0)
        return 0;
    /* Surrogates, and the directional overrides around U+2028. */
    if ((*p == 0xed && p[1] >= 0xa0) || (*p == 0xe2 && p[1] == 0x80 && p[2] >= 0xa8))
        return 0;
    return length;
}

static char *quote_part(char *out, const char *part, size_t length)
{
    const unsigned char *p = (const unsigned char *)part;

    while (length > 0) {
        size_t n = character(p, length);

        if (n > 0) {
            memcpy(out, p, n);
            out += n;
        } else {
            out += sprintf(out, "\\x%02x", *p);
            n = 1;
        }
        p += n;
        length -= n;
    }
    return out;
}

/* At most 4 bytes for each one shown, and the dots and quotes: fits. */
const char *tar_quote(const char *name)
{
    static char buffers[2][2 * SHOWN_MAX * 4 + 16];
    static unsigned turn;
    char *buffer = buffers[turn++ % 2];
    size_t length = strlen(name);
    char *out = buffer;

    *out++ = '"';
    if (length <= (size_t)2 * SHOWN_MAX) {
        out = quote_part(out, name, length);
    } else {
        out = quote_part(out, name, SHOWN_MAX);
        out = stpcpy(out, "...");
        out = quote_part(out, name + length - SHOWN_MAX, SHOWN_MAX);
    }
    *out++ = '"';
    *out = '\0';
    return buffer;
}

const char *tar_kind_name(enum tar_kind kind)
{
    static const char *const names[TAR_KINDS] = {
        [TAR_INVALID] = "invalid",     [TAR_SYSTEM] = "system",       [TAR_NOT_FOUND] = "not-found",
        [TAR_EXISTS] = "exists",       [TAR_NO_SPACE] = "no-space",   [TAR_DENIED] = "denied",
        [TAR_TOO_BIG] = "too-big",     [TAR_MALFORMED] = "malformed", [TAR_PEER] = "peer",
        [TAR_CANCELLED] = "cancelled", [TAR_NO_MEMORY] = "no-memory",
    };

    return names[kind];
}

bool tar_excluded(const struct tar_options *options, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *last = slash != NULL ? slash + 1 : path;

    for (size_t i = 0; i < options->exclude_count; i++) {
        const char *pattern = options->excludes[i];

        if (fnmatch(pattern, strchr(pattern, '/') != NULL ? path : last, 0) == 0)
            return true;
    }
    return false;
}
