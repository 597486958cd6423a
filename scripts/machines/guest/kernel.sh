#!/bin/sh
# kernel.sh SERIES SUITE, in a guest of a public box, as root: installs Debian's kernel of a series. kernel.rb boots it then.
set -eu
series=$1
suite=$2
fail() {
    echo "guest: $1" >&2
    echo "guest:   hint: $2" >&2
    exit 3
}
export DEBIAN_FRONTEND=noninteractive
architecture=$(dpkg --print-architecture)
# The flavour that the box has: the one for cloud machines lacks drivers for the disks of VirtualBox and VMware.
case $(uname -r) in
*-cloud-*) flavour=cloud-$architecture ;;
*) flavour=$architecture ;;
esac
# The first archive of Debian's that apt knows. Debian's own cloud images name a list of mirrors by a file in its place.
site=$(apt-get indextargets --format "\$(SITE)" 'Created-By: Packages' 2>/dev/null |
    grep -E -m 1 '^(https?://.*/debian/*|mirror\+file:.*/debian\.list)$') || fail "apt in this box names no mirror of Debian" "another box, with TARE_BOX_<ARCH>"
echo "deb $site $suite main" >/etc/apt/sources.list.d/tare-kernel.list
apt-get update -qq || fail "apt-get could not fetch the package lists of $suite from $site" "does the guest have a way to Debian's archive?"
# By its full name: a metapackage that is installed already is never taken back to an older series.
package=$(apt-cache pkgnames "linux-image-$series." | grep -E "^linux-image-[0-9.]+[^-]*(-[0-9]+)?-$flavour\$" | sort -V | tail -n 1)
[ -n "$package" ] || fail "$suite at $site has no kernel $series of the flavour $flavour" "another --kernel, or none: the box's own"
apt-get install -y -qq --no-install-recommends -t "$suite" "$package" || fail "apt-get could not install $package" "see above"
version=${package#linux-image-}
# Without it, what follows would take away every kernel there is.
[ -f "/boot/vmlinuz-$version" ] || fail "$package was installed, but there is no /boot/vmlinuz-$version" "is /boot a separate disk that is not mounted?"
# The one that was asked for is booted even where the box has a newer one.
for other in /boot/vmlinuz-*; do
    other=${other#/boot/vmlinuz-}
    [ "$other" = "$version" ] || apt-get purge -y -qq "linux-image-$other" || fail "kernel $other could not be removed, and might be booted instead" "see above"
done
if command -v update-grub >/dev/null 2>&1; then update-grub; fi
echo "guest: kernel $version is booted next"
