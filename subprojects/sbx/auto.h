/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* g_autoptr() for the types of libsandbox. */
#ifndef SBX_AUTO_H
#define SBX_AUTO_H

#include <glib.h>
#include <sandbox/sandbox.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(sbx, sbx_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sbx_command, sbx_command_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sbx_env_list, sbx_env_list_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sbx_error, sbx_error_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sbx_event, sbx_event_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sbx_events, sbx_events_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sbx_image_build_options, sbx_image_build_options_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sbx_image_list, sbx_image_list_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sbx_limits, sbx_limits_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sbx_list, sbx_list_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sbx_list_options, sbx_list_options_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sbx_op, sbx_op_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sbx_options, sbx_options_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sbx_pool_list, sbx_pool_list_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sbx_port_list, sbx_port_list_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sbx_process, sbx_process_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sbx_process_list, sbx_process_list_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sbx_snapshot_list, sbx_snapshot_list_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sbx_stats, sbx_stats_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sbx_template_list, sbx_template_list_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sbx_transfer_options, sbx_transfer_options_free)

#endif
