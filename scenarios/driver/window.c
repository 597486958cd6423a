#include "window.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock.h"
#include "pace.h"
#include "pacing.h"
#include "stop.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif

static size_t size_of(const struct options *options) {
    return sizeof(struct window) + options->batches * sizeof(struct batch);
}

struct window *window_map(const struct options *options, int file) {
    struct window *window =
        mmap(NULL, size_of(options), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file, 0);
    if (window != MAP_FAILED)
        return window;
    driver_failed("no memory for", workload.scenario);
    return NULL;
}

struct window *window_create(const struct options *options, int *file) {
    *file = memfd_create("window", MFD_NOEXEC_SEAL);
    if (*file < 0 && errno == EINVAL)
        *file = memfd_create("window", 0); /* before 6.3 */
    if (*file < 0 || ftruncate(*file, (off_t)size_of(options)) != 0) {
        driver_failed("no memory for", workload.scenario);
        return NULL;
    }
    struct window *window = window_map(options, *file);
    if (window != NULL)
        window_clear(window, options);
    return window;
}

void window_clear(struct window *window, const struct options *options) {
    memset(window, 0, size_of(options));
    histogram_clear(&window->service);
    histogram_clear(&window->response);
}

/* In an open loop every operation waits for its time by the clock anyway. */
uint32_t window_timed_every(const struct options *options) {
    return options->mode == MODE_OPEN || workload.timed_every == 0 ? 1 : workload.timed_every;
}

/* Returns the time at its end. */
static uint64_t run_pace(struct pace *pace) { return workload.unpaced ? monotonic_ns() : pace_run(pace); }

/* Where every operation is timed, the end of one is the start of the next, so that the clock is read once. */
static void closed_batch(struct window *window, uint32_t first, uint32_t count, uint32_t every,
                         struct pace *pace) {
    uint32_t errors = 0;
    uint32_t untimed = every - 1 - first % every;
    uint64_t then = run_pace(pace);
    for (uint32_t i = 0; i < count && !stop_requested; i += workload.stride) {
        if (untimed > 0) {
            untimed--;
            errors += !workload.operate(first + i);
            continue;
        }
        if (every > 1)
            then = monotonic_ns();
        errors += !workload.operate(first + i);
        const uint64_t now = monotonic_ns();
        histogram_record(&window->service, now - then);
        then = pace_is_due(pace, now) ? run_pace(pace) : now;
        untimed = every - 1;
    }
    run_pace(pace);
    window->errors += errors;
}

static void open_batch(struct window *window, uint32_t first, uint32_t count, double rate) {
    for (uint32_t i = 0; i < count && !stop_requested; i += workload.stride) {
        const uint64_t due = pacing_due(window->start_ns, first + i, rate);
        const uint64_t start = pacing_wait(due);
        window->errors += !workload.operate(first + i);
        const uint64_t end = monotonic_ns();
        histogram_record(&window->service, end - start);
        histogram_record(&window->response, end - due);
    }
}

void window_warm_up(struct window *window, const struct options *options, uint32_t batch) {
    const uint32_t count = options_warmups(options);
    struct usage before, after;
    struct pace pace = {0};
    usage_before(&before);
    closed_batch(window, workload.warmup_first + batch * count, count, window_timed_every(options), &pace);
    usage_after(&after);
    batch_finish(&window->batches[batch], count, pace.wall_ns, &before, &after, &pace);
}

void window_run(struct window *window, const struct options *options, uint32_t batch) {
    const uint32_t count = options->batch_operations, first = batch * count;
    struct usage before, after;
    struct pace pace = {0};
    usage_before(&before);
    const uint64_t start = monotonic_ns();
    if (batch == 0)
        window->start_ns = start;
    if (options->mode == MODE_OPEN)
        open_batch(window, first, count, options->rate);
    else
        closed_batch(window, first, count, window_timed_every(options), &pace);
    window->end_ns = monotonic_ns();
    usage_after(&after);
    batch_finish(&window->batches[batch], count, window->end_ns - start, &before, &after, &pace);
}
