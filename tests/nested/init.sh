#!/bin/bash
# Process 1 of the VM that run.sh makes: runs /nested-command of the second disk at the second serial port, and ends.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM=dumb
mkdir -p /dev/pts /dev/shm
mountpoint -q /dev/pts || mount -t devpts devpts /dev/pts -o gid=5,mode=620,ptmxmode=666
mount -t tmpfs tmpfs /dev/shm
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ip link set lo up
hostname nested
modprobe kvm_amd
chgrp kvm /dev/kvm && chmod 660 /dev/kvm # which udev would do
dmesg -n 4
tar -C / -xf /dev/vdb
stty -F /dev/ttyS1 sane -echo -onlcr
setsid -c bash /nested-command <>/dev/ttyS1 >&0 2>&0
echo "nested: the command exited with $?" >/dev/ttyS1
sync
mount -o remount,ro /
echo o >/proc/sysrq-trigger
while :; do sleep 60; done
