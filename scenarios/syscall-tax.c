/*
 * One operation: one getppid call. No sensor observes it, but a hook on the entry of system calls taxes
 * every call of every task.
 *
 * Reading the clock costs a good part of such a call, so it is read once in 100 calls: a latency is that of
 * 100 calls together. CPU and wall time of a batch need no such reading and are exact.
 */
#include <sys/syscall.h>
#include <unistd.h>

#include "driver/token.h"
#include "driver/workload.h"

#define CALLS 100

static void check(const struct options *options) {
    if (options->mode == MODE_OPEN)
        options_refuse("syscall-tax has no open loop");
    if (options->batch_operations % CALLS != 0)
        options_refuse("--batch-operations must be a multiple of %d here, not %u", CALLS,
                       options->batch_operations);
}

static bool operate(uint32_t number) {
    (void)number;
    for (int i = 0; i < CALLS; i++)
        syscall(SYS_getppid);
    return true;
}

const struct workload workload = {
    .scenario = "syscall-tax",
    .operation = "getppid",
    .warmup_first = WARMUP_FIRST,
    .stride = CALLS,
    .check = check,
    .operate = operate,
};
