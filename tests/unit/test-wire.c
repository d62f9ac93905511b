/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The wire: messages with descriptors, JSON that is not trusted, faults. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sandbox/error.h>
#include <sandbox/process.h>
#include <sandbox/options.h>

#include "lib/test-main.h"
#include "lib/test-process.h"
#include "wire/fault.h"
#include "wire/fd.h"
#include "wire/json.h"
#include "wire/message.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static int ours;
static int theirs;
static guint fds_before;

static void setup(void)
{
    int ends[2];

    fds_before = test_count_fds(getpid());
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    ours = ends[0];
    theirs = ends[1];
}

static void teardown(void)
{
    sbx_fd_clear(&ours);
    sbx_fd_clear(&theirs);
    ck_assert_uint_eq(test_count_fds(getpid()), fds_before);
}

/* Sends raw bytes and descriptors, as a hostile peer would. */
static void send_raw(const void *bytes, size_t length, const int *fds, int n_fds)
{
    union {
        char space[CMSG_SPACE(sizeof(int) * 253)];
        struct cmsghdr align;
    } control = {0};
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = length};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};

    if (n_fds > 0) {
        struct cmsghdr *item;

        header.msg_control = control.space;
        header.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)n_fds);
        item = CMSG_FIRSTHDR(&header);
        item->cmsg_level = SOL_SOCKET;
        item->cmsg_type = SCM_RIGHTS;
        item->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)n_fds);
        memcpy(CMSG_DATA(item), fds, sizeof(int) * (size_t)n_fds);
    }
    ck_assert_int_eq(sendmsg(theirs, &header, MSG_NOSIGNAL), (ssize_t)length);
}

static void assert_refused(int code)
{
    SbxMessage message;
    g_autoptr(GError) error = NULL;

    ck_assert_int_eq(sbx_message_receive(ours, &message, &error), -1);
    ck_assert_ptr_nonnull(error);
    ck_assert_msg(sbx_fault_code(error) == code, "%s: %s",
                  sbx_fault_code_name(sbx_fault_code(error)), error->message);
    ck_assert_ptr_null(message.object);
    ck_assert_int_eq(message.n_fds, 0);
}

static JsonObject *object_of(gsize length)
{
    JsonObject *object = json_object_new();
    g_autofree char *text = g_strnfill(length, 'x');

    json_object_set_string_member(object, "text", text);
    return object;
}

/* --- messages --- */

static const gsize sizes[] = {0, 1, SBX_MESSAGE_INLINE_MAX - 12, SBX_MESSAGE_INLINE_MAX - 11,
                              SBX_MESSAGE_INLINE_MAX - 10, SBX_MESSAGE_INLINE_MAX, 1 << 20,
                              SBX_MESSAGE_MAX - 11};

START_TEST(round_trip)
{
    g_autoptr(JsonObject) object = object_of(sizes[_i]);
    g_auto(SbxMessage) message = {0};
    GError *error = NULL;

    ck_assert(sbx_message_send(theirs, object, NULL, 0, &error));
    ck_assert_int_eq(sbx_message_receive(ours, &message, &error), 1);
    ck_assert_uint_eq(strlen(sbx_json_get_string(message.object, "text")), sizes[_i]);
    ck_assert_int_eq(message.n_fds, 0);
}
END_TEST

START_TEST(too_long_to_send)
{
    g_autoptr(JsonObject) object = object_of(SBX_MESSAGE_MAX - 10);
    g_autoptr(GError) error = NULL;

    ck_assert(!sbx_message_send(theirs, object, NULL, 0, &error));
    ck_assert_int_eq(sbx_fault_code(error), SBX_E_TOO_BIG);
}
END_TEST

