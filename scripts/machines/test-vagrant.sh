#!/bin/sh
# `npm run test:vagrant`: real guests of both architectures by Vagrant, under emulation, in the lab. As root, with some 8 GB free.
# What it needs is brought first. What cannot be made here is skipped with its reason, and the command fails at its end:
# TARE_TEST_MAY_SKIP=yes allows that.
set -eu
cd "$(dirname "$0")/../.."
sh scripts/setup.sh node

# Why no guest at all, and why none of one architecture; empty: nothing stands in the way.
all='' amd64='' arm64=''
if [ "$(id -u)" -ne 0 ]; then
    all="needs root: sudo npm run test:vagrant"
else
    sh scripts/setup.sh packages mmdebstrap >/dev/null
    sh scripts/machines/lab.sh build >/dev/null || all="the lab could not be built, see above"
fi

# Makes the box and the payload of an architecture; fails with the first that cannot be made.
make_parts() {
    upper=$(echo "$1" | tr "[:lower:]" "[:upper:]")
    box=$(sh scripts/tare.sh vms box --arch "$1") || return 1
    payload=$(sh scripts/tare.sh vms payload --arch "$1") || return 1
    export "TARE_BOX_$upper=$box" "TARE_PAYLOAD_$upper=$payload"
}
if [ -z "$all" ]; then
    make_parts amd64 || amd64="no guest of amd64 can be made, see above"
    make_parts arm64 || arm64="no guest of arm64 can be made, see above"
fi
export TARE_TEST_VAGRANT=yes TARE_VM_ACCEL=tcg TARE_INSTALL_AGENTS=no
export TARE_TEST_OBSTACLE="$all" TARE_TEST_OBSTACLE_AMD64="$amd64" TARE_TEST_OBSTACLE_ARM64="$arm64"

reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT
status=0
TARE_TEST_REPORT="$reports/lab.json" node_modules/.bin/node node_modules/vitest/vitest.mjs run test/machines/lab/ "$@" \
    --reporter=verbose --reporter=./scripts/test-reporter.ts || status=$?
node_modules/.bin/node scripts/count-tests.ts "$reports" "$status"

skipped=no
for obstacle in "$all" "$amd64" "$arm64"; do
    [ -n "$obstacle" ] || continue
    echo "not tried: $obstacle" >&2
    skipped=yes
done
if [ "$status" -eq 0 ] && [ "$skipped" = yes ] && [ "${TARE_TEST_MAY_SKIP:-no}" != yes ]; then
    echo "skipped is not passed (TARE_TEST_MAY_SKIP=yes allows it)" >&2
    status=3
fi
exit "$status"
