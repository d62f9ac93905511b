#!/usr/bin/env bash
# The scenario from C, Python, asyncio and Node, with the library of a build directory.
#   tests/scenario/compare-all.sh BUILD_DIR [NODE_PACKAGE]
# NODE_PACKAGE: the directory of the node package with its addon built, BUILD_DIR/node/node_modules/libsandbox
# (where bindings/node/test.sh puts it) unless given. Exit status 77: it is not there.
set -euo pipefail

build=$(realpath "$1")
package=${2:-$build/node/node_modules/libsandbox}
[ -d "$package" ] || {
    echo "skipped: $package is missing; run bindings/node/test.sh $build"
    exit "$([ -n "${SBX_TEST_MUST_RUN-}" ] && echo 1 || echo 77)"
}
node=$(realpath "$package")
top=$(realpath "$(dirname "$0")/../..")
python="env PYTHONPATH=$top/bindings/python LIBSANDBOX_LIBRARY=$build/libsandbox/libsandbox.so.0"
python+=" python3 $top/bindings/python/tests/run_scenario.py"
"$top/tests/scenario/compare.py" --sbx "$build/subprojects/sbx/sbx" \
    C="$build/tests/scenario/run-scenario" \
    Python="$python --sync" asyncio="$python --async" \
    Node="env LD_LIBRARY_PATH=$build/libsandbox node $node/test/run-scenario.mjs"
