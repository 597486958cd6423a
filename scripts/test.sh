#!/bin/sh
# `npm test`: set-up, then everything that can be checked on this machine. Arguments go to vitest.
set -eu
cd "$(dirname "$0")/.."
# Debian's, and able to run on a kernel without kprobes.
peers="acct auditd bpftrace execsnoop fapolicyd fatrace forkstat laurel opensnitch opensnoop perf-trace snoopy strace"
sh scripts/setup.sh test
# Sensors are tested with the real ones. TARE_INSTALL_AGENTS=no: with those that are there; the others are skipped, with the reason.
if [ "$(id -u)" -eq 0 ] && [ "${TARE_INSTALL_AGENTS:-yes}" != no ] && command -v apt-get >/dev/null 2>&1; then
    # shellcheck disable=SC2086 # a list of words
    node_modules/.bin/node src/cli/main.ts agents install --quiet $peers || echo "setup: going on with the agents that are there" >&2
fi
# Tests of the sensor and the agents attach by tracefs; what is mounted here is unmounted at the end.
if [ "$(id -u)" -eq 0 ] && [ ! -d /sys/kernel/tracing/events ] && mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null; then
    trap 'umount /sys/kernel/tracing' EXIT
fi
PATH=$PWD/node_modules/.bin:$PATH
export PATH

step() { printf '\n== %s\n' "$*"; }

step "types"
tsc --noEmit
step "lint"
oxlint --type-aware --deny-warnings src scenarios test scripts
step "format"
prettier --check --log-level=warn .
# shellcheck disable=SC2046 # file names without spaces
clang-format --dry-run --Werror $(git ls-files '*.c' '*.h' 2>/dev/null)
shellcheck scripts/*.sh scripts/*/*.sh scripts/*/*/*.sh .ci/run
step "tests"
node node_modules/vitest/vitest.mjs run "$@"
