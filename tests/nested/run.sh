#!/usr/bin/env bash
# Runs a command with real KVM on a machine that has none: in a Debian 12 VM whose processor, AMD's
# hardware virtualisation included, is emulated. 10 to 30 times slower than the real thing, so this is for
# seeing that KVM works and how, and not a part of tests/run.sh.
#
#   tests/nested/run.sh [OPTIONS] [COMMAND [ARGUMENT...]]
#
#   --build DIR    build of libsandbox (default: build); the VM has it, tests/ and examples/ at the same path
#   --dir DIR      where QEMU and the VM's disk are kept (default: BUILD/nested; 2 to 6 GiB)
#   --qemu FILE    a QEMU 10 or later (default: the installed one if it is, else Debian 13's, fetched once)
#   --mirror URL   Debian mirror to take packages from (default: the one this machine's apt uses)
#   --memory MIB   of the VM (default: 6144)
#   --fresh        make the disk anew: after a change of packages or of the base image
#
# COMMAND runs as root in the top directory of the sources; without one it is tests/nested/smoke.sh. `bash` is
# a shell. The exit status is the command's; 125 when there was none. The first run takes some 5 minutes
# more, for the disk. Needs mmdebstrap, e2fsprogs, a base image (`sbx image build`) and, for other users than
# root, subordinate ids (uidmap).
set -euo pipefail

top=$(realpath "$(dirname "$0")/../..")
build=$top/build dir='' qemu='' mirror='' memory=6144 fresh=0
# What libsandbox takes to run. 6.12: the first kernel that was seen to run guests so.
packages=linux-image-cloud-amd64/bookworm-backports,initramfs-tools,kmod,procps,iproute2,strace,sudo,python3
packages+=,qemu-system-x86,libvirt-daemon-driver-qemu,libvirt0,libglib2.0-0,libjson-glib-1.0-0
packages+=,libnghttp2-14,libgnutls30,libarchive13,libxml2,e2fsprogs,libuv1,libsubunit0

fail() {
    echo "nested/run.sh: $*" >&2
    exit 125
}

step() {
    printf 'nested: [%4ss] %s\n' "$SECONDS" "$*" >&2
}

# Makes files of many owners, which other users may do in a namespace.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        unshare --map-root-user --map-auto --mount --pid --fork --mount-proc "$@"
    fi
}

while [ $# -gt 0 ]; do
    case $1 in
    --build | --dir | --qemu | --mirror | --memory)
        [ $# -gt 1 ] || fail "$1 wants a value; see --help"
        declare "${1#--}=$2"
        shift 2
        ;;
    --fresh) fresh=1 && shift ;;
    -h | --help)
        sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
        exit 0
        ;;
    -*) fail "unknown option $1; see --help" ;;
    *) break ;;
    esac