/* Also beside the memfd of a long message. */
START_TEST(descriptors)
{
    g_autoptr(JsonObject) object = object_of(_i == 0 ? 5 : 200000);
    g_auto(SbxMessage) message = {0};
    int fds[SBX_MESSAGE_FDS_MAX];

    for (int i = 0; i < SBX_MESSAGE_FDS_MAX; i++) {
        fds[i] = memfd_create("test", MFD_CLOEXEC);
        ck_assert_int_eq(ftruncate(fds[i], i + 1), 0);
    }
    ck_assert(sbx_message_send(theirs, object, fds, SBX_MESSAGE_FDS_MAX, NULL));
    for (int i = 0; i < SBX_MESSAGE_FDS_MAX; i++)
        close(fds[i]);
    ck_assert_int_eq(sbx_message_receive(ours, &message, NULL), 1);
    ck_assert_int_eq(message.n_fds, SBX_MESSAGE_FDS_MAX);
    for (int i = 0; i < SBX_MESSAGE_FDS_MAX; i++) {
        struct stat status;

        ck_assert_int_eq(fstat(message.fds[i], &status), 0);
        ck_assert_int_eq(status.st_size, i + 1);
        ck_assert_int_ne(fcntl(message.fds[i], F_GETFD) & FD_CLOEXEC, 0);
    }
    close(sbx_message_take_fd(&message, 1));
    ck_assert_int_eq(sbx_message_take_fd(&message, 1), -1);
    ck_assert_int_eq(sbx_message_take_fd(&message, SBX_MESSAGE_FDS_MAX), -1);
}
END_TEST

START_TEST(end_of_stream)
{
    g_autoptr(JsonObject) object = object_of(5);
    g_autoptr(GError) error = NULL;
    SbxMessage message;

    close(theirs);
    theirs = -1;
    ck_assert_int_eq(sbx_message_receive(ours, &message, &error), 0);
    /* Would raise SIGPIPE, and Check would see it. */
    ck_assert(!sbx_message_send(ours, object, NULL, 0, &error));
    ck_assert_int_eq(sbx_fault_errno(error), EPIPE);
}
END_TEST

START_TEST(nothing_there_yet)
{
    g_autoptr(GError) error = NULL;
    SbxMessage message;

    ck_assert_int_eq(fcntl(ours, F_SETFL, O_NONBLOCK), 0);
    ck_assert_int_eq(sbx_message_receive(ours, &message, &error), -1);
    ck_assert_int_eq(sbx_fault_errno(error), EAGAIN);
}
END_TEST

START_TEST(peer_that_does_not_read)
{
    g_autoptr(JsonObject) object = object_of(60000);
    g_autoptr(GError) error = NULL;
    int sent = 0;

    ck_assert_int_eq(fcntl(ours, F_SETFL, O_NONBLOCK), 0);
    while (sbx_message_send(ours, object, NULL, 0, &error))
        ck_assert_int_lt(sent++, 100000);
    ck_assert_int_eq(sbx_fault_errno(error), EAGAIN);
}
END_TEST

/* --- hostile packets --- */

START_TEST(packets_that_are_no_objects)
{
    static const char *const bad[] = {
        "M", "x", "[]", "[{}]", "7", "null", "\"a\"", "{", "}", "{\"a\"}", "{\"a\":}", "{}{}", " ",
        "{\"a\":\"\xff\"}", "{\"a\":\"\xed\xa0\x80\"}", "{\"\xc0\x80\":1}", "{\"a\":1,}", "{'a':1}",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(JsonObject) object = sbx_json_parse(bad[i], strlen(bad[i]), &error);

        /* json-glib forgives some of this; what matters is that nothing but objects come out. */
        if (object != NULL)
            continue;
        send_raw(bad[i], strlen(bad[i]), NULL, 0);
        assert_refused(SBX_E_PROTOCOL);
    }
    send_raw("{\"a\":1}\0", 8, NULL, 0);
    assert_refused(SBX_E_PROTOCOL);
    send_raw("{\"a\":\"\xff\"}", 9, NULL, 0);
    assert_refused(SBX_E_PROTOCOL);
    send_raw("[1]", 3, NULL, 0);
    assert_refused(SBX_E_PROTOCOL);
}
END_TEST

/* json-glib reads comments and strings in single quotes; brackets behind them must count all the same:
 * 400,000 of them overflowed its stack. */
START_TEST(brackets_behind_a_comment)
{
    static const char *const heads[] = {"/*\"*/{\"a\":", "{'\"':1,\"a\":", "#\"\n{\"a\":"};

    for (gsize i = 0; i < G_N_ELEMENTS(heads); i++) {
        g_autofree char *brackets = g_strnfill(400000, '[');
        g_autofree char *text = g_strconcat(heads[i], brackets, NULL);
        g_autoptr(GError) error = NULL;

        ck_assert_ptr_null(sbx_json_parse(text, strlen(text), &error));
        ck_assert_int_eq(sbx_fault_code(error), SBX_E_PROTOCOL);
    }
}
END_TEST

