/* The driver protocol, from flags to result. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "boundary-snapshot.h"
#include "reference-loop.h"
#include "result.h"
#include "stop.h"
#include "window.h"
#include "workers.h"
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

static bool flush(void) { return fflush(stdout) == 0 || driver_failed("cannot write to", "standard output"); }

static bool say_prepared(const pid_t *pids, uint32_t count) {
    fputs("{\"driver\":\"prepared\",\"workers\":[", stdout);
    for (uint32_t i = 0; i < count; i++)
        printf("%s%d", i == 0 ? "" : ",", (int)pids[i]);
    fputs("]}\n", stdout);
    return flush();
}

static bool say_drained(const struct snapshots *snapshots) {
    fputs("{\"driver\":\"drained\",\"snapshots\":", stdout);
    snapshots_print_drained(snapshots, stdout);
    fputs("}\n", stdout);
    return flush();
}

/* One operation at an interval until standard input ends. Lines on it are ignored. */
static int run_sentinel(const struct options *options) {
    const pid_t self = getpid();
    if (!say_prepared(&self, 1))
        return STATUS_FAILED;
    uint32_t number = 0;
    for (;;) {
        if (!workload.operate(number)) {
            if (!stop_requested)
                driver_failed("a sentinel operation failed in", workload.scenario);
            return STATUS_FAILED;
        }
        number += workload.stride;
        enum input got;
        do
            got = await((struct awaited){true, -1, (int)options->interval_ms});
        while (got == INPUT_LINE);
        if (got != INPUT_TIMEOUT)
            return 0;
    }
}

static const struct awaited A_LINE = {true, -1, -1};

/* The exit status after something else has come than what was due. */
static int status_of(enum input got) { return got == INPUT_CHILD ? STATUS_FAILED : 0; }

static int converse(const struct options *options, struct workers *workers, struct window *window,
                    struct snapshots *snapshots) {
    struct reference_loops loops[2];
    if (!say_prepared(workers->pids, workers->count))
        return STATUS_FAILED;
    enum input got = workers_await(workers, A_LINE);
    if (got != INPUT_LINE)
        return status_of(got);

    window_clear(window, options);
    reference_loops_run(&loops[0]);
    snapshots_read(snapshots, SNAPSHOT_BEFORE);
    got = workers_run(workers);
    if (got != INPUT_TOLD)
        return status_of(got);
    snapshots_read(snapshots, SNAPSHOT_AFTER);
    reference_loops_run(&loops[1]);
    if (!result_print(options, window, loops, snapshots, stdout))
        return STATUS_FAILED;

    got = workers_await(workers, A_LINE);
    if (got != INPUT_LINE)
        return status_of(got);
    snapshots_read(snapshots, SNAPSHOT_DRAINED);
    return say_drained(snapshots) ? 0 : STATUS_FAILED;
}

static int run_window(const struct options *options, char *const *argv) {
    int window_file;
    struct window *window = window_create(options, &window_file);
    if (window == NULL)
        return STATUS_FAILED;
    struct snapshots *snapshots = snapshots_open(options->snapshots, options->snapshot_count);
    if (snapshots == NULL) {
        driver_failed("no memory for", "the snapshots");
        return STATUS_FAILED;
    }
    struct workers workers;
    const enum input got = workers_start(&workers, options, window_file, argv);
    const int status = got == INPUT_TOLD ? converse(options, &workers, window, snapshots) : status_of(got);
    workers_end(&workers);
    return status;
}

int main(int argc, char **argv) {
    struct options options;
    options_read(&options, argc, argv);
    if (workload.check != NULL)
        workload.check(&options);
    stop_prepare();

    int status = STATUS_FAILED;
    if ((options.cpu < 0 || pin(options.cpu)) && (workload.prepare == NULL || workload.prepare(&options)))
        status = options.mode == MODE_SENTINEL ? run_sentinel(&options)
                 : options_is_worker(&options) ? worker_run(&options)
                                               : run_window(&options, argv);
    if (workload.release != NULL)
        workload.release();
    if (stop_requested)
        stop_now();
    return status;
}
