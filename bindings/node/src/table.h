/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of public functions: how each is called. table.c is generated.
 *
 * A call has one slot for each row of its parameters. What JavaScript gave is put into the slots,
 * the row's function makes the C call with them, and what it wrote there goes back.
 */
#ifndef SBX_NODE_TABLE_H
#define SBX_NODE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include <sandbox/sandbox.h>

typedef enum {
    /* Arguments. Some stand for two of C's: a pointer and a length, a function and its data. */
    KIND_HANDLE,
    KIND_TEXT,
    KIND_TEXTS,
    KIND_BYTES,
    KIND_INT,
    KIND_UINT,
    KIND_INT64,
    KIND_UINT64,
    KIND_SIZE,
    KIND_CALLBACK,
    KIND_LENGTH,     /* takes nothing: the length of a result that is BORROWED_BYTES */
    KIND_OUT_BUFFER, /* the argument is its size, the output its bytes */
    KIND_OUT_FIRST = KIND_OUT_BUFFER,
    /* Outputs, and results. */
    KIND_OUT_HANDLE,
    KIND_OUT_HANDLES,
    KIND_OUT_TEXT,
    KIND_OUT_BYTES,
    KIND_OUT_FD,
    KIND_OUT_INT,
    KIND_OUT_UINT,
    KIND_OUT_INT64,
    KIND_OUT_UINT64,
    KIND_OUT_SIZE,
    /* Results only. */
    KIND_NOTHING,
    KIND_BORROWED_TEXT,
    KIND_BORROWED_BYTES,
    KIND_CODE,             /* negative is an error; else the outputs, or the code if there are none */
    KIND_CODE_AND_OUTPUTS, /* likewise, an array of both */
} SbxKind;

enum {
    TYPE_NONE,
    TYPE_FD, /* a descriptor of ours */
    /* types, generated */
    TYPE_SBX,
    TYPE_SBX_COMMAND,
    TYPE_SBX_DIR,
    TYPE_SBX_ENV_LIST,
    TYPE_SBX_EVENT,
    TYPE_SBX_EVENTS,
    TYPE_SBX_FILE,
    TYPE_SBX_FORWARD,
    TYPE_SBX_FS_OPTIONS,
    TYPE_SBX_IMAGE_BUILD_OPTIONS,
    TYPE_SBX_IMAGE_LIST,
    TYPE_SBX_LIMITS,
    TYPE_SBX_LIST,
    TYPE_SBX_LIST_OPTIONS,
    TYPE_SBX_OPTIONS,
    TYPE_SBX_POOL_LIST,
    TYPE_SBX_PORT_LIST,
    TYPE_SBX_PROCESS,
    TYPE_SBX_PROCESS_LIST,
    TYPE_SBX_RESULT,
    TYPE_SBX_SNAPSHOT_LIST,
    TYPE_SBX_STAT,
    TYPE_SBX_STATS,
    TYPE_SBX_TEMPLATE_LIST,
    TYPE_SBX_TRANSFER_OPTIONS,
    TYPE_SBX_USAGE,
    TYPE_SBX_WATCH,
    /* end */
    TYPE_COUNT,
};

#define MAY_BE_NULL 1

typedef struct {
    const char *name;
    void (*release)(void *object);
} SbxType;

typedef struct {
    const char *name;
    SbxKind kind;
    int type;
    int flags;
    int partner; /* OUT_HANDLES: the row that says how many */
} SbxParam;

typedef struct {
    void *p;
    union {
        int i;
        unsigned int u;
        int64_t l;
        uint64_t ul;
    };
    size_t length;
    size_t room;
} SbxSlot;

typedef struct {
    sbx_queue *queue;
    sbx_op *op;
    sbx_error *error;
    SbxSlot result;
} SbxCall;

typedef struct {
    const char *name;
    void (*invoke)(SbxSlot *slots, SbxCall *call);
    const SbxParam *params;
    int count;
    SbxKind result;
    int result_type;
    int is_async;
} SbxFunction;

typedef struct {
    const char *name;
    int is_text;
    int64_t number;
    const char *text;
} SbxConstant;

/* Numbers and texts are told apart by their type. */
#define CONSTANT(name, value)                                                                      \
    _Generic((value), char *: (SbxConstant){name, 1, 0, (const char *)(uintptr_t)(value)},         \
             default: (SbxConstant){name, 0, (int64_t)(uintptr_t)(value), NULL})

#define SBX_PARAMS_MAX 8 /* rows of a function; checked when the addon is loaded */

extern const SbxType sbx_types[];
extern const SbxFunction sbx_functions[];
extern const size_t sbx_function_count;
extern const SbxConstant sbx_constants[];
extern const size_t sbx_constant_count;

/* What C calls for every progress function; callback.c. */
int on_progress(void *data, int permille, const char *stage, const char *text);

#endif
