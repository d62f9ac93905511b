#!/usr/bin/env bash
# Installs the Debian packages that the given lists name and that are missing. Uses sudo when it is not run
# by root. A line of a list is a package, or a package and a command that makes it unnecessary.
#
#   examples/install-packages.sh LIST...
set -euo pipefail

missing=()
while read -r package command; do
    [ -n "$command" ] && command -v "$command" >/dev/null 2>&1 && continue
    status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
    [ "$status" = "install ok installed" ] || missing+=("$package")
done < <(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@")

if [ ${#missing[@]} -eq 0 ]; then
    echo "packages: all there"
    exit 0
fi
root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
        echo "install-packages: run as root, or install sudo; missing: ${missing[*]}" >&2
        exit 1
    }
    root=(sudo)
fi
echo "packages: installing ${#missing[@]}: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
run() {
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive "$@" >"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        echo "install-packages: '$*' failed" >&2
        exit 1
    }
}
run apt-get update -q
run apt-get install -q -y --no-install-recommends "${missing[@]}"
echo "packages: installed"
