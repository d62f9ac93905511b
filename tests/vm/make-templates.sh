#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Builds the templates that tests with guests may start theirs from (see vm_use_templates() in
# vm-env.h), so that not each of them boots what others have booted.
#   usage: make-templates.sh PATH_TO_SBX DIRECTORY
#
# DIRECTORY is new, with a short path, and is removed by whoever had it made. Prints the line that
# tests need in their environment: SBX_TEST_TEMPLATES=PATH
set -euo pipefail

sbx=${1:?usage: make-templates.sh PATH_TO_SBX DIRECTORY}
top=${2:?usage: make-templates.sh PATH_TO_SBX DIRECTORY}
data=${LIBSANDBOX_DATA_DIR:-}
images=$("$sbx" image list --json | grep -o '"path" *: *"[^"]*"' | head -n1 | sed 's/.*"\(.*\)"/\1/')
[ -n "$images" ] || {
    echo "make-templates.sh: there is no base image; run \`sbx image build\`" >&2
    exit 1
}
[ -n "$data" ] || { [ "$(id -u)" -eq 0 ] && data=/var/lib/libsandbox; }

# The keeper of root is another user.
mkdir -p "$top/data/cache"
chmod 755 "$top"
ln -s "$(dirname "$(dirname "$images")")" "$top/data/images"
[ -d "$data/cache/libvirt" ] && ln -s "$data/cache/libvirt" "$top/data/cache/libvirt"
export LIBSANDBOX_DATA_DIR=$top/data LIBSANDBOX_RUNTIME_DIR=$top/r LIBSANDBOX_SPARES=0
unset LIBSANDBOX_TEMPLATES
trap '"$sbx" keeper stop --force >&2' EXIT

# What vm_create() makes, what programs share, and what one gets who asks for nothing.
"$sbx" --quiet template build --memory 256MiB >&2
"$sbx" --quiet template build --memory 512MiB >&2
"$sbx" --quiet template build >&2
echo "SBX_TEST_TEMPLATES=$top/data/cache/templates"
