/* The flags of the driver protocol. */
#pragma once

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
};

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
