/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arguments from JSON, and results to it: see README.md, "Values" and "Errors". */
#include "scenario.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WHOLE_MAX 4096 /* longer bytes are told by their digest */
#define BLOCK 65536

gboolean has(const Step *step, const char *key)
{
    return json_object_has_member(step->arguments, key);
}

const char *text_of(const Step *step, const char *key)
{
    return has(step, key) ? json_object_get_string_member(step->arguments, key) : NULL;
}

gint64 number_of(const Step *step, const char *key, gint64 otherwise)
{
    return has(step, key) ? json_object_get_int_member(step->arguments, key) : otherwise;
}

gboolean is_set(const Step *step, const char *key)
{
    return has(step, key) && json_object_get_boolean_member(step->arguments, key);
}

int mode_of(const Step *step, const char *key)
{
    return has(step, key) ? (int)strtol(text_of(step, key), NULL, 8) : -1;
}

static GBytes *bytes_of_node(JsonNode *node)
{
    JsonObject *object;

    if (JSON_NODE_HOLDS_VALUE(node)) {
        const char *text = json_node_get_string(node);

        return g_bytes_new(text, strlen(text));
    }
    object = json_node_get_object(node);
    if (json_object_has_member(object, "base64")) {
        gsize length;
        guchar *data = g_base64_decode(json_object_get_string_member(object, "base64"), &length);

        return g_bytes_new_take(data, length);
    } else {
        g_autoptr(GBytes) once = bytes_of_node(json_object_get_member(object, "repeat"));
        GByteArray *all = g_byte_array_new();

        for (gint64 n = json_object_get_int_member(object, "times"); n > 0; n--)
            g_byte_array_append(all, g_bytes_get_data(once, NULL), (guint)g_bytes_get_size(once));
        return g_byte_array_free_to_bytes(all);
    }
}

GBytes *bytes_of(const Step *step, const char *key)
{
    return bytes_of_node(json_object_get_member(step->arguments, key));
}

char **words_of(const Step *step, const char *key)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    JsonArray *array = has(step, key) ? json_object_get_array_member(step->arguments, key) : NULL;

    for (guint i = 0; array != NULL && i < json_array_get_length(array); i++)
        g_ptr_array_add(words, g_strdup(json_array_get_string_element(array, i)));
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_steal(words, NULL);
}

int for_each_pair(Step *step, const char *key,
                  int (*set)(void *target, const char *name, const char *value, sbx_error **error),
                  void *target)
{
    JsonObject *pairs = has(step, key) ? json_object_get_object_member(step->arguments, key) : NULL;
    g_autoptr(GList) names = pairs != NULL ? json_object_get_members(pairs) : NULL;
    int code = SBX_OK;

    for (GList *name = names; name != NULL && code >= 0; name = name->next)
        code =
            set(target, name->data, json_object_get_string_member(pairs, name->data), &step->error);
    return code;
}

int host_failed(Step *step, int number)
{
    JsonObject *object = json_object_new();

    /* The library makes no errors for others: the result is what its error would have become. */
    json_object_set_string_member(object, "error", "SYSTEM");
    json_object_set_string_member(object, "errno", strerrorname_np(number));
    step->result = node_object(object);
    return SBX_OK;
}

char *local_path(const Step *step, const char *key)
{
    return g_strconcat(step->runner->scratch, "/", text_of(step, key), NULL);
}

JsonNode *node_text(const char *text)
{
    return json_node_init_string(json_node_alloc(), text);
}

JsonNode *node_number(gint64 number)
{
    return json_node_init_int(json_node_alloc(), number);
}

JsonNode *node_bool(gboolean value)
{
    return json_node_init_boolean(json_node_alloc(), value);
}

JsonNode *node_object(JsonObject *object)
{
    JsonNode *node = json_node_alloc();

    json_node_init_object(node, object);
    json_object_unref(object);
    return node;
}

JsonNode *node_bytes(const void *data, gsize length)
{
    JsonObject *object;

    if (length <= WHOLE_MAX && g_utf8_validate_len(length > 0 ? data : "", length, NULL)) {
        g_autofree char *text = g_strndup(length > 0 ? data : "", length);

        return node_text(text);
    }
    object = json_object_new();
    if (length <= WHOLE_MAX) {
        g_autofree char *text = g_base64_encode(data, length);

        json_object_set_string_member(object, "base64", text);
    } else {
        g_autofree char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, data, length);

        json_object_set_int_member(object, "length", (gint64)length);
        json_object_set_string_member(object, "sha256", sum);
    }
    return node_object(object);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

