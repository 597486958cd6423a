#!/bin/sh
# `npm test`: set-up, then everything that can be checked on this machine. Arguments go to vitest.
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh test
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
