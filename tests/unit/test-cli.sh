#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The command line without any sandbox: help, wrong usage, suggestions, JSON errors, completion
# scripts, the manual page. Output is TAP.   usage: test-cli.sh PATH_TO_SBX
set -u

sbx=${1:?usage: test-cli.sh PATH_TO_SBX}
top=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
unset NO_COLOR POSIXLY_CORRECT
# No keeper of anybody's.
export LIBSANDBOX_RUNTIME_DIR=$scratch/run
mkdir -m 700 "$scratch/run"
count=0
failures=0

# result STATUS NAME
result() {
    count=$((count + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $count - $2"
    else
        failures=$((failures + 1))
        echo "not ok $count - $2"
        sed 's/^/# out: /' "$scratch/out"
        sed 's/^/# err: /' "$scratch/err"
    fi
}

# expect NAME STATUS OUT ERR ARGS...: exit status, and patterns for stdout and stderr; an empty
# pattern wants an empty stream.
expect() {
    local name=$1 status=$2 out=$3 err=$4 got bad=0
    shift 4
    "$sbx" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
    got=$?
    [ "$got" -eq "$status" ] || { bad=1; echo "# exit status $got, not $status"; }
    matches "$out" "$scratch/out" || bad=1
    matches "$err" "$scratch/err" || bad=1
    result $bad "$name"
}

matches() {
    if [ -z "$1" ]; then
        [ ! -s "$2" ]
    else
        grep -q -e "$1" "$2"
    fi
}

# The commands, as the main help lists them, and the long options of a help text.
commands() {
    "$sbx" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]\+\( [a-z]\+\)\?\)  .*/\1/p'
}
long_options() {
    "$sbx" "$@" --help | grep -o -e '^  [-,a-zA-Z ]*--[a-z-]*' | grep -o -e '--[a-z-]*'
}

expect "main help" 0 '^Usage: sbx ' '' --help
expect "short form" 0 '^Usage: sbx ' '' -h
expect "help command" 0 '^Usage: sbx ' '' help
expect "no command at all" 2 '' '^Usage: sbx '
expect "group help" 0 'image build' '' image --help
expect "help of a group" 0 'image build' '' help image
expect "group alone" 2 '' 'image build' image
expect "version" 0 '^sbx [0-9]' '' version
expect "--version" 0 '^sbx [0-9]' '' --version
expect "version as JSON" 0 '^{"sbx":"[0-9.]*","libsandbox":"[0-9.]*"}$' '' --json version
expect "JSON behind the command" 0 '^{"sbx"' '' version --json

number=0
while read -r command; do
    number=$((number + 1))
    read -ra words <<<"$command"
    expect "$command --help" 0 "^Usage: sbx $command" '' "${words[@]}" --help
    expect "help $command" 0 "^Usage: sbx $command" '' help "${words[@]}"
    "$sbx" "${words[@]}" --help | awk 'length > 80 { bad = 1 } END { exit bad }'
    result $? "$command: help fits 80 columns"
done < <(commands)
[ "$number" -ge 36 ]
result $? "main help lists the commands"

