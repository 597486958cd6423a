#!/bin/sh
# Runs in a guest made from a public box, as root: installs Debian's kernel of a series, to be booted next.
#
#   kernel.sh 5.10|6.1|6.12
set -eu
series=$1
case $(uname -r) in
"$series".*)
    echo "guest: kernel $(uname -r) is of series $series already"
    exit 0
    ;;
esac
case $series in
5.10) suite=bullseye ;;
6.1) suite=bookworm ;;
6.12) suite=bookworm-backports ;;
*)
    echo "guest: no suite of Debian is known for kernel $series" >&2
    exit 2
    ;;
esac
export DEBIAN_FRONTEND=noninteractive
architecture=$(dpkg --print-architecture)
site=$(apt-get indextargets --format "\$(SITE)" 'Created-By: Packages' | grep -m 1 '/debian/*$')
echo "deb $site $suite main" >/etc/apt/sources.list.d/tare-kernel.list
apt-get update -qq
apt-get install -y -qq --no-install-recommends -t "$suite" "linux-image-cloud-$architecture"
newest=$(find /boot -name "vmlinuz-$series.*" | sort -V | tail -n 1)
version=${newest#/boot/vmlinuz-}
# The one that was asked for is booted even where the box has a newer one.
for other in /boot/vmlinuz-*; do
    [ "${other#/boot/vmlinuz-}" = "$version" ] || apt-get purge -y -qq "linux-image-${other#/boot/vmlinuz-}"
done
command -v update-grub >/dev/null 2>&1 && update-grub
echo "guest: kernel $version is booted next"
