/* Ports: a web server in a sandbox, asked over one connection, then through a forward. */
#include <sandbox/sandbox.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int fail(sbx_error *error)
{
    fprintf(stderr, "%s\n", sbx_error_message(error));
    sbx_error_free(error);
    return 1;
}

/* Asks the server on a connection, which is a file descriptor as any other. */
static void ask(int connection)
{
    static const char request[] = "GET /hello.txt HTTP/1.0\r\n\r\n";
    char buffer[4096];
    ssize_t n;

    if (write(connection, request, strlen(request)) < 0)
        perror("write");
    while ((n = read(connection, buffer, sizeof buffer)) > 0)
        fwrite(buffer, 1, (size_t)n, stdout);
    close(connection);
}

int main(int argc, char **argv)
{
    sbx *sandbox = NULL;
    sbx_process *server = NULL;
    sbx_forward *forward = NULL;
    sbx_error *error = NULL;
    sbx_command *command =
        sbx_command_new_script("cd $(mktemp -d) && echo 'hello from the sandbox' >hello.txt && "
                               "exec python3 -m http.server --bind 127.0.0.1 8000 2>/dev/null");
    int connection;

    if (sbx_create(NULL, &sandbox, &error) < 0 || sbx_spawn(sandbox, command, &server, &error) < 0)
        return fail(error);
    if (sbx_wait_port(sandbox, 8000, 120000, &error) <= 0) {
        fprintf(stderr, "the server did not come up\n");
        return error != NULL ? fail(error) : 1;
    }
    if (sbx_connect_port(sandbox, 8000, &connection, &error) < 0)
        return fail(error);
    ask(connection);
    if (sbx_forward_new(sandbox, 8000, NULL, 0, &forward, &error) < 0)
        return fail(error);
    printf("now also at http://%s/hello.txt\n", sbx_forward_address(forward));
    /* With an argument it stays there, for a look with a browser. */
    if (argc > 1 && argv[1] != NULL && sbx_forward_wait(forward, -1, &error) < 0)
        return fail(error);
    sbx_forward_unref(forward);
    sbx_process_unref(server);
    sbx_command_unref(command);
    sbx_unref(sandbox);
    return 0;
}
