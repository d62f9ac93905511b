/* Async with libuv: a script that is cancelled when a timer says so, in one loop. */
#include <sandbox/sandbox.h>
#include <stdio.h>
#include <uv.h>

typedef struct {
    uv_poll_t poll;
    uv_timer_t timer;
    sbx_op *op; /* the script */
} App;

static void on_timer(uv_timer_t *timer)
{
    App *app = timer->data;

    sbx_op_cancel(app->op);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    App *app = poll->data;
    sbx_error *error = NULL;

    (void)status;
    (void)events;
    if (sbx_dispatch(NULL, &error) < 0 || sbx_op_is_done(app->op))
        uv_stop(poll->loop);
    sbx_error_free(error);
}

static int fail(sbx_error *error)
{
    fprintf(stderr, "%s\n", sbx_error_message(error));
    sbx_error_free(error);
    return 1;
}

int main(void)
{
    uv_loop_t *loop = uv_default_loop();
    App app = {.op = NULL};
    sbx *sandbox = NULL;
    sbx_result *result = NULL;
    sbx_error *error = NULL;
    int code;

    if (sbx_create(NULL, &sandbox, &error) < 0 ||
        sbx_sh_start(sandbox, "sleep 1000", &result, NULL, &app.op, &error) < 0)
        return fail(error);
    app.poll.data = app.timer.data = &app;
    uv_poll_init(loop, &app.poll, sbx_get_fd(NULL));
    uv_poll_start(&app.poll, UV_READABLE, on_ready);
    uv_timer_init(loop, &app.timer);
    uv_timer_start(&app.timer, on_timer, 500, 0);
    uv_run(loop, UV_RUN_DEFAULT);
    code = sbx_op_finish(app.op, &error);
    printf("%s\n", sbx_error_code_name(code));
    if (code != SBX_E_CANCELLED)
        return fail(error);
    sbx_error_free(error);
    sbx_op_unref(app.op);
    sbx_unref(sandbox);
    uv_close((uv_handle_t *)&app.poll, NULL);
    uv_close((uv_handle_t *)&app.timer, NULL);
    uv_run(loop, UV_RUN_DEFAULT);
    return uv_loop_close(loop);
}
