/* A path for each operation of a scenario of files, in a pool that is made before the window (link-pool.h).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "link-pool.h"
#include "options.h"
#include "token.h"

struct path_pool {
    struct link_pool links;
    /* A folder of its own below --directory, so that no scenario takes over the pool of another; NULL: none.
     */
    const char *folder;
    /* Of the present operation, with room for the mark. */
    char *path;
    char *digits;
    /* How many were made so far; 0: it is no sentinel. */
    uint32_t sentinels;
};

/* Refuses flags without --directory. */
void path_pool_check(const struct options *options);

/* `folder`, and of `links` how its names are made, are the scenario's to set. False: it has printed why. */
bool path_pool_prepare(struct path_pool *pool, const struct options *options);

/* Makes the next names of a sentinel. */
bool path_pool_extend(struct path_pool *pool);

/* Makes `path` that of an operation. */
static inline bool path_pool_name(struct path_pool *pool, uint32_t number) {
    token_write(pool->digits, number);
    return pool->sentinels == 0 || number < pool->sentinels || path_pool_extend(pool);
}

/* The pool of the trials stays: it belongs to the owner of --directory. */
void path_pool_release(struct path_pool *pool);