JsonNode *node_sorted_texts(GPtrArray *texts)
{
    JsonArray *array = json_array_new();
    JsonNode *node = json_node_alloc();

    g_ptr_array_sort(texts, compare_texts);
    for (guint i = 0; i < texts->len; i++)
        json_array_add_string_element(array, texts->pdata[i]);
    json_node_init_array(node, array);
    json_array_unref(array);
    g_ptr_array_unref(texts);
    return node;
}

/* What sorts an object: a string as it is, a number with leading zeros, all else as JSON. */
static char *sort_key(JsonObject *object, const char *key)
{
    JsonNode *node = json_object_get_member(object, key);

    if (json_node_get_value_type(node) == G_TYPE_STRING)
        return g_strdup(json_node_get_string(node));
    if (json_node_get_value_type(node) == G_TYPE_INT64)
        return g_strdup_printf("%020" G_GINT64_FORMAT, json_node_get_int(node));
    return json_to_string(node, FALSE);
}

static int compare_objects(const void *a, const void *b, void *key)
{
    g_autofree char *one = sort_key(*(JsonObject *const *)a, key);
    g_autofree char *other = sort_key(*(JsonObject *const *)b, key);

    return strcmp(one, other);
}

JsonNode *node_sorted_objects(GPtrArray *objects, const char *key)
{
    JsonArray *array = json_array_new();
    JsonNode *node = json_node_alloc();

    g_ptr_array_sort_with_data(objects, compare_objects, (void *)key);
    for (guint i = 0; i < objects->len; i++)
        json_array_add_object_element(array, objects->pdata[i]);
    json_node_init_array(node, array);
    json_array_unref(array);
    g_ptr_array_unref(objects);
    return node;
}

void set_mode(JsonObject *object, const char *key, guint mode)
{
    g_autofree char *text = g_strdup_printf("%04o", mode & 07777);

    json_object_set_string_member(object, key, text);
}

JsonNode *node_error(int code, const sbx_error *error)
{
    JsonObject *object = json_object_new();
    int number = error != NULL ? sbx_error_errno(error) : 0;

    json_object_set_string_member(object, "error", sbx_error_code_name(code) + strlen("SBX_E_"));
    if (number != 0)
        json_object_set_string_member(object, "errno", strerrorname_np(number));
    return node_object(object);
}

/* Sends what is left, as much as goes; at the end, or when nobody reads it, ends that direction. */
static void send_some(int fd, GBytes **left)
{
    gsize length;
    const void *data = g_bytes_get_data(*left, &length);
    ssize_t sent = send(fd, data, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    GBytes *rest;

    if (sent < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    rest = g_bytes_new_from_bytes(*left, sent > 0 ? (gsize)sent : length,
                                  length - (sent > 0 ? (gsize)sent : length));
    g_bytes_unref(*left);
    *left = rest;
    if (g_bytes_get_size(rest) == 0) {
        shutdown(fd, SHUT_WR);
        g_clear_pointer(left, g_bytes_unref);
    }
}

int talk(Step *step, int fd)
{
    GBytes *left = bytes_of(step, "send");
    g_autoptr(GByteArray) came = g_byte_array_new();
    guint8 block[BLOCK];
    ssize_t n = 1;

    while (n > 0) {
        struct pollfd ready = {.fd = fd, .events = POLLIN | (left != NULL ? POLLOUT : 0)};

        if (poll(&ready, 1, -1) < 0 && errno != EINTR)
            break;
        if (left != NULL && (ready.revents & POLLOUT) != 0)
            send_some(fd, &left);
        if ((ready.revents & ~POLLOUT) != 0 && (n = read(fd, block, sizeof block)) > 0)
            g_byte_array_append(came, block, (guint)n);
    }
    g_clear_pointer(&left, g_bytes_unref);
    if (n < 0)
        host_failed(step, errno);
    else
        step->result = node_bytes(came->data, came->len);
    close(fd);
    return SBX_OK;
}
