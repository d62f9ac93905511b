#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What programs that were built against an earlier version rely on is still there, unchanged: functions,
# types, constants.
#   compare.sh BASELINE LIBRARY HEADER...        reads BASELINE.abi and BASELINE.constants
# What was added is told, and fails only with SBX_TEST_RELEASE=1: run update.sh before a release. The
# version is no constant that anybody may rely on.
set -euo pipefail

baseline=${1:?usage: compare.sh BASELINE LIBRARY HEADER...}
library=$2
shift 2
# shellcheck source=tests/abi/abi.sh
. "$(dirname "$0")/abi.sh"
status=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

skip() {
    echo "skipped: $1"
    [ -z "${SBX_TEST_MUST_RUN:-}" ] || exit 1
    exit 77
}
command -v abidiff >/dev/null || skip "abidiff is missing: install abigail-tools"
sections=$(readelf --sections --wide "$library")
grep -q '\.debug_info' <<<"$sections" || skip "$library was built without debugging information"

mkdir "$scratch/headers"
cp "$@" "$scratch/headers"
diff_abi() {
    abidiff --no-show-locs --drop-private-types --exported-interfaces-only --fail-no-debug-info \
        --headers-dir2 "$scratch/headers" "$@" "$baseline.abi" "$library"
}

# abidiff's status is a set of bits: 1 and 2 it did not work, 4 a change, 8 an incompatible one.
diff_abi --no-added-syms >"$scratch/broken" 2>&1 || {
    echo "programs that were built against $(basename "$baseline") would break:"
    cat "$scratch/broken"
    status=1
}
[ "$status" -eq 0 ] && { diff_abi >"$scratch/added" 2>&1 || cat "$scratch/added"; }

abi_constants "$scratch/constants" "$@"
# differing A B: lines of A that B does not have.
differing() {
    LC_ALL=C comm -23 "$1" "$2" | grep -v '^SBX_VERSION_' || true
}
differing "$baseline.constants" "$scratch/constants" >"$scratch/gone"
if [ -s "$scratch/gone" ]; then
    echo "constants that were removed, or have another value now; they had:"
    cat "$scratch/gone"
    status=1
fi
differing "$scratch/constants" "$baseline.constants" >>"$scratch/added"
if grep -q '[^[:space:]]' "$scratch/added" 2>/dev/null; then
    echo "not in the baseline yet; tests/abi/update.sh puts it there before a release"
    cat "$scratch/added"
    [ -z "${SBX_TEST_RELEASE:-}" ] || status=1
fi
exit $status
