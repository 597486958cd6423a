#!/bin/sh
# Runs in the guest, as root: what `npm run bench` does, with the results kept whatever its exit code. Set by the Vagrantfile:
#
#   TARE_HOSTNAME          what the record calls this guest
#   TARE_OUT               the run's folder, below the checkout
#   TARE_PROFILE, TARE_AGENTS, TARE_BENCH_ARGUMENTS    for `tare run`
#   TARE_BUDGET            not empty: a budget was put beside the payload
set -eu
cd /srv/tare
say() { printf 'guest: %s\n' "$*"; }

# For as long as the guest is up. Vagrant's own way restarts the network, which takes minutes under emulation.
hostname "$TARE_HOSTNAME"
say "$(uname -srm), $(nproc) CPUs"
payload=/tmp/tare-payload.tar.gz
if [ -f "$payload" ]; then
    say "node_modules and build/ came along"
    rm -rf node_modules build
    # As of now (-m): it was made for these sources, whenever that was, so nothing of it is stale.
    tar -xzmf "$payload"
fi

rm -rf "$TARE_OUT"
mkdir -p "$TARE_OUT"
set -- --profile "$TARE_PROFILE" --out "$TARE_OUT" --report "$TARE_OUT/report.html"
if [ -n "${TARE_AGENTS:-}" ]; then set -- "$@" --agents "$TARE_AGENTS"; fi
if [ -n "${TARE_BUDGET:-}" ]; then set -- "$@" --budget /tmp/tare-budget.yaml; fi
# shellcheck disable=SC2086 # words for the command line
set -- "$@" ${TARE_BENCH_ARGUMENTS:-}
say "tare bench $*"
# The pipe would hide the exit code of the bench, so it is written down where it is known.
{
    code=0
    sh scripts/tare.sh bench "$@" 2>&1 || code=$?
    echo "$code" >"$TARE_OUT/exit-code"
} | tee "$TARE_OUT/bench.log"
say "exit code $(cat "$TARE_OUT/exit-code")"
