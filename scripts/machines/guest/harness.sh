#!/bin/sh
# harness.sh COMMAND ...: runs the harness in a guest, in the clone's folder. One that a signal kills is named as that and run once more.
# TARE_OUT: the folder of its results, if it has one; what the first try left there goes to first-try/ in it.
set -u
say() { printf 'guest: %s\n' "$*"; }

# The name of the signal that an exit status stands for; nothing for the harness's own exit codes.
signal_of() {
    [ "$1" -le 128 ] || kill -l "$1" 2>/dev/null | sed 's/^/SIG/'
}

status=0
"$@" || status=$?
signal=$(signal_of "$status")
case $signal in
# Someone asked for these.
'' | SIGHUP | SIGINT | SIGTERM) exit "$status" ;;
esac
say "the harness was killed by $signal: cleaning up, then running it once more"
sh scripts/tare.sh clean || say "not all of it could be cleaned up (see above)"
if [ -n "${TARE_OUT:-}" ]; then
    mkdir -p "$TARE_OUT/first-try"
    for file in "$TARE_OUT"/*; do
        case ${file##*/} in
        # The log of both tries is open.
        first-try | bench.log) ;;
        *) mv "$file" "$TARE_OUT/first-try/" ;;
        esac
    done
    echo "$signal" >"$TARE_OUT/first-try/killed-by"
fi
status=0
"$@" || status=$?
signal=$(signal_of "$status")
[ -z "$signal" ] || say "the harness was killed by $signal again"
exit "$status"
