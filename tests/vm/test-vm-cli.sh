#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The command line with real sandboxes: streams and exit codes of `run`, a sandbox that one terminal
# creates and another one uses, Ctrl-C, deadlines, JSON. Output is TAP.
#   usage: test-vm-cli.sh PATH_TO_SBX
#
# SBX_TEST_MUST_RUN=1 makes a failure of what would otherwise be skipped (exit status 77).
set -u

sbx=${1:?usage: test-vm-cli.sh PATH_TO_SBX}
data=${LIBSANDBOX_DATA_DIR:-}
scratch=$(mktemp -d /tmp/sbxv-XXXXXX)
chmod 755 "$scratch" # the keeper of root is another user
count=0
failures=0
unset NO_COLOR

skip() {
    rm -rf "$scratch"
    echo "1..0 # SKIP $1"
    [ "${SBX_TEST_MUST_RUN:-}" = 1 ] && exit 1
    exit 77
}

# The base image of whoever runs this, everything else of our own; as in vm-env.c.
images=$("$sbx" image list --json 2>/dev/null | grep -o '"path" *: *"[^"]*"' | head -n1 |
    sed 's/.*"\(.*\)"/\1/')
[ -n "$images" ] || skip "there is no base image; run \`sbx image build\`"
command -v qemu-system-x86_64 >/dev/null || skip "there is no qemu-system-x86_64"
[ -n "$data" ] || { [ "$(id -u)" -eq 0 ] && data=/var/lib/libsandbox; }
mkdir -p "$scratch/data/cache"
ln -s "$(dirname "$(dirname "$images")")" "$scratch/data/images"
[ -d "$data/cache/libvirt" ] && ln -s "$data/cache/libvirt" "$scratch/data/cache/libvirt"
export LIBSANDBOX_DATA_DIR=$scratch/data LIBSANDBOX_RUNTIME_DIR=$scratch/r
export LIBSANDBOX_SPARES=0 LIBSANDBOX_TEMPLATES=0

finish() {
    "$sbx" keeper stop --force >/dev/null 2>&1
    rm -rf "$scratch"
}
trap finish EXIT

# ok NAME CONDITION...
ok() {
    local name=$1
    shift
    count=$((count + 1))
    if "$@"; then
        echo "ok $count - $name"
    else
        failures=$((failures + 1))
        echo "not ok $count - $name ($*)"
        for f in "$scratch/out" "$scratch/err"; do
            [ -s "$f" ] && sed "s|^|# $(basename "$f"): |" "$f"
        done
    fi
}

# run ARGS...: sets $status, fills $scratch/out and $scratch/err
run() {
    "$sbx" "$@" >"$scratch/out" 2>"$scratch/err"
    status=$?
}
is() { [ "$1" = "$2" ]; }
out_is() { [ "$(cat "$scratch/out")" = "$1" ]; }
out_has() { grep -q -e "$1" "$scratch/out"; }
err_has() { grep -q -e "$1" "$scratch/err"; }

id_pattern='^sbx_[a-z]\{3\}_[0-9a-hjkmnp-z]\{20\}$'
small="--memory 256MiB"

# --- run ---

run run $small -- ls -lh / </dev/null
ok "run: exit status" is $status 0
ok "run: output" out_has '^drwx.* etc$'
printf 'some input\n' | "$sbx" run $small -e WORD=given -- \
    sh -c 'cat; echo $WORD; echo complaint >&2; exit 7' >"$scratch/out" 2>"$scratch/err"
status=$?
ok "run: the command's exit status" is $status 7
ok "run: standard input and environment" out_is "some input
given"
ok "run: standard error" err_has '^complaint$'
run run $small -- no-such-program </dev/null
ok "run: no such program is 127" is $status 127
ok "run: says which" err_has no-such-program
run run $small --timeout 3s -- sleep 1000 </dev/null
ok "run: 124 after its time" is $status 124
run run --image no-such-image -- true </dev/null
ok "run: 125 without a sandbox" is $status 125
ok "run: names the image" err_has no-such-image
run list --quiet
ok "run leaves no sandbox" out_is ""