expect "unknown command" 2 '' "unknown command 'frobnicate'" frobnicate
expect "unknown command, nearest" 2 '' "did you mean 'sbx list'" lst
expect "unknown word of a group" 2 '' "did you mean 'sbx image build'" image bild
expect "unknown option" 2 '' "did you mean --memory" run --memry 1GiB true
expect "unknown letter" 2 '' 'unknown option -Z' run -Z true
expect "unknown global option" 2 '' 'did you mean --json' --jsom list
expect "value missing" 2 '' '--memory needs a value' run -m
expect "value of a flag" 2 '' 'takes no value' list --json=yes
expect "ambiguous option" 2 '' 'ambiguous' image build --no
expect "one argument too many" 2 '' "unexpected argument 'x'" list x
expect "too few arguments" 2 '' 'needs more arguments' kill
expect "run without a command" 2 '' 'needs a command' run
expect "run -- without a command" 2 '' 'needs a command' run --
expect "exec without an id" 2 '' 'needs more arguments' exec
expect "exec without a command" 2 '' 'needs a command' exec sbx_abc_00000000000000000000
expect "exec: options end at the command" 2 '' 'needs a command' exec sbx_abc_0 -e A=B -w / --
expect "exec: option behind the id" 2 '' 'unknown option --bogus' exec sbx_abc_0 --bogus ls
expect "exec: bad deadline" 2 '' 'option --timeout' exec --timeout soon sbx_abc_0 ls
expect "ps without an id" 2 '' 'needs more arguments' ps
expect "attach without a process" 2 '' 'needs more arguments' attach sbx_abc_0
expect "attach: not a number" 2 '' 'not the number of a process' attach sbx_abc_0 first
expect "signal: not a signal" 2 '' "'NOTHING' is not a signal" signal sbx_abc_0 1 NOTHING
expect "signal: not an id" 1 '' 'not a sandbox id' signal here 1 TERM
expect "ps: no such sandbox, as JSON" 1 '' '^{"error":{"code":"SBX_E_NOT_FOUND"' \
    ps --json sbx_abc_00000000000000000000
expect "bad memory" 2 '' 'option --memory' run -m lots true
expect "bad cpus" 2 '' 'expected COUNT' run -c many true
expect "bad label" 2 '' 'expected KEY=VALUE' run -l nothing true
expect "bad duration" 2 '' 'option --timeout' create --timeout soon
expect "bad wait" 2 '' 'option --wait' run --wait=soon true
expect "--wait needs no value, and takes none from the next word" 2 '' 'needs a command' run --wait
expect "bad number of spares" 2 '' 'expected COUNT' create --spares many
expect "too many spares" 2 '' 'option --spares' create --spares 257
expect "bad root" 2 '' 'option --root' run --root ../etc true
expect "root and image" 125 '' 'not from both' run --root a --image builtin:debian-13 true
expect "extend without a duration" 2 '' 'needs more arguments' extend sbx_abc_0
expect "extend: bad duration" 2 '' "expected DURATION" extend sbx_abc_00000000000000000000 soon
expect "extend: session is no duration" 2 '' 'expected DURATION' extend sbx_abc_0 session
expect "extend: not an id" 1 '' 'not a sandbox id' extend here 5m
expect "extend without a keeper" 1 '' 'there is no sandbox' extend sbx_abc_00000000000000000000 5m
expect "list: bad status" 2 '' 'option --status: expected' list --status tired
expect "list: bad label" 2 '' 'option --label: .*key' list --label =x
expect "list: filtered, without a keeper" 0 '^ID ' '' list -l a -l b=c -s running
expect "list: filtered, as JSON" 0 '^\[\]$' '' list --json -l a
expect "events: bad since" 2 '' 'expected DURATION or now' events --since yesterday
expect "events: not an id" 1 '' 'not a sandbox id' events here
expect "logs without an id" 2 '' 'needs more arguments' logs
expect "logs: not an id" 1 '' 'not a sandbox id' logs --console here
expect "logs: console without a keeper" 1 '' 'there is no sandbox' logs --console \
    sbx_abc_00000000000000000000
