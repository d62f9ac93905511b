#!/usr/bin/env bash
# The scenario from C, Python, asyncio and Node, with the library of a build directory.
#   tests/scenario/compare-all.sh BUILD_DIR [NODE_PACKAGE]
# NODE_PACKAGE: the directory of the node package with its addon built, BUILD_DIR/node/node_modules/libsandbox
# (where bindings/node/test.sh puts it) unless given.
set -euo pipefail

build=$(realpath "$1")
node=$(realpath "${2:-$build/node/node_modules/libsandbox}")
top=$(realpath "$(dirname "$0")/../..")
python="env PYTHONPATH=$top/bindings/python LIBSANDBOX_LIBRARY=$build/libsandbox/libsandbox.so.0"
python+=" python3 $top/bindings/python/tests/run_scenario.py"
"$top/tests/scenario/compare.py" --sbx "$build/subprojects/sbx/sbx" \
    C="$build/tests/scenario/run-scenario" \
    Python="$python --sync" asyncio="$python --async" \
    Node="env LD_LIBRARY_PATH=$build/libsandbox node $node/test/run-scenario.mjs"
