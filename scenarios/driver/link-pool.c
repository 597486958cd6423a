#include "link-pool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stop.h"
#include "token.h"
#include "workload.h"

/* ext4 allows 65,000 links to a file. Well below that, for other file systems. */
#define LINKS_PER_FILE 16384

/* With a mark and its NUL. */
#define NAME_SIZE (OPERATION_DIGITS + 2)

static void trial_name(char name[16], const char *trial) { snprintf(name, 16, TOKEN_PREFIX "%s", trial); }

static bool is_pool(const char *name) {
    const char *trial = name + TOKEN_TRIAL;
    return strncmp(name, TOKEN_PREFIX, TOKEN_TRIAL) == 0 && is_trial(trial) && !is_sentinel_trial(trial);
}

/* Renames the pool of an earlier trial to the staging name. True when there was one. */
static bool adopt(int directory, const char *staging) {
    const int again = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = again < 0 ? NULL : fdopendir(again);
    if (entries == NULL)
        return false;
    bool found = false;
    for (struct dirent *entry; !found && (entry = readdir(entries)) != NULL;)
        found = is_pool(entry->d_name) && renameat(directory, entry->d_name, directory, staging) == 0;
    closedir(entries);
    return found;
}

static bool exists(int directory, const char *name) {
    struct stat unused;
    return fstatat(directory, name, &unused, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool is_there(int staging, char name[NAME_SIZE], char mark) {
    if (exists(staging, name))
        return true;
    name[OPERATION_DIGITS] = mark;
    const bool marked = mark != 0 && exists(staging, name);
    name[OPERATION_DIGITS] = '\0';
    return marked;
}

static bool create(int staging, const char *name) {
    const int file = openat(staging, name, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file < 0)
        return driver_failed("cannot create the pool's file", name);
    close(file);
    return true;
}

/* Names `count` operations from `first`; each run of names_per_file names belongs to one file. */
static bool fill(int staging, const struct link_pool *pool, uint32_t first, uint32_t count) {
    const uint32_t run = pool->names_per_file == 0 ? LINKS_PER_FILE : pool->names_per_file;
    char original[NAME_SIZE] = {0}, name[NAME_SIZE] = {0};
    for (uint32_t i = 0; i < count; i++) {
        if (stop_requested)
            return false;
        token_write(name, first + i);
        const bool there = is_there(staging, name, pool->mark);
        if (i % run == 0)
            memcpy(original, name, NAME_SIZE);
        if (there)
            continue;
        if (i % run != 0 && linkat(staging, original, staging, name, 0) == 0)
            continue;
        /* The first of its run, or the file system allows fewer links: this name becomes a new file for the
         * next ones. */
        if (i % run != 0 && errno != EMLINK)
            return driver_failed("cannot make the hard link", name);
        if (!create(staging, name))
            return false;
        memcpy(original, name, NAME_SIZE);
    }
    return true;
}

static bool fill_staging(int directory, const struct link_pool *pool, uint32_t operations, uint32_t warmups) {
    const int staging = openat(directory, pool->staging, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (staging < 0)
        return driver_failed("cannot open the pool", pool->staging);
    const bool filled = fill(staging, pool, pool->first, operations - pool->first) &&
                        fill(staging, pool, WARMUP_FIRST, warmups);
    close(staging);
    return filled;
}

static bool enter_staging(int directory, const struct link_pool *pool) {
    char name[16];
    trial_name(name, pool->trial);
    if (renameat(directory, name, directory, pool->staging) == 0 || exists(directory, pool->staging))
        return true;
    if (pool->adopt && adopt(directory, pool->staging))
        return true;
    return mkdirat(directory, pool->staging, 0755) == 0 ||
           driver_failed("cannot make the pool in", pool->directory);
}

static bool leave_staging(int directory, const struct link_pool *pool) {
    char name[16];
    trial_name(name, pool->trial);
    return renameat(directory, pool->staging, directory, name) == 0 ||
           driver_failed("cannot rename the pool to", name);
}

bool link_pool_fill(const struct link_pool *pool, uint32_t operations, uint32_t warmups) {
    const int directory = open(pool->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return driver_failed("cannot open --directory", pool->directory);
    const bool ready = enter_staging(directory, pool) && fill_staging(directory, pool, operations, warmups) &&
                       leave_staging(directory, pool);
    close(directory);
    return ready;
}

static void remove_names(int parent, const char *name, const struct link_pool *pool, uint32_t operations) {
    const int directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return;
    char link[NAME_SIZE] = {0};
    for (uint32_t i = 0; i < operations; i++) {
        token_write(link, i);
        link[OPERATION_DIGITS] = '\0';
        if (unlinkat(directory, link, 0) == 0 || pool->mark == 0)
            continue;
        link[OPERATION_DIGITS] = pool->mark;
        unlinkat(directory, link, 0);
    }
    close(directory);
    unlinkat(parent, name, AT_REMOVEDIR);
}

void link_pool_remove(const struct link_pool *pool, uint32_t operations) {
    const int directory = open(pool->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return;
    char name[16];
    trial_name(name, pool->trial);
    renameat(directory, name, directory, pool->staging);
    remove_names(directory, pool->staging, pool, operations);
    close(directory);
}
