/*
 * A directory of hard links to a few empty files, or of as many files: one path for every operation, made
 * before the window, so that the window creates nothing. A pool is kept between trials: the next trial
 * renames its directory and so meets the same inodes and warm names.
 *
 * DIR/TK-<trial>/<operation> is 17 characters longer than DIR. Some sensors cut paths to 64 bytes, so DIR
 * should have at most 46 characters.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "/TK-" trial "/" operation, with its NUL. */
#define LINK_POOL_SUFFIX (4 + 4 + 1 + 8 + 1)

struct link_pool {
    const char *directory;
    const char *trial;
    /* The directory's name while names are added to it, so that this shows no token of the trial. */
    const char *staging;
    /* Whether a directory left by another trial may be taken over. */
    bool adopt;
    /* How many names a file has. 0: as many as file systems allow. */
    uint32_t names_per_file;
    /* What an operation may have put behind a name, which is there then, too. 0: nothing. */
    char mark;
    /* Names of operations before this one have been made, and may be gone. */
    uint32_t first;
};

/*
 * Makes DIR/TK-<trial> hold the names of `operations` from 0 and `warmups` from WARMUP_FIRST; adds only what
 * is missing and looks up every name once. False: it has printed why, or a stop was requested.
 */
bool link_pool_fill(const struct link_pool *pool, uint32_t operations, uint32_t warmups);

/* Removes the directory with `operations` names from 0, under the staging name, so that no removal shows a
 * token. */
void link_pool_remove(const struct link_pool *pool, uint32_t operations);
