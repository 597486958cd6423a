#!/bin/busybox sh
# shellcheck shell=dash disable=SC3045 # busybox's read knows -t and -n
# The first program of a guest whose clock counts instructions: settles, does the turns of /tare/turns, tells all on the serial line, switches off.
# What src/count/serial.ts reads begins with "tare:". Nothing here may depend on when the machine outside does what.
PATH=/bin:/sbin:/usr/bin:/usr/sbin
export PATH
busybox mkdir -p /proc
busybox mount -t proc proc /proc
busybox --install -s /bin
mount -t devtmpfs devtmpfs /dev
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tracefs tracefs /sys/kernel/tracing
mount -t bpf bpf /sys/fs/bpf
hostname tare-count
ifconfig lo up
exec </dev/null >/dev/console 2>&1
mkdir /run/work
mkfifo /run/never /run/in /run/out
exec 9<>/run/never

BUILD=/tare/build
GROUP=/sys/fs/cgroup/agent
# Seconds of the guest, which cost the machine nothing. The kernel starts things for some seconds after it has handed over.
SETTLE=30
DRAIN=2
AGENT=/run/agent

# Sleeps without starting a process: no agent sees it.
rest() { read -r -t "$1" _ <&9 || true; }

say() { echo "tare:$*"; }

# The kernel says on the serial line only what ends it.
fail() {
    dmesg | grep -iE 'out of memory|killed process|segfault|general protection' | tail -n 3
    say "failed $*"
    echo o >/proc/sysrq-trigger
    rest 600
}

# One that has ended stays until it is waited for.
lives() { read -r _ _ state _ 2>/dev/null <"/proc/$1/stat" && [ "$state" != Z ]; }

# Every kernel thread, as PID=NAME.
kernel_threads() {
    threads=
    for file in /proc/[0-9]*/stat; do
        read -r pid comm _ parent _ <"$file" && [ "$parent" = 2 ] && threads="$threads $pid=$comm"
    done 2>/dev/null
}

# drive SCENARIO PROGRAM TRIAL FLAG ...: one run of a driver, which reads at the edges of the window, and once more later, what kernel threads and the
# agent have spent. Nothing that an agent could see is done from before the window on until then.
drive() {
    scenario=$1 program=$2 number=$3
    shift 3
    kernel_threads
    set -- "$@" --snapshot /proc/timer_list
    for thread in $threads; do set -- "$@" --snapshot "/proc/${thread%%=*}/schedstat"; done
    own=
    if [ -d $GROUP ]; then
        set -- "$@" --snapshot $GROUP/cpu.stat
        [ -z "$client" ] || set -- "$@" --snapshot $GROUP/client/cpu.stat
        while read -r thread; do
            own="$own $thread"
            set -- "$@" --snapshot "/proc/$thread/schedstat"
        done <$GROUP/cgroup.threads
    fi
    "$BUILD/scenarios/$program" --trial "$number" --mode closed --directory /run/work "$@" </run/in >/run/out 2>/run/driver.err &
    driver=$!
    exec 3>/run/in 4</run/out
    if ! read -r _ <&4; then
        cat /run/driver.err
        fail "$scenario: the driver ended before it was ready"
    fi
    rest $DRAIN
    echo go >&3
    # The driver has done the window. What it says is read later, as that takes long.
    read -r -n 1 first <&4
    rest $DRAIN
    echo drained >&3
    read -r result <&4
    read -r drained <&4
    exec 3>&- 4<&-
    wait "$driver" || fail "$scenario: the driver ended with status $? ($(cat /run/driver.err))"
    say "trial $number $scenario"
    say "threads$threads"
    say "own$own"
    say "result $first$result"
    say "drained $drained"
    [ -z "$agent" ] || lives "$agent" || agent_fail "it ended while $scenario ran"
    [ -z "$client" ] || lives "$client" || agent_fail "its client ended while $scenario ran"
}

trial() {
    drive "$@"
    [ -z "$agent" ] || say "lost $(agent_lost)"
}

