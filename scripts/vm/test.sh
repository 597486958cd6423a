#!/bin/sh
# `npm run test:vm`: tare's sensor and a short run in virtual machines of both architectures. `--help` has the flags.
set -eu
here=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
sh "$here/scripts/setup.sh" vm
exec "$here/node_modules/.bin/node" "$here/scripts/vm/test.ts" "$@"
