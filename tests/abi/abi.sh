# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What update.sh and compare.sh share. The ABI is what the public headers declare: types that are defined
# elsewhere are opaque, however they change. Needs abidw and abidiff (Debian: abigail-tools).

abi_dir=$(dirname "${BASH_SOURCE[0]}")
# Nothing of a build's place, of line numbers, of names that have no part in the ABI.
abi_flags=(--no-show-locs --no-corpus-path --no-comp-dir-path --no-elf-needed --no-parameter-names
    --type-id-style hash --drop-private-types --drop-undefined-syms --exported-interfaces-only)

# abi_write LIBRARY HEADERS_DIR OUT
abi_write() {
    abidw "${abi_flags[@]}" --headers-dir "$2" "$1" >"$3.new"
    sed "s| path='[^']*/\(libsandbox/client/[^']*\)'| path='\1'|" "$3.new" >"$3"
    rm "$3.new"
}

# abi_constants OUT HEADER...: all macros that the headers define, as NAME VALUE.
abi_constants() {
    local out=$1
    shift
    "$abi_dir/../../doc/reference/reference.py" --constants "$@" | LC_ALL=C sort >"$out"
}
