#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The headers declare exactly what libsandbox.sym lists, every declaration is documented, has a man
# page and a place in the HTML, and the library exports just that.
#   usage: test-symbols.sh LIBSANDBOX.SO LIBSANDBOX.SYM HEADER_DIR REFERENCE_DIR
set -euo pipefail

library=${1:?usage: test-symbols.sh LIBRARY SYM_FILE HEADER_DIR REFERENCE_DIR}
sym=$2
headers=$3
reference=$4
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
status=0

# differ NAME A B: both sorted files must be equal.
differ() {
    if ! diff "$2" "$3" >"$scratch/diff"; then
        echo "$1:"
        sed 's/^</only the first: /; s/^>/only the second:/; /^[0-9]/d; /^---/d' "$scratch/diff"
        status=1
    fi
}

sed -n 's/^ *\(sbx_[a-z0-9_]*\);.*/\1/p' "$sym" | sort -u >"$scratch/sym"
cat "$headers"/*.h "$headers"/*.h.in | sed -n '/^SBX_PUBLIC/s/.*[ *]\(sbx_[a-z0-9_]*\)(.*/\1/p' |
    sort >"$scratch/declared"
cat "$headers"/*.h "$headers"/*.h.in | sed -n 's/^\(\/\*\*\| \*\) \(sbx_[a-z0-9_]*\):.*/\2/p' |
    sort >"$scratch/documented"
nm --dynamic --defined-only "$library" | sed -n 's/.* [A-Z] \([^@]*\).*/\1/p' |
    grep -v '^LIBSANDBOX_' | sort >"$scratch/exported"
find "$reference/man3" -name 'sbx_*.3' -printf '%f\n' | sed 's/\.3$//' | sort >"$scratch/pages"
cat "$reference"/html/*.html | sed -n 's/^<h3 id="\(sbx_[a-z0-9_]*\)">.*/\1/p' |
    sort >"$scratch/html"
# Types of functions are documented, but no symbols.
cat "$headers"/*.h | sed -n 's/^typedef .*(\*\(sbx_[a-z_]*\))(.*/\1/p' | sort >"$scratch/callbacks"
functions() {
    grep -v -x -F -f "$scratch/callbacks" "$1"
}
functions "$scratch/documented" >"$scratch/documented-functions"
functions "$scratch/pages" >"$scratch/page-functions"
functions "$scratch/html" >"$scratch/html-functions"

[ "$(wc -l <"$scratch/sym")" -gt 50 ] || { echo "no symbols in $sym"; exit 1; }
differ "declared in headers, listed in libsandbox.sym" "$scratch/declared" "$scratch/sym"
differ "documented in headers, declared in headers" "$scratch/documented-functions" "$scratch/declared"
differ "listed in libsandbox.sym, exported by the library" "$scratch/sym" "$scratch/exported"
differ "has a man page, listed in libsandbox.sym" "$scratch/page-functions" "$scratch/sym"
differ "has a place in the HTML, listed in libsandbox.sym" "$scratch/html-functions" "$scratch/sym"
exit $status
