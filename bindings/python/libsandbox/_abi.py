# SPDX-License-Identifier: LGPL-2.1-or-later
# Made by generate-abi.py; do not edit.

"""Signatures and constants of the C library."""
from typing import Dict

# Result, then parameters: see _library.py.
FUNCTIONS: Dict[str, str] = {
    "sbx_command_add_arg": "ipsp",
    "sbx_command_clear_env": "vpi",
    "sbx_command_end_output_at_exit": "vpi",
    "sbx_command_new": "ps",
    "sbx_command_new_script": "ps",
    "sbx_command_ref": "pp",
    "sbx_command_set_cpu_limit": "ipqp",
    "sbx_command_set_cwd": "ipsp",
    "sbx_command_set_deadline": "ipqp",
    "sbx_command_set_detached": "vpi",
    "sbx_command_set_env": "ipssp",
    "sbx_command_set_fd": "ipiip",
    "sbx_command_set_memory_limit": "ipQp",
    "sbx_command_set_output_limit": "ipqp",
    "sbx_command_set_process_limit": "ipip",
    "sbx_command_set_stdio": "ipiip",
    "sbx_command_set_terminal": "ipiip",
    "sbx_command_set_user": "ipsp",
    "sbx_command_unref": "pp",
    "sbx_connect": "isppp",
    "sbx_connect_port": "ipipp",
    "sbx_connect_port_start": "ipipppp",
    "sbx_connect_start": "isppppp",
    "sbx_connect_unix": "ipspp",
    "sbx_connect_unix_start": "ipspppp",
    "sbx_console_read": "isppp",
    "sbx_console_read_start": "isppppp",
    "sbx_copy_across": "ipspspp",
    "sbx_copy_across_start": "ipspspppp",
    "sbx_create": "ippp",
    "sbx_create_start": "ippppp",
    "sbx_dir_depth": "ip",
    "sbx_dir_free": "vp",
    "sbx_dir_kind": "ip",
    "sbx_dir_name": "sp",
    "sbx_dir_next": "ipp",
    "sbx_dir_next_start": "ipppp",
    "sbx_dir_path": "sp",
    "sbx_dispatch": "ipp",
    "sbx_doctor": "ipp",
    "sbx_doctor_start": "ipppp",
    "sbx_download": "ipsspp",
    "sbx_download_start": "ipsspppp",
    "sbx_env_delete": "ipsp",
    "sbx_env_delete_start": "ipsppp",
    "sbx_env_get": "ipspp",
    "sbx_env_get_start": "ipspppp",
    "sbx_env_list_free": "vp",
    "sbx_env_list_get": "ippp",
    "sbx_env_list_get_start": "ippppp",
    "sbx_env_list_length": "zp",
    "sbx_env_list_name": "spz",
    "sbx_env_list_value": "spz",
    "sbx_env_set": "ipssp",
    "sbx_env_set_start": "ipssppp",
    "sbx_error_cause": "sp",
    "sbx_error_code": "ip",
    "sbx_error_code_name": "si",
    "sbx_error_errno": "ip",
    "sbx_error_free": "vp",
    "sbx_error_hint": "sp",
    "sbx_error_message": "sp",
    "sbx_error_operation": "sp",
    "sbx_event_cause": "ip",
    "sbx_event_code": "qp",
    "sbx_event_command": "sp",
    "sbx_event_deadline": "qp",
    "sbx_event_free": "vp",
    "sbx_event_number": "Qp",
    "sbx_event_pid": "ip",
    "sbx_event_sandbox": "sp",
    "sbx_event_signal": "ip",
    "sbx_event_text": "sp",
    "sbx_event_time": "qp",
    "sbx_event_type": "ip",
    "sbx_event_type_name": "si",
    "sbx_events_free": "vp",
    "sbx_events_get_fd": "ip",
    "sbx_events_history": "Qp",
    "sbx_events_next": "ippp",
    "sbx_events_open": "ipqpp",
    "sbx_events_open_start": "ipqpppp",
    "sbx_events_wait": "ipqp",
    "sbx_events_wait_start": "ipqppp",
    "sbx_extend": "ipqpp",
    "sbx_extend_start": "ipqpppp",
    "sbx_file_close": "ipp",
    "sbx_file_close_start": "ipppp",
    "sbx_file_datasync": "ipp",
    "sbx_file_datasync_start": "ipppp",
    "sbx_file_lock": "ipIp",
    "sbx_file_lock_start": "ipIppp",
    "sbx_file_read": "ippzpp",
    "sbx_file_read_start": "ippzpppp",
    "sbx_file_ref": "pp",
    "sbx_file_seek": "ipqipp",
    "sbx_file_seek_start": "ipqipppp",
    "sbx_file_stat": "ippp",
    "sbx_file_stat_start": "ippppp",
    "sbx_file_sync": "ipp",
    "sbx_file_sync_start": "ipppp",
    "sbx_file_truncate": "ipqp",
    "sbx_file_truncate_start": "ipqppp",
    "sbx_file_unlock": "ipp",
    "sbx_file_unlock_start": "ipppp",
    "sbx_file_unref": "pp",
    "sbx_file_utime": "ipqqp",
    "sbx_file_utime_start": "ipqqppp",
    "sbx_file_write": "ippzp",
    "sbx_file_write_start": "ippzppp",
    "sbx_fork": "ipIppp",
    "sbx_fork_start": "ipIppppp",
    "sbx_forward_address": "sp",
    "sbx_forward_fd": "ip",
    "sbx_forward_new": "ipisipp",
    "sbx_forward_new_fd": "ipisipp",
    "sbx_forward_new_fd_start": "ipisipppp",
    "sbx_forward_new_start": "ipisipppp",
    "sbx_forward_new_unix": "ipssipp",
    "sbx_forward_new_unix_start": "ipssipppp",
    "sbx_forward_port": "ip",
    "sbx_forward_ref": "pp",
    "sbx_forward_unref": "pp",
    "sbx_forward_wait": "ipip",
    "sbx_forward_wait_start": "ipippp",
    "sbx_free": "vp",
    "sbx_fs_chmod": "ipsipp",
    "sbx_fs_chmod_start": "ipsipppp",
    "sbx_fs_chown": "ipsqqpp",
    "sbx_fs_chown_start": "ipsqqpppp",
    "sbx_fs_copy_file": "ipsspp",
    "sbx_fs_copy_file_start": "ipsspppp",
    "sbx_fs_glob": "ipsppp",
    "sbx_fs_glob_start": "ipsppppp",
    "sbx_fs_link": "ipsspp",
    "sbx_fs_link_start": "ipsspppp",
    "sbx_fs_lstat": "ipsppp",
    "sbx_fs_lstat_start": "ipsppppp",
    "sbx_fs_mkdir": "ipspp",
    "sbx_fs_mkdir_start": "ipspppp",
    "sbx_fs_open": "ipsIppp",
    "sbx_fs_open_start": "ipsIppppp",
    "sbx_fs_options_add_match": "ipsp",
    "sbx_fs_options_add_skip": "ipsp",
    "sbx_fs_options_free": "vp",
    "sbx_fs_options_new": "p",
    "sbx_fs_options_set_affixes": "ipssp",
    "sbx_fs_options_set_directory": "ipsp",
    "sbx_fs_options_set_flags": "ipIp",
    "sbx_fs_options_set_max_depth": "ipip",
    "sbx_fs_options_set_max_size": "vpQ",
    "sbx_fs_options_set_mode": "ipip",
    "sbx_fs_options_set_user": "ipsp",
    "sbx_fs_read_dir": "ipsppp",
    "sbx_fs_read_dir_start": "ipsppppp",
    "sbx_fs_read_file": "ipspppp",
    "sbx_fs_read_file_start": "ipspppppp",
    "sbx_fs_read_to_fd": "ipspipp",
    "sbx_fs_read_to_fd_start": "ipspipppp",
    "sbx_fs_readlink": "ipsppp",
    "sbx_fs_readlink_start": "ipsppppp",
    "sbx_fs_realpath": "ipsppp",
    "sbx_fs_realpath_start": "ipsppppp",
    "sbx_fs_remove": "ipspp",
    "sbx_fs_remove_start": "ipspppp",
    "sbx_fs_rename": "ipsspp",
    "sbx_fs_rename_start": "ipsspppp",
    "sbx_fs_stat": "ipsppp",
    "sbx_fs_stat_start": "ipsppppp",
    "sbx_fs_symlink": "ipsspp",
    "sbx_fs_symlink_start": "ipsspppp",
    "sbx_fs_temp_dir": "ipppp",
    "sbx_fs_temp_dir_start": "ipppppp",
    "sbx_fs_temp_file": "ipppp",
    "sbx_fs_temp_file_start": "ipppppp",
    "sbx_fs_truncate": "ipsqpp",
    "sbx_fs_truncate_start": "ipsqpppp",
    "sbx_fs_umask": "ipipp",
    "sbx_fs_utime": "ipsqqpp",
    "sbx_fs_utime_start": "ipsqqpppp",
    "sbx_fs_walk": "ipsppp",
    "sbx_fs_walk_start": "ipsppppp",
    "sbx_fs_watch": "ipsppp",
    "sbx_fs_watch_start": "ipsppppp",
    "sbx_fs_write_file": "ipsppzp",
    "sbx_fs_write_file_start": "ipsppzppp",
    "sbx_fs_write_from_fd": "ipspipp",
    "sbx_fs_write_from_fd_start": "ipspipppp",
    "sbx_get_fd": "ip",
    "sbx_id": "sp",
    "sbx_image_build": "isppppp",
    "sbx_image_build_options_free": "vp",
    "sbx_image_build_options_new": "p",
    "sbx_image_build_options_set_deno": "vpi",
    "sbx_image_build_options_set_force": "vpi",
    "sbx_image_build_options_set_mirror": "ipsp",
    "sbx_image_build_start": "isppppppp",
    "sbx_image_list_created": "qpz",
    "sbx_image_list_free": "vp",
    "sbx_image_list_get": "ipp",
    "sbx_image_list_get_start": "ipppp",
    "sbx_image_list_in_use": "ipz",
    "sbx_image_list_kernel": "spz",
    "sbx_image_list_length": "zp",
    "sbx_image_list_name": "spz",
    "sbx_image_list_path": "spz",
    "sbx_image_list_size": "Qpz",
    "sbx_image_list_version": "spz",
    "sbx_image_remove": "isp",
    "sbx_image_remove_start": "isppp",
    "sbx_image_verify": "isppp",
    "sbx_image_verify_start": "isppppp",
    "sbx_keeper_stop": "iip",
    "sbx_keeper_stop_start": "iippp",
    "sbx_kill": "ipp",
    "sbx_kill_start": "ipppp",
    "sbx_limits_free": "vp",
    "sbx_limits_get": "ipp",
    "sbx_limits_get_start": "ipppp",
    "sbx_limits_set": "iiQp",
    "sbx_limits_set_start": "iiQppp",
    "sbx_limits_used": "Qpi",
    "sbx_limits_value": "Qpi",
    "sbx_limits_waiting": "Qp",
    "sbx_list_created": "qpz",
    "sbx_list_deadline": "qpz",
    "sbx_list_disk_size": "Qpz",
    "sbx_list_free": "vp",
    "sbx_list_get": "ipp",
    "sbx_list_get_filtered": "ippp",
    "sbx_list_get_filtered_start": "ippppp",
    "sbx_list_get_one": "ippp",
    "sbx_list_get_one_start": "ippppp",
    "sbx_list_get_start": "ipppp",
    "sbx_list_id": "spz",
    "sbx_list_image": "spz",
    "sbx_list_label_key": "spzz",
    "sbx_list_label_value": "spzz",
    "sbx_list_length": "zp",
    "sbx_list_memory": "Qpz",
    "sbx_list_options_free": "vp",
    "sbx_list_options_new": "p",
    "sbx_list_options_set_label": "ipssp",
    "sbx_list_options_set_status": "ipip",
    "sbx_list_ports": "ippp",
    "sbx_list_ports_start": "ippppp",
    "sbx_list_status": "ipz",
    "sbx_list_uptime": "qpz",
    "sbx_list_vcpus": "ipz",
    "sbx_op_cancel": "ip",
    "sbx_op_data": "pp",
    "sbx_op_finish": "ipp",
    "sbx_op_is_done": "ip",
    "sbx_op_ref": "pp",
    "sbx_op_set_data": "vpp",
    "sbx_op_unref": "pp",
    "sbx_op_wait": "ipip",
    "sbx_options_new": "p",
    "sbx_options_ref": "pp",
    "sbx_options_set_disk_size": "ipQp",
    "sbx_options_set_env": "ipssp",
    "sbx_options_set_image": "ipsp",
    "sbx_options_set_label": "ipssp",
    "sbx_options_set_memory": "ipQp",
    "sbx_options_set_root": "ipsp",
    "sbx_options_set_spares": "ipip",
    "sbx_options_set_start_timeout": "ipqp",
    "sbx_options_set_timeout": "ipqp",
    "sbx_options_set_vcpus": "ipIp",
    "sbx_options_set_wait": "ipqp",
    "sbx_options_unref": "pp",
    "sbx_parse_duration": "ispp",
    "sbx_parse_size": "ispp",
    "sbx_pause": "ipp",
    "sbx_pause_start": "ipppp",
    "sbx_pool_drain": "ispp",
    "sbx_pool_drain_start": "ispppp",
    "sbx_pool_fill": "ipIqp",
    "sbx_pool_fill_start": "ipIqppp",
    "sbx_pool_list_budget": "Qp",
    "sbx_pool_list_disk_size": "Qpz",
    "sbx_pool_list_free": "vp",
    "sbx_pool_list_get": "ipp",
    "sbx_pool_list_get_start": "ipppp",
    "sbx_pool_list_image": "spz",
    "sbx_pool_list_length": "zp",
    "sbx_pool_list_memory": "Qpz",
    "sbx_pool_list_private_bytes": "Qpz",
    "sbx_pool_list_ready": "ipz",
    "sbx_pool_list_setting": "ip",
    "sbx_pool_list_starting": "ipz",
    "sbx_pool_list_target": "ipz",
    "sbx_pool_list_used": "Qp",
    "sbx_pool_list_vcpus": "ipz",
    "sbx_pool_set_budget": "iQp",
    "sbx_pool_set_budget_start": "iQppp",
    "sbx_pool_set_size": "iip",
    "sbx_pool_set_size_start": "iippp",
    "sbx_port_list_address": "spz",
    "sbx_port_list_free": "vp",
    "sbx_port_list_length": "zp",
    "sbx_port_list_pid": "ipz",
    "sbx_port_list_port": "ipz",
    "sbx_port_list_program": "spz",
    "sbx_port_list_uid": "qpz",
    "sbx_process_attach": "ipqpp",
    "sbx_process_attach_start": "ipqpppp",
    "sbx_process_cause": "ip",
    "sbx_process_cpu_time_us": "Qp",
    "sbx_process_detach": "ipp",
    "sbx_process_detach_start": "ipppp",
    "sbx_process_exit_code": "ip",
    "sbx_process_exit_fd": "ip",
    "sbx_process_exit_signal": "ip",
    "sbx_process_fd": "ipi",
    "sbx_process_get_usage": "ippp",
    "sbx_process_get_usage_start": "ippppp",
    "sbx_process_id": "qp",
    "sbx_process_kill": "ipp",
    "sbx_process_kill_start": "ipppp",
    "sbx_process_list_attached": "ipz",
    "sbx_process_list_cause": "ipz",
    "sbx_process_list_command": "spz",
    "sbx_process_list_exit_code": "ipz",
    "sbx_process_list_free": "vp",
    "sbx_process_list_get": "ippp",
    "sbx_process_list_get_start": "ippppp",
    "sbx_process_list_id": "qpz",
    "sbx_process_list_length": "zp",
    "sbx_process_list_pid": "ipz",
    "sbx_process_list_started": "qpz",
    "sbx_process_list_state": "ipz",
    "sbx_process_list_user": "spz",
    "sbx_process_oom": "ip",
    "sbx_process_output_cut": "ip",
    "sbx_process_peak_memory": "Qp",
    "sbx_process_pid": "ip",
    "sbx_process_ref": "pp",
    "sbx_process_resize": "ipiip",
    "sbx_process_resize_start": "ipiippp",
    "sbx_process_signal": "ipip",
    "sbx_process_signal_by_id": "ipqiip",
    "sbx_process_signal_by_id_start": "ipqiippp",
    "sbx_process_signal_scope": "ipiip",
    "sbx_process_signal_scope_start": "ipiippp",
    "sbx_process_signal_start": "ipippp",
    "sbx_process_take_fd": "ipi",
    "sbx_process_unref": "pp",
    "sbx_process_wait": "ipip",
    "sbx_process_wait_start": "ipippp",
    "sbx_process_wall_time_us": "Qp",
    "sbx_queue_new": "ipp",
    "sbx_queue_next": "pp",
    "sbx_queue_ref": "pp",
    "sbx_queue_unref": "pp",
    "sbx_quote": "ps",
    "sbx_quote_words": "ppz",
    "sbx_ref": "pp",
    "sbx_result_cause": "ip",
    "sbx_result_cpu_time_us": "Qp",
    "sbx_result_exit_code": "ip",
    "sbx_result_free": "vp",
    "sbx_result_oom": "ip",
    "sbx_result_output_cut": "ip",
    "sbx_result_peak_memory": "Qp",
    "sbx_result_signal": "ip",
    "sbx_result_stderr": "ppp",
    "sbx_result_stdout": "ppp",
    "sbx_result_wall_time_us": "Qp",
    "sbx_resume": "ipp",
    "sbx_resume_start": "ipppp",
    "sbx_run": "ipppp",
    "sbx_run_start": "ipppppp",
    "sbx_sh": "ipspp",
    "sbx_sh_start": "ipspppp",
    "sbx_snapshot": "ipsp",
    "sbx_snapshot_list_created": "qpz",
    "sbx_snapshot_list_disk_size": "Qpz",
    "sbx_snapshot_list_free": "vp",
    "sbx_snapshot_list_get": "ipp",
    "sbx_snapshot_list_get_start": "ipppp",
    "sbx_snapshot_list_image": "spz",
    "sbx_snapshot_list_length": "zp",
    "sbx_snapshot_list_memory": "Qpz",
    "sbx_snapshot_list_name": "spz",
    "sbx_snapshot_list_size": "Qpz",
    "sbx_snapshot_list_vcpus": "ipz",
    "sbx_snapshot_remove": "isp",
    "sbx_snapshot_remove_start": "isppp",
    "sbx_snapshot_start": "ipsppp",
    "sbx_spawn": "ipppp",
    "sbx_spawn_start": "ipppppp",
    "sbx_stat_atime": "qp",
    "sbx_stat_birthtime": "qp",
    "sbx_stat_blksize": "Qp",
    "sbx_stat_blocks": "Qp",
    "sbx_stat_ctime": "qp",
    "sbx_stat_dev": "Qp",
    "sbx_stat_free": "vp",
    "sbx_stat_gid": "Wp",
    "sbx_stat_ino": "Qp",
    "sbx_stat_is_block_device": "ip",
    "sbx_stat_is_char_device": "ip",
    "sbx_stat_is_directory": "ip",
    "sbx_stat_is_fifo": "ip",
    "sbx_stat_is_file": "ip",
    "sbx_stat_is_socket": "ip",
    "sbx_stat_is_symlink": "ip",
    "sbx_stat_mode": "Wp",
    "sbx_stat_mtime": "qp",
    "sbx_stat_nlink": "Qp",
    "sbx_stat_rdev": "Qp",
    "sbx_stat_size": "Qp",
    "sbx_stat_uid": "Wp",
    "sbx_stats_free": "vp",
    "sbx_stats_get": "ippp",
    "sbx_stats_get_start": "ippppp",
    "sbx_stats_get_total": "ipp",
    "sbx_stats_get_total_start": "ipppp",
    "sbx_stats_name": "si",
    "sbx_stats_value": "qpi",
    "sbx_tar_create": "ipspzipp",
    "sbx_tar_create_start": "ipspzipppp",
    "sbx_tar_extract": "ipsipp",
    "sbx_tar_extract_start": "ipsipppp",
    "sbx_template_build": "ipipppp",
    "sbx_template_build_start": "ipipppppp",
    "sbx_template_list_accelerator": "spz",
    "sbx_template_list_created": "qpz",
    "sbx_template_list_disk_size": "Qpz",
    "sbx_template_list_free": "vp",
    "sbx_template_list_get": "ipp",
    "sbx_template_list_get_start": "ipppp",
    "sbx_template_list_id": "spz",
    "sbx_template_list_image": "spz",
    "sbx_template_list_length": "zp",
    "sbx_template_list_memory": "Qpz",
    "sbx_template_list_size": "Qpz",
    "sbx_template_list_state": "ipz",
    "sbx_template_list_used": "qpz",
    "sbx_template_list_vcpus": "ipz",
    "sbx_template_list_vmm": "spz",
    "sbx_template_remove": "isp",
    "sbx_template_remove_all": "ip",
    "sbx_template_remove_all_start": "ippp",
    "sbx_template_remove_start": "isppp",
    "sbx_transfer_options_add_exclude": "ipsp",
    "sbx_transfer_options_free": "vp",
    "sbx_transfer_options_new": "p",
    "sbx_transfer_options_set_existing": "ipip",
    "sbx_transfer_options_set_glob": "vpi",
    "sbx_transfer_options_set_max_bytes": "vpQ",
    "sbx_transfer_options_set_max_entries": "vpQ",
    "sbx_transfer_options_set_owners": "vpi",
    "sbx_transfer_options_set_privileged": "vpi",
    "sbx_transfer_options_set_progress": "vppp",
    "sbx_transfer_options_set_user": "ipsp",
    "sbx_unref": "pp",
    "sbx_upload": "ipsspp",
    "sbx_upload_start": "ipsspppp",
    "sbx_usage_cpu_system_us": "Qp",
    "sbx_usage_cpu_user_us": "Qp",
    "sbx_usage_free": "vp",
    "sbx_usage_memory": "Qp",
    "sbx_usage_peak_memory": "Qp",
    "sbx_usage_read_bytes": "Qp",
    "sbx_usage_tasks": "Qp",
    "sbx_usage_written_bytes": "Qp",
    "sbx_version": "s",
    "sbx_wait_port": "ipiip",
    "sbx_wait_port_start": "ipiippp",
    "sbx_watch_fd": "ip",
    "sbx_watch_free": "vp",
    "sbx_watch_kind": "ip",
    "sbx_watch_next": "ipip",
    "sbx_watch_next_start": "ipippp",
    "sbx_watch_path": "sp",
    "sbx_watch_to": "sp",
}

