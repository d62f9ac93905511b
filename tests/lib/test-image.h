/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A small image that the store accepts and no VM could boot. */
#pragma once

/* Puts a version of builtin:debian-13 below an images directory; free the version's directory. */
char *test_image_publish(const char *images);
