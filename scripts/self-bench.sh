#!/bin/sh
# `npm run self-bench [-- ID ...]`: what tare itself costs, as ratios taken side by side in one run.
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh build
exec node_modules/.bin/node scripts/self-bench.ts "$@"
