#!/bin/sh
# Builds a VM image from Debian's archive, or finds it in the cache, and prints where it is. `image.sh --help` has the flags.
set -eu
here=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
sh "$here/scripts/setup.sh" node
exec "$here/node_modules/.bin/node" "$here/scripts/vm/image.ts" "$@"
