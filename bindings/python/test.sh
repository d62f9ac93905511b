#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Tests the Python binding against the library of a build directory.
#
#   bindings/python/test.sh BUILD_DIR [PYTEST-ARGUMENT...]
#
# Makes a virtual environment below BUILD_DIR with the package, pytest and mypy, runs mypy --strict, and
# pytest with a keeper of its own. Ends with pytest's closing line; what it counted is in
# BUILD_DIR/meson-logs/python.xml. PYTHON: the interpreter, python3 by default.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:?usage: bindings/python/test.sh BUILD_DIR [PYTEST-ARGUMENT...]}" && pwd)
shift
python=${PYTHON:-python3}
library=$build/libsandbox/libsandbox.so.0
[ -e "$library" ] || {
    echo "bindings/python/test.sh: $library is missing; build first: ninja -C $build" >&2
    exit 1
}
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
venv=$build/python-$version
log=$build/meson-logs/python-setup.log
mkdir -p "$build/meson-logs"

# In one chain: within `set_up || ...` bash does not stop at a failure.
set_up() {
    { [ -x "$venv/bin/pip" ] || "$python" -m venv --clear "$venv"; } &&
        { [ -e "$venv/complete" ] ||
            "$venv/bin/pip" install -q pytest mypy 'setuptools>=61' wheel; } &&
        touch "$venv/complete" &&
        rm -rf "$build/python-tree" &&
        cp -r "$here" "$build/python-tree" && # pip writes into what it builds
        "$venv/bin/pip" install -q --force-reinstall --no-deps --no-build-isolation \
            "$build/python-tree" &&
        rm -rf "$build/python-tree"
}
set_up >"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    echo "bindings/python/test.sh: cannot set up $venv with $python (Debian: python3-venv; pytest, mypy" \
        "and setuptools come from PyPI): see $log" >&2
    exit 1
}

runtime=$(mktemp -d /tmp/sbxp-XXXXXX)
chmod 0755 "$runtime"
finish() {
    "$venv/bin/python" -c 'import libsandbox; libsandbox.stop_keeper(force=True)' >/dev/null 2>&1 || true
    rm -rf "$runtime"
}
trap finish EXIT
export LIBSANDBOX_LIBRARY=$library
export LIBSANDBOX_RUNTIME_DIR=$runtime
export LIBSANDBOX_IDLE_SECONDS=60
unset PYTHONPATH

cd "$here"
"$venv/bin/mypy" --cache-dir "$build/python-mypy"
# Not `python -m pytest`, which would put the tree before the package that was installed.
PYTHONDONTWRITEBYTECODE=1 "$venv/bin/pytest" -p no:cacheprovider -q \
    --junitxml="$build/meson-logs/python.xml" "$@" tests
