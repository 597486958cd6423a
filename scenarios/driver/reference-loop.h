/* Two fixed loops around the window. They do not depend on the scenario, so a change in them comes from the
 * machine or the sensor. */
#pragma once

#include <stdint.h>

struct reference_loops {
    uint64_t spin_ns;
    uint64_t syscall_ns;
};

void reference_loops_run(struct reference_loops *loops);
