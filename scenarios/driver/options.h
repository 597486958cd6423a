/* The flags of the driver protocol. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum mode { MODE_CLOSED, MODE_OPEN, MODE_SENTINEL };

struct options {
    const char *trial;
    enum mode mode;
    uint32_t batches;
    uint32_t batch_operations;
    uint32_t warmup_operations;
    double rate;
    uint32_t interval_ms;
    int cpu; /* -1: any */
    const char *directory;
    const char **snapshots;
    uint32_t snapshot_count;
    /* Of a command (scenarios/command.c); NULL and 0 elsewhere. */
    const char *command;
    const char *preparation;
    const char *in;
    uint32_t limit_seconds;
    const char **cgroups;
    uint32_t cgroup_count;
    /* Which batch this process does (worker.c); -1 in the process that the harness has started. */
    int worker;
    /* What a worker has inherited: the memory of the window, and where it tells that it is ready. */
    int window_file;
    int told;
};

/* As many processes are alive at once. */
#define MAX_BATCHES 1000

/* The value of --worker, which the driver gives to itself: worker, window_file, told. */
#define WORKER_FORMAT "%d,%d,%d"

#define STATUS_FAILED 1
#define STATUS_BAD_FLAGS 2

/* Reads the flags. Bad ones end the process with STATUS_BAD_FLAGS and one line on standard error. */
void options_read(struct options *options, int argc, char **argv);

/* Prints one line on standard error and exits with STATUS_BAD_FLAGS. */
_Noreturn void options_refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Operations of the whole window. */
static inline uint32_t options_operations(const struct options *options) {
    return options->batches * options->batch_operations;
}

/* Each process meets its code and data for the first time: so many operations that high-value does each of
 * its techniques once. */
#define MIN_WARMUPS 6

/* Warm-up operations of each process. */
static inline uint32_t options_warmups(const struct options *options) {
    const uint32_t share = (options->warmup_operations + options->batches - 1) / options->batches;
    return share > 0 && share < MIN_WARMUPS ? MIN_WARMUPS : share;
}

static inline bool options_is_worker(const struct options *options) { return options->worker >= 0; }
