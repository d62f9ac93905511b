#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Compiles client-0.1.c into the program that is kept. Only while 0.1 is not released: afterwards that
# program is what it is, and a later version gets a client of its own beside it.
#   tests/abi/build-client.sh BUILD_DIR
set -euo pipefail

build=${1:?usage: tests/abi/build-client.sh BUILD_DIR}
here=$(dirname "$0")
"${CC:-cc}" -std=c17 -O2 -s -Wl,-z,noseparate-code -Wl,--build-id=none "$here/client-0.1.c" \
    -I "$here/../../include" -I "$build/include" -L "$build/libsandbox" -lsandbox \
    -o "$here/client-0.1.x86_64"
ls -l "$here/client-0.1.x86_64"
