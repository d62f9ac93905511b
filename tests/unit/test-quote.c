/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Quote: whatever the bytes are, a shell reads back what was quoted. */
#include <check.h>
#include <glib.h>
#include <sandbox/sandbox.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/test-main.h"

/* What a shell makes of a list of words: each followed by a NUL. */
static GString *read_back(const char *shell, const char *words)
{
    g_autofree char *script = g_strdup_printf("printf '%%s\\0' %s", words);
    const char *argv[] = {shell, "-c", script, NULL};
    GString *words_read = g_string_new(NULL);
    GError *error = NULL;
    int out;
    GPid pid;
    char buffer[4096];
    ssize_t n;

    if (!g_spawn_async_with_pipes(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &pid,
                                  NULL, &out, NULL, &error))
        ck_abort_msg("%s", error->message);
    while ((n = read(out, buffer, sizeof buffer)) > 0)
        g_string_append_len(words_read, buffer, n);
    close(out);
    return words_read;
}

static const char *const shells[] = {"bash", "sh"};

static void check_words(const char *const *words, size_t count)
{
    char *quoted = sbx_quote_words(words, count);

    ck_assert_ptr_nonnull(quoted);
    for (size_t s = 0; s < G_N_ELEMENTS(shells); s++) {
        GString *read = read_back(shells[s], quoted);
        const char *at = read->str;

        for (size_t i = 0; i < count; i++) {
            ck_assert_msg(at < read->str + read->len && strcmp(at, words[i]) == 0,
                          "%s read %s instead of %s", shells[s], at, words[i]);
            at += strlen(at) + 1;
        }
        ck_assert_ptr_eq(at, read->str + read->len);
        g_string_free(read, TRUE);
    }
    sbx_free(quoted);
}

START_TEST(hard_words)
{
    static const char *const words[] = {
        "", " ", "'", "''", "\"", "\\", "\\'", "$HOME", "`id`", "$(id)", "a b", "a\nb", "\n", "~",
        "*", "?", "[a]", "{a,b}", "!!", "#x", ";", "&", "|", "<", ">", "=", "a=b", "-n", "--",
        "\t", "\r", "\x01", "\x7f", "\xff\xfe", "caf\xc3\xa9", "it's", "x'y'z'", "plain", "%s",
    };

    check_words(words, G_N_ELEMENTS(words));
}
END_TEST

START_TEST(random_words)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(20260);
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);

    for (int i = 0; i < 300; i++) {
        int length = g_rand_int_range(random, 0, 40);
        char *word = g_malloc0((gsize)length + 1);

        for (int j = 0; j < length; j++)
            word[j] = (char)g_rand_int_range(random, 1, 256);
        g_ptr_array_add(words, word);
    }
    check_words((const char *const *)words->pdata, words->len);
}
END_TEST

/* Not a syntax error, but a command that is not there. */
START_TEST(reserved_words)
{
    static const char *const words[] = {"if", "while", "until", "coproc", "function", "!", "{", "[["};

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        char *quoted = sbx_quote(words[i]);
        const char *argv[] = {"bash", "-c", quoted, NULL};
        int status = 0;

        ck_assert(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL,
                               NULL, NULL, NULL,
                               NULL, &status, NULL));
        ck_assert_int_eq(WEXITSTATUS(status), 127);
        sbx_free(quoted);
    }
}
END_TEST

START_TEST(plain_text_stays)
{
    char *quoted = sbx_quote("/usr/bin/env_1-2.3:a,b+c@d%e");
    char *none = sbx_quote_words(NULL, 0);

    ck_assert_str_eq(quoted, "/usr/bin/env_1-2.3:a,b+c@d%e");
    ck_assert_str_eq(none, "");
    sbx_free(quoted);
    sbx_free(none);
    quoted = sbx_quote("~a");
    ck_assert_str_eq(quoted, "'~a'");
    sbx_free(quoted);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("quote");
    TCase *tcase = tcase_create("quote");

    tcase_add_test(tcase, hard_words);
    tcase_add_test(tcase, random_words);
    tcase_add_test(tcase, reserved_words);
    tcase_add_test(tcase, plain_text_stays);
    suite_add_tcase(suite, tcase);
    return test_run(suite);
}
