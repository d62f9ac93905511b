/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libsandbox: run untrusted code in a fresh Linux microVM. Includes every public header. */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include <sandbox/async.h>
#include <sandbox/error.h>
#include <sandbox/fork.h>
#include <sandbox/handle.h>
#include <sandbox/host.h>
#include <sandbox/image.h>
#include <sandbox/limits.h>
#include <sandbox/list.h>
#include <sandbox/macros.h>
#include <sandbox/op.h>
#include <sandbox/options.h>
#include <sandbox/pool.h>
#include <sandbox/process.h>
#include <sandbox/result.h>
#include <sandbox/snapshot.h>
#include <sandbox/template.h>
#include <sandbox/version.h>

#endif
