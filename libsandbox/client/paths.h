/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directories of this user; each is allocated with g_malloc(), NULL when there is none. */
#ifndef SBX_CLIENT_PATHS_H
#define SBX_CLIENT_PATHS_H

/* Images and disks: $XDG_DATA_HOME/libsandbox, root: /var/lib/libsandbox. */
char *sbx_data_dir(void);
/* What can be made again. */
char *sbx_cache_dir(void);
/* The keeper's log. */
char *sbx_log_dir(void);

#endif
