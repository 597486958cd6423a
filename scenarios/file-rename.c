/*
 * One operation: renameat2, as mv calls it, of a file to its name with a mark behind it, or back. Names are
 * not put back between trials: thousands of renames at once, before the window, would fill the buffers of an
 * agent that reports them. One of both names is the operation's token, whichever way.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/path-pool.h"
#include "driver/workload.h"

/* A ninth digit, so that the name is no token any more. */
#define MARK 'x'

static struct path_pool pool = {.folder = "rename", .links = {.names_per_file = 1, .mark = MARK}};
static char *marked_path;
static char *marked_digits;

/* Of this process's operations, those whose names have the mark. A sentinel's have none. */
struct marks {
    uint32_t first;
    uint32_t count;
    bool *of;
};
static struct marks window, warmup;

static bool make_marked_path(void) {
    const size_t length = strlen(pool.path);
    marked_path = malloc(length + 2);
    if (marked_path == NULL)
        return driver_failed("no memory for the paths in", pool.links.directory);
    memcpy(marked_path, pool.path, length);
    marked_path[length] = MARK;
    marked_path[length + 1] = '\0';
    marked_digits = marked_path + length - OPERATION_DIGITS;
    return true;
}

static bool read_marks(struct marks *marks, uint32_t first, uint32_t count) {
    *marks = (struct marks){first, count, calloc(count + 1, sizeof(bool))};
    if (marks->of == NULL)
        return driver_failed("no memory for the names in", pool.links.directory);
    for (uint32_t i = 0; i < count; i++) {
        token_write(marked_digits, first + i);
        marks->of[i] = faccessat(AT_FDCWD, marked_path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    }
    return true;
}

static bool prepare(const struct options *options) {
    if (!path_pool_prepare(&pool, options) || !make_marked_path())
        return false;
    if (!options_is_worker(options))
        return true;
    const uint32_t batch = (uint32_t)options->worker, warmups = options_warmups(options);
    return read_marks(&window, batch * options->batch_operations, options->batch_operations) &&
           read_marks(&warmup, WARMUP_FIRST + batch * warmups, warmups);
}

static bool has_mark(uint32_t number) {
    const struct marks *marks = number < WARMUP_FIRST ? &window : &warmup;
    return number - marks->first < marks->count && marks->of[number - marks->first];
}

static bool operate(uint32_t number) {
    if (!path_pool_name(&pool, number))
        return false;
    token_write(marked_digits, number);
    const bool back = has_mark(number);
    return renameat2(AT_FDCWD, back ? marked_path : pool.path, AT_FDCWD, back ? pool.path : marked_path,
                     RENAME_NOREPLACE) == 0;
}

static void release(void) {
    path_pool_release(&pool);
    free(window.of);
    free(warmup.of);
}

const struct workload workload = {
    .scenario = "file-rename",
    .operation = "rename",
    .warmup_first = WARMUP_FIRST,
    .stride = 1,
    .check = path_pool_check,
    .prepare = prepare,
    .operate = operate,
    .release = release,
};
