#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "control.h"
#include "edges.h"
#include "options.h"
#include "window.h"
#include "workload.h"

/*
 * Prints the `DriverResult` of the driver protocol as one line. `control`: before and after the window.
 * False: it could not, and has said why on standard error.
 */
bool result_print(const struct workload *workload, const struct options *options, const struct window *window,
                  const struct control control[2], const struct edges *edges, FILE *out);
