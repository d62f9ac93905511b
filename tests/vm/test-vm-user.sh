#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The same for an ordinary user: a short part of test-vm-session as somebody who is not root, with
# the usual directories, without XDG_RUNTIME_DIR, and with a home that cannot be written. Output is
# TAP.
#   usage: test-vm-user.sh PATH_TO_TEST_VM_SESSION
#
# When root runs it, SBX_TEST_USER names the user; otherwise it is the first one with a home, or, on a
# machine without any, a number that nobody has.
set -u

program=$(realpath "${1:?usage: test-vm-user.sh PATH_TO_TEST_VM_SESSION}")
count=0
failures=0

skip() {
    echo "1..0 # SKIP $1"
    [ "${SBX_TEST_MUST_RUN:-}" = 1 ] && exit 1
    exit 77
}

[ "$(id -u)" -eq 0 ] || skip "test-vm-session itself runs as an ordinary user here"
first_user() {
    getent passwd | awk -F: '$3 >= 1000 && $3 < 60000 && $6 ~ "^/home/" {print $1; exit}'
}
user=${SBX_TEST_USER:-$(first_user)}
if [ -n "$user" ]; then
    uid=$(id -u "$user")
    identity=(--reuid="$uid" --regid="$(id -g "$user")" --init-groups)
else
    user=60998
    uid=$user
    identity=(--reuid="$uid" --regid="$uid" --clear-groups)
fi
images=${LIBSANDBOX_DATA_DIR:-/var/lib/libsandbox}/images
[ -d "$images" ] || skip "there is no base image; run \`sbx image build\`"

# as_user VAR=VALUE... COMMAND
as_user() {
    setpriv "${identity[@]}" --reset-env env "$@"
}
as_user test -x "$program" || skip "$user cannot reach $program; build elsewhere"

scratch=$(mktemp -d /tmp/sbxu-XXXXXX)
chmod 755 "$scratch"
mkdir -p "$scratch/home/.local/share/libsandbox" "$scratch/run"
cp -rL --reflink=auto "$images" "$scratch/home/.local/share/libsandbox/images"
chown -R "$uid" "$scratch/home" "$scratch/run"
chmod 700 "$scratch/run"
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT

# check NAME VAR=VALUE... COMMAND
check() {
    local name=$1
    shift
    count=$((count + 1))
    if as_user "$@" >"$scratch/out" 2>&1; then
        echo "ok $count - $name"
    else
        failures=$((failures + 1))
        echo "not ok $count - $name"
    fi
    sed 's/^/# /' "$scratch/out"
}

# With SBX_TEST_OWN_DIRECTORIES the program uses the directories of its environment.
basic=(SBX_TEST_MUST_RUN=1 SBX_TEST_TIME_FACTOR="${SBX_TEST_TIME_FACTOR:-1}" HOME="$scratch/home"
    CK_RUN_CASE=basic)
check "an ordinary user" "${basic[@]}" "$program"
check "without XDG_RUNTIME_DIR" "${basic[@]}" SBX_TEST_OWN_DIRECTORIES=1 "$program"
chmod -R a-w "$scratch/home"
check "with a home that cannot be written" "${basic[@]}" XDG_RUNTIME_DIR="$scratch/run" \
    SBX_TEST_OWN_DIRECTORIES=1 "$program"

left=$(find "$scratch/run" "/tmp/libsandbox-$uid" -mindepth 1 ! -name '*.lock' ! -name keeper.log \
    ! -name libsandbox 2>/dev/null)
count=$((count + 1))
if [ -z "$left" ]; then
    echo "ok $count - nothing is left"
else
    failures=$((failures + 1))
    echo "not ok $count - nothing is left: $left"
fi
echo "1..$count"
[ "$failures" -eq 0 ]
