/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The environment, ports, forwards. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scenario.h"

static int env_set(Step *step)
{
    return sbx_env_set(step->on, text_of(step, "name"), text_of(step, "value"), &step->error);
}

static int env_get(Step *step)
{
    char *value = NULL;
    int code = sbx_env_get(step->on, text_of(step, "name"), &value, &step->error);

    if (code == SBX_E_NOT_FOUND) {
        sbx_error_free(g_steal_pointer(&step->error));
        return SBX_OK;
    }
    if (code >= 0)
        step->result = node_text(value);
    sbx_free(value);
    return code;
}

static int env_delete(Step *step)
{
    return sbx_env_delete(step->on, text_of(step, "name"), &step->error);
}

static int env_list(Step *step)
{
    g_autoptr(sbx_env_list) list = NULL;
    int code = sbx_env_list_get(step->on, &list, &step->error);
    JsonObject *object;

    if (code < 0)
        return code;
    object = json_object_new();
    for (gsize i = 0; i < sbx_env_list_length(list); i++)
        json_object_set_string_member(object, sbx_env_list_name(list, i),
                                      sbx_env_list_value(list, i));
    step->result = node_object(object);
    return code;
}

static int port_of(const Step *step)
{
    return (int)number_of(step, "port", 0);
}

static int port_wait(Step *step)
{
    int code = sbx_wait_port(step->on, port_of(step), (int)number_of(step, "timeout_ms", -1),
                             &step->error);

    if (code >= 0)
        step->result = node_bool(code > 0);
    return code;
}

static int port_list(Step *step)
{
    g_autoptr(sbx_port_list) list = NULL;
    int code = sbx_list_ports(step->on, &list, &step->error);
    GPtrArray *objects;

    if (code < 0)
        return code;
    objects = g_ptr_array_new();
    for (gsize i = 0; i < sbx_port_list_length(list); i++) {
        JsonObject *object = json_object_new();

        json_object_set_int_member(object, "port", sbx_port_list_port(list, i));
        json_object_set_string_member(object, "address", sbx_port_list_address(list, i));
        g_ptr_array_add(objects, object);
    }
    step->result = node_sorted_objects(objects, "port");
    return code;
}

static int port_connect(Step *step)
{
    int fd = -1;
    int code = has(step, "unix")
                   ? sbx_connect_unix(step->on, text_of(step, "unix"), &fd, &step->error)
                   : sbx_connect_port(step->on, port_of(step), &fd, &step->error);

    return code >= 0 ? talk(step, fd) : code;
}

static int forward(Step *step)
{
    sbx_forward *made = NULL;
    int code =
        has(step, "unix")
            ? sbx_forward_new_unix(step->on, text_of(step, "unix"), NULL, 0, &made, &step->error)
            : sbx_forward_new(step->on, port_of(step), NULL, 0, &made, &step->error);

    if (code >= 0)
        keep(step, text_of(step, "as"), FORWARD, made);
    return code;
}

static int forward_connect(Step *step)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((guint16)sbx_forward_port(step->on)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        int number = errno;

        close(fd);
        return host_failed(step, number);
    }
    return talk(step, fd);
}

const Verb port_verbs[] = {
    {"env.set", SANDBOX, env_set, "name value"},
    {"env.get", SANDBOX, env_get, "name"},
    {"env.delete", SANDBOX, env_delete, "name"},
    {"env.list", SANDBOX, env_list, ""},
    {"port.wait", SANDBOX, port_wait, "port timeout_ms"},
    {"port.list", SANDBOX, port_list, ""},
    {"port.connect", SANDBOX, port_connect, "port unix send"},
    {"forward", SANDBOX, forward, "port unix"},
    {"forward.connect", FORWARD, forward_connect, "send"},
    {NULL, NOTHING, NULL, NULL},
};
