#!/bin/sh
# `npm run test:vagrant`: real guests of both architectures by Vagrant, under emulation, in the lab. As root, with some 8 GB free.
# The first time, boxes are built from Debian's archive. What cannot be made here is skipped with its reason.
set -eu
cd "$(dirname "$0")/../.."
sh scripts/setup.sh build
obstacle=
prepared() {
    [ -z "$obstacle" ] || return 0
    if ! value=$("$@"); then obstacle="$* failed, see above"; fi
}
if [ "$(id -u)" -ne 0 ]; then obstacle="needs root"; fi
prepared scripts/machines/lab.sh build
for arch in amd64 arm64; do
    upper=$(echo "$arch" | tr "[:lower:]" "[:upper:]")
    prepared sh scripts/tare.sh vms box --arch "$arch"
    export "TARE_BOX_$upper=${value:-}"
    prepared sh scripts/tare.sh vms payload --arch "$arch"
    export "TARE_PAYLOAD_$upper=${value:-}"
done
export TARE_TEST_VAGRANT=yes TARE_TEST_VAGRANT_OBSTACLE="$obstacle" TARE_VM_ACCEL=tcg TARE_INSTALL_AGENTS=no

report=$(mktemp)
trap 'rm -f "$report"' EXIT
status=0
node_modules/.bin/node node_modules/vitest/vitest.mjs run test/machines/lab --reporter=verbose --reporter=json --outputFile.json="$report" || status=$?
node_modules/.bin/node scripts/count-tests.ts "$report"
exit "$status"
