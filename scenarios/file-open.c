/* One operation: open (the openat system call) and close of a path that no other operation uses. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/link-pool.h"
#include "driver/token.h"
#include "driver/workload.h"

/* How many sentinel files are made at a time. */
#define SENTINEL_STEP 256

static struct link_pool pool;
/* All paths of the trial, one after the other: the window's, then the warm-up's. */
static char *paths;
static size_t path_size;
static uint32_t window_operations;
static uint32_t sentinels; /* 0: not in sentinel mode */

static void check(const struct options *options) {
    if (options->directory == NULL)
        options_refuse("--directory is missing");
}

static void write_path(char *path, uint32_t number) {
    snprintf(path, path_size, "%s/" TOKEN_PREFIX "%s/%08x", pool.directory, pool.trial, number);
}

static bool prepare_paths(uint32_t operations, uint32_t warmups) {
    paths = malloc(((size_t)operations + warmups) * path_size);
    if (paths == NULL)
        return driver_failed("no memory for the paths in", pool.directory);
    for (uint32_t i = 0; i < operations; i++)
        write_path(paths + i * path_size, i);
    for (uint32_t i = 0; i < warmups; i++)
        write_path(paths + ((size_t)operations + i) * path_size, WARMUP_FIRST + i);
    return true;
}

static bool prepare(const struct options *options) {
    pool = (struct link_pool){options->directory, options->trial, "pool", true};
    path_size = strlen(options->directory) + LINK_POOL_SUFFIX;
    if (options->mode == MODE_SENTINEL) {
        pool.staging = "sentinels";
        pool.adopt = false;
        sentinels = SENTINEL_STEP;
        return link_pool_fill(&pool, sentinels, 0) && prepare_paths(1, 0);
    }
    window_operations = options_operations(options);
    return link_pool_fill(&pool, window_operations, options->warmup_operations) &&
           prepare_paths(window_operations, options->warmup_operations);
}

static bool open_and_close(const char *path) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    return file >= 0 && close(file) == 0;
}

static bool operate(uint32_t number) {
    const size_t index = number < WARMUP_FIRST ? number : (size_t)window_operations + (number - WARMUP_FIRST);
    return open_and_close(paths + index * path_size);
}

static bool operate_sentinel(uint32_t number) {
    if (number == sentinels) {
        sentinels += SENTINEL_STEP;
        if (!link_pool_fill(&pool, sentinels, 0))
            return false;
    }
    write_path(paths, number);
    return open_and_close(paths);
}

static bool operate_any(uint32_t number) {
    return sentinels == 0 ? operate(number) : operate_sentinel(number);
}

/* The pool of the trials stays: it belongs to the owner of --directory. */
static void release(void) {
    if (sentinels > 0)
        link_pool_remove(&pool, sentinels);
}

const struct workload workload = {
    .scenario = "file-open",
    .operation = "open",
    .warmup_first = WARMUP_FIRST,
    .stride = 1,
    .check = check,
    .prepare = prepare,
    .operate = operate_any,
    .release = release,
};
