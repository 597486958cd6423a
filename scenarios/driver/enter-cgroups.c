#include "enter-cgroups.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "workload.h"

bool enter_cgroups(const struct options *options) {
    for (uint32_t i = 0; i < options->cgroup_count; i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/cgroup.procs", options->cgroups[i]);
        const int file = open(path, O_WRONLY | O_CLOEXEC);
        const bool entered = file >= 0 && write(file, "0", 1) == 1;
        if (!entered)
            driver_failed("cannot enter", path);
        if (file >= 0)
            close(file);
        if (!entered)
            return false;
    }
    return true;
}
