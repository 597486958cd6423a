#!/bin/sh
# `npm test`: set-up, then everything that can be checked on this machine. Arguments go to vitest. TARE_TEST_REPORTS is a folder for
# the reports that scripts/count-tests.ts sums up.
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh test
# Tests of the sensor and the agents attach by tracefs; what is mounted here is unmounted at the end.
unmount=:
if [ "$(id -u)" -eq 0 ] && [ ! -d /sys/kernel/tracing/events ] && mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null; then
    unmount='umount /sys/kernel/tracing'
fi
checks=$(mktemp -d)
beside=''
trap 'if [ -n "$beside" ]; then kill "$beside"; fi; $unmount; rm -rf "$checks"' EXIT
trap 'exit 130' INT TERM
PATH=$PWD/node_modules/.bin:$PATH
export PATH

step() { printf '\n== %s\n' "$*"; }

check_types() { tsc --noEmit && tsc -p src/report/page; }
check_lint() { oxlint --type-aware --deny-warnings src scenarios test scripts; }
check_format() {
    prettier --check --log-level=warn --cache --cache-strategy=content .
    # shellcheck disable=SC2046 # file names without spaces
    clang-format --dry-run --Werror $(git ls-files '*.c' '*.h' 2>/dev/null)
}
check_scripts() { shellcheck scripts/*.sh scripts/*/*.sh scripts/*/*/*.sh .ci/run; }

# They only read, so they run beside each other; what each has to say is shown in turn.
for name in types lint format scripts; do
    (
        set -e
        "check_$name"
    ) >"$checks/$name" 2>&1 &
    echo $! >"$checks/$name.pid"
done
failed=''
for name in types lint format scripts; do
    step "$name"
    wait "$(cat "$checks/$name.pid")" || failed="$failed $name"
    cat "$checks/$name"
done
if [ -n "$failed" ]; then
    echo "failed:$failed" >&2
    exit 1
fi

# One vitest, which becomes this shell: $1 names its report, what follows are its arguments.
become_vitest() {
    report=$1
    shift
    if [ -n "${TARE_TEST_REPORTS:-}" ]; then
        export TARE_TEST_REPORT="$TARE_TEST_REPORTS/$report.json"
        set -- --reporter=default --reporter=./scripts/test-reporter.ts "$@"
    fi
    exec node node_modules/vitest/vitest.mjs run "$@"
}

step "tests"
status=0
if [ $# -gt 0 ]; then
    (become_vitest tests "$@") || status=$?
else
    # Tests of the kernel wait for programs most of their time, one after the other. All others run beside them.
    (become_vitest others --project pure --project processes) >"$checks/others" 2>&1 &
    beside=$!
    (become_vitest kernel --project kernel) || status=$?
    step "tests beside them"
    wait "$beside" || status=$?
    beside=''
    cat "$checks/others"
fi
[ "$status" -eq 0 ]
