/* One operation: one request to a server that answers at once: what it raises is nothing that a sensor is
 * asked for. */
#include "driver/token.h"
#include "driver/victim.h"
#include "driver/workload.h"

static bool start_service(const struct options *options) { return victim_prepare(options, NULL); }

const struct workload workload = {
    .scenario = "neighbour",
    .operation = "request",
    .warmup_first = WARMUP_FIRST,
    .stride = 1,
    .prepare = start_service,
    .operate = victim_ask,
    .release = victim_release,
};