START_TEST(packet_that_is_too_long)
{
    g_autofree char *bytes = g_strnfill(SBX_MESSAGE_INLINE_MAX + 1, ' ');
    g_autofree char *fits = g_strnfill(SBX_MESSAGE_INLINE_MAX, ' ');
    g_auto(SbxMessage) message = {0};

    memcpy(bytes, "{}", 2);
    memcpy(fits, "{}", 2);
    send_raw(bytes, SBX_MESSAGE_INLINE_MAX + 1, &ours, 1);
    assert_refused(SBX_E_PROTOCOL);
    send_raw(fits, SBX_MESSAGE_INLINE_MAX, NULL, 0);
    ck_assert_int_eq(sbx_message_receive(ours, &message, NULL), 1);
}
END_TEST

/* What is nested deeper than the parser may recurse; and what only looks so. */
START_TEST(deep_nesting)
{
    g_autofree char *deep = g_strnfill(60000, '[');
    g_autofree char *objects = NULL;
    g_autoptr(GString) just = g_string_new("{\"a\":");
    g_auto(SbxMessage) message = {0};
    static const char harmless[] = "{\"a\":\"[[[[[[[[[[[[[[[[[[[[{{{{{{{{{{{\\\"[[[[[[[[[[[\"}";

    send_raw(deep, 60000, NULL, 0);
    assert_refused(SBX_E_PROTOCOL);
    for (int i = 1; i < SBX_JSON_DEPTH_MAX; i++)
        g_string_append_c(just, '[');
    for (int i = 1; i < SBX_JSON_DEPTH_MAX; i++)
        g_string_append_c(just, ']');
    g_string_append_c(just, '}');
    send_raw(just->str, just->len, NULL, 0);
    ck_assert_int_eq(sbx_message_receive(ours, &message, NULL), 1);
    sbx_message_clear(&message);
    objects = g_strdup_printf("{\"b\":[%s]}", just->str);
    send_raw(objects, strlen(objects), NULL, 0);
    assert_refused(SBX_E_PROTOCOL);
    send_raw(harmless, sizeof harmless - 1, NULL, 0);
    ck_assert_int_eq(sbx_message_receive(ours, &message, NULL), 1);
}
END_TEST

/* An object with @count members; the second half of them has one name, which is found last. */
static void append_members(GString *text, guint count)
{
    g_string_append_c(text, '{');
    for (guint i = 0; i < count; i++)
        g_string_append_printf(text, "%s\"%x\":0", i > 0 ? "," : "", MIN(i, count / 2));
    g_string_append_c(text, '}');
}

static void assert_not_parsed(const char *text, gsize length)
{
    g_autoptr(GError) error = NULL;

    ck_assert_ptr_null(sbx_json_parse(text, length, &error));
    ck_assert_int_eq(sbx_fault_code(error), SBX_E_PROTOCOL);
}

/* json-glib compares a repeated name with all others: 1 MiB of such took minutes. */
START_TEST(repeated_names)
{
    g_autoptr(GString) one = g_string_new(NULL);
    g_autoptr(GString) many = g_string_new("{\"a\":[");
    g_autoptr(GString) slowest = g_string_new(NULL);
    g_autoptr(JsonObject) object = NULL;
    gint64 start;

    append_members(one, 100000);
    assert_not_parsed(one->str, one->len);
    for (int i = 0; i < 1000; i++) {
        append_members(many, 4000);
        g_string_append_c(many, ',');
    }
    g_string_append(many, "0]}");
    assert_not_parsed(many->str, many->len);
    append_members(slowest, 6500);
    start = g_get_monotonic_time();
    object = sbx_json_parse(slowest->str, slowest->len, NULL);
    ck_assert_ptr_nonnull(object);
    ck_assert_int_lt(g_get_monotonic_time() - start, 10 * G_USEC_PER_SEC); /* valgrind, too */
}
END_TEST

/* It leaks all but the last of several values. */
START_TEST(several_values)
{
    static const char *const bad[] = {"{}{}", "{} {}",    "{}[]",   "{}1",  "1{}",
                                      "[]{}", "{}\"\"",   "\"\"{}", "{};",  "{}}",
                                      "}{}",  "var a={}", ",{}",    "{}:{}"};
    static const char *const good[] = {"{}", " \t\r\n{} \t\r\n", "{\"a\":{},\"b\":[{},{}]}"};

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_not_parsed(bad[i], strlen(bad[i]));
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autoptr(JsonObject) object = sbx_json_parse(good[i], strlen(good[i]), NULL);

        ck_assert_msg(object != NULL, "%s", good[i]);
    }
}
END_TEST

