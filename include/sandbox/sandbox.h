/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libsandbox: run untrusted code in a fresh Linux microVM. Includes every public header. */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include <sandbox/async.h>
#include <sandbox/console.h>
#include <sandbox/directory.h>
#include <sandbox/env.h>
#include <sandbox/error.h>
#include <sandbox/events.h>
#include <sandbox/file.h>
#include <sandbox/fork.h>
#include <sandbox/fs.h>
#include <sandbox/handle.h>
#include <sandbox/host.h>
#include <sandbox/image.h>
#include <sandbox/limits.h>
#include <sandbox/list.h>
#include <sandbox/macros.h>
#include <sandbox/op.h>
#include <sandbox/options.h>
#include <sandbox/pool.h>
#include <sandbox/port.h>
#include <sandbox/process-list.h>
#include <sandbox/process.h>
#include <sandbox/quote.h>
#include <sandbox/result.h>
#include <sandbox/snapshot.h>
#include <sandbox/stat.h>
#include <sandbox/stats.h>
#include <sandbox/template.h>
#include <sandbox/terminal.h>
#include <sandbox/transfer.h>
#include <sandbox/usage.h>
#include <sandbox/version.h>
#include <sandbox/watch.h>

#endif
