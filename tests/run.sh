#!/usr/bin/env bash
# Builds libsandbox and runs every layer of tests that this machine can run. Ends with the line
#   N passed, N failed, N skipped
# and exits with 0 when none failed.
#
#   tests/run.sh [--quick]      --quick leaves out sanitizers, clang and the VMs
#
# SBX_TEST_MUST_RUN=1 makes a test that would be skipped fail.
set -uo pipefail

cd "$(dirname "$0")/.." || exit 1
start=$SECONDS
quick=0
passed=0 failed=0 skipped=0
failures=()
reasons=()
for argument in "$@"; do
    case $argument in
    --quick) quick=1 ;;
    -h | --help)
        sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
        exit 0
        ;;
    *)
        echo "tests/run.sh: unknown argument $argument" >&2
        exit 2
        ;;
    esac
done

stage() {
    printf '\n=== [%4ss] %s\n' "$((SECONDS - start))" "$1"
}

# A step that counts as one test: check NAME COMMAND...
check() {
    local name=$1 log
    shift
    log=$(mktemp)
    if "$@" >"$log" 2>&1; then
        passed=$((passed + 1))
        echo "ok       $name"
    else
        failed=$((failed + 1))
        failures+=("$name")
        echo "FAILED   $name"
        tail -n 40 "$log"
    fi
    rm -f "$log"
}

skip() {
    skipped=$((skipped + 1))
    reasons+=("$1: $2")
    echo "skipped  $1: $2"
}

finish() {
    printf '\n'
    for reason in "${reasons[@]}"; do echo "skipped: $reason"; done
    for name in "${failures[@]}"; do echo "failed: $name"; done
    echo "time: $((SECONDS - start)) s"
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
    exit
}
trap 'exit 130' INT TERM

# Configures (once) and builds a directory: build DIR NAME MESON-OPTIONS...
build() {
    local dir=$1 name=$2
    shift 2
    [ -f "$dir/build.ninja" ] || meson setup "$dir" "$@" >"$dir.log" 2>&1 || {
        tail -n 20 "$dir.log"
        failed=$((failed + 1))
        failures+=("$name: meson setup")
        return 1
    }
    rm -f "$dir.log"
    if ninja -C "$dir" >"$dir/build.log" 2>&1; then
        passed=$((passed + 1))
        echo "ok       $name"
    else
        grep -E 'error|warning|FAILED|undefined' "$dir/build.log" | head -n 40
        failed=$((failed + 1))
        failures+=("$name")
        return 1
    fi
}

# Takes the results of a log: count NAME LOG
count() {
    local name=$1 results
    results=$(tests/lib/count-results.py "$2") || return
    while IFS=$'\t' read -r result test reason; do
        case $result in
        passed) passed=$((passed + 1)) ;;
        skipped)
            skipped=$((skipped + 1))
            reasons+=("$name $test: $reason")
            ;;
        *)
            failed=$((failed + 1))
            failures+=("$name $test")
            ;;
        esac
    done <<<"$results"
}

# Runs the suites of a build and takes meson's results: run_suites DIR NAME MESON-TEST-OPTIONS...
run_suites() {
    local dir=$1 name=$2
    shift 2
    rm -f "$dir"/meson-logs/testlog*.json
    meson test -C "$dir" --no-rebuild --print-errorlogs "$@" || true
    count "$name" "$(echo "$dir"/meson-logs/testlog*.json)" || {
        failed=$((failed + 1))
        failures+=("$name: meson test did not run")
    }
}

# A binding's own tests, with the library of a build: run_binding NAME SCRIPT DIR RESULTS
run_binding() {
    local name=$1 script=$2 dir=$3 results=$3/meson-logs/$4 before=$failed
    rm -f "$results"
    "$script" "$dir" && count "$name" "$results" && return
    # It may also have failed before or behind its tests.
    [ ! -s "$results" ] || count "$name" "$results"
    if [ "$failed" -eq "$before" ]; then
        failed=$((failed + 1))
        failures+=("$name: $script")
    fi
}

stage "packages"
examples/install-packages.sh examples/packages.txt tests/packages.txt || {
    failures+=("packages")
    failed=1
    finish
}

stage "build with gcc"
build build "gcc" -Dwerror=true || finish

stage "build, unit and component tests"
# A part of their time, programs with processes wait: for deadlines that pass, for peers that are silent.
many=$(($(nproc) * 2))
run_suites build gcc --suite build --suite unit --suite component --suite fuzz --num-processes "$many"
check "shell scripts" shellcheck -x -S warning \
    examples/*.sh tests/*.sh tests/*/*.sh bindings/*/*.sh libsandbox/image/build-image .ci/run

if [ "$quick" -eq 0 ]; then
    stage "build with clang"
    # For what clang has to say, not to be run.
    CC=clang build build-clang "clang" -Dwerror=true --buildtype=plain

    stage "sanitizers: address, undefined behaviour"
    if build build-asan "address sanitizer" -Db_sanitize=address,undefined -Db_lundef=false; then
        # The other way of an ordinary user's keeper is the launcher's, and was just tested.
        run_suites build-asan asan --suite unit --suite component --suite fuzz --no-suite user \
            --timeout-multiplier 4 --num-processes "$many"
    fi

    stage "sanitizers: threads"
    # The library in programs with threads, beside the keeper of the first build. GLib is not sanitized:
    # its own allocator would look like a race.
    [ -f build-tsan/build.ninja ] ||
        meson setup build-tsan -Db_sanitize=thread -Db_lundef=false -Dexamples=false >/dev/null
    check "thread sanitizer: build" ninja -C build-tsan \
        tests/component/test-keeper-async tests/unit/test-fiber
    check "thread sanitizer: fibers" build-tsan/tests/unit/test-fiber
    check "thread sanitizer: operations and calls of several threads" env \
        G_SLICE=always-malloc CK_RUN_CASE=threads \
        SBX_TEST_LAUNCH="$PWD/build/libsandbox/keeper/sbx-launch" \
        SBX_TEST_KEEPER="$PWD/build/tests/component/fake-keeper" \
        SBX_TEST_AGENT="$PWD/build/subprojects/agent/sbx-agent" \
        SBX_TEST_IMAGE_TOOL="$PWD/build/libsandbox/image/sbx-image" \
        build-tsan/tests/component/test-keeper-async

    stage "valgrind"
    # Check forks a process a test; valgrind is to see them all as one.
    CK_FORK=no run_suites build valgrind --timeout-multiplier 10 --wrap \
        "valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
         --suppressions=$PWD/tests/valgrind.supp" \
        agent-protocol command domain-xml error image-store initramfs options wire \
        fuzz-agent-protocol fuzz-agent-session fuzz-wire

    stage "installation"
    check "meson install, and what is installed runs" tests/installed.sh build

    stage "virtual machines"
    if build/subprojects/sbx/sbx image build; then
        scratch=$(mktemp -d /tmp/sbxt-XXXXXX)
        trap 'rm -rf "$scratch"' EXIT
        if templates=$(tests/vm/make-templates.sh build/subprojects/sbx/sbx "$scratch"); then
            export "${templates?}"
            echo "ok       templates for the tests"
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            failures+=("templates for the tests")
        fi
        run_suites build vm --suite vm
    else
        failed=$((failed + 1))
        failures+=("base image")
    fi

    stage "bindings"
    run_binding Python bindings/python/test.sh build python.xml
    run_binding Node bindings/node/test.sh build node.tap
    run_suites build bindings --suite bindings --num-processes 2
else
    skip "clang, sanitizers, valgrind, installation, VMs" "--quick"
fi
finish
