#include "window.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "pacing.h"
#include "stop.h"

struct window *window_prepare(const struct options *options) {
    struct window *window = malloc(sizeof(*window));
    if (window == NULL)
        return NULL;
    const size_t bytes = options->batches * sizeof(struct batch);
    window->errors = 0;
    window->batches = malloc(bytes);
    if (window->batches == NULL)
        return NULL;
    memset(window->batches, 0, bytes);
    histogram_clear(&window->service);
    histogram_clear(&window->response);
    return window;
}

/* The end of one operation is the start of the next, so the clock is read once an operation. Returns the
 * batch's end. */
static uint64_t closed_batch(struct window *window, uint32_t first, uint32_t count, uint64_t start) {
    uint64_t then = start;
    for (uint32_t i = 0; i < count && !stop_requested; i += workload.stride) {
        window->errors += !workload.operate(first + i);
        const uint64_t now = monotonic_ns();
        histogram_record(&window->service, now - then);
        then = now;
    }
    return then;
}

static uint64_t open_batch(struct window *window, uint32_t first, uint32_t count, double rate) {
    uint64_t end = 0;
    for (uint32_t i = 0; i < count && !stop_requested; i += workload.stride) {
        const uint64_t due = pacing_due(window->start_ns, first + i, rate);
        const uint64_t start = pacing_wait(due);
        window->errors += !workload.operate(first + i);
        end = monotonic_ns();
        histogram_record(&window->service, end - start);
        histogram_record(&window->response, end - due);
    }
    return end;
}

void window_run(struct window *window, const struct options *options) {
    if (options->mode == MODE_OPEN)
        pacing_prepare();
    for (uint32_t i = 0; i < options->batches && !stop_requested; i++) {
        const uint32_t first = i * options->batch_operations;
        struct usage before, after;
        usage_before(&before);
        const uint64_t start = monotonic_ns();
        if (i == 0)
            window->start_ns = start;
        window->end_ns = options->mode == MODE_OPEN
                             ? open_batch(window, first, options->batch_operations, options->rate)
                             : closed_batch(window, first, options->batch_operations, start);
        usage_after(&after);
        batch_finish(&window->batches[i], options->batch_operations, window->end_ns - start, &before, &after);
    }
}
