#!/usr/bin/env bash
# The bindings as a user gets them: after `meson install`, `pip install` of the tree and of a built wheel, `npm
# install` of the packed package; then the first program of each, in a VM.
#   tests/installed-bindings.sh BUILD_DIR
#
# Installs into a place of its own; the tree and this machine's Python and Node stay as they are.
set -euo pipefail

build=$(realpath "$1")
place=$(mktemp -d /tmp/sbxi-XXXXXX)
chmod 0755 "$place"
stop() {
    LIBSANDBOX_RUNTIME_DIR=$place/run "$place/dest/usr/local/bin/sbx" keeper stop --force >/dev/null 2>&1 || true
    rm -rf "$place"
}
trap stop EXIT
trap 'echo "failed at line $LINENO: $BASH_COMMAND" >&2' ERR
DESTDIR="$place/dest" meson install -C "$build" --no-rebuild >"$place/install.log" || {
    cat "$place/install.log" >&2
    exit 1
}
library=$(find "$place/dest" -name libsandbox.so.0)
# What ldconfig is for an installation in its own place.
LD_LIBRARY_PATH=$(dirname "$library")
export LD_LIBRARY_PATH LIBSANDBOX_RUNTIME_DIR=$place/run
unset LIBSANDBOX_LIBRARY LIBSANDBOX_LIBEXEC_DIR PYTHONPATH NODE_PATH
cp -r bindings/python bindings/node "$place" # pip and npm write into what they build

three_lines_of_python() {
    "$1/bin/python" - <<'END'
from libsandbox import Sandbox
with Sandbox.create() as sandbox:
    print(sandbox.sh("ls -lh /").text())
END
}

python3 -m venv "$place/tree"
"$place/tree/bin/pip" install -q "$place/python"
listing=$(three_lines_of_python "$place/tree")
grep -q ' home$' <<<"$listing"
echo "ok       pip install of the tree, and three lines"

"$place/tree/bin/pip" wheel -q --no-deps -w "$place/wheels" "$place/python"
python3 -m venv "$place/wheel"
"$place/wheel/bin/pip" install -q --no-index "$place"/wheels/*.whl
listing=$(three_lines_of_python "$place/wheel")
grep -q ' home$' <<<"$listing"
echo "ok       pip install of a wheel, and three lines"

# A wheel that carries the library. The helper programs it then looks for are those that are installed.
mkdir -p "$place/python/libsandbox/_lib"
cp "$library" "$place/python/libsandbox/_lib/libsandbox.so.0"
"$place/tree/bin/pip" wheel -q --no-deps -w "$place/carrying" "$place/python"
"$place/wheel/bin/pip" install -q --no-index --force-reinstall "$place"/carrying/*.whl
loaded=$(env -u LD_LIBRARY_PATH "$place/wheel/bin/python" -c 'from libsandbox._library import lib; print(lib.path)')
grep -q '/_lib/libsandbox.so.0$' <<<"$loaded"
echo "ok       a wheel that carries the library"

mkdir "$place/project"
(cd "$place/node" && npm pack --silent --ignore-scripts --pack-destination "$place" >/dev/null)
cd "$place/project"
echo '{"name": "first", "private": true, "type": "module"}' >package.json
PKG_CONFIG_SYSROOT_DIR=$place/dest PKG_CONFIG_PATH=$(dirname "$(find "$place/dest" -name libsandbox.pc)") \
    npm install --silent --no-audit --no-fund "$place"/libsandbox-*.tgz
cat >first.mjs <<'END'
import { Sandbox } from "libsandbox";
const sandbox = await Sandbox.create();
await sandbox.sh`ls -lh /`;
await sandbox.close();
END
listing=$(node first.mjs)
grep -q ' home$' <<<"$listing"
echo "ok       npm install of the package, and three lines"
