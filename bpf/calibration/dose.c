/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tare-dose: a known cost. Attaches the dose programs to the hooks that the sensor would use here, and
 * reports what they burn on the workload's path. With --spend-ns it also burns CPU time in its own process
 * for every operation they see.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../loader/arguments.h"
#include "../loader/family.h"
#include "../loader/signals.h"
#include "../output/message.h"
#include "dose.h"
#include "report.h"

/* Relative to this program: build/bpf/calibration and build/scenarios. */
#define NOOP "../../scenarios/" EXEC_WORKLOAD

/*
 * How often to look for operations. Often while there are some, so that little of a window's debt is paid
 * after its end; else seldom, because looking also takes CPU time and belongs to no operation.
 */
#define BUSY_POLL_NS 2000000L
#define IDLE_POLL_NS 20000000L
/* Signals are looked for at least this often. */
#define MAX_SPEND_NS_AT_ONCE 20000000ULL
#define MAX_SPEND_NS 100000

static const char *const WORKLOADS[FAMILY_COUNT] = {
    [FAMILY_EXEC] = EXEC_WORKLOAD,
    [FAMILY_FILE] = FILE_WORKLOAD,
    [FAMILY_NETWORK] = NETWORK_WORKLOAD,
};

struct dosing {
    struct rings rings; /* they stay empty */
    struct source sources[FAMILY_COUNT];
    int count;
    uint64_t spend_ns; /* for each operation */
    uint64_t spent_ns; /* already burned */
    uint64_t cpu_ns_when_ready;
};

static void print_help(void) {
    printf(
        "Usage: tare-dose --families LIST --report FILE [--exec-ns N] [--file-ns N] [--network-ns N]\n"
        "                 [--spend-ns N]\n"
        "\n"
        "Burns CPU time for each operation of tare's workloads, and of no other task, and accounts for it.\n"
        "\n"
        "  --families LIST  exec,file,network or some of them\n"
        "  --exec-ns N, --file-ns N, --network-ns N\n"
        "                   on the path of an operation of that family, in the hook: 0 to %d (default: 0)\n"
        "  --spend-ns N     in this process, a moment later: 0 to %d (default: 0)\n"
        "  --report FILE    file to append a report to at SIGUSR1\n"
        "\n"
        "Says {\"ready\":true,...} on standard error once every hook was seen to act. Ends at SIGTERM.\n"
        "Exit: 0 stopped, 1 failed, 2 usage, 3 the kernel cannot (no BTF, no permission, no hook).\n",
        MAX_DOSE_NS, MAX_SPEND_NS);
}

static int needed_map(const struct source *source, const char *name) {
    int fd = map_of(source, name);
    if (fd < 0)
        fail(EXIT_FAILED, "%s.bpf.o has no map %s; build it again with make -C bpf", source->family->name,
             name);
    return fd;
}

/* Adds what the programs of a family burned on all CPUs. */
static void add_burned(const struct source *source, struct burned *sum) {
    int cpus = libbpf_num_possible_cpus();
    struct burned *each = cpus > 0 ? calloc(cpus, sizeof(*each)) : NULL;
    __u32 key = 0;
    if (!each || bpf_map_lookup_elem(needed_map(source, "tare_burned"), &key, each))
        fail(EXIT_FAILED, "what %s burned cannot be read: %s", source->family->name, strerror(errno));
    for (int i = 0; i < cpus; i++) {
        sum->operations += each[i].operations;
        sum->ns += each[i].ns;
    }
    free(each);
}

static struct burned all_burned(const struct dosing *dosing) {
    struct burned sum = {0};
    for (int i = 0; i < dosing->count; i++)
        add_burned(&dosing->sources[i], &sum);
    return sum;
}

/* One operation like the workload's, in a child with the workload's name. Never returns. */
__attribute__((noreturn)) static void be_the_workload(const struct source *source) {
    char path[PATH_MAX + sizeof(NOOP)];
    if (source->family->provoke) {
        prctl(PR_SET_NAME, WORKLOADS[source->id]);
        source->family->provoke();
        _exit(0);
    }
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);
    if (length > 0) {
        path[length] = 0;
        strcpy(strrchr(path, '/') + 1, NOOP);
        execl(path, EXEC_WORKLOAD, (char *)NULL);
        fprintf(stderr, "%s: %s; build it with make -C scenarios\n", path, strerror(errno));
    }
    _exit(127);
}

/*
 * Ready means seen to act: loading and attaching do not show that the filter recognises the workload. There
 * is no output for a sentinel to appear in, and there must be none: writing events would be a cost beside
 * the dose.
 */
static void prove(const struct source *source) {
    struct burned before = {0}, after = {0};
    int status = 0;
    add_burned(source, &before);
    pid_t child = fork();
    if (child == 0)
        be_the_workload(source);
    if (child < 0 || waitpid(child, &status, 0) != child || status)
        fail(EXIT_FAILED, "the %s operation that proves the hook failed (wait status %d)",
             source->family->name, status);
    add_burned(source, &after);
    if (after.operations == before.operations)
        fail(EXIT_KERNEL_CANNOT, "%s is attached, but did not act on an operation of a task named %s",
             source->hook, WORKLOADS[source->id]);
}

