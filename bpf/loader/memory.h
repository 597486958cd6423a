/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel memory that the sensor holds. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "family.h"

/* Adds the bytes of a family's rings and of all its maps, as the kernel accounts for them; false where it
 * does not (no /proc). */
bool add_kernel_bytes(const struct source *source, uint64_t *bytes);
