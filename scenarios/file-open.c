/* One operation: open (the openat system call) and close of a path that no other operation uses. */
#include <fcntl.h>
#include <unistd.h>

#include "driver/path-pool.h"
#include "driver/workload.h"

static struct path_pool pool;

static bool prepare(const struct options *options) { return path_pool_prepare(&pool, options); }

static bool operate(uint32_t number) {
    if (!path_pool_name(&pool, number))
        return false;
    const int file = open(pool.path, O_RDONLY | O_CLOEXEC);
    return file >= 0 && close(file) == 0;
}

static void release(void) { path_pool_release(&pool); }

const struct workload WORKLOAD = {
    .scenario = "file-open",
    .operation = "open",
    .warmup_first = WARMUP_FIRST,
    .stride = 1,
    .timed_every = 7,
    .check = path_pool_check,
    .prepare = prepare,
    .operate = operate,
    .release = release,
};
