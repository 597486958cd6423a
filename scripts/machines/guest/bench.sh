#!/bin/sh
# Runs in the guest, as root: what `npm run bench` does, keeping the results whatever its exit code. What it is told by
# the environment is in the Vagrantfile. Vendors' releases in /tmp/tare-agents/<agent>/ are installed before the run.
set -eu
cd /srv/tare
say() { printf 'guest: %s\n' "$*"; }
case ${TARE_GUEST_OF:-} in
*/tcg) . scripts/machines/guest/emulated.sh ;;
esac

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
# Ends without a run and with exit code 0, the reason in the folder that is fetched: at an error Vagrant would stop before the next guest.
give_up() {
    {
        echo "guest: $1"
        echo "guest:   hint: $2"
    } | tee -a "$TARE_OUT/bench.log"
    echo 3 >"$TARE_OUT/exit-code"
    exit 0
}
# Debian 12's Node is old, but it is enough to fetch the pinned one with.
if [ ! -d node_modules ] && ! command -v npm >/dev/null 2>&1; then
    say "installing nodejs and npm, to fetch the pinned Node with"
    export DEBIAN_FRONTEND=noninteractive
    install_npm() { apt-get install -y -qq --no-install-recommends nodejs npm; }
    # The package lists of a box are as old as the box.
    { apt-get update -qq && install_npm; } >"$TARE_OUT/bench.log" 2>&1 || {
        tail -n 6 "$TARE_OUT/bench.log"
        give_up "apt-get could not install nodejs and npm (see above)" \
            "does the guest have a way to Debian's archive? --boxes built brings along all that it needs"
    }
fi

releases=/tmp/tare-agents
if [ -d "$releases" ]; then
    for folder in "$releases"/*/; do
        agent=$(basename "$folder")
        # The vendor's checksum where tare knows none, as sha256sum writes it.
        sum=$(cat "$folder"*.sha256 2>/dev/null | head -n 1 | cut -d ' ' -f 1)
        rm -f "$folder"*.sha256
        say "installing $agent from what came along"
        sh scripts/tare.sh agents install "$agent" --from "$folder" ${sum:+--sha256 "$sum"} ||
            say "$agent was not installed (see above): going on with the agents that are there"
    done
    # A later run brings its own.
    rm -rf "$releases"
fi

set -- --profile "$TARE_PROFILE" --out "$TARE_OUT" --report "$TARE_OUT/report.html"
if [ -n "${TARE_AGENTS:-}" ]; then set -- "$@" --agents "$TARE_AGENTS"; fi
if [ -n "${TARE_BUDGET:-}" ]; then set -- "$@" --budget /tmp/tare-budget.yaml; fi
# shellcheck disable=SC2086 # words for the command line
set -- "$@" ${TARE_BENCH_ARGUMENTS:-}
say "tare bench $*"
# The pipe would hide the exit code of the bench, so it is written down where it is known.
{
    code=0
    sh scripts/machines/guest/harness.sh sh scripts/tare.sh bench "$@" 2>&1 || code=$?
    echo "$code" >"$TARE_OUT/exit-code"
} | tee "$TARE_OUT/bench.log"
say "exit code $(cat "$TARE_OUT/exit-code")"
