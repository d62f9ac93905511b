/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows: files and trees out of a sandbox and into it. */
#include <unistd.h>

#include "bench.h"
#include "image/tree.h"

/* A program for each of 10,000 files would take minutes where guests are emulated. */
static const char make_files[] =
    "python3 - <<'END'\n"
    "import os\n"
    "os.chdir(os.path.expanduser('~'))\n"
    "with open('big', 'wb') as big:\n"
    "    for i in range(256):\n"
    "        big.write(os.urandom(1 << 20))\n"
    "for d in range(100):\n"
    "    os.makedirs(f'many/{d}')\n"
    "    for f in range(100):\n"
    "        with open(f'many/{d}/{f}', 'wb') as file:\n"
    "            file.write(bytes(4096))\n"
    "END";

/* Where things go on the host: removed before each use. */
static char *target(void)
{
    char *path = g_build_filename(bench_dir, "copy", NULL);

    if (g_file_test(path, G_FILE_TEST_IS_DIR))
        sbx_tree_remove(path, NULL);
    else
        unlink(path);
    return path;
}

static double download(sbx *sandbox, const char *path)
{
    g_autofree char *to = target();
    sbx_error *error = NULL;
    double start = now_ms();

    if (sbx_download(sandbox, path, to, NULL, &error) < 0)
        die("sbx_download", error);
    return now_ms() - start;
}

static double upload(sbx *sandbox, const char *name)
{
    g_autofree char *from = g_build_filename(bench_dir, "copy", NULL);
    sbx_error *error = NULL;
    double start = now_ms();

    if (sbx_upload(sandbox, from, name, NULL, &error) < 0)
        die("sbx_upload", error);
    return now_ms() - start;
}

/* `cat` of the file, read here and thrown away. */
static double pump(sbx *sandbox, const char *path)
{
    sbx_command *command = sbx_command_new("cat");
    sbx_process *process = NULL;
    sbx_error *error = NULL;
    double start = now_ms();
    char bytes[65536];

    if (sbx_command_add_arg(command, path, &error) < 0 ||
        sbx_spawn(sandbox, command, &process, &error) < 0)
        die("cat", error);
    while (read(sbx_process_fd(process, SBX_STDOUT), bytes, sizeof bytes) > 0)
        ;
    if (sbx_process_wait(process, -1, &error) < 0)
        die("cat", error);
    sbx_process_unref(process);
    sbx_command_unref(command);
    return now_ms() - start;
}

void bench_copy(void)
{
    Samples *big = samples_new(), *raw = samples_new();
    Samples *out = samples_new(), *tar_out = samples_new();
    Samples *in = samples_new(), *tar_in = samples_new();
    sbx *sandbox;

    pool_exactly(0);
    sandbox = sandbox_create(NULL, NULL);
    g_free(sandbox_sh(sandbox, make_files));
    for (int i = 0; i < MAX(runs / 3, 1); i++) {
        samples_add(raw, pump(sandbox, "/home/app/big"));
        samples_add(big, download(sandbox, "big"));
        samples_add(tar_out, sandbox_sh_time(sandbox, "cd && tar -cf - many | cat >/dev/null"));
        samples_add(out, download(sandbox, "many"));
        samples_add(tar_in,
                    sandbox_sh_time(sandbox, "cd && rm -rf t && mkdir t && tar -cf - many | "
                                             "tar -C t -xf -"));
        g_free(sandbox_sh(sandbox, "rm -rf ~/in"));
        samples_add(in, upload(sandbox, "in"));
    }
    g_free(target());
    sandbox_end(sandbox);
    figure("download of a file of 256 MiB", "ms", big, "cat of it through sbx_spawn()", raw,
           "<= 1.25 x");
    figure("download of 10000 files of 4 KiB", "ms", out, "tar -c of them in the guest", tar_out,
           "<= 1.5 x");
    figure("upload of 10000 files of 4 KiB", "ms", in, "tar -c | tar -x of them in the guest",
           tar_in, "<= 1.5 x");
}
