/* test-agent-protocol.c: the codec that both ends of the agent session share: what is encoded comes
 * back, and whatever else a hostile end could send is refused. */
#include <check.h>
#include <protocol.h>
#include <stdlib.h>
#include <string.h>

static const char *const two_args[] = {"ls", "-l", NULL};
static const char *const two_env[] = {"A=1", "B=", NULL};

static struct sbx_command full_command(void)
{
    return (struct sbx_command){.argv = (const char **)two_args,
                                .argc = 2,
                                .env = (const char **)two_env,
                                .env_count = 2,
                                .cwd = "/tmp",
                                .user = "root",
                                .flags = SBX_COMMAND_STDIN | SBX_COMMAND_CLEAR_ENV};
}

START_TEST(command_round_trip)
{
    struct sbx_command command = full_command(), out;
    struct sbx_tlv_writer writer;

    sbx_tlv_writer_init(&writer, SBX_PROTO_MAX_COMMAND);
    sbx_command_encode(&writer, &command);
    ck_assert(!writer.failed);
    ck_assert(sbx_command_decode(writer.data, writer.length, &out));
    ck_assert_uint_eq(out.argc, 2);
    ck_assert_str_eq(out.argv[1], "-l");
    ck_assert_ptr_null(out.argv[2]);
    ck_assert_uint_eq(out.env_count, 2);
    ck_assert_str_eq(out.env[1], "B=");
    ck_assert_str_eq(out.cwd, "/tmp");
    ck_assert_str_eq(out.user, "root");
    ck_assert_uint_eq(out.flags, command.flags);
    sbx_command_clear(&out);
    sbx_tlv_writer_clear(&writer);
}
END_TEST

/* Every prefix is either refused or a shorter list; no byte beyond it is looked at (ASan sees). */
START_TEST(command_prefixes)
{
    struct sbx_command command = full_command(), out;
    struct sbx_tlv_writer writer;

    sbx_tlv_writer_init(&writer, SBX_PROTO_MAX_COMMAND);
    sbx_command_encode(&writer, &command);
    for (size_t length = 0; length < writer.length; length++) {
        uint8_t *copy = malloc(length + (length == 0));
        memcpy(copy, writer.data, length);
        if (sbx_command_decode(copy, length, &out)) {
            ck_assert_uint_ge(out.argc, 1);
            sbx_command_clear(&out);
        }
        free(copy);
    }
    sbx_tlv_writer_clear(&writer);
}
END_TEST

START_TEST(random_bytes_are_survived)
{
    uint8_t bytes[256];
    struct sbx_command command;
    struct sbx_setup setup;
    struct sbx_exit record;
    struct sbx_failure failure;
    uint64_t id;

    srand(1);
    for (int round = 0; round < 20000; round++) {
        size_t length = (size_t)rand() % sizeof bytes;
        for (size_t i = 0; i < length; i++)
            bytes[i] = rand() % 3 == 0 ? (uint8_t)rand() : (uint8_t)(rand() % 4 * 16);
        if (sbx_command_decode(bytes, length, &command))
            sbx_command_clear(&command);
        if (sbx_setup_decode(bytes, length, &setup))
            sbx_setup_clear(&setup);
        sbx_exit_decode(bytes, length, &record);
        sbx_failure_decode(bytes, length, &failure);
        sbx_path_parse((const char *)bytes, length, &id);
    }
}
END_TEST

static bool decodes_as_command(uint8_t tag, const void *value, size_t length)
{
    struct sbx_tlv_writer writer;
    struct sbx_command out;

    sbx_tlv_writer_init(&writer, SBX_PROTO_MAX_COMMAND);
    sbx_tlv_put_string(&writer, SBX_TAG_ARG, "x");
    sbx_tlv_put(&writer, tag, value, length);
    bool good = sbx_command_decode(writer.data, writer.length, &out);
    if (good)
        sbx_command_clear(&out);
    sbx_tlv_writer_clear(&writer);
    return good;
}

