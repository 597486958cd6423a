#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "boundary-snapshot.h"
#include "options.h"
#include "reference-loop.h"
#include "window.h"
#include "workload.h"

/*
 * Prints the `DriverResult` of the driver protocol as one line; `loops` before and after the window. False:
 * it could not, and has printed why.
 */
bool result_print(const struct options *options, const struct window *window,
                  const struct reference_loops loops[2], const struct snapshots *snapshots, FILE *out);
