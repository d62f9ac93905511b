/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A client that goes at any moment of any call: before the answer, after the first thing it is told,
 * with a request cut off at any byte. The keeper serves the others, and nothing of it is left: every
 * descriptor that came with it is closed, no sandbox and no process lives on that should not.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/test-keeper.h"
#include "lib/test-main.h"
#include "lib/test-process.h"
#include "lib/test-raw.h"
#include "wire/json.h"
#include "wire/message.h"

#define FDS_MAX 3
/* The kind of test_options(): the keeper keeps an empty disk of each kind. */
#define SMALL "\"memory\":134217728,\"vcpus\":2,\"disk_size\":67108864"
#define WAITS "\"timeout_ms\":0,\"start_timeout_ms\":60000,\"wait_ms\":0,\"spares\":0"
#define IN "\"id\":\"%s\""
#define OF "\"sandbox\":\"%s\""
#define ENV "\"env\":{\"names\":[\"BASH_ENV\"],\"values\":[\"\"]}"
#define PIPES "\"stdin\":\"pipe\",\"stdout\":\"pipe\",\"stderr\":\"pipe\""

/* Every method: "%s" is the sandbox, "#" its process; the number of descriptors it is given. */
static const struct {
    const char *method;
    const char *params;
    int fds;
} calls[] = {
    {"hello", "{\"protocol\":1,\"version\":\"0\"}", 1},
    {"sandbox.create", "{" SMALL "," WAITS "," ENV "}", 0},
    {"sandbox.connect", "{" IN "}", 1},
    {"sandbox.kill", "{\"id\":\"sbx_loc_00000000000000000000\"}", 1},
    {"sandbox.list", "{\"labels\":{\"names\":[\"a\"],\"values\":[null]},\"status\":1}", 1},
    {"sandbox.info", "{" IN "}", 1},
    {"sandbox.extend", "{" IN ",\"timeout_ms\":3600000}", 1},
    {"sandbox.console", "{" IN "}", 1},
    {"sandbox.stats", "{" IN "}", 1},
    {"usage.total", "{}", 1},
    {"sandbox.pause", "{" IN "}", 1},
    {"sandbox.resume", "{" IN "}", 1},
    {"sandbox.fork", "{" IN ",\"count\":2," WAITS "}", 0},
    {"sandbox.snapshot", "{" IN ",\"name\":\"a\"}", 1},
    {"snapshot.list", "{}", 1},
    {"snapshot.remove", "{\"name\":\"a\"}", 1},
    {"template.list", "{}", 1},
    {"template.build", "{" SMALL ",\"force\":true}", 1},
    {"template.remove", "{\"id\":\"01234567\"}", 1},
    {"pool.list", "{}", 1},
    {"pool.set", "{\"size\":-1}", 1},
    {"pool.fill", "{" SMALL ",\"count\":1,\"timeout_ms\":-1}", 1},
    {"pool.drain", "{}", 1},
    {"port.connect", "{" IN ",\"port\":9}", 1},
    {"port.connect", "{" IN ",\"path\":\"/nowhere/socket\"}", 1},
    {"port.forward", "{" IN ",\"port\":9}", 1},
    {"process.run", "{" OF ",\"script\":\"cat; echo a; exec sleep 1000\"," PIPES "}", 3},
    {"process.run", "{" OF ",\"program\":\"no-such-program\"," PIPES "}", 3},
    {"process.spawn", "{" OF ",\"script\":\"echo a; read x; exit 0\"," PIPES "}", 3},
    {"process.spawn", "{" OF ",\"program\":\"files\",\"worker\":true," PIPES "}", 3},
    {"process.start", "{" OF ",\"program\":\"true\"}", 1},
    {"process.signal", "{" OF ",\"process\":#,\"signal\":0,\"scope\":0}", 1},
    {"process.detach", "{" OF ",\"process\":#}", 1},
    {"process.attach", "{" OF ",\"process\":#}", 3},
    {"process.list", "{" OF "}", 1},
    {"process.resize", "{" OF ",\"process\":#,\"rows\":1,\"columns\":1}", 1},
    {"process.usage", "{" OF ",\"process\":#}", 1},
    {"env.list", "{" IN "}", 1},
    {"env.get", "{" IN ",\"name\":\"A\"}", 1},
    {"env.set", "{" IN ",\"name\":\"A\",\"value\":\"b\"}", 1},
    {"env.delete", "{" IN ",\"name\":\"A\"}", 1},
    {"events.subscribe", "{\"since_ms\":0}", 1},
    {"limits.get", "{}", 1},
    {"limits.set", "{\"sandboxes\":50}", 1},
    {"keeper.stop", "{\"force\":false}", 1},
};

