#!/usr/bin/env bash
# From a clone to `ls -lh /` inside a fresh microVM, on Debian 12: installs packages (root or sudo), builds
# into build/, makes the base image, runs the command. Does only what is still missing.
set -euo pipefail

cd "$(dirname "$0")/.."
start=$SECONDS

step() {
    printf '\n[%s/4 %3ss] %s\n' "$1" "$((SECONDS - start))" "$2"
}

step 1 "packages"
examples/install-packages.sh examples/packages.txt

step 2 "build"
[ -f build/build.ninja ] || meson setup build >/dev/null
ninja -C build
sbx=build/subprojects/sbx/sbx

step 3 "base image"
"$sbx" image build

step 4 "sbx run -- ls -lh /"
"$sbx" run -- ls -lh /

printf '\nquickstart: done in %s s; try:  %s run -- bash -c "uname -a; whoami"\n' \
    "$((SECONDS - start))" "$sbx"
