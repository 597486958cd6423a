/* Two fixed loops around the window. They do not depend on the scenario, so a change in them is the machine's
 * or the sensor's. */
#pragma once

#include <stdint.h>

struct control {
    uint64_t spin_ns;
    uint64_t syscall_ns;
};

void control_run(struct control *control);
