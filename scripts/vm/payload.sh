#!/bin/sh
# Prints a folder with node_modules and build for a guest: `payload.sh --arch arm64`.
set -eu
here=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
sh "$here/scripts/setup.sh" node
exec "$here/node_modules/.bin/node" "$here/scripts/vm/print-payload.ts" "$@"
