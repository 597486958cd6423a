/* One operation: one request to a server that does an operation of file-open before it answers. */
#define WORKLOAD event
#include "file-open.c"

#include "driver/victim.h"

static bool start_service(const struct options *options) { return victim_prepare(options, &event); }

const struct workload workload = {
    .scenario = "neighbour-open",
    .operation = "request",
    .warmup_first = WARMUP_FIRST,
    .stride = 1,
    .check = path_pool_check,
    .prepare = start_service,
    .operate = victim_ask,
    .release = victim_release,
};