static sbx *bystander;
static gint64 sleeper; /* a process of it that nobody is attached to */
static int watcher = -1;
static pid_t keeper;
static guint fds_at_rest;

/* --- what is sent --- */

static char *request_text(int nth)
{
    g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, sleeper);
    g_auto(GStrv) ids = g_strsplit(calls[nth].params, "%s", -1);
    g_autofree char *with_id = g_strjoinv(sbx_id(bystander), ids);
    g_auto(GStrv) numbers = g_strsplit(with_id, "#", -1);
    g_autofree char *params = g_strjoinv(number, numbers);

    return g_strdup_printf("{\"id\":1,\"method\":\"%s\",\"params\":%s}", calls[nth].method, params);
}

/* One packet with the far ends of new sockets, which the keeper alone has then. */
static void send_packet(int fd, const char *text, gsize length, int *near, int count)
{
    union {
        char space[CMSG_SPACE(sizeof(int) * FDS_MAX)];
        struct cmsghdr align;
    } control = {0};
    struct iovec part = {.iov_base = (char *)text, .iov_len = length};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    int far[FDS_MAX];

    for (int i = 0; i < count; i++) {
        int ends[2];

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        near[i] = ends[0];
        far[i] = ends[1];
    }
    if (count > 0) {
        struct cmsghdr *item;

        header.msg_control = control.space;
        header.msg_controllen = CMSG_SPACE(sizeof(int) * (gsize)count);
        item = CMSG_FIRSTHDR(&header);
        item->cmsg_level = SOL_SOCKET;
        item->cmsg_type = SCM_RIGHTS;
        item->cmsg_len = CMSG_LEN(sizeof(int) * (gsize)count);
        memcpy(CMSG_DATA(item), far, sizeof(int) * (gsize)count);
    }
    ck_assert_int_eq(sendmsg(fd, &header, MSG_NOSIGNAL), (ssize_t)length);
    for (int i = 0; i < count; i++)
        close(far[i]);
}

/* Waits until the keeper and its guests have closed what they were given. */
static void await_closed(const int *near, int count)
{
    char buffer[4096];

    for (int i = 0; i < count; i++) {
        shutdown(near[i], SHUT_WR);
        while (read(near[i], buffer, sizeof buffer) > 0)
            ;
        close(near[i]);
    }
}

/* --- what is left --- */

/* The answer to a request of somebody else's, whom the keeper serves as ever. */
static JsonObject *ask(const char *method, const char *params)
{
    g_auto(SbxMessage) message = {0};
    JsonObject *result;

    test_raw_send(watcher, method, params);
    ck_assert_int_eq(sbx_message_receive(watcher, &message, NULL), 1);
    result = sbx_json_get_object(message.object, "result");
    ck_assert_msg(result != NULL, "%s failed", method);
    return json_object_ref(result);
}

/* But for the bystander. */
static guint count_others(void)
{
    g_autoptr(JsonObject) result = ask("sandbox.list", "{}");
    JsonArray *sandboxes = json_object_get_array_member(result, "sandboxes");
    guint alive = 0;

    for (guint i = 0; i < json_array_get_length(sandboxes); i++) {
        JsonObject *each = json_array_get_object_element(sandboxes, i);

        alive += sbx_json_get_int(each, "status", -1) != SBX_STATUS_STOPPED &&
                 g_strcmp0(sbx_json_get_string(each, "id"), sbx_id(bystander)) != 0;
    }
    return alive;
}

/* But for the sleeper; -1: somebody is attached to it still. */
static int count_processes(void)
{
    g_autofree char *params = g_strdup_printf("{\"sandbox\":\"%s\"}", sbx_id(bystander));
    g_autoptr(JsonObject) result = ask("process.list", params);
    JsonArray *processes = json_object_get_array_member(result, "processes");
    int running = 0;

    for (guint i = 0; i < json_array_get_length(processes); i++) {
        JsonObject *each = json_array_get_object_element(processes, i);

        if (sbx_json_get_int(each, "process", 0) != sleeper)
            running += sbx_json_get_object(each, "end") == NULL;
        else if (sbx_json_get_boolean(each, "attached", FALSE))
            return -1;
    }
    return running;
}