SBX_ARGS_MAX = 65536
SBX_CAUSE_CPU = 4
SBX_CAUSE_DEADLINE = 3
SBX_CAUSE_EXIT = 0
SBX_CAUSE_OOM = 2
SBX_CAUSE_OUTPUT = 5
SBX_CAUSE_SIGNAL = 1
SBX_CAUSE_UNKNOWN = 6
SBX_COMMAND_BYTES_MAX = 18874368
SBX_CONNECTIONS_MAX = 256
SBX_CONSOLE_MAX = 65536
SBX_DISK_SIZE_MAX = 1099511627776
SBX_DISK_SIZE_MIN = 67108864
SBX_ENV_BYTES_MAX = 131072
SBX_ENV_MAX = 1024
SBX_ENV_TOTAL_MAX = 524288
SBX_EVENTS_ALL = 0
SBX_EVENTS_NEW = -1
SBX_EVENT_CREATED = 1
SBX_EVENT_DIED = 10
SBX_EVENT_ENDED = 11
SBX_EVENT_EXTENDED = 8
SBX_EVENT_KILLED = 9
SBX_EVENT_LOST = 12
SBX_EVENT_OOM = 7
SBX_EVENT_PAUSED = 3
SBX_EVENT_PROCESS_EXITED = 6
SBX_EVENT_PROCESS_STARTED = 5
SBX_EVENT_READY = 2
SBX_EVENT_RESUMED = 4
SBX_EXISTING_KEEP = 2
SBX_EXISTING_REFUSE = 1
SBX_EXISTING_REPLACE = 0
SBX_E_BOOT = -14
SBX_E_BUSY = -9
SBX_E_CANCELLED = -13
SBX_E_DENIED = -11
SBX_E_EXEC = -16
SBX_E_EXISTS = -8
SBX_E_FILE = -22
SBX_E_FORKED = -19
SBX_E_GONE = -15
SBX_E_IMAGE = -17
SBX_E_INTERNAL = -21
SBX_E_INVALID = -1
SBX_E_KEEPER = -5
SBX_E_NOT_FOUND = -7
SBX_E_NO_MEMORY = -2
SBX_E_NO_SPACE = -10
SBX_E_PROTOCOL = -6
SBX_E_SYSTEM = -3
SBX_E_TIMEOUT = -12
SBX_E_TOO_BIG = -20
SBX_E_UNAVAILABLE = -4
SBX_E_UNSUPPORTED = -18
SBX_FORK_MAX = 64
SBX_FS_APPEND = 4
SBX_FS_ATOMIC = 32
SBX_FS_CREATE_NEW = 8
SBX_FS_FOLLOW_LINKS = 128
SBX_FS_GLOBS_MAX = 64
SBX_FS_IGNORE_CASE = 4096
SBX_FS_NO_CREATE = 16
SBX_FS_NO_DIRECTORIES = 1024
SBX_FS_NO_FILES = 512
SBX_FS_NO_FOLLOW = 2
SBX_FS_NO_REPLACE = 64
SBX_FS_NO_SYMLINKS = 2048
SBX_FS_RECURSIVE = 1
SBX_FS_SKIP_DENIED = 256
SBX_GUEST_PATH_MAX = 107
SBX_IMAGE_DEFAULT = 'builtin:debian-13'
SBX_KIND_BLOCK_DEVICE = 7
SBX_KIND_CHAR_DEVICE = 6
SBX_KIND_DIRECTORY = 2
SBX_KIND_FIFO = 4
SBX_KIND_FILE = 1
SBX_KIND_SOCKET = 5
SBX_KIND_SYMLINK = 3
SBX_KIND_UNKNOWN = 0
SBX_LABELS_MAX = 5
SBX_LABEL_KEY_MAX = 64
SBX_LABEL_VALUE_MAX = 128
SBX_LIMIT_MEMORY = 1
SBX_LIMIT_SANDBOXES = 0
SBX_LIMIT_VCPUS = 2
SBX_LIST_LABELS_MAX = 16
SBX_LOCK_EXCLUSIVE = 1
SBX_LOCK_SHARED = 0
SBX_LOCK_TRY = 2
SBX_MEMORY_LIMIT_MIN = 1048576
SBX_MEMORY_MAX = 1099511627776
SBX_MEMORY_MIN = 134217728
SBX_OK = 0
SBX_OPEN_APPEND = 4
SBX_OPEN_CREATE = 8
SBX_OPEN_CREATE_NEW = 16
SBX_OPEN_READ = 1
SBX_OPEN_TRUNCATE = 32
SBX_OPEN_WRITE = 2
SBX_OUTPUT_KEPT = 262144
SBX_PATH_MAX = 4095
SBX_PROCESSES_REMEMBERED = 256
SBX_PROCESS_EXITED = 1
SBX_PROCESS_RUNNING = 0
SBX_SCOPE_ALL = 2
SBX_SCOPE_GROUP = 1
SBX_SCOPE_PROCESS = 0
SBX_SEEK_CUR = 1
SBX_SEEK_END = 2
SBX_SEEK_SET = 0
SBX_SNAPSHOT_NAME_MAX = 63
SBX_SPARES_AUTO = -1
SBX_SPARES_MAX = 256
SBX_STATUS_ANY = -1
SBX_STATUS_PAUSED = 3
SBX_STATUS_RUNNING = 1
SBX_STATUS_STARTING = 0
SBX_STATUS_STOPPED = 2
SBX_STAT_COMMANDS = 12
SBX_STAT_CPU = 0
SBX_STAT_DISK_SIZE = 8
SBX_STAT_GUEST_CPU = 14
SBX_STAT_GUEST_DISK_SIZE = 18
SBX_STAT_GUEST_DISK_USED = 17
SBX_STAT_GUEST_MEMORY = 15
SBX_STAT_GUEST_MEMORY_PEAK = 16
SBX_STAT_GUEST_PROCESSES = 19
SBX_STAT_HOST_DISK = 9
SBX_STAT_HOST_MEMORY = 6
SBX_STAT_HOST_PRIVATE = 7
SBX_STAT_MEMORY_PAUSED = 4
SBX_STAT_MEMORY_SIZE = 5
SBX_STAT_MEMORY_TIME = 3
SBX_STAT_NETWORK_RECEIVED = 10
SBX_STAT_NETWORK_SENT = 11
SBX_STAT_PAUSED = 2
SBX_STAT_SANDBOXES = 13
SBX_STAT_UPTIME = 1
SBX_STDERR = 2
SBX_STDIN = 0
SBX_STDIO_INHERIT = 3
SBX_STDIO_MERGE = 2
SBX_STDIO_NULL = 0
SBX_STDIO_PIPE = 1
SBX_STDOUT = 1
SBX_TEMPLATE_BUILDING = 1
SBX_TEMPLATE_READY = 0
SBX_TERMINAL_SIZE_MAX = 65535
SBX_TIMEOUT_MAX_MS = 31622400000
SBX_TIMEOUT_SESSION = 0
SBX_TIME_NOW = 9223372036854775807
SBX_TIME_OMIT = -9223372036854775808
SBX_TIME_UNKNOWN = -9223372036854775808
SBX_TRANSFER_BYTES_DEFAULT = 68719476736
SBX_TRANSFER_ENTRIES_DEFAULT = 1000000
SBX_TRANSFER_EXCLUDES_MAX = 256
SBX_VCPUS_MAX = 64
SBX_WAIT_FOREVER = -1
SBX_WATCH_ATTRIBUTES = 5
SBX_WATCH_CREATE = 1
SBX_WATCH_MODIFY = 2
SBX_WATCH_OVERFLOW = 6
SBX_WATCH_REMOVE = 3
SBX_WATCH_RENAME = 4
