#!/bin/sh
# What is checked of agents in a guest, from the clone's folder: the contract of each that its user space and kernel have, on that real kernel, and
# units of its systemd and a container that are measured where they are. $1: only the agents whose ids this pattern matches from the start, and no units; "units": those alone.
set -eu
results=/job/results
node="sh scripts/machines/guest/harness.sh node_modules/.bin/node ${TARE_NODE_FLAGS:-}"
# The guest is thrown away, so its own services may be configured; and all is slow there.
export TARE_TEST_PREBUILT=yes TARE_TEST_DISPOSABLE=yes TARE_TIMEOUT_SCALE=5
# Debian 13 has /tmp in memory, where fatrace sees nothing.
export TMPDIR=/var/tmp

cp /sys/kernel/security/lsm "$results/lsm"
dpkg-query --show >"$results/packages.txt"
# What opensnitch asks of the kernel; iptables would load a part of them itself.
modprobe --all nfnetlink_queue xt_NFQUEUE xt_mark xt_conntrack || true

# sysdig's kernel module, as its package would be used by hand. Whether it compiles for this kernel is an outcome, not a fault.
for source in /usr/src/scap-*; do
    [ -d "$source" ] || continue
    version=${source#/usr/src/scap-}
    if dkms install "scap/$version" >"$results/scap.log" 2>&1 && modprobe scap 2>>"$results/scap.log"; then
        echo "sysdig's module scap $version was compiled and loaded" | tee "$results/scap.txt"
    else
        {
            echo "sysdig's module scap $version does not work here:"
            grep --no-messages -h -m 5 -E 'error:|Error ' "/var/lib/dkms/scap/$version/build/make.log" || tail -n 5 "$results/scap.log"
        } | tee "$results/scap.txt"
    fi
    cp "/var/lib/dkms/scap/$version/build/make.log" "$results/scap-make.log" 2>/dev/null || true
done

$node scripts/machines/guest/run-tests.ts --named "^(${1:-.*})(@\\S+)? on this node " "$results/contract.json" \
    test/agents/contract.test.ts || true
if [ -z "${1:-}" ] || [ "$1" = units ]; then
    $node scripts/machines/guest/run-tests.ts "$results/units.json" test/attach/systemd.test.ts test/attach/auditd-unit.test.ts \
        test/attach/container.test.ts || true
fi
