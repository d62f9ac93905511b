/* files.c: the worker's loop, its frames, and its end. */
#include "operations.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static operation *const operations[] = {
    [SBX_FILES_STAT] = op_stat,
    [SBX_FILES_READ_DIR] = op_read_dir,
    [SBX_FILES_MKDIR] = op_mkdir,
    [SBX_FILES_REMOVE] = op_remove,
    [SBX_FILES_RENAME] = op_rename,
    [SBX_FILES_COPY] = op_copy,
    [SBX_FILES_LINK] = op_link,
    [SBX_FILES_SYMLINK] = op_symlink,
    [SBX_FILES_READLINK] = op_readlink,
    [SBX_FILES_REALPATH] = op_realpath,
    [SBX_FILES_CHMOD] = op_chmod,
    [SBX_FILES_CHOWN] = op_chown,
    [SBX_FILES_UTIME] = op_utime,
    [SBX_FILES_TRUNCATE] = op_truncate,
    [SBX_FILES_TEMP_DIR] = op_temp_dir,
    [SBX_FILES_TEMP_FILE] = op_temp_file,
    [SBX_FILES_WALK] = op_walk,
    [SBX_FILES_GLOB] = op_glob,
    [SBX_FILES_WATCH] = op_watch,
    [SBX_FILES_READ_FILE] = op_read_file,
    [SBX_FILES_WRITE_FILE] = op_write_file,
    [SBX_FILES_OPEN] = op_open,
    [SBX_FILES_READ] = op_read,
    [SBX_FILES_WRITE] = op_write,
    [SBX_FILES_SEEK] = op_seek,
    [SBX_FILES_SET_SIZE] = op_set_size,
    [SBX_FILES_SYNC] = op_sync,
    [SBX_FILES_DATASYNC] = op_datasync,
    [SBX_FILES_LOCK] = op_lock,
    [SBX_FILES_UNLOCK] = op_unlock,
    [SBX_FILES_FSTAT] = op_fstat,
    [SBX_FILES_FUTIME] = op_futime,
    [SBX_FILES_CLOSE] = op_close,
};

char files_text[SBX_FILES_MAX_PATH + 1];

static char blamed[SBX_FILES_MAX_PATH + 1];
static bool data_over;

/* Guards the pending file; whoever ends the process keeps it. */
static pthread_mutex_t pending_lock = PTHREAD_MUTEX_INITIALIZER;
static char pending[SBX_FILES_MAX_PATH + 1];

static _Noreturn void end(int status)
{
    pthread_mutex_lock(&pending_lock);
    if (pending[0] != 0)
        unlink(pending);
    _exit(status);
}

void files_set_pending(const char *path)
{
    pthread_mutex_lock(&pending_lock);
    strcpy(pending, path != NULL && strlen(path) < sizeof pending ? path : "");
    pthread_mutex_unlock(&pending_lock);
}

void files_blame(const char *path)
{
    strcpy(blamed, strlen(path) < sizeof blamed ? path : "");
}

/* The host's closing is heard whatever the other thread is in. */
static void *watch_host(void *data)
{
    struct pollfd host = {.fd = STDIN_FILENO};

    while (poll(&host, 1, -1) < 0 && errno == EINTR)
        continue;
    end(0);
    return data;
}

void files_send(uint8_t type, const void *body, size_t length)
{
    uint8_t header[SBX_FILES_HEADER];
    struct iovec parts[2] = {{header, sizeof header}, {(void *)(uintptr_t)body, length}};

    sbx_files_header(header, type, length);
    while (parts[0].iov_len + parts[1].iov_len > 0) {
        ssize_t n = writev(STDOUT_FILENO, parts, 2);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            end(1);
        for (int i = 0; i < 2; i++) {
            size_t done = (size_t)n < parts[i].iov_len ? (size_t)n : parts[i].iov_len;
            parts[i].iov_base = (char *)parts[i].iov_base + done;
            parts[i].iov_len -= done;
            n -= (ssize_t)done;
        }
    }
}

static void read_exactly(uint8_t *to, size_t length)
{
    while (length > 0) {
        ssize_t n = read(STDIN_FILENO, to, length);
        if (n == 0 || (n < 0 && errno != EINTR))
            end(n != 0);
        to += n > 0 ? n : 0;
        length -= n > 0 ? (size_t)n : 0;
    }
}