START_TEST(hostile_commands)
{
    ck_assert(decodes_as_command(SBX_TAG_ENV, "A=b", 4));
    ck_assert(decodes_as_command(250, "unknown tags are skipped", 10));
    ck_assert(!decodes_as_command(SBX_TAG_ARG, "no end", 6));
    ck_assert(!decodes_as_command(SBX_TAG_ARG, "in\0side", 8));
    ck_assert(!decodes_as_command(SBX_TAG_ARG, "", 0));
    ck_assert(!decodes_as_command(SBX_TAG_ENV, "no equals sign", 15));
    ck_assert(!decodes_as_command(SBX_TAG_ENV, "=no name", 9));
    ck_assert(!decodes_as_command(SBX_TAG_FLAGS, "\xff\xff\xff\xff", 4));
    ck_assert(!decodes_as_command(SBX_TAG_FLAGS, "\0\0\1", 3));
    ck_assert(decodes_as_command(SBX_TAG_SCRIPT, "with arguments", 15));
    ck_assert(!decodes_as_command(SBX_TAG_SCRIPT, "", 0));
    char *name = calloc(1, SBX_PROTO_MAX_NAME + 2);
    memset(name, 'n', SBX_PROTO_MAX_NAME + 1);
    ck_assert(!decodes_as_command(SBX_TAG_USER, name, SBX_PROTO_MAX_NAME + 2));
    free(name);
}
END_TEST

START_TEST(too_many_entries)
{
    struct sbx_tlv_writer writer;
    struct sbx_command out;

    sbx_tlv_writer_init(&writer, SBX_PROTO_MAX_COMMAND);
    for (int i = 0; i <= SBX_PROTO_MAX_ARGS; i++)
        sbx_tlv_put_string(&writer, SBX_TAG_ARG, "x");
    ck_assert(!writer.failed);
    ck_assert(!sbx_command_decode(writer.data, writer.length, &out));
    sbx_tlv_writer_clear(&writer);
}
END_TEST

START_TEST(lengths_that_lie)
{
    static const uint8_t beyond[] = {SBX_TAG_ARG, 0xff, 0xff, 0xff, 0xff, 'x', 0};
    static const uint8_t one_more[] = {SBX_TAG_ARG, 0, 0, 0, 3, 'x', 0};
    static const uint8_t cut[] = {SBX_TAG_ARG, 0, 0};
    struct sbx_command out;

    ck_assert(!sbx_command_decode(beyond, sizeof beyond, &out));
    ck_assert(!sbx_command_decode(one_more, sizeof one_more, &out));
    ck_assert(!sbx_command_decode(cut, sizeof cut, &out));
}
END_TEST

START_TEST(writer_keeps_its_limit)
{
    struct sbx_tlv_writer writer;

    sbx_tlv_writer_init(&writer, 20);
    sbx_tlv_put(&writer, 1, "0123456789", 10);
    ck_assert(!writer.failed);
    sbx_tlv_put(&writer, 1, "x", 1);
    ck_assert(writer.failed);
    ck_assert_uint_eq(writer.length, 15);
    sbx_tlv_writer_clear(&writer);
}
END_TEST

