#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The comparison of ABIs sees what it is for: a small library is changed in every way that counts, and in
# some that do not.   usage: test-compare.sh CC
set -euo pipefail

cc=${1:-cc}
# shellcheck source=tests/abi/abi.sh
. "$(dirname "$0")/abi.sh"
command -v abidw >/dev/null || {
    echo "skipped: abidw is missing: install abigail-tools"
    exit "$([ -n "${SBX_TEST_MUST_RUN:-}" ] && echo 1 || echo 77)"
}
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
status=0

# make DIR SED-SCRIPT: header and library, with something changed in both.
make() {
    mkdir -p "$top/$1"
    cat >"$top/$1/thing.h.in" <<'HEADER'
/* Things. */
#ifndef THING_H
#define THING_H
typedef struct sbx_thing sbx_thing;
#define SBX_THINGS_MAX 5 /* of them */
typedef int (*sbx_thing_func)(void *data, int count);
sbx_thing *sbx_thing_new(int size, sbx_thing_func call);
long sbx_thing_size(const sbx_thing *thing);
#endif
HEADER
    cat >"$top/$1/thing.c.in" <<'SOURCE'
#include "thing.h"
struct sbx_thing { int size; sbx_thing_func call; };
static sbx_thing only;
sbx_thing *sbx_thing_new(int size, sbx_thing_func call)
{
    only.size = size;
    only.call = call;
    return &only;
}
long sbx_thing_size(const sbx_thing *thing) { return thing->size; }
SOURCE
    sed "$2" "$top/$1/thing.h.in" >"$top/$1/thing.h"
    sed "$2" "$top/$1/thing.c.in" >"$top/$1/thing.c"
    "$cc" -g -fPIC -shared -Wl,-soname,libthing.so.0 "$top/$1/thing.c" -o "$top/$1/libthing.so"
}

# expect STATUS WHAT SED-SCRIPT
expect() {
    local code=0
    make changed "$3"
    "$abi_dir/compare.sh" "$top/baseline" "$top/changed/libthing.so" "$top/changed/thing.h" \
        >"$top/said" 2>&1 || code=$?
    if [ "$code" -ne "$1" ]; then
        echo "$2: exit status $code instead of $1:"
        cat "$top/said"
        status=1
    fi
}

make old ''
abi_write "$top/old/libthing.so" "$top/old" "$top/baseline.abi"
abi_constants "$top/baseline.constants" "$top/old/thing.h"
added='s/^sbx_thing \*sbx_thing_new.*;/& int sbx_thing_more(void);/; s/^static.*/& int sbx_thing_more(void) { return 0; }/'
unset SBX_TEST_RELEASE
expect 0 "nothing changed" ''
expect 0 "an opaque structure changed" 's/struct sbx_thing { int size;/& long more;/'
expect 0 "a parameter has another name" 's/\bsize, /length, /; s/only.size = size/only.size = length/'
expect 0 "a function was added" "$added"
expect 0 "a constant was added" 's/^typedef struct.*/&\n#define SBX_THINGS_MIN 1/'
expect 1 "a parameter has another type" 's/int size, /long size, /'
expect 1 "a parameter was added" 's/int size, /&int more, /'
expect 1 "another return type" 's/^long sbx_thing_size/int sbx_thing_size/'
expect 1 "a callback's parameter has another type" 's/void \*data, int count/void *data, long count/'
expect 1 "a function is gone" '/sbx_thing_size/d'
expect 1 "a constant has another value" 's/SBX_THINGS_MAX 5/SBX_THINGS_MAX 6/'
expect 1 "a constant is gone" '/SBX_THINGS_MAX/d'
export SBX_TEST_RELEASE=1
expect 0 "a release, and nothing changed" ''
expect 1 "a release, and a function was added" "$added"
expect 1 "a release, and a constant was added" 's/^typedef struct.*/&\n#define SBX_THINGS_MIN 1/'
exit $status
