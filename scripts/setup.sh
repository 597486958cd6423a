#!/bin/sh
# Set-up of a clone: what is missing is installed, what is there is skipped, and every step is said on standard error.
#
#   setup.sh node     pinned Node and the npm packages
#   setup.sh build    + compilers, the sensor and the workloads
#   setup.sh test     + the browser, tools and sensors that the tests need (TARE_INSTALL_AGENTS=no: those sensors that are there)
#   setup.sh packages NAME ...   these packages alone, by Debian's names; prints those that are still missing on standard output
#   setup.sh missing NAME ...    installs nothing; prints those that are missing
#   setup.sh compilers           prints Debian's names of the packages that compile the sensor and the workloads
#
# Needs Node 18 or newer with npm to start from. Packages come by apt, dnf, yum, zypper, apk or pacman; without root, or without any of these,
# those that are missing are named and the rest goes on.
set -eu
cd "$(dirname "$0")/.."
level=${1:-build}

say() { printf 'setup: %s\n' "$*" >&2; }

# By Debian's names. taskset and setpriv are in util-linux.
build_packages="clang llvm make gcc libc6-dev linux-libc-dev libbpf-dev libelf-dev zlib1g-dev libyaml-dev"
run_packages="libelf1 zlib1g bpftool procps util-linux mount"
test_packages="chromium fonts-dejavu-core clang-format libclang-rt-dev shellcheck ruby strace mmdebstrap kmod cpio libarchive-tools zsh fish gcc-aarch64-linux-gnu libc6-dev-arm64-cross"

# shellcheck source=scripts/packages.sh
. scripts/packages.sh

# npm on a Node older than this leaves out optional packages that want a newer one, binaries among them, and says nothing.
oldest_node_for_npm_ci=24
bootstrap_npm=11.19.1

# Prints the folders to put before PATH so that `npm` is one that can install this project.
npm_path() {
    major=$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/')
    if [ "${major:-0}" -ge "$oldest_node_for_npm_ci" ]; then return 0; fi
    bootstrap=$PWD/build/bootstrap
    pinned=$(sed -n 's/^ *"node": "\([0-9.]*\)",*$/\1/p' package.json)
    if [ ! -x "$bootstrap/node_modules/node/bin/node" ] || [ ! -x "$bootstrap/node_modules/.bin/npm" ]; then
        say "Node $(node --version 2>/dev/null || echo '(none)') is too old to install with: fetching Node $pinned and npm $bootstrap_npm to build/bootstrap"
        mkdir -p "$bootstrap"
        npm install --prefix "$bootstrap" --no-save --no-audit --no-fund --progress=false --loglevel=error "node@$pinned" "npm@$bootstrap_npm" >&2
        run_node_installer "$bootstrap/node_modules/node"
    fi
    printf '%s:%s:' "$bootstrap/node_modules/node/bin" "$bootstrap/node_modules/.bin"
}

# npm may hold back the install script that fetches the pinned Node as a package of its own.
run_node_installer() {
    [ -x "$1/bin/node" ] || (cd "$1" && node installArchSpecificPackage >&2)
    sh scripts/check-node.sh "$1/bin/node"
}

# Node as npm has it is built for this C library or a newer one.
oldest_glibc=2.28
refuse_libc() {
    libc=$(getconf GNU_LIBC_VERSION 2>/dev/null || true)
    case $libc in
    glibc\ 2.*)
        [ "${libc#glibc 2.}" -lt "${oldest_glibc#2.}" ] || return 0
        say "this system's C library is $libc, and the pinned Node needs glibc $oldest_glibc or newer"
        ;;
    *)
        ls /lib/ld-musl-*.so.1 >/dev/null 2>&1 || return 0
        say "this system's C library is musl, and the pinned Node, as npm has it, is built for glibc"
        ;;
    esac
    say "run tare in a privileged container of another system, which measures this node all the same: docs/nodes.md"
    exit 3
}

setup_node() {
    stamp=node_modules/.tare-lock
    if ! cmp -s package-lock.json "$stamp"; then
        refuse_libc
        if ! command -v npm >/dev/null 2>&1; then
            say "npm is missing: install Node 18 or newer with npm, for example: $(install_command "$(names_here nodejs npm)")"
            exit 3
        fi
        before=$(npm_path)
        say "installing npm packages (npm ci)"
        (
            PATH=$before$PATH
            npm ci --no-audit --no-fund --progress=false --loglevel=error >&2
            run_node_installer node_modules/node
        )
        cp package-lock.json "$stamp"
    fi
    if starts_node; then return 0; fi
    # Node as systems have it brings the library; a clone that was copied into a minimal system finds none.
    case $words in *libstdc++*) install_packages libstdc++6 ;; esac
    if starts_node; then return 0; fi
    say "the pinned Node does not start: $words"
    case $words in *libstdc++*) ;; *) say "remove node_modules and try again" ;; esac
    exit 3
}

starts_node() {
    words=$(node_modules/.bin/node --version 2>&1)
}

# True when what is built is newer than what it is built from: by make, or by the files' times where nothing can be built anyway and the
# compiler's own files in between need not be there.
is_built() {
    if command -v make >/dev/null 2>&1 && command -v clang >/dev/null 2>&1; then
        make -q -C bpf >/dev/null 2>&1 && make -q -C scenarios >/dev/null 2>&1
        return
    fi
    for product in build/bpf/tare-sensor build/scenarios/noop; do
        [ -x "$product" ] && [ -z "$(find bpf scenarios -name '*.[ch]' -newer "$product" | head -n 1)" ] || return 1
    done
}

setup_build() {
    # shellcheck disable=SC2086 # lists of words
    install_packages $run_packages
    # A guest that was given everything, or a clone that is set up, needs neither a compiler nor a way to the network.
    if is_built; then return 0; fi
    # shellcheck disable=SC2086 # lists of words
    install_packages $build_packages
    build_parts
}

build_parts() {
    command -v make >/dev/null 2>&1 || { say "make is missing: nothing can be built"; return 0; }
    for part in bpf scenarios; do
        if ! make -q -C "$part" >/dev/null 2>&1; then
            say "building $part"
            make -s -j "$(nproc)" -C "$part" >&2 || say "$part did not build: what needs it will be skipped (see above)"
        fi
    done
}

install_peers() {
    find_manager
    if [ "$(id -u)" -ne 0 ] || [ "${TARE_INSTALL_AGENTS:-yes}" = no ] || [ "$manager" != apt ]; then return 0; fi
    node_modules/.bin/node src/cli/main.ts agents install --missing --quiet all >&2 || say "going on with the sensors that are there"
}

# Packages of the system and of npm are fetched beside each other, then the sensors beside the compilers.
setup_test() {
    # A machine that tests can be installed anew after a power cut: dpkg need not wait for its disk.
    apt_options='-o Dpkg::Options::=--force-unsafe-io'
    # shellcheck disable=SC2086 # lists of words
    install_packages $run_packages $build_packages $test_packages &
    trap wait EXIT
    setup_node
    wait
    build_parts &
    install_peers
    wait
}

case $level in
node) setup_node ;;
build)
    setup_node
    setup_build
    ;;
test) setup_test ;;
packages)
    shift
    install_packages "$@"
    missing_packages "$@"
    ;;
missing)
    shift
    missing_packages "$@"
    ;;
compilers) printf '%s\n' "$build_packages" ;;
*)
    say "unknown level \"$level\": node, build, test, packages, missing or compilers"
    exit 2
    ;;
esac
