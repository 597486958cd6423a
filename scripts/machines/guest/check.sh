#!/bin/sh
# What is checked in a guest: which hooks its kernel allows, the tests that are named, and, if $1 is "smoke", a short run of tare.
smoke=$1
shift
results=/job/results
node="sh scripts/machines/guest/harness.sh node_modules/.bin/node ${TARE_NODE_FLAGS:-}"
export TARE_TEST_PREBUILT=yes

build/bpf/tare-sensor --explain >"$results/explain.jsonl"
$node scripts/machines/guest/run-tests.ts "$results/tests.json" "$@"
if [ "$smoke" = smoke ]; then
    # Under emulation, and beside other work, the sensor may take longer to attach than it is given elsewhere.
    TARE_OUT=$results/run TARE_TIMEOUT_SCALE=5 $node src/cli/main.ts run --profile smoke --agents sensor --out "$results/run" \
        --report "$results/run.html" --quiet >"$results/run.log" 2>&1
    echo $? >"$results/exit-code"
fi
# Tests that fail are results; the guest itself did its work.
exit 0