/* A whole frame; @to has room for header and body. */
static void read_frame(uint8_t *to, struct sbx_files_frame *frame)
{
    read_exactly(to, SBX_FILES_HEADER);
    size_t length = (size_t)to[0] << 24 | (size_t)to[1] << 16 | (size_t)to[2] << 8 | to[3];
    if (length > SBX_FILES_MAX_FRAME)
        end(2);
    read_exactly(to + SBX_FILES_HEADER, length);
    if (sbx_files_frame_parse(to, SBX_FILES_HEADER + length, frame) != 1)
        end(2);
}

bool files_receive(const uint8_t **data, size_t *length)
{
    static uint8_t buffer[SBX_FILES_HEADER + SBX_FILES_MAX_FRAME];
    struct sbx_files_frame frame;

    if (data_over)
        return false;
    read_frame(buffer, &frame);
    if (frame.type != SBX_FILES_DATA && frame.type != SBX_FILES_END)
        end(2);
    data_over = frame.type == SBX_FILES_END;
    *data = frame.body;
    *length = frame.length;
    return !data_over;
}

static void answer(const struct sbx_files_reply *reply, int error)
{
    struct sbx_files_failure failure = {(uint32_t)error, blamed[0] != 0 ? blamed : NULL};
    struct sbx_tlv_writer writer;

    sbx_tlv_writer_init(&writer, SBX_FILES_MAX_FRAME);
    if (error != 0)
        sbx_files_failure_encode(&writer, &failure);
    else
        sbx_files_reply_encode(&writer, reply);
    if (writer.failed)
        end(3);
    files_send(error != 0 ? SBX_FILES_FAILURE : SBX_FILES_REPLY, writer.data, writer.length);
    sbx_tlv_writer_clear(&writer);
}

static void serve(const struct sbx_files_request *request)
{
    struct sbx_files_reply reply = {0};
    const uint8_t *data;
    size_t length;

    blamed[0] = 0;
    data_over = request->op != SBX_FILES_WRITE && request->op != SBX_FILES_WRITE_FILE;
    umask(request->umask);
    int error = operations[request->op](request, &reply);
    answer(&reply, error);
    while (files_receive(&data, &length))
        continue;
}

/* Trees may be deeper than a login's limit of open files. */
static void raise_limit(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) < 0)
        return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

int files_main(int argc, char **argv)
{
    static uint8_t buffer[SBX_FILES_HEADER + SBX_FILES_MAX_FRAME];
    struct sbx_files_frame frame;
    struct sbx_files_request request;
    pthread_t thread;

    (void)argc;
    (void)argv;
    signal(SIGPIPE, SIG_IGN);
    raise_limit();
    if (pthread_create(&thread, NULL, watch_host, NULL) != 0)
        return 1;
    for (;;) {
        read_frame(buffer, &frame);
        if (frame.type != SBX_FILES_REQUEST ||
            !sbx_files_request_decode(frame.body, frame.length, &request))
            end(2);
        serve(&request);
    }
}

void batch_begin(struct batch *batch, uint8_t type)
{
    batch->type = type;
    sbx_tlv_writer_init(&batch->writer, SBX_FILES_MAX_FRAME);
}

void batch_flush(struct batch *batch)
{
    if (batch->writer.length == 0)
        return;
    files_send(batch->type, batch->writer.data, batch->writer.length);
    batch->writer.length = 0;
}

static int batch_added(struct batch *batch)
{
    if (batch->writer.length >= SBX_FILES_BATCH)
        batch_flush(batch);
    return batch->writer.failed ? ENAMETOOLONG : 0;
}

int batch_entry(struct batch *batch, const struct sbx_files_entry *entry)
{
    sbx_files_entry_put(&batch->writer, entry);
    return batch_added(batch);
}

int batch_event(struct batch *batch, const struct sbx_files_event *event)
{
    sbx_files_event_put(&batch->writer, event);
    return batch_added(batch);
}

void batch_end(struct batch *batch)
{
    batch_flush(batch);
    sbx_tlv_writer_clear(&batch->writer);
}
