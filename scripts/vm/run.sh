#!/bin/sh
# Runs one command in a fresh virtual machine. `run.sh --help` has the flags.
set -eu
here=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
sh "$here/scripts/setup.sh" node
exec "$here/node_modules/.bin/node" "$here/scripts/vm/run.ts" "$@"
