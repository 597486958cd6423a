#!/bin/sh
# Finishes an unpacked tree as the root of tare's image: what the packages' own scripts would have done and tare needs. $1 is the tree.
set -eu
root=$1

cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
[ -e "$root/bin/sh" ] || ln -s dash "$root/bin/sh"
[ -e "$root/usr/bin/awk" ] || ln -s mawk "$root/usr/bin/awk"
printf 'passwd: files\ngroup: files\nhosts: files dns\n' >"$root/etc/nsswitch.conf"
mkdir -p "$root/proc" "$root/sys" "$root/dev" "$root/run" "$root/root" "$root/tmp" "$root/work"
chmod 1777 "$root/tmp"
# Of how the tree was made: the mirror's name, its lists, its logs.
rm -rf "$root"/etc/apt/sources.list* "$root"/etc/apt/apt.conf.d/99mmdebstrap "$root"/var/lib/apt/lists/* "$root"/var/log/*
