#!/usr/bin/env bash
# The whole life of sandboxes with KVM, through the command line. Run in the VM of run.sh, but any machine with KVM
# will do: it uses the user's image and makes directories of its own.
#   tests/nested/smoke.sh [SBX]
set -euo pipefail

sbx=${1:-$(dirname "$0")/../../build/subprojects/sbx/sbx}
sbx=$(realpath "$sbx")
images=$("$sbx" image list --json | sed -n 's/.*"path" *: *"\([^"]*\)".*/\1/p' | head -n 1)
[ -n "$images" ] || {
    echo "smoke.sh: there is no base image; run: $sbx image build" >&2
    exit 1
}
place=$(mktemp -d /tmp/sbxn-XXXXXX)
chmod 755 "$place"
mkdir "$place/data"
ln -s "$(dirname "$(dirname "$images")")" "$place/data/images"
export LIBSANDBOX_DATA_DIR=$place/data LIBSANDBOX_RUNTIME_DIR=$place/r LIBSANDBOX_SPARES=0
start=("$sbx" create --quiet --timeout 1h --start-timeout 10m)

leave() {
    "$sbx" keeper stop --force >/dev/null 2>&1 || true
    rm -rf "$place"
}
trap leave EXIT
trap 'echo "smoke.sh: failed in line $LINENO: $BASH_COMMAND" >&2' ERR

# Tells how long a step takes: step TEXT COMMAND...; its output is in $said.
step() {
    local text=$1 from=${EPOCHREALTIME/./}
    shift
    said=$("$@" </dev/null)
    printf '%8d ms  %s\n' "$(((${EPOCHREALTIME/./} - from) / 1000))" "$text"
}

# check TEXT A TEST B
check() {
    test "$2" "$3" "$4" && printf '            %s\n' "$1" && return
    echo "smoke.sh: not so: $1 ($2 $3 $4)" >&2
    exit 1
}

# To a second: what the guest says is between the host's before and after.
check_clock() {
    local before after guest
    before=$(date +%s)
    guest=$("$sbx" exec "$1" -- date +%s)
    after=$(date +%s)
    check "its clock is right" "$((guest >= before - 1 && guest <= after + 1))" -eq 1
}

# Of the keepers of this directory.
processes() {
    pgrep -f -- "$place/r/" || true
}

all_gone() {
    for pid; do
        tail --pid="$pid" --sleep-interval=0.1 -f /dev/null
    done
}

step "doctor" "$sbx" doctor
grep -E '^ok +accelerator +kvm' <<<"$said"
step "run, with nothing cached" "$sbx" run --start-timeout 10m -- ls -lh /
step "template build" "$sbx" template build
step "create from the template" "${start[@]}"
one=$said
step "the next" "${start[@]}"
two=$said
step "exec" "$sbx" exec "$one" -- true
step "exec" "$sbx" exec "$one" -- cat /sys/devices/system/clocksource/clocksource0/current_clocksource
check "its clock is kvm-clock" "$said" = kvm-clock
check_clock "$one"
step "boot_id" "$sbx" exec "$one" -- cat /proc/sys/kernel/random/boot_id
check "and is not the other's" "$said" != "$("$sbx" exec "$two" -- cat /proc/sys/kernel/random/boot_id)"
"$sbx" exec --detach "$one" -- sh -c 'while :; do echo >>/tmp/count; sleep 0.1; done' >/dev/null
step "fork, of one that runs something" "$sbx" fork --quiet --timeout 1h "$one"
child=$said
count=$("$sbx" exec "$child" -- wc -l /tmp/count | cut -d' ' -f1)
step "in the child" "$sbx" exec "$child" -- sh -c 'sleep 1; wc -l </tmp/count'
check "it goes on" "$said" -gt "$count"
check_clock "$child"
step "kill" "$sbx" kill "$child"
step "pause" "$sbx" pause "$one"
sleep 3
step "resume" "$sbx" resume "$one"
check_clock "$one"
"$sbx" exec "$one" -- sh -c 'echo kept >/tmp/kept'
step "snapshot create" "$sbx" snapshot create "$one" smoke
step "create from the snapshot" "${start[@]}" --root smoke
step "exec" "$sbx" exec "$said" -- cat /tmp/kept
check "it has what was there" "$said" = kept
keeper=$(pgrep -f -- "--vm-dir=$place/r/" | head -n 1)
mapfile -t family < <(processes)
check "the keeper and 3 VMs run" "${#family[@]}" -eq 4
family+=("$(ps -o ppid= -p "$keeper" | tr -d ' ')") # its init, which is the launcher
kill -9 "$keeper"
step "SIGKILL to the keeper" all_gone "${family[@]}"
check "no mount is left" "$(grep -c "$place/r" /proc/mounts || true)" -eq 0
echo "smoke.sh: all of it works"
