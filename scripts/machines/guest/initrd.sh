#!/bin/busybox sh
# shellcheck shell=dash
# The first program of a box: loads the drivers of its disk and hands over to the system on it.
PATH=/bin
busybox mount -t devtmpfs devtmpfs /dev
for module in /modules/*; do busybox insmod "$module"; done
tries=0
while [ ! -b /dev/vda ] && [ "$tries" -lt 300 ]; do
    tries=$((tries + 1))
    busybox usleep 100000
done
if ! busybox mount -t ext4 /dev/vda /root; then
    echo "initrd: no root file system on /dev/vda after 30 s; the devices here:" /dev/*
    busybox poweroff -f
fi
busybox mount --move /dev /root/dev
exec busybox switch_root /root /sbin/init
