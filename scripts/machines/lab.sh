#!/bin/sh
# Vagrant, libvirt and QEMU 10 in a separate Debian chroot, for a machine that lacks them. Nothing on the machine is replaced.
# `tare vms run` and `npm run test:vagrant` call this themselves.
#
#   lab.sh build         builds it in the cache, or finds it there (some 2 minutes and 850 MB); prints its path
#   lab.sh find          prints its path; fails where it is not built
#   lab.sh run COMMAND   runs COMMAND in it, as root, with libvirt up, in separate namespaces (network, mounts, processes); the
#                        checkout and the cache are at their own paths, and so is each PATH that --share PATH names before COMMAND;
#                        everything else that is written is thrown away
#   lab.sh sweep         removes what runs left that were killed
#
# Whatever runs in the lab ends with the command. Guests reach the lab and nothing else.
set -eu
self=$(cd "$(dirname "$0")" && pwd)/lab.sh
repo=$(cd "$(dirname "$0")/../.." && pwd)
cache=${TARE_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tare/vm}
case $cache in /*) ;; *) cache=$PWD/$cache ;; esac
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

is_built() { [ -x "$lab/usr/sbin/libvirtd" ]; }

need_root() { [ "$(id -u)" -eq 0 ] || fail "the lab needs root" "sudo sh scripts/machines/lab.sh $1"; }

# One process at a time builds, begins a run or sweeps. Descriptor 8 holds the lock as long as anything that was started meanwhile lives.
lock() {
    if ! mkdir -p "$cache" 2>/dev/null || [ ! -w "$cache" ]; then
        fail "$cache cannot be written to" "set TARE_VM_CACHE to a folder that can"
    fi
    exec 8>"$lab.lock"
    if ! flock -n 8; then
        say "waiting for another process that builds the lab or begins a run in it"
        flock 8
    fi
}
unlock() { exec 8>&-; }

# Of what this machine's apt needs to reach the archive, the same as src/machines/images/debian.ts takes.
apt_options() {
    apt-config dump Acquire 2>/dev/null | grep -Ei '^Acquire::(Check-Valid-Until|Retries|(http|https|ftp)::Proxy)[ :]' || true
}

build() {
    if is_built; then return 0; fi
    command -v mmdebstrap >/dev/null 2>&1 || fail "mmdebstrap was not found" "Debian: apt-get install --no-install-recommends mmdebstrap"
    free=$(df --output=avail -m "$cache" | tail -n 1 | tr -d ' ')
    [ "$free" -ge "$needed_mib" ] || fail "$cache has $free MiB free, the lab needs $needed_mib" "free some space or set TARE_VM_CACHE to another folder"
    # shellcheck disable=SC2016 # apt's own placeholder
    from=${TARE_VM_MIRROR:-$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null | grep -m 1 '^http.*/debian/*$' || true)}
    [ -n "$from" ] || fail "this machine's apt names no mirror of Debian" "set TARE_VM_MIRROR to the URL of one"
    say "building $lab from $from (log: $lab.log)"
    (
        trap 'rm -rf "$lab.new" "$lab.apt"' EXIT
        trap 'exit 130' INT TERM HUP
        rm -rf "$lab.new"
        apt_options >"$lab.apt"
        if ! isolated unpack "$from" >"$lab.log" 2>&1; then
            tail -n 8 "$lab.log" >&2
            fail "mmdebstrap could not build the lab (see above)" "does apt-get update work on this machine?"
        fi
        # No systemd, no D-Bus, no security module and no cgroups of libvirt's own in there; QEMU runs as the lab's root.
        printf '%s\n' 'user = "root"' 'group = "root"' 'security_driver = "none"' 'remember_owner = 0' 'namespaces = []' \
            'cgroup_controllers = []' >>"$lab.new/etc/libvirt/qemu.conf"
        mv "$lab.new" "$lab"
    )
}

# In namespaces, so that what it mounts goes with it.
unpack() {
    # shellcheck disable=SC2016 # $1 is for mmdebstrap's hooks
    mmdebstrap --mode=root --variant=minbase --components=main --include="$plain_packages" \
        --aptopt="$lab.apt" --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
        --customize-hook="chroot \"\$1\" apt-get install -y -t $suite-backports --no-install-recommends $backports" \
        --customize-hook='rm -rf "$1"/var/cache/apt/archives/*.deb' \
        "$suite" "$lab.new" "deb $1 $suite main" "deb $1 $suite-updates main" "deb $1 $suite-backports main"
}

# A run's folder is locked by everything that runs in it: one that is not was left by a run that was killed.
sweep() {
    for left in "$cache"/lab-run.*; do
        [ -d "$left" ] || continue
        flock -n "$left" rm -rf "$left" || true
    done
}

run() {
    lock
    build
    sweep
    # There is no git in the lab.
    TARE_COMMIT=${TARE_COMMIT:-$(git -C "$repo" describe --always --dirty --abbrev=12 2>/dev/null || true)}
    export TARE_COMMIT
    state=$(mktemp -d "$cache/lab-run.XXXXXX")
    exec 9<"$state"
    flock 9
    unlock
    trap 'rm -rf "$state"' EXIT
    trap : INT TERM HUP # The command inside decides what an interruption means; this waits for it.
    status=0
    isolated --net inside "$state" "$@" || status=$?
    exit "$status"
}

# Does one of the functions below in namespaces of its own (--net: of the network too). Whoever waits for it may be
# killed, and then everything in there is.
isolated() {
    net=''
    if [ "$1" = --net ]; then
        net=--net
        shift
    fi
    # In a chroot whose root is no mount point of its own, mounts cannot be made private from here.
    propagation=private
    unshare --mount --propagation private true 2>/dev/null || propagation=unchanged
    # shellcheck disable=SC2086 # nothing, or one word
    setpriv --pdeathsig KILL unshare $net --mount --pid --fork --kill-child --propagation "$propagation" \
        sh "$self" "$propagation" "$@"
}

# Entering a mount namespace leaves the chroot, so that the root of all mounts can be made private; then back in, by descriptor 7.
leave_and_return() {
    exec 7</
    # shellcheck disable=SC2016 # the inner shell's
    exec nsenter --mount=/proc/self/ns/mnt sh -c 'mount --make-rprivate / && exec nsenter --root=/proc/self/fd/7 sh "$@"' \
        sh "$self" private "$@"
}

share() {
    if [ -d "$1" ]; then mkdir -p "$root$1"; else
        mkdir -p "$(dirname "$root$1")"
        : >>"$root$1"
    fi
    mount --bind "$1" "$root$1"
}

# The first process of the namespaces: when it ends, the kernel ends all others.
inside() {
    state=$1
    shift
    root=$state/root
    mkdir -p "$root" "$state/upper" "$state/work"
    # Names from here: in a full path a comma or a colon would mean something to overlayfs.
    cd "$cache"
    name=$(basename "$state")
    mount -t overlay overlay -o "lowerdir=vagrant-lab,upperdir=$name/upper,workdir=$name/work" "$root" ||
        fail "overlayfs cannot write below $cache" "set TARE_VM_CACHE to a folder on ext4 or xfs"
    mount -t proc proc "$root/proc"
    mount -t sysfs sysfs "$root/sys" # of this network: libvirt finds its bridges there
    mount --rbind /dev "$root/dev"
    mount -t tmpfs tmpfs "$root/run"
    share "$repo"
    share "$cache"
    while [ "${1:-}" = --share ]; do
        share "$2"
        shift 2
    done
    mkdir -p "$root/run/libvirt" "$root/run/lock"
    cat >"$root/root/start" <<'START'
#!/bin/sh
ip link set lo up
virtlogd -d
libvirtd -d
for _ in $(seq 150); do virsh -c qemu:///system net-list >/dev/null 2>&1 && break; sleep 0.2; done
virsh -q -c qemu:///system net-start default >/root/net-start.log 2>&1
if ! virsh -q -c qemu:///system net-list 2>/dev/null | grep -q default; then
    cat /root/net-start.log >&2
    echo "lab: libvirt's network did not start (see above): has this machine's kernel bridges and NAT (modprobe bridge; modprobe nft_masq)?" >&2
    exit 3
fi
cd "$1" && shift
exec "$@"
START
    trap : INT TERM HUP
    status=0
    env -u XDG_CACHE_HOME -u XDG_STATE_HOME -u TMPDIR -u VAGRANT_HOME -u LIBVIRT_DEFAULT_URI LC_ALL=C.UTF-8 HOME=/root \
        TARE_VM_CACHE="$cache" TARE_IN_LAB=yes \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin chroot "$root" sh /root/start "$repo" "$@" || status=$?
    exit "$status"
}

refuse_command() {
    while [ "${1:-}" = --share ] && [ $# -gt 1 ]; do
        [ -e "$2" ] || fail "--share $2: no such file or folder" "name one that is there"
        shift 2
    done
    case ${1:-} in
    '') fail "no command to run" "sh scripts/machines/lab.sh run vagrant --version" ;;
    npm | npx) fail "there is no $1 in the lab" "sh scripts/machines/lab.sh run sh scripts/tare.sh vms list" ;;
    esac
}

case ${1:-} in
find)
    is_built || exit 1
    printf '%s\n' "$lab"
    ;;
build)
    if ! is_built; then
        need_root build
        lock
        build
    fi
    printf '%s\n' "$lab"
    ;;
sweep)
    [ -d "$cache" ] || exit 0
    lock
    sweep
    ;;
run)
    shift
    refuse_command "$@"
    need_root run
    run "$@"
    ;;
private) # see isolated
    shift
    "$@"
    ;;
unchanged) # see isolated
    shift
    leave_and_return "$@"
    ;;
*)
    sed -n '2,12s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