# --- two terminals ---

mkfifo "$scratch/pipe"
"$sbx" create $small --label who=me >"$scratch/pipe" 2>"$scratch/err" &
creator=$!
exec 3<"$scratch/pipe"
read -r line <&3
id=$(echo "$line" | sed -n "s/^Created sandbox with id '\(.*\)'$/\1/p")
ok "create prints the id" grep -q "$id_pattern" <<<"$id"
read -r line <&3
ok "create says how to stop" is "$line" "Ctrl+C to stop the sandbox"
run exec "$id" -- whoami </dev/null
ok "exec: output" out_is app
run exec "$id" --user root -- sh -c 'echo kept > /root/file; exit 3' </dev/null
ok "exec: exit status" is $status 3
run exec "$id" -- sudo cat /root/file </dev/null
ok "exec: the same sandbox again" out_is kept
run exec "$id" -- sh -c 'kill -9 $$' </dev/null
ok "exec: 137 by SIGKILL" is $status 137
run list --quiet
ok "list --quiet" out_is "$id"
run list
ok "list: a table" out_has "^$id  *running .*who=me"
run list --json
ok "list --json" python3 -c '
import json, sys
item, = json.load(open(sys.argv[1]))
assert item["id"] == sys.argv[2] and item["status"] == "running", item
assert item["deadline_ms"] is None and item["labels"] == {"who": "me"}, item
assert item["memory"] == 256 << 20 and item["cpus"] == 2, item
' "$scratch/out" "$id"
run list --quiet --label who=you
ok "list --label" out_is ""

run exec "$id" --timeout 2s -- bash -c 'setsid setsid sleep 4242 & trap "" TERM; sleep 4242' </dev/null
ok "exec: 124 at its deadline" is $status 124
run exec "$id" -- pgrep -f 'sleep 424[2]' </dev/null
ok "exec: at its deadline nothing of it escapes" out_is ""
# A shell on a terminal that changes its size meanwhile.
cat >"$scratch/shell.py" <<'END'
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], "exec", "-it", "-e", "TERM=dumb", "-e", "PS1=ready> ", sys.argv[2],
                           "--", "bash", "--norc", "--noprofile"])
