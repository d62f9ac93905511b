#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Takes the ABI of what is in BUILD_DIR as the baseline that later versions have to keep.
#   tests/abi/update.sh BUILD_DIR [BASELINE]
# Run it before a release, and look at the difference: nothing may have gone.
set -euo pipefail

build=${1:?usage: tests/abi/update.sh BUILD_DIR [BASELINE]}
# shellcheck source=tests/abi/abi.sh
. "$(dirname "$0")/abi.sh"
baseline=${2:-$abi_dir/libsandbox-0.1}
headers=$(mktemp -d)
trap 'rm -rf "$headers"' EXIT

cp "$abi_dir"/../../include/sandbox/*.h "$build/include/sandbox/version.h" "$headers"
abi_write "$(realpath "$build/libsandbox/libsandbox.so")" "$headers" "$baseline.abi"
abi_constants "$baseline.constants" "$headers"/*.h
echo "$baseline: $(grep -c '<elf-symbol ' "$baseline.abi") functions," \
    "$(wc -l <"$baseline.constants") constants"
