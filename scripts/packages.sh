# shellcheck shell=sh
# Packages of whatever system this is: sourced by setup.sh. All are asked for by Debian's names; packages.txt has the others'.

# What installs packages here: apt, dnf, yum, microdnf, zypper, apk, pacman or none. A system may have another's tools: what it says it is
# comes first.
manager=''
# More options of apt, for one level alone.
apt_options=''
find_manager() {
    [ -z "$manager" ] || return 0
    like=' '
    while IFS='=' read -r key value; do
        value=${value#[\"\']}
        case $key in ID | ID_LIKE) like="$like${value%[\"\']} " ;; esac
    done 2>/dev/null <"${TARE_OS_RELEASE:-/etc/os-release}" || true
    case $like in
    *" debian "* | *" ubuntu "*) set -- apt-get ;;
    *" rhel "* | *" fedora "* | *" centos "* | *" amzn "*) set -- dnf yum microdnf ;;
    *" suse "* | *" opensuse "* | *" sles "*) set -- zypper ;;
    *" alpine "*) set -- apk ;;
    *" arch "*) set -- pacman ;;
    *) set -- apt-get dnf yum zypper apk pacman ;;
    esac
    manager=none
    for tool in "$@"; do
        ! command -v "$tool" >/dev/null 2>&1 || { manager=${tool%-get} && break; }
    done
}

# Prints this system's names of Debian's packages. Those that it has none for are left out; `unlisted` prints them.
names_here() {
    find_manager
    case $manager in
    apt) case $like in *" ubuntu "*) ;; *) printf '%s ' "$@" && return ;; esac ;;
    none) printf '%s ' "$@" && return ;;
    esac
    for wanted in "$@"; do
        name_here "$wanted" | tr ',\n' '  '
    done
}

name_here() {
    name=''
    while read -r debian ubuntu dnf zypper apk pacman _; do
        [ "$debian" = "$1" ] || continue
        case $manager in
        apt) name=$ubuntu ;;
        dnf | yum | microdnf) name=$dnf ;;
        zypper) name=$zypper ;;
        apk) name=$apk ;;
        pacman) name=$pacman ;;
        esac
        break
    done <scripts/packages.txt
    case $manager:$name in
    apt: | *:=) printf '%s\n' "$1" ;;
    *: | *:-) ;;
    *) printf '%s\n' "$name" ;;
    esac
}

unlisted() {
    case $manager in apt | none) return ;; esac
    for wanted in "$@"; do
        grep -q "^$wanted " scripts/packages.txt || printf '%s ' "$wanted"
    done
}

is_installed() {
    case $manager in
    dnf | yum | microdnf | zypper) rpm -q --whatprovides "$1" ;;
    apk) apk info -e "$1" ;;
    pacman) pacman -T "$1" ;;
    esac >/dev/null 2>&1
}

# Prints those of Debian's packages that are not installed, by this system's names.
missing_packages() {
    find_manager
    case $manager in
    none) return ;;
    apt)
        # shellcheck disable=SC2046 # a list of words
        set -- $(names_here "$@")
        installed=" $(dpkg-query -W -f '${db:Status-Status}:${Package} ' "$@" 2>/dev/null || true)"
        provided=''
        for package in "$@"; do
            case $installed in *" installed:$package "*) continue ;; esac
            # libelf1 is a name that libelf1t64 has as well.
            [ -n "$provided" ] || provided=" $(dpkg-query -W -f '${db:Status-Status}, ${Provides}\n' 2>/dev/null | sed -n 's/^installed, //p' | tr ',\n' '  ') "
            case $provided in *" $package "*) ;; *) printf '%s ' "$package" ;; esac
        done
        ;;
    *)
        for package in $(names_here "$@"); do
            is_installed "$package" || printf '%s ' "$package"
        done
        ;;
    esac
}

# Prints the command that installs packages of these names, which are this system's.
install_command() {
    find_manager
    case $manager in
    apt) printf 'apt-get install --no-install-recommends %s' "$*" ;;
    zypper) printf 'zypper install --no-recommends %s' "$*" ;;
    apk) printf 'apk add %s' "$*" ;;
    pacman) printf 'pacman -S --needed %s' "$*" ;;
    none) printf 'nothing that tare knows installs packages here; Debian calls them %s' "$*" ;;
    *) printf '%s install %s' "$manager" "$*" ;;
    esac
}

# Installs by the system's own means, without a question.
run_manager() {
    case $manager in
    # Another apt, as runs after a boot, is waited for.
    apt)
        # shellcheck disable=SC2086 # a list of options
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 $apt_options "$@"
        ;;
    zypper) zypper --non-interactive install --no-recommends "$@" ;;
    apk) apk add "$@" ;;
    pacman) pacman -S --needed --noconfirm "$@" ;;
    *) "$manager" install -y "$@" ;;
    esac
}

# Where the lists may be old or were never fetched. dnf does it by itself; Arch is upgraded as a whole or not at all.
fetch_lists() {
    case $manager in
    apt) apt-get update -qq ;;
    zypper) zypper --non-interactive refresh ;;
    apk) apk update ;;
    *) return 1 ;;
    esac
}

# What else there is to know where packages could not be installed.
explain_refusal() {
    case $manager in
    dnf | yum | microdnf)
        say "on Red Hat's and its rebuilds, some are in a repository that is off: dnf config-manager --set-enabled crb (RHEL 8: powertools)"
        ;;
    pacman) say "are the lists old? pacman -Syu upgrades the system, which Arch asks for before anything is installed" ;;
    esac
}

install_packages() {
    find_manager
    if [ "$manager" = none ]; then
        say "no package manager that tare knows is here: make sure that these are installed (Debian's names): $*"
        return 0
    fi
    others=$(unlisted "$@")
    [ -z "$others" ] || say "make sure that these are installed, of which tare knows Debian's names alone: $others"
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        say "missing packages: $missing"
        say "install them as root: $(install_command "$missing")"
        return 0
    fi
    if [ ! -w /usr ]; then
        say "missing packages: $missing"
        say "/usr is read-only, so they cannot be installed here: run tare in a container instead (docs/nodes.md)"
        return 0
    fi
    say "installing packages by $manager: $missing(log: build/setup.log)"
    mkdir -p build
    # shellcheck disable=SC2086 # a list of words
    set -- $missing
    # A package list that is old or was never fetched makes the first try fail.
    if run_manager "$@" >build/setup.log 2>&1; then return 0; fi
    say "fetching package lists"
    if fetch_lists >>build/setup.log 2>&1 && run_manager "$@" >>build/setup.log 2>&1; then return 0; fi
    # One that is not to be had must not keep the others away.
    refused=''
    for package in "$@"; do
        run_manager "$package" >>build/setup.log 2>&1 || refused="$refused$package "
    done
    [ -n "$refused" ] || return 0
    tail -n 15 build/setup.log >&2
    say "$manager could not install ${refused% } (see above, and build/setup.log); going on with what there is"
    say "by hand, as root: $(install_command "${refused% }")"
    explain_refusal
}