# Of each BPF program that is open in the agent's processes a file that tells how long it has run.
program_files() {
    files=
    ids=' '
    while read -r pid; do
        for file in /proc/"$pid"/fdinfo/*; do
            id=$(awk '/^prog_id:/ { id = $2 } /^run_time_ns:/ { print id }' "$file" 2>/dev/null)
            [ -n "$id" ] || continue
            case $ids in *" $id "*) continue ;; esac
            ids="$ids$id "
            files="$files $file"
        done
    done <$GROUP/cgroup.procs
}

# The kernel freezes a group when each of its tasks comes by.
freeze() {
    echo "$1" >$GROUP/cgroup.freeze
    tries=0
    until grep -qx "frozen $1" $GROUP/cgroup.events; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || agent_fail "it could not be frozen"
        rest 0.1
    done
}

# phase PHASE SCENARIO PROGRAM TRIAL FLAG ...: the same in little; what it is for says src/count/turns.ts.
phase() {
    say "phase $1"
    case $1 in
    programs)
        shift
        program_files
        # shellcheck disable=SC2086 # names without spaces
        say programs "$(bpftool prog list | grep -c '^[0-9]*: ')" $files
        for file in $files; do set -- "$@" --snapshot "$file"; done
        # Its own system calls run them too.
        freeze 1
        echo 1 >/proc/sys/kernel/bpf_stats_enabled
        drive "$@"
        echo 0 >/proc/sys/kernel/bpf_stats_enabled
        freeze 0
        rest $DRAIN
        ;;
    unread)
        shift
        freeze 1
        drive "$@"
        freeze 0
        rest $DRAIN
        ;;
    silent)
        shift
        drive "$@"
        ;;
    esac
}

# The guest's own milliseconds.
now() {
    read -r up _ </proc/uptime
    echo "${up%.*}${up#*.}0"
}

agent_fail() {
    tail -n 20 $AGENT/stderr $AGENT/stdout
    [ -z "$client" ] || tail -n 20 $AGENT/client.stderr
    fail "$name: $1"
}

# Takes the agent's events from it, in a group below the agent's.
start_client() {
    mkdir $GROUP/client
    (
        echo 0 >$GROUP/client/cgroup.procs
        agent_client
    ) >$AGENT/client.stdout 2>$AGENT/client.stderr &
    client=$!
}

# start_agent ID [client]: what it is made of is in /tare/agents/ID; its functions were defined by the turn.
start_agent() {
    name=$1
    mkdir $AGENT $GROUP
    [ ! -d "/tare/agents/$name" ] || cp -R "/tare/agents/$name/." $AGENT
    cd $AGENT || fail "$name: no room for its files"
    say "version $name $(agent_version 2>&1 | head -n 1)"
    agent_before || fail "$name: what it needs before its start failed"
    (
        echo 0 >$GROUP/cgroup.procs
        agent_exec
    ) >$AGENT/stdout 2>$AGENT/stderr &
    agent=$!
    began=$(now)
    tries=0
    until agent_ready; do
        lives "$agent" || agent_fail "it ended before it was ready"
        tries=$((tries + 1))
        [ $tries -lt 600 ] || agent_fail "it was not ready after 60 s of the guest's time"
        rest 0.1
    done
    [ -z "${2-}" ] || start_client
    agent_after || fail "$name: what it needs after its start failed"
    [ -z "$client" ] || lives "$client" || agent_fail "its client ended at once"
    say "ready $name $(($(now) - began))"
    rest $DRAIN
    say "lost $(agent_lost)"
}

# stop_agent FILE ...: ends it and hands out what it wrote.
stop_agent() {
    began=$(now)
    agent_end
    kill "$agent" 2>/dev/null
    tries=0
    while lives "$agent" && [ $tries -lt 300 ]; do
        tries=$((tries + 1))
        rest 0.1
    done
    kill -9 "$agent" 2>/dev/null
    wait "$agent"
    agent=
    if [ -n "$client" ]; then
        kill -9 "$client" 2>/dev/null
        wait "$client"
        client=
        rmdir $GROUP/client
    fi
    say "stopped $name $(($(now) - began))"
    for file in "$@"; do
        say "output $name $file $(wc -c <"$file")"
        zstd -q -c "$file" | base64
        say "output-end"
    done
    cd /
    rm -rf $AGENT
    rmdir $GROUP
}

agent=
client=
read -r release </proc/sys/kernel/osrelease
say "kernel $release"
say "cpu $(grep -m 1 -E '^(model name|CPU part)' /proc/cpuinfo)"
say "memory $(grep -m 1 MemTotal /proc/meminfo)"
rest $SETTLE
read -r clock </sys/devices/system/clocksource/clocksource0/current_clocksource
say "clock $clock"
say "known-loop"
"$BUILD/scenarios/known-loop"
say "known-loop-end"
# shellcheck source=/dev/null
. /tare/turns
say "end"
echo o >/proc/sysrq-trigger
rest 600
