#!/bin/sh
# Writes docs/kernels.md from the outcomes of `npm run test:vm`.
set -eu
here=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
exec "$here/node_modules/.bin/node" "$here/scripts/vm/kernels-table.ts" "$@"