/* The largest command, and a long listing, are no attack. */
START_TEST(what_is_large_and_good)
{
    g_autoptr(GString) text = g_string_new("{\"args\":[\"\"");
    g_autoptr(JsonObject) object = NULL;
    g_autofree char *name = g_strnfill(SBX_ENV_TOTAL_MAX / SBX_ENV_MAX - 8, 'N');

    for (int i = 1; i < SBX_ARGS_MAX; i++)
        g_string_append(text, ",\"x\"");
    g_string_append(text, "],\"env\":{\"\":0");
    for (int i = 1; i < SBX_ENV_MAX; i++)
        g_string_append_printf(text, ",\"%s%d\":\"\"", name, i);
    g_string_append(text, "},\"sandboxes\":[0");
    for (int i = 0; i < 50000; i++)
        g_string_append(text,
                        ",{\"id\":\"sbx_loc\",\"status\":1,\"image\":\"a\",\"created_ms\":1,"
                        "\"deadline_ms\":0,\"memory\":1,\"vcpus\":2,\"labels\":{\"a\":\"b\"}}");
    g_string_append(text, "]}");
    object = sbx_json_parse(text->str, text->len, NULL);
    ck_assert_ptr_nonnull(object);
    ck_assert_uint_eq(json_array_get_length(sbx_json_get_array(object, "args")), SBX_ARGS_MAX);
    ck_assert_uint_eq(json_object_get_size(sbx_json_get_object(object, "env")), SBX_ENV_MAX);
}
END_TEST

START_TEST(surplus_descriptors)
{
    int fds[200];

    for (gsize i = 0; i < G_N_ELEMENTS(fds); i++)
        fds[i] = theirs;
    /* One too many: closed, the message counts. More than the room for them: refused. */
    send_raw("{}", 2, fds, SBX_MESSAGE_FDS_MAX + 1);
    {
        g_auto(SbxMessage) message = {0};

        ck_assert_int_eq(sbx_message_receive(ours, &message, NULL), 1);
        ck_assert_int_eq(message.n_fds, SBX_MESSAGE_FDS_MAX);
    }
    send_raw("{}", 2, fds, 200);
    assert_refused(SBX_E_PROTOCOL);
    send_raw("x", 1, fds, SBX_MESSAGE_FDS_MAX + 1);
    assert_refused(SBX_E_PROTOCOL);
    /* The teardown counts what is open. */
}
END_TEST

static int memfd_with(const char *text, off_t size, int seals)
{
    int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    ck_assert_int_eq(ftruncate(fd, size), 0);
    ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, seals), 0);
    return fd;
}

static void refuse_memfd(int fd, int code)
{
    send_raw("M", 1, &fd, 1);
    close(fd);
    assert_refused(code);
}

START_TEST(memfds_that_are_not_what_they_should_be)
{
    static const int lacking[] = {0, SEALS & ~F_SEAL_SEAL, SEALS & ~F_SEAL_SHRINK,
                                  SEALS & ~F_SEAL_GROW, SEALS & ~F_SEAL_WRITE};
    g_auto(SbxMessage) message = {0};
    int pipe_fds[2];
    int fd;

    for (gsize i = 0; i < G_N_ELEMENTS(lacking); i++)
        refuse_memfd(memfd_with("{}", 2, lacking[i]), SBX_E_PROTOCOL);
    refuse_memfd(memfd_with("{}", (off_t)SBX_MESSAGE_MAX + 1, SEALS), SBX_E_PROTOCOL);
    refuse_memfd(memfd_with("{}", 0, SEALS), SBX_E_PROTOCOL);
    refuse_memfd(memfd_with("{}", 3, SEALS), SBX_E_PROTOCOL);
    refuse_memfd(memfd_with("[]", 2, SEALS), SBX_E_PROTOCOL);
    refuse_memfd(open("/dev/zero", O_RDONLY | O_CLOEXEC), SBX_E_PROTOCOL);
    refuse_memfd(open("/proc/self/exe", O_RDONLY | O_CLOEXEC), SBX_E_PROTOCOL);
    ck_assert_int_eq(pipe2(pipe_fds, O_CLOEXEC), 0);
    close(pipe_fds[1]);
    refuse_memfd(pipe_fds[0], SBX_E_PROTOCOL);
    fd = memfd_with("{\"a\":1}", 7, SEALS);
    /* Wherever its position is. */
    lseek(fd, 5, SEEK_SET);
    send_raw("M", 1, &fd, 1);
    close(fd);
    ck_assert_int_eq(sbx_message_receive(ours, &message, NULL), 1);
    ck_assert_int_eq(sbx_json_get_int(message.object, "a", 0), 1);
    ck_assert_int_eq(message.n_fds, 0);
}
END_TEST

