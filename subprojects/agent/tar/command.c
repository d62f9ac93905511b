/* command.c: options, and messages in lines. */
#include "command.h"

#include "message.h"
#include "pax.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WARNINGS_SAID = 20, PROGRESS_MS = 40, LINE_MAX_BYTES = TAR_TEXT_MAX + 128 };

struct reporter {
    const struct tar_command *command;
    unsigned warnings;
    int64_t last_ms;
    bool broken; /* nobody reads */
};

bool tar_command_say(int fd, const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    size_t done = 0;
    va_list args;
    size_t length;

    va_start(args, format);
    vsnprintf(line, sizeof line - 1, format, args);
    va_end(args);
    /* Texts are escaped already; whatever else is in them, it is one line. */
    for (char *p = line; *p != '\0'; p++)
        if (*p == '\n')
            *p = ' ';
    length = strlen(line);
    line[length++] = '\n';
    while (done < length) {
        ssize_t n = write(fd, line + done, length - done);

        if (n < 0 && errno != EINTR)
            return false;
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}

bool tar_command_failed(int fd, const struct tar_failure *failure)
{
    return tar_command_say(fd, "E\t%s\t%d\t%s", tar_kind_name(failure->kind), failure->error,
                           failure->text);
}

static void say_warning(void *data, const char *text)
{
    struct reporter *reporter = data;

    if (reporter->warnings++ < WARNINGS_SAID)
        reporter->broken |= !tar_command_say(reporter->command->report_fd, "W\t%s", text);
}

static bool say_progress(void *data, const struct tar_counts *counts, const char *path)
{
    struct reporter *reporter = data;
    struct timespec now;
    int64_t ms;

    if (!reporter->command->progress)
        return true;
    clock_gettime(CLOCK_MONOTONIC, &now);
    ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    if (ms - reporter->last_ms >= PROGRESS_MS) {
        reporter->last_ms = ms;
        reporter->broken |= !tar_command_say(
            reporter->command->report_fd, "P\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%s",
            counts->entries, counts->bytes, counts->total, tar_quote(path));
    }
    return !reporter->broken;
}

static bool set_limit(const char *text, uint64_t *out, struct tar_failure *failure)
{
    return tar_decimal_parse(text, out) ||
           tar_fail(failure, TAR_INVALID, "%s is not a number", tar_quote(text));
}

static bool set_existing(const char *text, struct tar_options *options, struct tar_failure *failure)
{
    static const char *const words[] = {"replace", "refuse", "keep"};

    for (int i = 0; i < 3; i++)
        if (strcmp(text, words[i]) == 0) {
            options->existing = (enum tar_existing)i;
            return true;
        }
    return tar_fail(failure, TAR_INVALID, "%s is no policy for existing files", tar_quote(text));
}

static bool take_option(int choice, struct tar_options *options, struct tar_failure *failure)
{
    switch (choice) {
    case 'd':
        options->directory = optarg;
        return true;
    case 'g':
        return options->glob = true;
    case 't':
        return options->total = true;
    case 'i':
        return options->into = true;
    case 'k':
        return set_existing(optarg, options, failure);
    case 'o':
        options->owners = false;
        return true;
    case 'p':
        return options->privileged = true;
    case 'e':
        return set_limit(optarg, &options->max_entries, failure);
    case 'b':
        return set_limit(optarg, &options->max_bytes, failure);
    case 'x':
        if (options->exclude_count == TAR_EXCLUDES_MAX)
            return tar_fail(failure, TAR_TOO_BIG, "more than %d patterns", TAR_EXCLUDES_MAX);
        options->excludes[options->exclude_count++] = optarg;
        return true;
    default:
        return tar_fail(failure, TAR_INVALID, "an option is not known");
    }
}

static bool parse(int argc, char **argv, struct tar_options *options, struct tar_failure *failure)
{
    static const struct option known[] = {{"directory", required_argument, NULL, 'd'},
                                          {"glob", no_argument, NULL, 'g'},
                                          {"total", no_argument, NULL, 't'},
                                          {"into", no_argument, NULL, 'i'},
                                          {"existing", required_argument, NULL, 'k'},
                                          {"no-owners", no_argument, NULL, 'o'},
                                          {"privileged", no_argument, NULL, 'p'},
                                          {"max-entries", required_argument, NULL, 'e'},
                                          {"max-bytes", required_argument, NULL, 'b'},
                                          {"exclude", required_argument, NULL, 'x'},
                                          {NULL, 0, NULL, 0}};
    int choice;

    opterr = 0;
    optind = 1;
    while ((choice = getopt_long(argc, argv, "+", known, NULL)) != -1)
        if (!take_option(choice, options, failure))
            return false;
    options->sources = argv + optind;
    options->source_count = (size_t)(argc - optind);
    options->target = argv[optind];
    return options->source_count > 0 ||
           tar_fail(failure, TAR_INVALID, "there is nothing to transfer");
}

static int run(int argc, char **argv, const struct tar_command *command, bool create)
{
    struct tar_options options = TAR_OPTIONS_DEFAULT;
    struct reporter reporter = {.command = command};
    struct tar_report report = {&reporter, say_warning, say_progress};
    struct tar_failure failure = {.kind = TAR_SYSTEM};
    struct tar_counts counts = {0};
    bool done;

    /* Whoever reads may go at any time; that is an error like others. */
    signal(SIGPIPE, SIG_IGN);
    options.confine = command->confine;
    done = parse(argc, argv, &options, &failure);
    if (done && create) {
        tar_create_prepare();
        done = (options.confine == NULL || options.confine(NULL, -1, &failure)) &&
               tar_create(&options, command->stream_fd, command->watch_fd, &report, &counts,
                          &failure);
    } else if (done) {
        done = tar_extract(&options, command->stream_fd, command->watch_fd, &report, &counts,
                           &failure);
    }
    if (done)
        done = tar_command_say(command->report_fd, "D\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64,
                               counts.entries, counts.bytes, counts.warnings);
    else
        tar_command_failed(command->report_fd, &failure);
    return done ? 0 : 1;
}

int tar_command_create(int argc, char **argv, const struct tar_command *command)
{
    return run(argc, argv, command, true);
}

int tar_command_extract(int argc, char **argv, const struct tar_command *command)
{
    return run(argc, argv, command, false);
}
