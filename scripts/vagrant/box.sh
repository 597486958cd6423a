#!/bin/sh
# Packs an image that scripts/vm/image.sh builds from Debian's archive as a Vagrant box for libvirt, for networks without a box hub.
#
#   box.sh --arch amd64|arm64 [--kernel 5.10|6.1|6.12]     prints the box's path; its SHA-256 lies beside it
#
# The box is named after the digests of what is in it and kept in the cache, so a second call only looks it up. The last three of each
# architecture and kernel are kept.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
repo=$(cd "$here/../.." && pwd)
cache=${TARE_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tare/vm}
disk_gib=6
arch=
kernel=6.12

say() { printf 'box: %s\n' "$*" >&2; }
fail() {
    say "$1"
    say "  hint: $2"
    exit "${3:-3}"
}

while [ $# -gt 0 ]; do
    case $1 in
    --arch | --kernel)
        [ $# -gt 1 ] || fail "$1 says nothing" "$1 needs a value" 2
        if [ "$1" = --arch ]; then arch=$2; else kernel=$2; fi
        shift 2
        ;;
    *) fail "unknown argument \"$1\"" "box.sh --arch amd64|arm64 [--kernel 5.10|6.1|6.12]" 2 ;;
    esac
done
case $arch in
amd64 | arm64) ;;
*) fail "--arch is \"$arch\"" "it can be amd64 or arm64" 2 ;;
esac

node=$repo/node_modules/.bin/node
[ -x "$node" ] || sh "$repo/scripts/setup.sh" node
image=$(sh "$repo/scripts/vm/image.sh" --arch "$arch" --kernel "$kernel" --flavour systemd)
field() { printf '%s' "$image" | "$node" -p 'JSON.parse(fs.readFileSync(0, "utf8"))[process.argv[1]] ?? ""' "$1"; }
root=$(field root)
command_line=$(field commandLine)
digest=$(printf '%s' "$image" | "$node" -p 'JSON.stringify(JSON.parse(fs.readFileSync(0, "utf8")).sha256)' | cat - "$0" | sha256sum | cut -c 1-12)
box=$cache/boxes/debian-$arch-$kernel-$digest.box
if [ -f "$box" ] && [ -f "$box.sha256" ]; then
    touch "$box"
    printf '%s\n' "$box"
    exit 0
fi

# Kept three times while it is packed: grown, as a disk, and in the box.
needed=$(($(du -m "$root" | cut -f 1) * 3 + 300))
mkdir -p "$cache/boxes"
free=$(df --output=avail -m "$cache/boxes" | tail -n 1 | tr -d ' ')
[ "$free" -ge "$needed" ] || fail "$cache has $free MiB free, packing this box needs $needed" "free some space or set TARE_VM_CACHE to another folder"

work=$(mktemp -d "$cache/boxes/packing.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
say "packing $box"
qemu_img() {
    if command -v qemu-img >/dev/null 2>&1; then
        qemu-img "$@"
    else
        sh "$here/lab.sh" qemu-img "$@"
    fi
}
# The image is as small as its files; a run wants room to write in. What is free takes no place in the box.
cp --sparse=always "$root" "$work/root.ext4"
truncate -s "${disk_gib}G" "$work/root.ext4"
resize2fs -f "$work/root.ext4" >/dev/null 2>&1 || fail "resize2fs could not grow the image to $disk_gib GiB" "is e2fsprogs installed?"
qemu_img convert -f raw -O qcow2 "$work/root.ext4" "$work/box.img"
rm "$work/root.ext4"
cp "$(field kernel)" "$work/vmlinuz"
cp "$(field initrd)" "$work/initrd"
printf '{"provider":"libvirt","format":"qcow2","virtual_size":%s,"architecture":"%s"}\n' "$disk_gib" "$arch" >"$work/metadata.json"
cat >"$work/Vagrantfile" <<BOX
Vagrant.configure("2") do |config|
  config.vm.provider :libvirt do |libvirt|
    libvirt.kernel = File.join(File.dirname(__FILE__), "vmlinuz")
    libvirt.initrd = File.join(File.dirname(__FILE__), "initrd")
    libvirt.cmd_line = "$command_line"
  end
end
BOX
tar -C "$work" -cf "$work/box.tar" metadata.json Vagrantfile vmlinuz initrd box.img
sha256sum "$work/box.tar" | cut -d ' ' -f 1 >"$box.sha256"
mv "$work/box.tar" "$box"
find "$cache/boxes" -name "debian-$arch-$kernel-*.box" -printf '%T@ %p\n' | sort -rn | tail -n +4 | cut -d ' ' -f 2- |
    while read -r old; do rm -f "$old" "$old.sha256"; done
printf '%s\n' "$box"
