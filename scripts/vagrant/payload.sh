#!/bin/sh
# Packs what a guest without a way to the network cannot make itself: node_modules with Node, and build/, for its architecture.
#
#   payload.sh --arch amd64|arm64     prints the path of the archive
#
# What goes in, and when it is made again: scripts/vm/payload.sh. The last three of each architecture are kept.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
archives=${TARE_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tare/vm}/payloads
files=$(sh "$here/../vm/payload.sh" "$@")
name=$(basename "$(dirname "$files")") # payload-<architecture>-<hash of what went in>
packed=$archives/$name.tar.gz
if [ ! -f "$packed" ]; then
    echo "payload: packing $packed" >&2
    mkdir -p "$archives"
    tar -C "$files" -czf "$packed.$$" node_modules build
    mv "$packed.$$" "$packed"
    find "$archives" -name "${name%-*}-*.tar.gz" -printf '%T@ %p\n' | sort -rn | tail -n +4 | cut -d ' ' -f 2- | xargs -r rm -f
fi
touch "$packed"
printf '%s\n' "$packed"
