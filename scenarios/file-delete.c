/* One operation: unlinkat, as rm calls it, of an empty file that has no other name. */
#include <fcntl.h>
#include <unistd.h>

#include "driver/path-pool.h"
#include "driver/workload.h"

static struct path_pool pool = {.folder = "delete", .links.names_per_file = 1};

static bool prepare(const struct options *options) { return path_pool_prepare(&pool, options); }

static bool operate(uint32_t number) {
    return path_pool_name(&pool, number) && unlinkat(AT_FDCWD, pool.path, 0) == 0;
}

static void release(void) { path_pool_release(&pool); }

const struct workload workload = {
    .scenario = "file-delete",
    .operation = "delete",
    .warmup_first = WARMUP_FIRST,
    .stride = 1,
    .check = path_pool_check,
    .prepare = prepare,
    .operate = operate,
    .release = release,
};
