/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel memory that the sensor holds, as the kernel accounts for it. */
#pragma once

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "rings.h"

struct map_bytes {
    uint64_t bytes;
    bool is_known; /* false where the kernel does not tell (no /proc) */
};

/* Of all maps of a loaded object, but not of the rings. */
struct map_bytes object_bytes(const struct bpf_object *object);

struct map_bytes ring_bytes(const struct rings *rings);
