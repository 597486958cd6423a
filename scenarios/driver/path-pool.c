#include "path-pool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "workload.h"

/* How many sentinel files are made at a time. */
#define SENTINEL_STEP 256

void path_pool_check(const struct options *options) {
    if (options->directory == NULL)
        options_refuse("--directory is missing");
}

static bool make_folder(struct path_pool *pool, const struct options *options) {
    char *directory = NULL;
    pool->links.directory = options->directory;
    if (pool->folder == NULL)
        return true;
    if (asprintf(&directory, "%s/%s", options->directory, pool->folder) < 0)
        return driver_failed("no memory for a path in", options->directory);
    pool->links.directory = directory;
    return mkdir(directory, 0755) == 0 || errno == EEXIST || driver_failed("cannot make", directory);
}

static bool make_path(struct path_pool *pool) {
    const size_t size = strlen(pool->links.directory) + LINK_POOL_SUFFIX;
    pool->path = calloc(1, size + 1);
    if (pool->path == NULL)
        return driver_failed("no memory for the paths in", pool->links.directory);
    snprintf(pool->path, size, "%s/" TOKEN_PREFIX "%s/%08x", pool->links.directory, pool->links.trial, 0);
    pool->digits = pool->path + size - 1 - OPERATION_DIGITS;
    return true;
}

bool path_pool_extend(struct path_pool *pool) {
    pool->links.first = pool->sentinels;
    pool->sentinels += SENTINEL_STEP;
    return link_pool_fill(&pool->links, pool->sentinels, 0);
}

bool path_pool_prepare(struct path_pool *pool, const struct options *options) {
    pool->links.trial = options->trial;
    pool->links.staging = "pool";
    pool->links.adopt = true;
    if (!make_folder(pool, options) || !make_path(pool))
        return false;
    if (options_is_worker(options))
        return true;
    if (options->mode != MODE_SENTINEL)
        return link_pool_fill(&pool->links, options_operations(options),
                              options->batches * options_warmups(options));
    pool->links.staging = "sentinels";
    pool->links.adopt = false;
    return path_pool_extend(pool);
}

void path_pool_release(struct path_pool *pool) {
    if (pool->sentinels > 0)
        link_pool_remove(&pool->links, pool->sentinels);
}