START_TEST(exit_records)
{
    struct sbx_exit record = {.signalled = true, .status = 9, .oom = true, .cpu_user = 1,
                              .cpu_system = UINT64_MAX, .max_rss = 1 << 20, .wall = 7},
                    out;
    struct sbx_tlv_writer writer;

    sbx_tlv_writer_init(&writer, SBX_PROTO_MAX_REPLY);
    sbx_exit_encode(&writer, &record);
    ck_assert(sbx_exit_decode(writer.data, writer.length, &out));
    ck_assert_int_eq(memcmp(&out.cpu_user, &record.cpu_user, 8), 0);
    ck_assert(out.signalled && out.oom && out.status == 9 && out.cpu_system == UINT64_MAX);
    sbx_tlv_put_u32(&writer, SBX_TAG_EXIT_CODE, 0);
    ck_assert(!sbx_exit_decode(writer.data, writer.length, &out)); /* two ends */
    sbx_tlv_writer_clear(&writer);
    ck_assert(!sbx_exit_decode(NULL, 0, &out)); /* none */
    sbx_tlv_put_u32(&writer, SBX_TAG_EXIT_CODE, 256);
    ck_assert(!sbx_exit_decode(writer.data, writer.length, &out));
    sbx_tlv_writer_clear(&writer);
    sbx_tlv_put_u32(&writer, SBX_TAG_EXIT_SIGNAL, 65);
    ck_assert(!sbx_exit_decode(writer.data, writer.length, &out));
    sbx_tlv_writer_clear(&writer);
}
END_TEST

static bool setup_accepts(uint8_t tag, const char *text)
{
    struct sbx_tlv_writer writer;
    struct sbx_setup out;

    sbx_tlv_writer_init(&writer, SBX_PROTO_MAX_SETUP);
    sbx_tlv_put_string(&writer, tag, text);
    bool good = sbx_setup_decode(writer.data, writer.length, &out);
    if (good)
        sbx_setup_clear(&out);
    sbx_tlv_writer_clear(&writer);
    return good;
}

START_TEST(setup_values)
{
    ck_assert(setup_accepts(SBX_TAG_HOSTNAME, "sbx-abc.local"));
    ck_assert(!setup_accepts(SBX_TAG_HOSTNAME, "two words"));
    ck_assert(!setup_accepts(SBX_TAG_HOSTNAME, "line\nfeed"));
    ck_assert(!setup_accepts(SBX_TAG_HOSTNAME, ""));
    ck_assert(setup_accepts(SBX_TAG_MACHINE_ID, "0123456789abcdef0123456789abcdef"));
    ck_assert(!setup_accepts(SBX_TAG_MACHINE_ID, "0123456789ABCDEF0123456789ABCDEF"));
    ck_assert(!setup_accepts(SBX_TAG_MACHINE_ID, "0123"));
}
END_TEST

static enum sbx_resource parse(const char *path, uint64_t *id)
{
    return sbx_path_parse(path, strlen(path), id);
}

START_TEST(paths)
{
    uint64_t id = 0;

    ck_assert_int_eq(parse("/v1/ping", &id), SBX_RESOURCE_PING);
    ck_assert_int_eq(parse("/v1/setup", &id), SBX_RESOURCE_SETUP);
    ck_assert_int_eq(parse("/v1/park", &id), SBX_RESOURCE_PARK);
    ck_assert_int_eq(parse("/v1/processes/18446744073709551615", &id), SBX_RESOURCE_PROCESS);
    ck_assert(id == UINT64_MAX);
    ck_assert_int_eq(parse("/v1/processes/7/stdin", &id), SBX_RESOURCE_STDIN);
    ck_assert_int_eq(parse("/v1/processes/7/stdout", &id), SBX_RESOURCE_STDOUT);
    ck_assert_int_eq(parse("/v1/processes/7/stderr", &id), SBX_RESOURCE_STDERR);
    ck_assert_int_eq(parse("/v1/processes/7/signal", &id), SBX_RESOURCE_SIGNAL);
    ck_assert_int_eq(parse("/v1/connections/tcp/65535", &id), SBX_RESOURCE_TCP);
    ck_assert(id == 65535);
    ck_assert_int_eq(parse("/v1/connections/unix/2f78", &id), SBX_RESOURCE_UNIX);
    static const char *const wrong[] = {"",
                                        "/",
                                        "/v1/pin",
                                        "/v1/ping/",
                                        "/v1/processes/",
                                        "/v1/processes//stdin",
                                        "/v1/processes/-1",
                                        "/v1/processes/01",
                                        "/v1/processes/1x",
                                        "/v1/processes/18446744073709551616",
                                        "/v1/processes/111111111111111111111",
                                        "/v1/processes/7/",
                                        "/v1/processes/7/stdinn",
                                        "/v1/connections/",
                                        "/v1/connections/tcp/",
                                        "/v1/connections/tcp/0",
                                        "/v1/connections/tcp/080",
                                        "/v1/connections/tcp/65536",
                                        "/v1/connections/tcp/80/",
                                        "/v1/connections/unix/",
                                        "/v1/connections/unix/2f7",
                                        "/v1/connections/unix/2f7X",
                                        "/v1/connections/unix/2F78",
                                        "/v1/connections/unix/7878",
                                        "/v1/connections/unix/2f00",
                                        "/v1/connections/udp/80",
                                        NULL};
    for (int i = 0; wrong[i] != NULL; i++)
        ck_assert_int_eq(parse(wrong[i], &id), SBX_RESOURCE_UNKNOWN);
}
END_TEST

