/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Visibility and language helpers used by every public header. */
#ifndef SANDBOX_MACROS_H
#define SANDBOX_MACROS_H

#ifdef __cplusplus
#define SBX_BEGIN_DECLS extern "C" {
#define SBX_END_DECLS }
#else
#define SBX_BEGIN_DECLS
#define SBX_END_DECLS
#endif

#if defined(__GNUC__)
#define SBX_PUBLIC __attribute__((visibility("default")))
#define SBX_WARN_UNUSED __attribute__((warn_unused_result))
#else
#define SBX_PUBLIC
#define SBX_WARN_UNUSED
#endif

#endif
