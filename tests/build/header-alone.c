/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compiled once per public header, with -include of that header and no other. */
typedef int header_alone;
