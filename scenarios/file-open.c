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
/* The path of an operation; its digits are written in place. */
static char *path;
static char *digits;
static uint32_t sentinels; /* 0: not in sentinel mode */

static void check(const struct options *options) {
    if (options->directory == NULL)
        options_refuse("--directory is missing");
}

static bool make_path(void) {
    const size_t size = strlen(pool.directory) + LINK_POOL_SUFFIX;
    path = malloc(size);
    if (path == NULL)
        return driver_failed("no memory for the paths in", pool.directory);
    snprintf(path, size, "%s/" TOKEN_PREFIX "%s/%08x", pool.directory, pool.trial, 0);
    digits = path + size - 1 - OPERATION_DIGITS;
    return true;
}

static bool prepare(const struct options *options) {
    pool = (struct link_pool){options->directory, options->trial, "pool", true};
    if (!make_path() || options_is_worker(options))
        return path != NULL;
    if (options->mode == MODE_SENTINEL) {
        pool.staging = "sentinels";
        pool.adopt = false;
        sentinels = SENTINEL_STEP;
        return link_pool_fill(&pool, sentinels, 0);
    }
    return link_pool_fill(&pool, options_operations(options), options->batches * options_warmups(options));
}

static bool operate(uint32_t number) {
    token_write(digits, number);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    return file >= 0 && close(file) == 0;
}

static bool operate_sentinel(uint32_t number) {
    if (number == sentinels) {
        sentinels += SENTINEL_STEP;
        if (!link_pool_fill(&pool, sentinels, 0))
            return false;
    }
    return operate(number);
}

static bool operate_any(uint32_t number) {
    return sentinels == 0 ? operate(number) : operate_sentinel(number);
}

/* The pool of the trials stays: it belongs to the owner of --directory. */
static void release(void) {
    if (sentinels > 0)
        link_pool_remove(&pool, sentinels);
}

const struct workload WORKLOAD = {
    .scenario = "file-open",
    .operation = "open",
    .warmup_first = WARMUP_FIRST,
    .stride = 1,
    .timed_every = 7,
    .check = check,
    .prepare = prepare,
    .operate = operate_any,
    .release = release,
};