START_TEST(socket_paths)
{
    char socket[SBX_PROTO_MAX_SOCKET + 1], path[64 + 2 * SBX_PROTO_MAX_SOCKET + 3];
    size_t prefix = strlen(strcpy(path, "/v1/connections/unix/2f"));

    ck_assert(sbx_path_parse_socket("/v1/connections/unix/2f726120ff", 31, socket));
    ck_assert_str_eq(socket, "/ra \xff");
    ck_assert(!sbx_path_parse_socket("/v1/connections/tcp/80", 22, socket));
    memset(path + prefix, '6', 2 * SBX_PROTO_MAX_SOCKET);
    ck_assert(sbx_path_parse_socket(path, prefix + 2 * SBX_PROTO_MAX_SOCKET - 2, socket));
    ck_assert_uint_eq(strlen(socket), SBX_PROTO_MAX_SOCKET);
    ck_assert(!sbx_path_parse_socket(path, prefix + 2 * SBX_PROTO_MAX_SOCKET, socket));
}
END_TEST

START_TEST(failures_and_signals)
{
    struct sbx_failure failure = {.kind = SBX_FAILURE_PROGRAM, .error = 2, .text = "no"}, back;
    struct sbx_signal message = {.number = 15, .scope = SBX_SCOPE_CGROUP}, got;
    struct sbx_tlv_writer writer;

    sbx_tlv_writer_init(&writer, SBX_PROTO_MAX_REPLY);
    sbx_failure_encode(&writer, &failure);
    ck_assert(sbx_failure_decode(writer.data, writer.length, &back));
    ck_assert_str_eq(back.text, "no");
    ck_assert_uint_eq(back.kind, SBX_FAILURE_PROGRAM);
    sbx_tlv_writer_clear(&writer);
    sbx_signal_encode(&writer, &message);
    ck_assert(sbx_signal_decode(writer.data, writer.length, &got));
    ck_assert_uint_eq(got.number, 15);
    sbx_tlv_writer_clear(&writer);
    message.number = 0;
    sbx_signal_encode(&writer, &message);
    ck_assert(!sbx_signal_decode(writer.data, writer.length, &got));
    sbx_tlv_writer_clear(&writer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("agent-protocol");
    TCase *tcase = tcase_create("codec");

    tcase_add_test(tcase, command_round_trip);
    tcase_add_test(tcase, command_prefixes);
    tcase_add_test(tcase, random_bytes_are_survived);
    tcase_add_test(tcase, hostile_commands);
    tcase_add_test(tcase, too_many_entries);
    tcase_add_test(tcase, lengths_that_lie);
    tcase_add_test(tcase, writer_keeps_its_limit);
    tcase_add_test(tcase, exit_records);
    tcase_add_test(tcase, setup_values);
    tcase_add_test(tcase, paths);
    tcase_add_test(tcase, socket_paths);
    tcase_add_test(tcase, failures_and_signals);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
