/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which CPUs there are. A machine that could have 240 may have four, and their numbers may have gaps. */
#pragma once

#include <stddef.h>

/* What a CPU's number is always below; 0 where the kernel's list, such as "0-3,8", is none. */
int cpus_end(const char *list);

/*
 * Gives each of the CPUs below `end` a ring: those of the kernel's list one of their own, and any other,
 * which may come later, one of theirs. Returns how many rings that takes.
 */
int cpus_share(const char *list, int end, int *ring_of);

/* The text of /sys/devices/system/cpu/NAME, empty where it cannot be read. */
void cpus_read(const char *name, char *list, size_t bytes);
