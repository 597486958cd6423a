#!/bin/sh
# Vagrant, libvirt and QEMU 10 in a separate Debian chroot, for a machine that lacks them. Nothing on the machine is replaced.
#
#   lab.sh build         builds it in the cache, or finds it there (some 2 minutes and 850 MB); prints its path
#   lab.sh run COMMAND   runs COMMAND in it, as root, with libvirt up, in separate namespaces (network, mounts, processes);
#                        the checkout and the cache are at their own paths, everything else that is written is thrown away
#
# Whatever runs in the lab ends with the command. Guests reach the lab and nothing else.
set -eu
repo=$(cd "$(dirname "$0")/../.." && pwd)
cache=${TARE_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tare/vm}
lab=$cache/vagrant-lab

say() { printf 'lab: %s\n' "$*" >&2; }
fail() {
    say "$1"
    say "  hint: $2"
    exit 3
}

suite=bookworm
plain_packages=ca-certificates,vagrant,vagrant-libvirt,rsync,openssh-client,iproute2,iptables,dnsmasq-base,procps,kmod
# QEMU 7.2 of bookworm itself lets 6.12 guests crash in their first seconds; the backports hold 10.0 and the libvirt to go with it.
backports="qemu-system-x86 qemu-system-arm qemu-efi-aarch64 ovmf qemu-utils libvirt-daemon-system libvirt-clients libvirt-daemon-driver-qemu"
needed_mib=2500

build() {
    if [ -x "$lab/usr/sbin/libvirtd" ]; then return 0; fi
    [ "$(id -u)" -eq 0 ] || fail "building the lab needs root" "sudo $0 build"
    command -v mmdebstrap >/dev/null 2>&1 || fail "mmdebstrap was not found" "apt-get install mmdebstrap"
    mkdir -p "$cache"
    free=$(df --output=avail -m "$cache" | tail -n 1 | tr -d ' ')
    [ "$free" -ge "$needed_mib" ] || fail "$cache has $free MiB free, the lab needs $needed_mib" "free some space or set TARE_VM_CACHE to another folder"
    # shellcheck disable=SC2016 # apt's own placeholder
    from=${TARE_VM_MIRROR:-$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null | grep -m 1 '/debian/*$' || true)}
    [ -n "$from" ] || fail "this machine's apt names no mirror of Debian" "set TARE_VM_MIRROR to the URL of one"
    say "building $lab from $from (log: $lab.log)"
    rm -rf "$lab.new"
    # shellcheck disable=SC2016 # $1 is for mmdebstrap's hooks
    if ! mmdebstrap --mode=root --variant=minbase --components=main --include="$plain_packages" \
        --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
        --customize-hook="chroot \"\$1\" apt-get install -y -t $suite-backports --no-install-recommends $backports" \
        --customize-hook='rm -rf "$1"/var/cache/apt/archives/*.deb' \
        "$suite" "$lab.new" "deb $from $suite main" "deb $from $suite-updates main" "deb $from $suite-backports main" >"$lab.log" 2>&1; then
        tail -n 8 "$lab.log" >&2
        rm -rf "$lab.new"
        fail "mmdebstrap could not build the lab (see above)" "does apt-get update work on this machine?"
    fi
    # No systemd, no D-Bus, no security module and no cgroups of libvirt's own in there; QEMU runs as the lab's root.
    printf '%s\n' 'user = "root"' 'group = "root"' 'security_driver = "none"' 'remember_owner = 0' 'namespaces = []' \
        'cgroup_controllers = []' >>"$lab.new/etc/libvirt/qemu.conf"
    mv "$lab.new" "$lab"
}

run() {
    build
    # There is no git in the lab.
    TARE_COMMIT=${TARE_COMMIT:-$(git -C "$repo" describe --always --dirty --abbrev=12 2>/dev/null || true)}
    export TARE_COMMIT
    state=$(mktemp -d "$cache/lab-run.XXXXXX")
    # shellcheck disable=SC2064 # this run's folder
    trap "rm -rf '$state'" EXIT
    trap : INT TERM HUP # The command inside decides what an interruption means; this waits for it.
    status=0
    unshare --net --mount --pid --fork --kill-child --propagation private sh "$0" inside "$state" "$@" || status=$?
    exit "$status"
}

# The first process of the namespaces: when it ends, the kernel ends all others.
inside() {
    state=$1
    shift
    root=$state/root
    mkdir -p "$root" "$state/upper" "$state/work"
    mount -t overlay overlay -o "lowerdir=$lab,upperdir=$state/upper,workdir=$state/work" "$root"
    mount -t proc proc "$root/proc"
    mount -t sysfs sysfs "$root/sys" # of this network: libvirt finds its bridges there
    mount --rbind /dev "$root/dev"
    mount -t tmpfs tmpfs "$root/run"
    for shared in "$repo" "$cache"; do
        mkdir -p "$root$shared"
        mount --bind "$shared" "$root$shared"
    done
    mkdir -p "$root/run/libvirt" "$root/run/lock"
    ip link set lo up
    cat >"$root/root/start" <<'START'
#!/bin/sh
virtlogd -d
libvirtd -d
for _ in $(seq 100); do virsh -c qemu:///system net-list >/dev/null 2>&1 && break; sleep 0.2; done
virsh -q -c qemu:///system net-start default >/dev/null 2>&1
cd "$1" && shift
exec "$@"
START
    trap : INT TERM HUP
    status=0
    env -u XDG_CACHE_HOME -u XDG_STATE_HOME HOME=/root TARE_VM_CACHE="$cache" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        chroot "$root" sh /root/start "$repo" "$@" || status=$?
    exit "$status"
}

case ${1:-} in
build)
    build
    printf '%s\n' "$lab"
    ;;
run | inside)
    command=$1
    shift
    [ $# -gt 0 ] || fail "no command to run" "$0 run vagrant --version"
    "$command" "$@"
    ;;
*)
    sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
