/* tar-worker.h: file trees in and out as tar streams. */
#ifndef SBX_TAR_WORKER_H
#define SBX_TAR_WORKER_H

/* Raw tar on standard output or input, lines as in tar/command.h on standard error. */
int tar_worker_create(int argc, char **argv);
int tar_worker_extract(int argc, char **argv);

#endif
