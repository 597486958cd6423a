/*
 * One operation: 100 getppid calls. No sensor asks for them, but a hook on the entry of system calls taxes
 * every call of every task.
 *
 * A hundred, because reading the clock costs a good part of one call: latency is that of the hundred.
 */
#include <sys/syscall.h>
#include <unistd.h>

#include "driver/token.h"
#include "driver/workload.h"

#define CALLS 100

static bool operate(uint32_t number) {
    (void)number;
    for (int i = 0; i < CALLS; i++)
        syscall(SYS_getppid);
    return true;
}

int main(int argc, char **argv) {
    const struct workload workload = {
        .scenario = "syscall-tax",
        .operation = "getppid-x100",
        .warmup_first = WARMUP_FIRST,
        .operate = operate,
    };
    return driver_main(&workload, argc, argv);
}