static void set_dose(const struct source *source, uint64_t ns) {
    struct dose dose = {.ns = ns};
    __u32 key = 0;
    if (bpf_map_update_elem(needed_map(source, "tare_dose"), &key, &dose, BPF_ANY))
        fail(EXIT_FAILED, "the dose of %s cannot be set: %s", source->family->name, strerror(errno));
}

static uint64_t own_cpu_ns(void) {
    struct timespec spent;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    return spent.tv_sec * 1000000000ULL + spent.tv_nsec;
}

/* Burns what is owed for the operations so far, up to a limit. True when nothing is owed any more. */
static bool spend(struct dosing *dosing) {
    uint64_t owed = all_burned(dosing).operations * dosing->spend_ns - dosing->spent_ns;
    uint64_t portion = owed < MAX_SPEND_NS_AT_ONCE ? owed : MAX_SPEND_NS_AT_ONCE;
    uint64_t start = own_cpu_ns();
    while (own_cpu_ns() - start < portion) {
    }
    dosing->spent_ns += portion;
    return portion == owed;
}

static void report(struct dosing *dosing, int fd) {
    while (dosing->spend_ns && !spend(dosing)) {
    }
    struct burned burned = all_burned(dosing);
    /* All of its CPU time, looking included: the whole cost of spending is spent. */
    write_report(fd, &(struct injected){
                         .operations = burned.operations,
                         .workload_ns = burned.ns,
                         .agent_ns = dosing->spend_ns ? own_cpu_ns() - dosing->cpu_ns_when_ready : 0,
                     });
}

static void act(struct dosing *dosing, int fd) {
    static const struct timespec none = {0}, busy = {.tv_nsec = BUSY_POLL_NS},
                                 idle = {.tv_nsec = IDLE_POLL_NS};
    const struct timespec *wait = dosing->spend_ns ? &idle : NULL;
    while (!stop_requested()) {
        ppoll(NULL, 0, wait, waiting_mask());
        if (statistics_requested())
            report(dosing, fd);
        if (dosing->spend_ns) {
            uint64_t spent_ns = dosing->spent_ns;
            bool done = spend(dosing);
            wait = !done ? &none : dosing->spent_ns > spent_ns ? &busy : &idle;
        }
    }
}

static void open_families(struct dosing *dosing, const char *list) {
    bool wanted[FAMILY_COUNT];
    dosing->rings = (struct rings){.shape = {.bytes = getpagesize()}, .families = FAMILY_COUNT};
    parse_families(list, wanted);
    for (enum family_id id = 0; id < FAMILY_COUNT; id++) {
        if (wanted[id] && !WORKLOADS[id])
            fail(EXIT_USAGE, "there is no workload for %s; use exec, file or network", FAMILIES[id].name);
        if (wanted[id])
            open_best_source(&dosing->sources[dosing->count++], id, NULL, &dosing->rings, NULL);
    }
}

int main(int argc, char **argv) {
    const char *families, *exec = "0", *file = "0", *network = "0", *spend_text = "0", *report_path;
    const struct argument known[] = {
        {"families", &families, .max = 1},
        {"exec-ns", &exec, .is_optional = true},
        {"file-ns", &file, .is_optional = true},
        {"network-ns", &network, .is_optional = true},
        {"spend-ns", &spend_text, .is_optional = true},
        {"report", &report_path, .max = 1},
    };
    parse_arguments(argc, argv, known, sizeof(known) / sizeof(*known), print_help);
    struct dosing dosing = {.spend_ns = parse_whole("--spend-ns", spend_text, 0, MAX_SPEND_NS)};
    const uint64_t dose_ns[FAMILY_COUNT] = {
        [FAMILY_EXEC] = parse_whole("--exec-ns", exec, 0, MAX_DOSE_NS),
        [FAMILY_FILE] = parse_whole("--file-ns", file, 0, MAX_DOSE_NS),
        [FAMILY_NETWORK] = parse_whole("--network-ns", network, 0, MAX_DOSE_NS),
    };

    prepare_loading();
    catch_signals();
    int fd = open_to_append("--report", report_path);
    open_families(&dosing, families);
    for (int i = 0; i < dosing.count; i++) {
        prove(&dosing.sources[i]);
        set_dose(&dosing.sources[i], dose_ns[dosing.sources[i].id]);
    }
    dosing.spent_ns = all_burned(&dosing).operations * dosing.spend_ns; /* nothing is owed for the proofs */
    dosing.cpu_ns_when_ready = own_cpu_ns();
    fprintf(stderr, "{\"ready\":true,");
    print_hooks(stderr, dosing.sources, dosing.count);
    fprintf(stderr, "}\n");

    act(&dosing, fd);

    for (int i = 0; i < dosing.count; i++)
        close_source(&dosing.sources[i]);
    rings_close(&dosing.rings);
    return 0;
}