/* Each answer is an event of the keeper's, after which it may have come to rest. Spares are kept. */
static void await_rest(void)
{
    json_object_unref(ask("pool.drain", "{}"));
    while (count_others() > 0 || count_processes() != 0)
        ;
    while (test_count_fds(keeper) > fds_at_rest)
        json_object_unref(ask("limits.get", "{}"));
}

/* The keeper has all it needs for long before it is looked at. */
static void setup(void)
{
    g_autofree char *params = NULL;
    g_autoptr(JsonObject) started = NULL;

    test_keeper_setup();
    bystander = test_create(NULL);
    g_free(test_sh(bystander, "true"));
    watcher = test_raw_greet();
    params = g_strdup_printf("{\"sandbox\":\"%s\",\"program\":\"sleep\",\"args\":[\"1000\"]}",
                             sbx_id(bystander));
    started = ask("process.start", params);
    sleeper = sbx_json_get_int(started, "process", 0);
    ck_assert_int_gt(sleeper, 0);
    keeper = test_keeper_pid();
    fds_at_rest = test_count_fds(keeper);
}

static void teardown(void)
{
    close(watcher);
    sbx_unref(bystander);
    test_keeper_teardown();
}

/* --- the ways to go --- */

static void go_before_the_answer(int nth, const char *text)
{
    for (int round = 0; round < 4; round++) {
        int near[FDS_MAX];
        int fd = test_raw_greet();

        send_packet(fd, text, strlen(text), near, calls[nth].fds);
        close(fd);
        await_closed(near, calls[nth].fds);
    }
}

/* What it is told may be an answer or a notification; what came with it is closed with it. */
static void go_after_the_first_word(int nth, const char *text)
{
    gboolean lasts = strstr(text, "sleep 1000") != NULL; /* never answered */

    for (int round = 0; round < 2 && !lasts; round++) {
        g_auto(SbxMessage) message = {0};
        int near[FDS_MAX];
        int fd = test_raw_greet();

        send_packet(fd, text, strlen(text), near, calls[nth].fds);
        ck_assert_int_eq(sbx_message_receive(fd, &message, NULL), 1);
        sbx_message_clear(&message);
        close(fd);
        await_closed(near, calls[nth].fds);
    }
}

/* What is cut off is no JSON any more, wherever: the client is dropped. */
static void say_half(int nth, const char *text)
{
    (void)nth;
    for (gsize length = 0; length < strlen(text); length++) {
        int near[1];
        int fd = test_raw_greet();
        char byte;

        send_packet(fd, text, length, near, 1);
        ck_assert_msg(recv(fd, &byte, 1, 0) <= 0, "not cut off after: %.*s", (int)length, text);
        close(fd);
        await_closed(near, 1);
    }
}

static void with_every_call(void (*go)(int nth, const char *text))
{
    for (int i = 0; i < (int)G_N_ELEMENTS(calls); i++) {
        g_autofree char *text = request_text(i);

        go(i, text);
        await_rest();
    }
    g_free(test_sh(bystander, "true"));
}

START_TEST(goes_before_the_answer)
{
    with_every_call(go_before_the_answer);
}
END_TEST

START_TEST(goes_after_the_first_word)
{
    with_every_call(go_after_the_first_word);
}
END_TEST

START_TEST(says_half)
{
    with_every_call(say_half);
}
END_TEST

/* Whoever stopped the keeper need not wait for it. */
START_TEST(goes_after_stopping_it)
{
    GArray *family = test_keeper_family();
    int fd = test_raw_greet();

    test_raw_send(fd, "keeper.stop", "{\"force\":true}");
    close(fd);
    ck_assert(test_family_ends_within(family, 20000));
}
END_TEST

static Suite *cut_suite(void)
{
    Suite *suite = suite_create("keeper-cut");
    TCase *tests = tcase_create("cut");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, goes_before_the_answer);
    tcase_add_test(tests, goes_after_the_first_word);
    tcase_add_test(tests, says_half);
    tcase_add_test(tests, goes_after_stopping_it);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return test_keeper_main(cut_suite);
}
