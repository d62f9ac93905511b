#!/usr/bin/env bash
# Installs into a prefix of its own and uses what is there: headers, pkg-config, library, helpers, sbx.
#   tests/installed.sh BUILD_DIR
set -euo pipefail

build=$(realpath "$1")
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
# The build's own prefix stays what it is: a moved installation must work as well.
DESTDIR="$prefix/dest" meson install -C "$build" --no-rebuild >/dev/null
root=$prefix/dest/usr/local
export PKG_CONFIG_PATH
PKG_CONFIG_PATH=$(dirname "$(find "$root" -name libsandbox.pc)")
libdir=$(dirname "$PKG_CONFIG_PATH")
read -ra flags < <(pkg-config --define-variable=prefix="$root" --cflags --libs libsandbox)
cc examples/hello.c -o "$prefix/hello" "${flags[@]}"
LD_LIBRARY_PATH=$libdir ldd "$prefix/hello" | grep -q "$libdir/libsandbox.so.0"
export LD_LIBRARY_PATH=$libdir
"$root/bin/sbx" --version
unset LIBSANDBOX_LIBEXEC_DIR
"$root/bin/sbx" image list >/dev/null
"$root/bin/sbx" --json doctor >/dev/null || [ $? -eq 1 ]
for helper in sbx-launch sbx-keeper sbx-agent sbx-image build-image; do
    find "$root/libexec" -name "$helper" | grep -q . || {
        echo "not installed: $helper" >&2
        exit 1
    }
done