shown = b""
def size(rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
def wait(text):
    global shown
    while text not in shown:
        shown += os.read(fd, 4096)
    shown = shown.split(text, 1)[1]
wait(b"ready> ")
size(41, 123)
os.write(fd, b"until stty size | grep -q '41 123'; do sleep 0.1; done; echo re''sized\r")
wait(b"resized\r\n")
os.write(fd, b"exit 9\r")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
timeout 60 python3 "$scratch/shell.py" "$sbx" "$id" >"$scratch/out" 2>"$scratch/err"
status=$?
ok "exec -it: a shell that sees its terminal's new size" is $status 9

# What cannot be written is lost, and says so.
"$sbx" exec "$id" -- echo lost >&- 2>"$scratch/err" </dev/null
ok "exec: 125 when standard output is closed" is $? 125

# A signal to the second terminal's command reaches what it runs, not the sandbox. (SIGTERM: the
# background jobs of a shell ignore SIGINT. See below for a real Ctrl-C.)
mkfifo "$scratch/started"
"$sbx" exec "$id" -- sh -c 'trap "echo caught; exit 9" TERM; echo ready; sleep 1000 & wait' \
    >"$scratch/started" 2>"$scratch/err" </dev/null &
runner=$!
exec 4<"$scratch/started"
read -r line <&4
ok "exec: the command runs" is "$line" ready
kill -TERM $runner
read -r line <&4
ok "exec: a signal is passed on to the command" is "$line" caught
wait $runner
ok "exec: and its exit status is passed back" is $? 9
exec 4<&-
run exec "$id" -- true </dev/null
ok "exec: the sandbox is still there" is $status 0

# A server in the sandbox, and ports here that lead to it.
mkfifo "$scratch/served" "$scratch/forwarded"
"$sbx" exec "$id" -- python3 -u -m http.server --bind 127.0.0.1 --directory /etc 8000 \
    >"$scratch/served" 2>/dev/null </dev/null &
server=$!
exec 4<"$scratch/served"
read -r line <&4
run ports "$id"
ok "ports: a table" out_has '^8000  *127\.0\.0\.1  *[0-9]\+ .*python3'
run ports --quiet "$id"
ok "ports --quiet" out_has '^8000$'
"$sbx" forward --quiet "$id" 0:8000 "$scratch/here.sock:8000" >"$scratch/forwarded" 2>"$scratch/err" &
forwarder=$!
exec 5<"$scratch/forwarded"
read -r address <&5
read -r path <&5
ok "forward --quiet: says where" is "$path" "$scratch/here.sock"
ok "forward: leads there" python3 -c '
import sys, urllib.request
assert b"root" in urllib.request.urlopen("http://" + sys.argv[1] + "/passwd").read()
' "$address"
ok "forward: a unix socket" python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(b"GET /passwd HTTP/1.0\r\n\r\n")
assert b"200 OK" in s.makefile("rb").read()
' "$path"
run forward "$id" "${address##*:}:8000"
ok "forward: 1 when the port is taken" is $status 1
ok "forward: says so" err_has 'in use'
kill -TERM $forwarder
wait $forwarder
ok "forward: ends well after a signal" is $? 0
ok "forward: leaves no socket" test ! -e "$path"
exec 5<&-
kill -TERM $server
wait $server
exec 4<&-

# Ctrl-C in the first.
kill -TERM $creator
wait $creator
ok "create: ends well after a signal" is $? 0
exec 3<&-
run exec "$id" -- true </dev/null
ok "exec: 125 when the sandbox has gone" is $status 125
ok "exec: names it" err_has "$id"
run list --quiet
ok "nothing is listed" out_is ""

# A real Ctrl-C, on a terminal of its own.
python3 - "$sbx" $small >"$scratch/out" 2>"$scratch/err" <<'PYTHON'
import os, pty, subprocess, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], "create", *sys.argv[2:]])
seen = b""
def read():
    try:
        return os.read(terminal, 1000)
    except OSError:
        return b""
while b"Ctrl+C to stop" not in seen:
    chunk = read()
    if not chunk:
        sys.exit("it ended: %r" % seen)
    seen += chunk
os.write(terminal, b"\x03")
while read():
    pass
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
left = subprocess.run([sys.argv[1], "list", "--quiet"], capture_output=True, text=True).stdout
print(status, repr(left))
PYTHON
ok "create: Ctrl-C on a terminal ends it and the sandbox" out_is "0 ''"

# --- with a deadline ---

run create $small --timeout 5m --json
ok "create --timeout returns" is $status 0
id=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["id"])' "$scratch/out")
ok "create --json" grep -q "$id_pattern" <<<"$id"
run exec "$id" -- echo alive </dev/null
ok "it lives on" out_is alive
run extend "$id" 10m
ok "extend" out_has "$id lives for another"
run env set "$id" GREETING='good morning' GONE=x
ok "env set" is $status 0
run env delete "$id" GONE
run exec "$id" -- sh -c 'echo $GREETING ${GONE-none}' </dev/null
ok "a command sees it" out_is "good morning none"
run env get "$id" GREETING
ok "env get" out_is "good morning"
run env list --json "$id"
ok "env list --json" out_is '{"GREETING":"good morning"}'
run stats "$id"
ok "stats" out_has "^$id .* / 256 MiB "
run events "$id"
ok "events" out_has " process-exited pid [0-9]* exit code 0: sh -c "
run logs --console "$id"
ok "logs --console" out_has 'EXT4-fs\|Linux version'
run list --status running --quiet
ok "list --status" out_is "$id"
run list --status paused --quiet
ok "list --status, of none" out_is ""
mkfifo "$scratch/followed"
"$sbx" events --follow --json "$id" >"$scratch/followed" 2>&1 &
follower=$!
exec 5<"$scratch/followed"
read -r _ <&5 # what has been: so it follows
run kill "$id"
ok "kill" is $status 0
run logs "$id"
ok "logs of one that has ended" out_has ' ended it was killed$'
followed=$(cat <&5)
exec 5<&-
wait $follower
ok "events --follow ends with the sandbox" is $? 0
ok "events --follow tells of the end" grep -q '"type":"ended"' <<<"$followed"
run exec "$id" --json -- true </dev/null
ok "exec --json: 125" is $status 125
ok "exec --json: an error object" python3 -c '
import json, sys
error = json.loads(open(sys.argv[1]).read().splitlines()[-1])
assert "error" in error, error' "$scratch/err"
run kill sbx_loc_00000000000000000000
ok "kill: an id that does not exist" test $status -le 1
run kill nonsense
ok "kill: what is no id fails" test $status -ne 0

