/* test-agent-figures.c: the messages of terminals, limits, usage and metrics. */
#include <check.h>
#include <protocol.h>
#include <stdlib.h>
#include <string.h>

static const char *const argv[] = {"top", NULL};

static struct sbx_tlv_writer writer;

static void setup(void)
{
    sbx_tlv_writer_init(&writer, SBX_PROTO_MAX_REPLY);
}

static void teardown(void)
{
    sbx_tlv_writer_clear(&writer);
}

static bool comes_back(const struct sbx_command *command, struct sbx_command *out)
{
    bool good;

    sbx_tlv_writer_clear(&writer);
    sbx_command_encode(&writer, command);
    good = sbx_command_decode(writer.data, writer.length, out);
    if (good)
        sbx_command_clear(&(struct sbx_command){.argv = out->argv, .env = out->env});
    return good;
}

START_TEST(terminals_of_commands)
{
    struct sbx_command command = {.argv = (const char **)argv, .argc = 1,
                                  .flags = SBX_COMMAND_STDOUT, .rows = 24, .columns = 65535};
    struct sbx_command out;

    ck_assert(comes_back(&command, &out));
    ck_assert_uint_eq(out.rows, 24);
    ck_assert_uint_eq(out.columns, 65535);
    command.columns = 65536;
    ck_assert(!comes_back(&command, &out));
    command.columns = 0;
    ck_assert(!comes_back(&command, &out));
    command.columns = 80;
    command.flags |= SBX_COMMAND_STDERR;
    ck_assert(!comes_back(&command, &out));
    command.flags = SBX_COMMAND_STDIN;
    ck_assert(!comes_back(&command, &out));
}
END_TEST

START_TEST(limits_of_commands)
{
    struct sbx_command command = {.argv = (const char **)argv,
                                  .argc = 1,
                                  .memory_limit = UINT64_MAX,
                                  .task_limit = 7,
                                  .cpu_limit = UINT64_C(1) << 40};
    struct sbx_command out;

    ck_assert(comes_back(&command, &out));
    ck_assert(out.memory_limit == UINT64_MAX && out.task_limit == 7);
    ck_assert(out.cpu_limit == UINT64_C(1) << 40);
    command = (struct sbx_command){.argv = (const char **)argv, .argc = 1};
    ck_assert(comes_back(&command, &out));
    ck_assert(out.memory_limit == 0 && out.task_limit == 0 && out.cpu_limit == 0 && out.rows == 0);
}
END_TEST

START_TEST(sizes)
{
    struct sbx_size size = {50, 132}, out = {0};

    sbx_size_encode(&writer, &size);
    ck_assert(sbx_size_decode(writer.data, writer.length, &out));
    ck_assert(out.rows == 50 && out.columns == 132);
    ck_assert(!sbx_size_decode(writer.data, writer.length - 1, &out));
    ck_assert(!sbx_size_decode(NULL, 0, &out));
    sbx_tlv_put_u32(&writer, SBX_TAG_ROWS, 65536);
    ck_assert(!sbx_size_decode(writer.data, writer.length, &out));
    ck_assert(out.rows == 50);
}
END_TEST

START_TEST(causes)
{
    struct sbx_exit record = {.cause = SBX_EXIT_CAUSE_CPU, .peak_memory = UINT64_MAX}, out = {0};

    sbx_exit_encode(&writer, &record);
    ck_assert(sbx_exit_decode(writer.data, writer.length, &out));
    ck_assert(out.cause == SBX_EXIT_CAUSE_CPU && out.peak_memory == UINT64_MAX);
    /* What only the host can know, a guest may not claim. */
    for (uint32_t cause = 0; cause < 10; cause++) {
        sbx_tlv_writer_clear(&writer);
        record.cause = cause;
        sbx_exit_encode(&writer, &record);
        ck_assert_int_eq(sbx_exit_decode(writer.data, writer.length, &out),
                         cause <= SBX_EXIT_CAUSE_OOM || cause == SBX_EXIT_CAUSE_CPU);
    }
}
END_TEST

START_TEST(usage)
{
    struct sbx_usage all = {1, 2, 3, 4, 5, 6, UINT64_MAX}, out = {0};

    sbx_usage_encode(&writer, &all);
    ck_assert(sbx_usage_decode(writer.data, writer.length, &out));
    ck_assert_int_eq(memcmp(&all, &out, sizeof all), 0);
    for (size_t length = 1; length < writer.length; length++)
        if (length % 13 != 0)
            ck_assert(!sbx_usage_decode(writer.data, length, &out));
    sbx_tlv_put(&writer, SBX_TAG_MEMORY, "short", 5);
    ck_assert(!sbx_usage_decode(writer.data, writer.length, &out));
    ck_assert_int_eq(memcmp(&all, &out, sizeof all), 0);
}
END_TEST

START_TEST(metrics)
{
    struct sbx_metrics all = {1, 2, 3, 4, 5, 6, 7, 8, UINT64_MAX}, out = {0};

    sbx_metrics_encode(&writer, &all);
    sbx_tlv_put(&writer, 250, "unknown tags are skipped", 10);
    ck_assert(sbx_metrics_decode(writer.data, writer.length, &out));
    ck_assert_int_eq(memcmp(&all, &out, sizeof all), 0);
    ck_assert(!sbx_metrics_decode("\1\377\377\377\377", 5, &out));
    ck_assert(sbx_metrics_decode(NULL, 0, &out));
    ck_assert_uint_eq(out.uptime, 0);
}
END_TEST

static enum sbx_resource parsed(const char *path)
{
    uint64_t id = 0;
    return sbx_path_parse(path, strlen(path), &id);
}

START_TEST(paths)
{
    ck_assert_int_eq(parsed("/v1/metrics"), SBX_RESOURCE_METRICS);
    ck_assert_int_eq(parsed("/v1/processes/7/usage"), SBX_RESOURCE_USAGE);
    ck_assert_int_eq(parsed("/v1/processes/7/resize"), SBX_RESOURCE_RESIZE);
    ck_assert_int_eq(parsed("/v1/processes/7/resized"), SBX_RESOURCE_UNKNOWN);
    ck_assert_int_eq(parsed("/v1/metrics/"), SBX_RESOURCE_UNKNOWN);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("agent-figures");
    TCase *tests = tcase_create("messages");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, terminals_of_commands);
    tcase_add_test(tests, limits_of_commands);
    tcase_add_test(tests, sizes);
    tcase_add_test(tests, causes);
    tcase_add_test(tests, usage);
    tcase_add_test(tests, metrics);
    tcase_add_test(tests, paths);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