/* --- JSON --- */

START_TEST(getters_check_types)
{
    static const char text[] = "{\"i\":7,\"f\":1.5,\"s\":\"x\",\"b\":true,\"n\":null,"
                               "\"a\":[1],\"o\":{},"
                               "\"z\":{\"base64\":\"AAA=\"},\"y\":{\"base64\":\"/w==\"}}";
    g_autoptr(JsonObject) object = sbx_json_parse(text, strlen(text), NULL);
    g_autofree char *bytes = sbx_json_get_bytes(object, "y");
    g_auto(GStrv) none = sbx_json_get_bytes_array(object, "missing");
    static const char *const members[] = {"i", "f", "s", "b", "n", "a", "o", "missing"};

    for (gsize i = 0; i < G_N_ELEMENTS(members); i++) {
        const char *name = members[i];

        ck_assert_int_eq(sbx_json_get_int(object, name, -5), *name == 'i' ? 7 : -5);
        ck_assert_int_eq(sbx_json_get_boolean(object, name, FALSE), *name == 'b');
        ck_assert((sbx_json_get_string(object, name) != NULL) == (*name == 's'));
        ck_assert((sbx_json_get_array(object, name) != NULL) == (*name == 'a'));
        ck_assert((sbx_json_get_object(object, name) != NULL) == (*name == 'o'));
        if (*name != 's')
            ck_assert_ptr_null(sbx_json_get_bytes(object, name));
    }
    ck_assert_ptr_null(sbx_json_get_bytes(object, "z"));
    ck_assert_str_eq(bytes, "\xff");
    ck_assert_ptr_null(sbx_json_get_bytes_array(object, "a"));
    ck_assert_ptr_nonnull(none);
    ck_assert_ptr_null(none[0]);
    ck_assert_int_eq(sbx_json_get_int(NULL, "i", 3), 3);
    ck_assert_ptr_null(sbx_json_get_string(NULL, "s"));
}
END_TEST

START_TEST(bytes_survive)
{
    GRand *random = g_rand_new_with_seed(20260102);

    for (int i = 0; i < 500; i++) {
        char bytes[40] = {0};
        g_autoptr(JsonObject) object = json_object_new();
        g_autoptr(JsonObject) parsed = NULL;
        g_autofree char *text = NULL;
        g_autofree char *back = NULL;
        gsize length;

        for (int j = g_rand_int_range(random, 0, 39); j > 0; j--)
            bytes[j - 1] = (char)g_rand_int_range(random, 1, i % 2 == 0 ? 256 : 128);
        json_object_set_member(object, "b", sbx_json_bytes_node(bytes));
        text = sbx_json_print(object, &length);
        ck_assert(g_utf8_validate(text, (gssize)length, NULL));
        parsed = sbx_json_parse(text, length, NULL);
        back = sbx_json_get_bytes(parsed, "b");
        ck_assert_str_eq(back, bytes);
    }
    g_rand_free(random);
}
END_TEST

/* --- faults --- */

START_TEST(fault_round_trip)
{
    g_autoptr(GError) fault = sbx_fault_new(SBX_E_NO_SPACE, ENOSPC, "free some", "the \xff cause",
                                            "no room for %d", 7);
    g_autoptr(JsonObject) object = sbx_fault_to_json(fault);
    g_autoptr(GError) back = NULL;
    g_autofree char *text = sbx_json_print(object, NULL);
    g_autoptr(JsonObject) parsed = sbx_json_parse(text, strlen(text), NULL);

    back = sbx_fault_from_json(parsed);
    ck_assert_int_eq(sbx_fault_code(back), SBX_E_NO_SPACE);
    ck_assert_int_eq(sbx_fault_errno(back), ENOSPC);
    ck_assert_str_eq(sbx_fault_hint(back), "free some");
    ck_assert_str_eq(sbx_fault_cause(back), "the \xef\xbf\xbd cause");
    ck_assert_str_eq(back->message, "no room for 7");
    sbx_fault_add_cause(back, "another");
    ck_assert_str_eq(sbx_fault_cause(back), "the \xef\xbf\xbd cause");
}
END_TEST

