/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What differs between kernels in io_uring's tracepoints. */
#pragma once

#include <stdbool.h>

/* Whether the one at a request's end has the completion as a whole, which it is without its request, as one
 * of many. Before 6.13 it has its parts. */
bool uring_has_whole_ends(void);
