#!/bin/sh
# Writes docs/agents-in-guests.md from the outcomes of `npm run test:vm -- --agents`.
set -eu
here=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
exec "$here/node_modules/.bin/node" "$here/scripts/vm/agents-table.ts" "$@"
