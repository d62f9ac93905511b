/* Events: what happens to sandboxes, read in a poll() loop. This program makes a sandbox, runs a
 * command in it and kills it, and prints what it is told meanwhile. */
#include <poll.h>
#include <sandbox/sandbox.h>
#include <stdio.h>
#include <string.h>

static int fail(sbx_error *error)
{
    fprintf(stderr, "%s\n", sbx_error_message(error));
    if (sbx_error_hint(error) != NULL)
        fprintf(stderr, "hint: %s\n", sbx_error_hint(error));
    sbx_error_free(error);
    return 1;
}

static void print(const sbx_event *event)
{
    const char *command = sbx_event_command(event);
    const char *text = sbx_event_text(event);

    printf("%s %s", sbx_event_sandbox(event) != NULL ? sbx_event_sandbox(event) : "-",
           sbx_event_type_name(sbx_event_type(event)));
    if (command != NULL)
        printf(" [%s]", command);
    if (text != NULL)
        printf(": %s", text);
    printf("\n");
}

/* Pulls events until there are none. Returns 1 when the sandbox has ended. */
static int pull(sbx_events *events, const char *id, sbx_error **error)
{
    sbx_event *event = NULL;
    int ended = 0;
    int got;

    while ((got = sbx_events_next(events, &event, error)) > 0) {
        const char *whose = sbx_event_sandbox(event);

        print(event);
        ended |= sbx_event_type(event) == SBX_EVENT_ENDED && whose != NULL &&
                 strcmp(whose, id) == 0;
        sbx_event_free(event);
    }
    return got < 0 ? got : ended;
}

int main(void)
{
    sbx_events *events = NULL;
    sbx *sandbox = NULL;
    sbx_result *result = NULL;
    sbx_error *error = NULL;
    struct pollfd waiting = {.events = POLLIN};
    int ended = 0;

    if (sbx_events_open(NULL, SBX_EVENTS_NEW, &events, &error) < 0 ||
        sbx_create(NULL, &sandbox, &error) < 0 ||
        sbx_sh(sandbox, "exit 7", &result, &error) < 0 || sbx_kill(sandbox, &error) < 0)
        return fail(error);
    sbx_result_free(result);
    waiting.fd = sbx_events_get_fd(events);
    while (ended == 0) {
        poll(&waiting, 1, -1);
        ended = pull(events, sbx_id(sandbox), &error);
    }
    if (ended < 0)
        return fail(error);
    sbx_events_free(events);
    sbx_unref(sandbox);
    return 0;
}
