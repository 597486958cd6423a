#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "boundary-snapshot.h"
#include "options.h"
#include "reference-loop.h"
#include "window.h"
#include "workload.h"

/*
 * Prints the `DriverResult` of the driver protocol as one line. `control`: before and after the window.
 * False: it could not, and has said why on standard error.
 */
bool result_print(const struct workload *workload, const struct options *options, const struct window *window,
                  const struct reference_loops loops[2], const struct snapshots *snapshots, FILE *out);
