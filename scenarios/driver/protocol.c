/* The driver protocol, from flags to result. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "boundary-snapshot.h"
#include "reference-loop.h"
#include "result.h"
#include "stop.h"
#include "window.h"
#include "workload.h"

bool driver_failed(const char *what, const char *on) {
    fprintf(stderr, "%s %s: %s\n", what, on, strerror(errno));
    return false;
}

static bool pin(int cpu) {
    cpu_set_t set;
    char name[16];
    snprintf(name, sizeof(name), "%d", cpu);
    if (cpu >= CPU_SETSIZE) {
        errno = EINVAL;
        return driver_failed("cannot run on CPU", name);
    }
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return sched_setaffinity(0, sizeof(set), &set) == 0 || driver_failed("cannot run on CPU", name);
}

static bool say(const char *line) {
    return (fputs(line, stdout) >= 0 && fflush(stdout) == 0) ||
           driver_failed("cannot write to", "standard output");
}

/* One operation at an interval until standard input ends. Lines on it are ignored. */
static int run_sentinel(const struct options *options) {
    if (!say("{\"driver\":\"prepared\"}\n"))
        return STATUS_FAILED;
    uint32_t number = 0;
    for (;;) {
        if (!workload.operate(number)) {
            driver_failed("a sentinel operation failed in", workload.scenario);
            return STATUS_FAILED;
        }
        number += workload.stride;
        enum input got;
        do
            got = await_line((int)options->interval_ms);
        while (got == INPUT_LINE);
        if (got != INPUT_TIMEOUT)
            return 0;
    }
}

static int run_window(const struct options *options) {
    struct window *window = window_prepare(options);
    struct snapshots *snapshots = snapshots_open(options->snapshots, options->snapshot_count);
    if (window == NULL || snapshots == NULL) {
        driver_failed("no memory for", workload.scenario);
        return STATUS_FAILED;
    }
    if (!say("{\"driver\":\"prepared\"}\n"))
        return STATUS_FAILED;
    if (await_line(-1) != INPUT_LINE)
        return 0;

    struct reference_loops loops[2];
    for (uint32_t i = 0; i < options->warmup_operations && !stop_requested; i += workload.stride)
        (void)workload.operate(workload.warmup_first + i);
    reference_loops_run(&loops[0]);
    snapshots_read(snapshots, SNAPSHOT_BEFORE);
    window_run(window, options);
    snapshots_read(snapshots, SNAPSHOT_AFTER);
    reference_loops_run(&loops[1]);
    if (stop_requested)
        return 0;

    return result_print(options, window, loops, snapshots, stdout) ? 0 : STATUS_FAILED;
}

int main(int argc, char **argv) {
    struct options options;
    options_read(&options, argc, argv);
    if (workload.check != NULL)
        workload.check(&options);
    stop_prepare();

    int status = STATUS_FAILED;
    if ((options.cpu < 0 || pin(options.cpu)) && (workload.prepare == NULL || workload.prepare(&options)))
        status = options.mode == MODE_SENTINEL ? run_sentinel(&options) : run_window(&options);
    if (workload.release != NULL)
        workload.release();
    if (stop_requested)
        stop_now();
    return status;
}