done
[ -x "$build/subprojects/sbx/sbx" ] || fail "$build is no build of libsandbox; run: meson setup $build && ninja -C $build"
build=$(realpath "$build")
[ $# -gt 0 ] || set -- "$top/tests/nested/smoke.sh" "$build/subprojects/sbx/sbx"
dir=${dir:-$build/nested}
mkdir -p "$dir"
dir=$(realpath "$dir")
for tool in mmdebstrap mke2fs; do
    PATH=$PATH:/usr/sbin command -v "$tool" >/dev/null || fail "$tool is missing; install mmdebstrap and e2fsprogs"
done

mirror=${mirror:-$(apt-get indextargets --format '$(REPO_URI)' 'Label: Debian' 2>/dev/null | head -n 1)}
[ -n "$mirror" ] || fail "apt knows no mirror of Debian here; see --mirror"

major() {
    "$@" --version 2>/dev/null | sed -n '1s/^QEMU emulator version \([0-9]*\).*/\1/p'
}

# Sets emulator. Debian 13's runs with its own loader and libraries: it is neither installed nor a chroot.
find_qemu() {
    local root=$dir/qemu
    emulator=("${qemu:-qemu-system-x86_64}")
    [ "$(major "${emulator[@]}")" -ge 10 ] 2>/dev/null && return
    [ -z "$qemu" ] || fail "$qemu is not QEMU 10 or later, whose emulation of SVM is the first that works"
    if [ ! -e "$root/complete" ]; then
        step "fetching Debian 13's QEMU into $root"
        rm -rf "$root" && mkdir "$root"
        as_root mmdebstrap --quiet --variant=extract --format=tar --include=qemu-system-x86 trixie - "$mirror" |
            tar -x -C "$root" --no-same-owner --exclude='./dev/*' || fail "cannot fetch it"
        touch "$root/complete"
    fi
    emulator=("$root/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"
        --library-path "$root/usr/lib/x86_64-linux-gnu" "$root/usr/bin/qemu-system-x86_64")
    [ "$(major "${emulator[@]}")" -ge 10 ] 2>/dev/null || fail "Debian 13's QEMU in $root does not run"
    emulator+=(-L "$root/usr/share/qemu" -L "$root/usr/share/seabios")
}

# Run by as_root: make_disk DIR IMAGES TOP PACKAGES MIRROR
make_disk() {
    local root=$1/root
    rm -rf "$root"
    mmdebstrap --quiet --mode=root --variant=minbase --include="$4" bookworm "$root" \
        "deb $5 bookworm main" "deb $5 bookworm-backports main"
    install "$3/tests/nested/init.sh" "$root/sbin/nested-init"
    mkdir -p "$root/var/lib/libsandbox"
    cp -r "$2" "$root/var/lib/libsandbox/images"
    cp "$root"/boot/vmlinuz-* "$1/vmlinuz"
    cp "$root"/boot/initrd.img-* "$1/initrd"
    PATH=$PATH:/usr/sbin mke2fs -q -F -t ext4 -d "$root" "$1/disk.new" 12G
    rm -rf --one-file-system "$root"
}

find_disk() {
    local images
    [ "$fresh" -eq 1 ] || [ ! -e "$dir/disk" ] || return 0
    images=$("$build/subprojects/sbx/sbx" image list --json | sed -n 's/.*"path" *: *"\([^"]*\)".*/\1/p' | head -n 1)
    [ -n "$images" ] || fail "there is no base image; run: $build/subprojects/sbx/sbx image build"
    images=$(dirname "$(dirname "$images")")
    step "making the disk of the VM in $dir, with Debian 12"
    rm -f "$dir/disk" "$dir/disk.new"
    export -f make_disk
    as_root bash -euc 'make_disk "$@"' make_disk "$dir" "$images" "$top" "$packages" "$mirror" >"$dir/disk.log" 2>&1 || {
        tail -n 20 "$dir/disk.log" >&2
        fail "cannot make the disk; $dir/disk.log says all"
    }
    mv "$dir/disk.new" "$dir/disk"
}

# What runs in the VM, as a tar archive that is its second disk.
pack() {
    printf '#!/bin/bash\ncd %q && exec %s\n' "$top" "$(printf '%q ' "$@")" >"$dir/nested-command"
    tar -C / -cf "$dir/files" --exclude='*.p' --exclude='*.a' --exclude="${dir#/}" --exclude='meson-*' \
        "${build#/}" "${top#/}/tests" "${top#/}/examples" -C "$dir" nested-command
}

find_qemu
find_disk
pack "$@"
step "starting the VM; its kernel writes to $dir/console.log"
rm -f "$dir/output.log"
# One processor: with more the emulation of SVM is not reliable. Its cache modes: nobody needs the disk after a crash.
"${emulator[@]}" -accel tcg,tb-size=1024 -machine q35 -cpu EPYC,+svm,+npt -smp 1 -m "$memory" \
    -nodefaults -display none -no-reboot -kernel "$dir/vmlinuz" -initrd "$dir/initrd" \
    -append "root=/dev/vda rw console=ttyS0 init=/sbin/nested-init panic=-1 mitigations=off tsc=reliable no_timer_check" \
    -drive file="$dir/disk",format=raw,if=virtio,cache=unsafe,discard=unmap \
    -drive file="$dir/files",format=raw,if=virtio,readonly=on \
    -device virtio-rng-pci -serial file:"$dir/console.log" \
    -chardev stdio,id=command,signal=off,logfile="$dir/output.log" -serial chardev:command 2>"$dir/qemu.log" ||
    fail "QEMU failed: $(tail -n 3 "$dir/qemu.log")"
status=$(sed -n 's/^nested: the command exited with \([0-9]*\).*/\1/p' "$dir/output.log" | tail -n 1)
[ -n "$status" ] || fail "the VM ended before the command did; $dir/console.log may say why"
exit "$status"