expect "stats without a keeper" 0 '0 sandboxes' '' stats
expect "stats without a keeper, as JSON" 0 '^{"sandboxes":\[\],"total":{"cpu":0,' '' stats --json
expect "stats: not an id" 1 '' 'not a sandbox id' stats here
expect "env alone" 2 '' 'env set' env
expect "env set: no value" 2 '' 'expected NAME=VALUE' env set sbx_abc_0 A=B C
expect "env set: not an id" 1 '' 'not a sandbox id' env set here A=B
expect "env get without a name" 2 '' 'needs more arguments' env get sbx_abc_0
expect "env list: not an id" 1 '' 'not a sandbox id' env list here
expect "env delete: not an id" 1 '' 'not a sandbox id' env delete here A
expect "pause without an id" 2 '' 'needs more arguments' pause
expect "pause: not an id" 1 '' 'not a sandbox id' pause here
expect "fork: bad count" 2 '' 'option --count: expected COUNT' fork -n x sbx_abc_00000000000000000000
expect "fork: one id only" 2 '' "unexpected argument 'b'" fork a b
expect "forward without ports" 2 '' 'needs more arguments' forward sbx_abc_00000000000000000000
expect "forward: not a port" 2 '' "expected .*, not '8080:http'" forward sbx_abc_0 8080:http
expect "forward: no guest's port 0" 2 '' "expected .*, not '8080:0'" forward sbx_abc_0 8080:0
expect "forward: port too large" 2 '' "not '65536:1'" forward sbx_abc_0 1:1 65536:1
expect "forward: address without a port" 2 '' "not '::80'" forward sbx_abc_0 [::1]:1:1 ::1:0:80 ::80
expect "forward: not an id" 1 '' 'not a sandbox id' forward here 8080:80 0:/a:b /a:/b 80 [::1]:0:1
expect "ports without an id" 2 '' 'needs more arguments' ports
expect "ports: not an id" 1 '' 'not a sandbox id' ports here
expect "snapshot without a name" 2 '' 'needs more arguments' snapshot create sbx_abc_0
expect "snapshot remove: not a name" 1 '' 'not a name for a snapshot' snapshot remove -- -x
expect "template remove without ids" 2 '' 'needs IDs, or --all' template remove
expect "template remove: ids and --all" 2 '' 'needs IDs, or --all' template remove --all 12345678
expect "template remove: not an id" 1 '' 'not the id of a template' template remove 1234567
expect "template remove: not an id, as JSON" 1 '^\[{"id":"x","removed":false,"error":{' '' \
    template remove --json x
expect "pool fill: bad count" 2 '' 'from 1 to 256' pool fill 0
expect "pool fill: bad timeout" 2 '' 'option --timeout' pool fill --timeout soon 1
expect "pool set without options" 2 '' 'needs --size' pool set
expect "pool set: bad size" 2 '' 'expected COUNT or auto' pool set --size lots
expect "pool set: size out of range" 1 '' 'out of range' pool set --size 257
expect "pool set: bad budget" 2 '' 'option --budget: expected SIZE' pool set --budget lots
expect "pool drain: not an image" 1 '' 'not an image name' pool drain a/b
expect "pool drain without a keeper" 0 '^Ended 0 spares$' '' pool drain
expect "pool drain without a keeper, as JSON" 0 '^{"drained":0}$' '' pool drain --json
expect "limits: bad count" 2 '' 'expected COUNT or none' keeper limits --sandboxes few
expect "limits: bad memory, none set" 2 '' 'expected SIZE or none' keeper limits --vcpus 1 -m lots
expect "copy: nothing in a sandbox" 2 '' 'is in a sandbox: ID:PATH' copy a b
expect "copy: a path with a slash before the colon" 2 '' 'is in a sandbox' copy ./a:b /c:d
expect "copy: one operand" 2 '' 'needs more arguments' copy a
expect "copy: an archive from nowhere" 2 '' 'made of files in a sandbox' copy a -
expect "copy: an archive to nowhere" 2 '' 'extracted into a sandbox' copy - a
expect "copy: an archive of two" 2 '' 'only source' copy sbx_x:a sbx_x:b -
expect "copy: bad policy" 2 '' 'expected replace, refuse or keep' copy --existing lose a sbx_x:b
expect "copy: bad limit" 2 '' 'option --max-bytes: expected SIZE' copy --max-bytes lots a sbx_x:b
expect "copy: bad count" 2 '' 'option --max-entries: expected COUNT' copy --max-entries -1 a sbx_x:b
expect "copy: bad user" 2 '' 'not a user' copy -u '' a sbx_x:b
expect "copy: not an id" 1 '' 'not a sandbox id' copy a here:b
expect "copy: not an id, as JSON" 1 '' '^{"error":{"code":"SBX_E_' copy --json a here:b
expect "unknown shell" 2 '' 'bash, zsh, fish' completion tcsh
expect "help of an unknown command" 2 '' 'unknown command' help frobnicate
expect "control characters are escaped" 2 '' 'command .\\x1b\[31m' $'\033[31m'
expect "JSON error" 2 '' '^{"error":{"code":"SBX_E_INVALID","message":".*","hint":".*"' --json lst
expect "JSON error, flag behind the mistake" 2 '' '^{"error":' list --bogus --json
expect "JSON error of a value" 2 '' '^{"error":{"code":"SBX_E_INVALID"' create --json -m lots
[ "$(wc -l <"$scratch/err")" -eq 1 ]
result $? "JSON error is one line"

