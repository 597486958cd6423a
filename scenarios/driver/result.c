#include "result.h"

#include <errno.h>
#include <inttypes.h>

static void print_operation(const struct options *options, const struct window *window, FILE *out) {
    fprintf(out,
            "{\"operation\":\"%s\",\"count\":%" PRIu32 ",\"errors\":%" PRIu32 ",\"timedEvery\":%" PRIu32
            ",\"batches\":[",
            workload.operation, options_operations(options), window->errors, window_timed_every(options));
    for (uint32_t i = 0; i < options->batches; i++) {
        if (i > 0)
            fputc(',', out);
        batch_print(&window->batches[i], out);
    }
    fputs("],\"service\":", out);
    histogram_print(&window->service, out);
    fputs(",\"response\":", out);
    if (options->mode == MODE_OPEN)
        histogram_print(&window->response, out);
    else
        fputs("null", out);
    fputc('}', out);
}

/*
 * Peak resident set in KiB; 0 when it cannot be read. Not ru_maxrss: that starts at the size of the forking
 * process.
 */
static uint64_t peak_rss_kib(void) {
    FILE *status = fopen("/proc/self/status", "re");
    if (status == NULL)
        return 0;
    char line[256];
    uint64_t kib = 0;
    while (kib == 0 && fgets(line, sizeof(line), status) != NULL)
        sscanf(line, "VmHWM: %" SCNu64 " kB", &kib);
    fclose(status);
    return kib;
}

bool result_print(const struct options *options, const struct window *window,
                  const struct reference_loops loops[2], const struct snapshots *snapshots, FILE *out) {
    errno = ENODATA;
    const uint64_t peak = peak_rss_kib();
    if (peak == 0)
        return driver_failed("no VmHWM in", "/proc/self/status");

    fprintf(out,
            "{\"protocol\":2,\"scenario\":\"%s\",\"trial\":\"%s\",\"mode\":\"%s\",\"startNs\":%" PRIu64
            ",\"endNs\":%" PRIu64 ",\"operations\":[",
            workload.scenario, options->trial, options->mode == MODE_OPEN ? "open" : "closed",
            window->start_ns, window->end_ns);
    print_operation(options, window, out);
    fprintf(out,
            "],\"control\":{\"spinNs\":[%" PRIu64 ",%" PRIu64 "],\"syscallNs\":[%" PRIu64 ",%" PRIu64
            "]},\"snapshots\":",
            loops[0].spin_ns, loops[1].spin_ns, loops[0].syscall_ns, loops[1].syscall_ns);
    snapshots_print(snapshots, out);
    fprintf(out, ",\"maxRssKib\":%" PRIu64 "}\n", peak);
    return fflush(out) == 0 || driver_failed("cannot write to", "standard output");
}