# --- the owner dies ---

"$sbx" create $small >"$scratch/pipe" 2>/dev/null &
creator=$!
exec 3<"$scratch/pipe"
read -r line <&3
id=${line#*\'}
id=${id%\'*}
kill -KILL $creator
wait $creator 2>/dev/null
# Another sandbox takes longer to come up than that one has to go.
run run $small -- true </dev/null
run list --quiet
ok "create killed: its sandbox is gone" out_is ""
exec 3<&-

# --- a guest that does not answer ---

# Stops the VM of a sandbox; sets $vm
stop_vm() {
    vm=$(pgrep -f "^[^ ]*qemu-system.* guest=$1,")
    kill -STOP "$vm"
}
# Whether a child of ours ends by itself; sets $status. It may take a guest 5 s to say nothing.
ends() {
    timeout 40 tail --pid="$1" -f /dev/null || { kill -KILL "$1"; return 1; }
    wait "$1"
    status=$?
}
# Until it takes signals as events, which it does before it asks the guest for anything.
takes_signals() {
    timeout 20 sh -c "until grep -q '^SigBlk:.*[4-7c-f]...\$' /proc/$1/status; do sleep 0.1; done"
}

"$sbx" run $small -- sh -c 'echo ready; exec sleep 1000' >"$scratch/started" 2>"$scratch/err" \
    </dev/null &
runner=$!
exec 4<"$scratch/started"
read -r line <&4
run list --quiet
stop_vm "$(cat "$scratch/out")"
kill -TERM $runner
ok "run: one SIGTERM ends it when the guest does not take it" ends $runner
ok "run: as interrupted" is $status 130
ok "run: and its VM has gone" test ! -e "/proc/$vm"
exec 4<&-
run list --quiet
ok "run: and its sandbox" out_is ""

run create $small --timeout 5m --quiet
id=$(cat "$scratch/out")
stop_vm "$id"
"$sbx" exec "$id" -- true >"$scratch/out" 2>"$scratch/err" </dev/null &
runner=$!
ok "exec: waits for the guest" takes_signals $runner
kill -TERM $runner
ok "exec: SIGTERM ends it while the command is being started" ends $runner
ok "exec: as interrupted, too" is $status 130
kill -CONT "$vm"
"$sbx" exec "$id" -- sh -c 'echo ready; exec sleep 1000' >"$scratch/started" 2>"$scratch/err" \
    </dev/null &
runner=$!
exec 4<"$scratch/started"
read -r line <&4
kill -STOP "$vm"
kill -INT $runner # ignored: a shell's background job
kill -TERM $runner
kill -TERM $runner
ok "exec: two SIGTERM end it" ends $runner
exec 4<&-
run kill "$id"
ok "kill: of one that does not answer" is $status 0
ok "kill: its VM has gone" test ! -e "/proc/$vm"

run keeper stop
ok "keeper stop" is $status 0
left=$(find "$scratch/r" "$scratch/data/disks" -mindepth 1 ! -name '*.lock' ! -name keeper.log)
ok "nothing is left" is "$left" ""

echo "1..$count"
[ "$failures" -eq 0 ]
