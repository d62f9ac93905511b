#!/bin/bash
# Sandboxes of libvirt's daemon: LIBSANDBOX_URI=qemu:///system, as root and as an ordinary user.
#
#   test-system-uri.sh SBX
#
# The daemon is a libvirtd of our own, in a mount and a PID namespace where its configuration, state and
# sockets are on a tmpfs and libvirt-qemu is in a copy of /etc/passwd. Nothing of the system changes, and
# nothing survives the script. LIBSANDBOX_DATA_DIR says where the image is, if not in the usual place.
set -u

sbx=$(realpath "$1")
work=/mnt/sbx
images=${LIBSANDBOX_DATA_DIR:-/var/lib/libsandbox}/images

skip() {
    echo "skipped: $1"
    [ "${SBX_TEST_MUST_RUN:-0}" = 1 ] && exit 1
    exit 77
}

fail() {
    echo "FAILED: $1"
    cat "$work"/*/data/log/keeper.log /var/log/libvirt/qemu/*.log 2>/dev/null | tail -n 30
    exit 1
}

if [ -z "${SBX_TEST_INSIDE:-}" ]; then
    [ "$(id -u)" = 0 ] || skip "only root can run a libvirtd"
    [ -x /usr/sbin/libvirtd ] || skip "there is no /usr/sbin/libvirtd (Debian: libvirt-daemon)"
    command -v virsh >/dev/null || skip "there is no virsh (Debian: libvirt-clients)"
    [ -d "$images/builtin+debian-13" ] || skip "there is no image in $images"
    unshare --mount --pid --fork true || skip "no mount and PID namespaces can be made"
    SBX_TEST_INSIDE=1 exec timeout --kill-after=5 "${SBX_TEST_SECONDS:-150}" \
        unshare --mount --pid --fork --kill-child --mount-proc --propagation slave "$0" "$sbx"
fi

# --- the daemon ---

# The namespace's init: the shell reaps what is orphaned.
prepare_host() {
    mount -t tmpfs -o mode=755 tmpfs /mnt
    mkdir -p "$work/image" "$work/etc"
    mount --bind "$images" "$work/image"
    grep -v '^libvirt-qemu:' /etc/passwd >"$work/passwd"
    grep -v '^libvirt' /etc/group >"$work/group"
    echo 'libvirt-qemu:x:64055:64055::/var/lib/libvirt:/usr/sbin/nologin' >>"$work/passwd"
    echo 'sbx-test:x:64057:64057::/mnt/sbx/user:/bin/sh' >>"$work/passwd"
    printf 'libvirt-qemu:x:64055:\nlibvirt:x:64056:sbx-test\nsbx-test:x:64057:\n' >>"$work/group"
    mount --bind "$work/passwd" /etc/passwd
    mount --bind "$work/group" /etc/group
    mkdir -p /etc/libvirt
    mount --bind "$work/etc" /etc/libvirt
    mount -t tmpfs -o mode=755 tmpfs /run
    mount -t tmpfs -o mode=755 tmpfs /var
    mkdir -p /run/libvirt /var/lib/libvirt/qemu /var/log/libvirt/qemu /var/cache/libvirt /var/tmp
    # As Debian has it.
    chown 64055:64055 /var/lib/libvirt/qemu
    chmod 750 /var/lib/libvirt/qemu
    ln -s /run /var/run
    printf '%s\n' 'unix_sock_group = "libvirt"' 'unix_sock_rw_perms = "0770"' \
        'auth_unix_rw = "none"' 'auth_unix_ro = "none"' >/etc/libvirt/libvirtd.conf
    # A container has neither cgroups of its own nor virtlogd. /dev is left alone.
    printf '%s\n' 'stdio_handler = "file"' 'security_driver = "none"' 'cgroup_controllers = []' \
        'namespaces = []' 'remember_owner = 0' >/etc/libvirt/qemu.conf
}

# libvirtd takes a KVM that does not work for one that does, and 44 s to find out for each VM: it gets a
# /dev without it, as the keeper does.
hide_broken_kvm() {
    "$sbx" doctor --json 2>/dev/null | grep -q '"accelerator" *: *"kvm"' && return
    mkdir "$work/dev"
    for name in null zero full random urandom tty; do
        touch "$work/dev/$name"
        mount --bind "/dev/$name" "$work/dev/$name"
    done
    mkdir "$work/dev/pts" "$work/dev/shm" "$work/dev/net"
    mount --bind /dev/pts "$work/dev/pts"
    touch "$work/dev/ptmx"
    mount --bind /dev/ptmx "$work/dev/ptmx"
    ln -s /proc/self/fd "$work/dev/fd"
    mount --rbind "$work/dev" /dev
}

start_libvirtd() {
    # It forks when it listens.
    /usr/sbin/libvirtd -d -p /run/libvirtd.pid || fail "libvirtd does not start"
}

# --- what is left ---

qemus() {
    pgrep -c qemu-system
}

# Until a pid is gone: waits for the event, not with a clock.
await_end() {
    timeout 20 tail --pid="$1" -f /dev/null
}

expect_nothing() {
    [ "$(qemus)" = 0 ] || fail "$1: QEMU is left: $(pgrep -a qemu-system | cut -c1-80)"
    [ -z "$(virsh -q -c qemu:///system list --all 2>/dev/null)" ] ||
        fail "$1: a domain is left: $(virsh -q -c qemu:///system list --all)"
}

keeper_pid() {
    pgrep -f -- "^[^ ]*sbx-keeper --vm-dir=$LIBSANDBOX_RUNTIME_DIR/vm"
}

guardian_pid() {
    pgrep -o -f -- "^[^ ]*sbx-launch .*--runtime-dir=$LIBSANDBOX_RUNTIME_DIR "
}

# --- cases ---

# use DIRECTORY: a user's directories.
use() {
    export LIBSANDBOX_URI=qemu:///system LIBSANDBOX_DATA_DIR=$work/$1/data
    export LIBSANDBOX_RUNTIME_DIR=$work/$1/run
    export LIBSANDBOX_IDLE_SECONDS=600 LIBSANDBOX_SPARES=0
}

as() {
    if [ "$1" = root ]; then
        "${@:2}"
    else
        setpriv --reuid="$1" --regid="$1" --init-groups "${@:2}"
    fi
}

# started USER UID: sets $id; the guest works, and QEMU runs as that user.
started() {
    id=$(as "$1" "$sbx" -q create --timeout 10m) || fail "$1: create"
    [ "$(as "$1" "$sbx" exec "$id" -- sh -c 'echo hello; id -un')" = $'hello\napp' ] ||
        fail "$1: exec"
    [ "$(stat -c %u "/proc/$(pgrep qemu-system)")" = "$2" ] || fail "$1: QEMU's user is not $2"
}

create_exec_kill() {
    started "$@"
    as "$1" "$sbx" -q kill "$id" >/dev/null || fail "$1: kill"
    expect_nothing "$1: kill"
    echo "ok: ${SECONDS}s: $1: create, exec, kill"
}

# killed USER UID keeper|guardian: the VM goes, then the directory. A killed guardian leaves that.
killed() {
    local user=$1 what=$3 pid qemu guardian
    started "$user" "$2"
    guardian=$(guardian_pid)
    pid=$("${what}_pid")
    qemu=$(pgrep qemu-system)
    kill -9 "$pid" || fail "$user: there is no $what"
    await_end "$qemu" || fail "$user: QEMU survives its $what"
    await_end "$guardian" || fail "$user: the guardian survives its $what"
    # libvirtd forgets the domain just after QEMU has gone; virsh waits behind that.
    expect_nothing "$user: $what killed"
    [ "$what" = guardian ] || [ ! -e "$LIBSANDBOX_RUNTIME_DIR/vm" ] ||
        fail "$user: files are left in $LIBSANDBOX_RUNTIME_DIR/vm"
    echo "ok: ${SECONDS}s: $user: nothing is left of a killed $what"
}

leave_definition() {
    local file=$work/left.xml
    cat >"$file" <<END
<domain type='qemu'><name>left</name><memory unit='MiB'>64</memory>
<os><type arch='x86_64' machine='q35'>hvm</type><kernel>/k</kernel>
<initrd>$LIBSANDBOX_RUNTIME_DIR/vm/initramfs-0</initrd></os></domain>
END
    virsh -q -c qemu:///system define "$file" >/dev/null || fail "virsh define"
}

no_daemon() {
    local said
    said=$("$sbx" create 2>&1) && fail "a sandbox without a daemon"
    case $said in
    *"qemu:///system"*"libvirtd"*hint*) echo "ok: ${SECONDS}s: no daemon: $said" ;;
    *) fail "no daemon: $said" ;;
    esac
}

unreadable_image() {
    local said
    mkdir -m 700 "$work/root/data/closed"
    mkdir "$work/root/data/closed/images"
    mount --bind "$work/image" "$work/root/data/closed/images"
    said=$(LIBSANDBOX_DATA_DIR=$work/root/data/closed LIBSANDBOX_RUNTIME_DIR=$work/root/run2 \
        LIBSANDBOX_IDLE_SECONDS=1 "$sbx" create 2>&1) && fail "an image that QEMU cannot read"
    case $said in
    *"$work/root/data/closed (mode 0700"*) echo "ok: ${SECONDS}s: unreadable image: $said" ;;
    *) fail "unreadable image: $said" ;;
    esac
}

prepare_host
hide_broken_kvm
owner=$(stat -c '%u %Z' "$work"/image/*/*/vmlinux)
install -d -m 755 "$work/root" "$work/root/data"
ln -s "$work/image" "$work/root/data/images"
install -d -o 64057 -g 64057 -m 700 "$work/user" "$work/user/data"
cp -r "$work/image" "$work/user/data/images"
chown -R 64057:64057 "$work/user"
use root
no_daemon
start_libvirtd
create_exec_kill root 64055
unreadable_image
killed root 64055 guardian
# The next one removes what that one left, and what a keeper killed in the midst of a start would have.
leave_definition
killed root 64055 keeper
use user
if as sbx-test test -x "$sbx"; then
    killed sbx-test 64057 keeper
else
    echo "left out: an ordinary user's sandbox; $sbx is closed to other users"
fi
[ "$owner" = "$(stat -c '%u %Z' "$work"/image/*/*/vmlinux)" ] || fail "libvirt changed the image"
echo "all passed"
