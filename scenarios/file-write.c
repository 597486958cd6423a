/* One operation: open for writing (the openat system call), write and close of a path that no other operation
 * uses. */
#include <fcntl.h>
#include <unistd.h>

#include "driver/path-pool.h"
#include "driver/workload.h"

/* Shorter than a block: that each file has one is the first trial's doing. */
static const char LINE[] = "2026-01-01T00:00:00Z a line of a log, as programs append them\n";

static struct path_pool pool = {.folder = "write", .links.names_per_file = 1};

static bool prepare(const struct options *options) { return path_pool_prepare(&pool, options); }

static bool operate(uint32_t number) {
    if (!path_pool_name(&pool, number))
        return false;
    const int file = open(pool.path, O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    const bool written = write(file, LINE, sizeof(LINE) - 1) == sizeof(LINE) - 1;
    return close(file) == 0 && written;
}

static void release(void) { path_pool_release(&pool); }

const struct workload workload = {
    .scenario = "file-write",
    .operation = "write",
    .warmup_first = WARMUP_FIRST,
    .stride = 1,
    .check = path_pool_check,
    .prepare = prepare,
    .operate = operate,
    .release = release,
};