"$sbx" --help >/dev/full 2>"$scratch/err"
[ $? -eq 1 ] && grep -q 'No space' "$scratch/err"
result $? "a full disk is reported"
"$sbx" --help >&- 2>"$scratch/err"
[ $? -eq 1 ] && grep -q 'Bad file descriptor' "$scratch/err"
result $? "so is a closed standard output"

# The scripts know every command and every option, and are good syntax.
"$sbx" completion bash >"$scratch/bash" && bash -n "$scratch/bash"
result $? "bash completion: syntax"
for shell in zsh fish; do
    "$sbx" completion $shell >"$scratch/$shell"
    result $? "$shell completion is printed"
    if command -v $shell >"$scratch/out"; then
        $shell -n "$scratch/$shell" 2>"$scratch/err"
        result $? "$shell completion: syntax"
    fi
done
cat >"$scratch/try" <<'END'
sbx() { :; }
source "$1"
COMP_LINE=$2 COMP_POINT=${#2}
_sbx
echo " ${COMPREPLY[*]} "
END
completes() { # LINE WORD: offered; !WORD: not offered
    bash "$scratch/try" "$scratch/bash" "$1" >"$scratch/out" 2>"$scratch/err"
    case $2 in
        !*) ! grep -q -e " ${2#!} " "$scratch/out" ;;
        *) grep -q -e " $2 " "$scratch/out" ;;
    esac
    result $? "bash completes '$1' with $2"
}
completes "sbx " run
completes "sbx image " verify
completes "sbx copy --ex" --exclude
completes "sbx run --me" --memory
completes "sbx run -m 1GiB --d" --disk
completes "sbx exec sbx_x -" --cwd
completes "sbx run ls -" !--memory
completes "sbx completion " fish
completes "sbx fo" forward
completes "sbx snapshot " create
completes "sbx run --wait --ro" --root
completes "sbx run --wait ls -" !--root
completes "sbx list --status pau" paused
completes "sbx env " delete
completes "sbx events --f" --follow
completes "sbx --js" --json

# The manual page, too.
man=$top/doc/man/sbx.1
if [ -f "$man" ]; then
    text=$(sed 's/\\-/-/g; s/\\f.//g' "$man")
    sed -n 's/^\\fB\(sbx[a-z ]*\)\\fR.*/\1/p' "$man" | sort | uniq -d >"$scratch/out"
    [ ! -s "$scratch/out" ]
    result $? "manual page: each command is once in the synopsis"
    while read -r command; do
        read -ra words <<<"$command"
        grep -q -e "^\.B sbx $command\$" <<<"$text"
        result $? "manual page: $command"
        while read -r option; do
            grep -q -e "$option\([^a-z-]\|\$\)" <<<"$text" && grep -q -e "$option" "$scratch/bash"
            result $? "manual page and completion: $command $option"
        done < <(long_options "${words[@]}")
    done < <(commands)
fi

echo "1..$count"
[ "$failures" -eq 0 ]
