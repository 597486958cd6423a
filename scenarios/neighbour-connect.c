/* One operation: one request to a server that does an operation of network-connect before it answers. */
#define WORKLOAD event
#include "network-connect.c"

#include "driver/victim.h"

static bool start_service(const struct options *options) { return victim_prepare(options, &event); }

const struct workload workload = {
    .scenario = "neighbour-connect",
    .operation = "request",
    .warmup_first = NETWORK_WARMUP_FIRST,
    .stride = 1,
    .check = check,
    .prepare = start_service,
    .operate = victim_ask,
    .release = victim_release,
};
