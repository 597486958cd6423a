/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cpus.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* What no kernel can be built for (NR_CPUS). */
#define MAX_CPUS 65536

/* Takes the next range from a list; false at its end and at what is none. */
static bool next_range(const char **list, long *first, long *last) {
    char *end;
    if (!isdigit((unsigned char)**list))
        return false;
    *first = *last = strtol(*list, &end, 10);
    if (*end == '-')
        *last = strtol(end + 1, &end, 10);
    *list = *end == ',' ? end + 1 : end;
    return *first <= *last && *last < MAX_CPUS;
}

int cpus_end(const char *list) {
    long first, last, most = -1;
    while (next_range(&list, &first, &last))
        if (last > most)
            most = last;
    return (int)most + 1;
}

int cpus_share(const char *list, int end, int *ring_of) {
    int rings = 0;
    long first, last;
    for (int cpu = 0; cpu < end; cpu++)
        ring_of[cpu] = -1;
    while (next_range(&list, &first, &last))
        for (long cpu = first; cpu <= last && cpu < end; cpu++)
            if (ring_of[cpu] < 0)
                ring_of[cpu] = rings++;
    /* Nothing tells which are there. */
    if (!rings)
        rings = end;
    for (int cpu = 0; cpu < end; cpu++)
        if (ring_of[cpu] < 0)
            ring_of[cpu] = cpu % rings;
    return rings;
}

void cpus_read(const char *name, char *list, size_t bytes) {
    char path[64];
    snprintf(path, sizeof(path), "/sys/devices/system/cpu/%s", name);
    FILE *file = fopen(path, "re");
    list[0] = 0;
    if (file && !fgets(list, (int)bytes, file))
        list[0] = 0;
    if (file)
        fclose(file);
}
