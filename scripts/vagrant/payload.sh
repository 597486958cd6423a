#!/bin/sh
# Packs what a guest without a way to the network cannot make itself: node_modules with Node, and build/, for its architecture.
#
#   payload.sh --arch amd64|arm64     prints the path of the archive
#
# What goes in, and when it is made again: scripts/vm/payload.sh.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
files=$(sh "$here/../vm/payload.sh" "$@")
packed=$(dirname "$files")/payload.tar.gz
if [ ! -f "$packed" ]; then
    echo "payload: packing $packed" >&2
    tar -C "$files" -czf "$packed.part" node_modules build
    mv "$packed.part" "$packed"
fi
printf '%s\n' "$packed"
