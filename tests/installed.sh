#!/usr/bin/env bash
# Installs into a prefix of its own and uses what is there: headers, pkg-config, library, helpers, sbx.
#   tests/installed.sh BUILD_DIR
set -euo pipefail

build=$(realpath "$1")
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
trap 'echo "failed at line $LINENO: $BASH_COMMAND" >&2' ERR
# The build's own prefix stays what it is: a moved installation must work as well.
DESTDIR="$prefix/dest" meson install -C "$build" --no-rebuild >"$prefix/install.log" || {
    cat "$prefix/install.log" >&2
    exit 1
}
root=$prefix/dest/usr/local
export PKG_CONFIG_PATH
PKG_CONFIG_PATH=$(dirname "$(find "$root" -name libsandbox.pc)")
libdir=$(dirname "$PKG_CONFIG_PATH")
read -ra flags < <(pkg-config --define-variable=prefix="$root" --cflags --libs libsandbox)
cc examples/hello.c -o "$prefix/hello" "${flags[@]}"
# Not `ldd | grep -q`: grep ends at its first match, and the signal that then kills ldd fails the pipe.
loaded=$(LD_LIBRARY_PATH=$libdir ldd "$prefix/hello")
grep -q "$libdir/libsandbox.so.0" <<<"$loaded"
export LD_LIBRARY_PATH=$libdir
"$root/bin/sbx" --version
unset LIBSANDBOX_LIBEXEC_DIR
"$root/bin/sbx" image list >/dev/null
"$root/bin/sbx" --json doctor >/dev/null || [ $? -eq 1 ]
[ "$(head -n 1 "$root/share/man/man3/sbx_create.3")" = ".so man3/sandbox-handle.3" ]
grep -q 'id="sbx_create"' "$root/share/doc/libsandbox/html/handle.html"
for helper in sbx-launch sbx-keeper sbx-agent sbx-image sbx-transfer build-image; do
    [ -n "$(find "$root/libexec" -name "$helper")" ] || {
        echo "not installed: $helper" >&2
        exit 1
    }
done
