#!/bin/sh
# Runs a command in the unpacked image as a container on this node would, with the node's processes and kernel before it:
#
#   in-root.sh ROOT [qemu-ARCH-static] COMMAND ...
#
# An emulator runs that one command alone; what the command starts is of the image's architecture and does not run.
set -eu
if [ "$1" != --inside ]; then
    # In mounts of its own, which end with it. A root that is no mount point cannot be made private, and is nobody's but this one's.
    exec setpriv --pdeathsig KILL unshare --mount --propagation unchanged sh "$0" --inside "$@"
fi
shift
root=$1
shift
mount --make-rprivate / 2>/dev/null || true
for name in proc sys dev; do mount --rbind "/$name" "$root/$name"; done
mount -t tmpfs tmpfs "$root/tmp"
case $1 in
qemu-*-static)
    : >"$root/run/emulator"
    mount --bind "$(command -v "$1")" "$root/run/emulator"
    shift
    set -- /run/emulator "$@"
    ;;
esac
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root chroot "$root" "$@"
