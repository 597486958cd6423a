#!/bin/sh
# Runs a tare command from a clone, after the set-up that it needs.
#
#   tare.sh COMMAND ...     any command; the workloads and the sensor are built for those that measure
#   kubectl-tare ...        `k8s ...`, by a link of that name: `kubectl tare plan`
#   tare.sh bench ...       `run`, after installing those of the sensors to compare with that Debian has (TARE_INSTALL_AGENTS=no: none)
set -eu
here=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
node=$here/node_modules/.bin/node
main=$here/src/cli/main.ts
# MiB for young objects: large records are read with half of the memory that Node would take by default, in about the same time.
young=--max-semi-space-size=8
# What a guest whose CPU is emulated needs: scripts/machines/guest/emulated.sh.
flags=${TARE_NODE_FLAGS:-}

case ${0##*/} in kubectl-tare) set -- k8s "$@" ;; esac
case ${1:-} in
bench)
    shift
    sh "$here/scripts/setup.sh" build
    case " $* " in
    *" --help "* | *" -h "* | *" --dry-run "*) ;;
    *)
        if [ "${TARE_INSTALL_AGENTS:-yes}" != no ] && [ "$(id -u)" -eq 0 ]; then
            # Only what this run is about.
            names='' is_next=no
            for word in "$@"; do
                [ "$is_next" = no ] || names=$word
                is_next=no
                case $word in
                --agents) is_next=yes ;;
                --agents=*) names=${word#--agents=} ;;
                esac
            done
            # Without a way to the archive, what is there is measured and the rest is skipped, each with its reason.
            # shellcheck disable=SC2046,SC2086 # lists of flags and names
            "$node" $flags "$main" agents install --missing --quiet $(printf %s "$names" | tr ',' ' ') || {
                # What is wrong with a name has been said.
                [ $? -ne 2 ] || exit 2
                echo "setup: going on with the agents that are there" >&2
            }
        fi
        ;;
    esac
    # shellcheck disable=SC2086 # a list of flags
    exec "$node" $flags "$main" run "$@"
    ;;
run | calibrate | doctor | agents) sh "$here/scripts/setup.sh" build ;;
*)
    sh "$here/scripts/setup.sh" node
    # Commands that only read and write start in half the time with what Node kept of the last start. Those that measure keep nothing.
    NODE_COMPILE_CACHE=${NODE_COMPILE_CACHE:-$here/node_modules/.cache/tare}
    export NODE_COMPILE_CACHE
    ;;
esac
# shellcheck disable=SC2086 # a list of flags
exec "$node" $young $flags "$main" "$@"
