/* What bounds a workload of many processes, and ends it should this process be gone. */
#pragma once

#include <stdbool.h>

#include "options.h"

/* This process, and all that it starts from here on. False: it has printed why. */
bool enter_cgroups(const struct options *options);