START_TEST(hostile_faults)
{
    static const char *const bad[] = {
        "{}", "{\"code\":0}", "{\"code\":5,\"message\":\"fine\"}", "{\"code\":\"x\"}",
        "{\"code\":-9223372036854775808}", "{\"code\":-2147483649,\"message\":7,\"data\":[]}",
        "{\"code\":null,\"data\":{\"hint\":1,\"cause\":{},\"errno\":\"x\"}}",
    };
    g_autoptr(GError) percent = NULL;
    g_autoptr(JsonObject) object = json_object_new();

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(JsonObject) parsed = sbx_json_parse(bad[i], strlen(bad[i]), NULL);
        g_autoptr(GError) fault = sbx_fault_from_json(parsed);

        ck_assert_int_eq(sbx_fault_code(fault), SBX_E_PROTOCOL);
        ck_assert_ptr_nonnull(fault->message);
        ck_assert_ptr_null(sbx_fault_hint(fault));
        ck_assert_int_eq(sbx_fault_errno(fault), 0);
    }
    json_object_set_int_member(object, "code", SBX_E_BOOT);
    json_object_set_string_member(object, "message", "%s%n%s");
    percent = sbx_fault_from_json(object);
    ck_assert_str_eq(percent->message, "%s%n%s");
}
END_TEST

START_TEST(faults_of_other_domains)
{
    g_autoptr(GError) error = g_error_new_literal(G_FILE_ERROR, G_FILE_ERROR_IO, "text");
    g_autoptr(GError) bare = NULL;

    ck_assert_int_eq(sbx_fault_code(error), SBX_E_SYSTEM);
    ck_assert_int_eq(sbx_fault_errno(error), 0);
    ck_assert_ptr_null(sbx_fault_hint(error));
    ck_assert_ptr_null(sbx_fault_cause(error));
    sbx_fault_add_cause(error, "ignored");
    sbx_fault_set(NULL, SBX_E_SYSTEM, 0, NULL, "ignored");
    sbx_fault_set(&bare, SBX_E_BUSY, 0, NULL, "busy");
    sbx_fault_add_cause(bare, "why");
    ck_assert_str_eq(sbx_fault_cause(bare), "why");
}
END_TEST

START_TEST(code_names)
{
    for (int code = SBX_OK; code >= SBX_E_FILE; code--) {
        ck_assert_str_ne(sbx_fault_code_name(code), "SBX_E_UNKNOWN");
        ck_assert_int_eq(sbx_fault_code_from_name(sbx_fault_code_name(code)), code);
    }
    ck_assert_str_eq(sbx_fault_code_name(SBX_E_FILE - 1), "SBX_E_UNKNOWN");
    ck_assert_int_eq(sbx_fault_code_from_name("SBX_E_NOTHING"), 0);
    ck_assert_int_eq(sbx_fault_code_from_name(NULL), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wire");
    TCase *messages = tcase_create("messages");
    TCase *json = tcase_create("json");

    tcase_set_timeout(messages, 60);
    tcase_add_checked_fixture(messages, setup, teardown);
    tcase_add_loop_test(messages, round_trip, 0, (int)G_N_ELEMENTS(sizes));
    tcase_add_test(messages, too_long_to_send);
    tcase_add_loop_test(messages, descriptors, 0, 2);
    tcase_add_test(messages, end_of_stream);
    tcase_add_test(messages, nothing_there_yet);
    tcase_add_test(messages, peer_that_does_not_read);
    tcase_add_test(messages, packets_that_are_no_objects);
    tcase_add_test(messages, brackets_behind_a_comment);
    tcase_add_test(messages, packet_that_is_too_long);
    tcase_add_test(messages, deep_nesting);
    tcase_add_test(messages, repeated_names);
    tcase_add_test(messages, several_values);
    tcase_add_test(messages, what_is_large_and_good);
    tcase_add_test(messages, surplus_descriptors);
    tcase_add_test(messages, memfds_that_are_not_what_they_should_be);
    tcase_add_test(json, getters_check_types);
    tcase_add_test(json, bytes_survive);
    tcase_add_test(json, fault_round_trip);
    tcase_add_test(json, hostile_faults);
    tcase_add_test(json, faults_of_other_domains);
    tcase_add_test(json, code_names);
    suite_add_tcase(suite, messages);
    suite_add_tcase(suite, json);
    return test_run(suite);
}
