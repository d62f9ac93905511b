/* Async with GLib: the queue's descriptor in a GMainLoop. */
#include <glib-unix.h>
#include <sandbox/sandbox.h>
#include <stdio.h>

typedef struct {
    GMainLoop *loop;
    sbx *sandbox;
    sbx_result *result;
    int failed;
} App;

static void stop(App *app, sbx_error *error)
{
    if (error != NULL)
        fprintf(stderr, "%s\n", sbx_error_message(error));
    app->failed = error != NULL;
    sbx_error_free(error);
    g_main_loop_quit(app->loop);
}

/* First the sandbox is done, then the script. */
static void take(App *app, sbx_op *op)
{
    sbx_error *error = NULL;
    sbx_op *next;
    int code = sbx_op_finish(op, &error);

    sbx_op_unref(op);
    if (code == SBX_OK && app->result == NULL) {
        code = sbx_sh_start(app->sandbox, "echo hello from $(uname -s)", &app->result, NULL, &next,
                            &error);
        if (code == SBX_OK)
            return;
    }
    if (code == SBX_OK)
        fputs(sbx_result_stdout(app->result, NULL), stdout);
    stop(app, error);
}

static gboolean on_ready(gint fd, GIOCondition condition, gpointer data)
{
    sbx_error *error = NULL;
    sbx_op *op;

    (void)fd;
    (void)condition;
    if (sbx_dispatch(NULL, &error) < 0)
        stop(data, error);
    while ((op = sbx_queue_next(NULL)) != NULL)
        take(data, op);
    return G_SOURCE_CONTINUE;
}

int main(void)
{
    App app = {.loop = g_main_loop_new(NULL, FALSE)};
    sbx_error *error = NULL;
    sbx_op *op;

    g_unix_fd_add(sbx_get_fd(NULL), G_IO_IN, on_ready, &app);
    if (sbx_create_start(NULL, &app.sandbox, NULL, &op, &error) == SBX_OK)
        g_main_loop_run(app.loop);
    else
        stop(&app, error);
    sbx_result_free(app.result);
    sbx_unref(app.sandbox);
    g_main_loop_unref(app.loop);
    return app.failed;
}
