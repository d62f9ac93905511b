/* operations.h: the worker "files": file operations for the host, with some user's rights.
 *
 * files.c has the loop: one request at a time, each done by one function of the others. Whatever
 * such a function waits for (a FIFO without a writer, a lock, a dead file system) holds up this
 * process
 * alone; when the host closes its end, the process is gone. */
#ifndef SBX_FILES_OPERATIONS_H
#define SBX_FILES_OPERATIONS_H

#include "files.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

int files_main(int argc, char **argv);

/* An operation: 0 and the reply filled in, or an errno. Strings of the reply live until the next
 * request. */
typedef int operation(const struct sbx_files_request *request, struct sbx_files_reply *reply);

/* files.c: what operations say and hear. All of it ends the process when the host is gone. */

void files_send(uint8_t type, const void *body, size_t length);
/* The next data frame of the host, of at most SBX_FILES_MAX_FRAME bytes; false at their end. */
bool files_receive(const uint8_t **data, size_t *length);
/* The failure will be about that path, not the request's. */
void files_blame(const char *path);
/* A file that goes when this process is made to go; NULL: none (any more). */
void files_set_pending(const char *path);
/* Where replies put their strings. */
extern char files_text[SBX_FILES_MAX_PATH + 1];

/* Entries or events on their way, sent when there is a frame of them. */
struct batch {
    uint8_t type;
    struct sbx_tlv_writer writer;
};
void batch_begin(struct batch *batch, uint8_t type);
int batch_entry(struct batch *batch, const struct sbx_files_entry *entry);
int batch_event(struct batch *batch, const struct sbx_files_event *event);
void batch_flush(struct batch *batch);
void batch_end(struct batch *batch);

/* directory.c */

/* Entries of a directory one by one, in little memory; "." and ".." are left out. */
struct reader {
    int fd;
    size_t size, at, length;
    char *buffer;
};
/* Takes the descriptor, also when it fails. The errno, or 0. */
int reader_open(struct reader *reader, int fd, size_t size);
/* 1 with the next name and its kind (unknown only if the file has gone), 0 at the end, -1. */
int reader_next(struct reader *reader, const char **name, uint8_t *kind);
void reader_close(struct reader *reader);
uint8_t kind_of_mode(mode_t mode);

/* glob.c */

/* A pattern taken apart: its alternatives, each a list of components. */
struct glob;
/* NULL: out of memory, or it has too many alternatives (errno). */
struct glob *glob_new(const char *pattern, bool ignore_case);
void glob_free(struct glob *glob);
/* The directory above which nothing can match: the components without wildcards. */
void glob_root(const struct glob *glob, char *root, size_t size);
bool glob_matches(const struct glob *glob, const char *path);
/* Whether something below that directory could match. */
bool glob_may_match_below(const struct glob *glob, const char *path);

/* stat.c */

int stat_fill(int fd, const char *path, int flags, struct sbx_files_stat *out);
/* For utimensat(). */
void times_of(const struct sbx_files_request *request, struct timespec times[2]);

/* temporary.c */

/* Makes a name of random letters: PREFIX and ten of them and SUFFIX. */
void random_name(char *name, size_t size, const char *prefix, const char *suffix);

/* open-file.c */

/* All of it, or an errno. */
int write_all(int fd, const uint8_t *data, size_t length);
/* Everything that the host sends. */
int write_received(int fd);

operation op_stat, op_read_dir, op_mkdir, op_remove, op_rename, op_copy, op_link, op_symlink,
    op_readlink, op_realpath, op_chmod, op_chown, op_utime, op_truncate, op_temp_dir, op_temp_file,
    op_walk, op_glob, op_watch, op_read_file, op_write_file, op_open, op_read, op_write, op_seek,
    op_set_size, op_sync, op_datasync, op_lock, op_unlock, op_fstat, op_futime, op_close;

#endif
