#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Tests the Node binding against the library of a build directory:
#
#   bindings/node/test.sh BUILD_DIR [FILE...]      all numbered tests, or those
#
# The package is packed as for publishing and installed into BUILD_DIR/node, where the addon is built
# and the tests run; the tree stays as it is. npm fetches node-api-headers, typescript and @types/node.
# Results are written to BUILD_DIR/meson-logs/node.tap. NODE is another node program to test with.
set -euo pipefail

if [ $# -lt 1 ]; then
    sed -n '3,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
shift
node=${NODE:-$(command -v node || true)}
work=$build/node
package=$work/node_modules/libsandbox

fail() {
    echo "bindings/node/test.sh: $1" >&2
    echo "  try: $2" >&2
    exit 1
}

[ -n "$node" ] || fail "node is not there" "apt-get install nodejs npm"
command -v npm >/dev/null || fail "npm is not there" "apt-get install npm"
[ -f "$build/meson-uninstalled/libsandbox-uninstalled.pc" ] ||
    fail "$build is no build directory" "meson setup build && ninja -C build"

export PKG_CONFIG_PATH=$build/meson-uninstalled
export LD_LIBRARY_PATH=$build/libsandbox
export CFLAGS="-Wall -Wextra -Werror ${NODE_CFLAGS-}"

# What npm needs, and what it says only when something is wrong.
quietly() {
    local log=$work/$1.log
    shift
    "$@" >"$log" 2>&1 || {
        cat "$log" >&2
        fail "\`$*\` failed" "look above; without network, install again where there is one"
    }
}

rm -rf "$work"
mkdir -p "$work"
cd "$work"
echo '{"name": "libsandbox-test", "private": true}' >package.json
quietly pack npm pack "$here" --ignore-scripts
quietly install npm install --no-audit --no-fund --no-package-lock --install-links \
    --foreground-scripts "./$(tail -n 1 pack.log)" typescript@5 @types/node@22
cp -r "$here/test" "$package/"
cp "$here/README.md" "$package/"

# The types, and the reference's program as TypeScript makes it for engines without `await using`.
quietly types node_modules/.bin/tsc -p "$package/test/types"
echo "ok       types"

export SBX_TOP=${here%/bindings/node}
if [ -z "${LIBSANDBOX_RUNTIME_DIR-}" ]; then
    LIBSANDBOX_RUNTIME_DIR=$(mktemp -d /tmp/sbx-node-XXXXXX)
    export LIBSANDBOX_RUNTIME_DIR
    trap 'rm -rf "$LIBSANDBOX_RUNTIME_DIR"' EXIT
    export SBX_TEST_STOP_KEEPER=1
fi
mkdir -p "$build/meson-logs"
SBX_TEST_RESULTS=$build/meson-logs/node.tap "$node" "$package/test/run.mjs" "$@"
