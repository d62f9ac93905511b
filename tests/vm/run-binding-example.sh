#!/usr/bin/env bash
# Runs one example of a binding with the library of a build directory.
#   tests/vm/run-binding-example.sh BUILD_DIR python|node NAME [NODE_PACKAGE]
# NODE_PACKAGE: the directory of the node package with its addon built, BUILD_DIR/node/node_modules/libsandbox
# (where bindings/node/test.sh puts it) unless given. Exit status 77: it is not there.
set -euo pipefail

build=$(realpath "$1") language=$2 name=$3
top=$(realpath "$(dirname "$0")/../..")
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
case $language in
python)
    export PYTHONPATH=$top/bindings/python LIBSANDBOX_LIBRARY=$build/libsandbox/libsandbox.so.0
    program=(python3 "$top/examples/python/$name.py")
    ;;
node)
    package=${4:-$build/node/node_modules/libsandbox}
    [ -d "$package" ] || {
        echo "skipped: $package is missing; run bindings/node/test.sh $build"
        exit "$([ -n "${SBX_TEST_MUST_RUN-}" ] && echo 1 || echo 77)"
    }
    # A module is looked for beside the program that wants it.
    mkdir "$place/node_modules"
    ln -s "$(realpath "$package")" "$place/node_modules/libsandbox"
    cp "$top/examples/node/$name.mjs" "$place/"
    export LD_LIBRARY_PATH=$build/libsandbox
    program=(node "$place/$name.mjs")
    ;;
*)
    echo "run-binding-example.sh: unknown language $language: use python or node" >&2
    exit 2
    ;;
esac
"$top/tests/vm/run-example.py" "$build/subprojects/sbx/sbx" "$name" "${program[@]}"
