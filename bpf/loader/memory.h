/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel memory that the sensor holds. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "family.h"

/* Both add bytes as the kernel accounts for them; false where it does not (no /proc). */

/* Of all maps of a family, but not of the rings. */
bool add_map_bytes(const struct source *source, uint64_t *bytes);

bool add_ring_bytes(const struct rings *rings, uint64_t *bytes);
