/*
 * Files such as /proc/stat, read straight before and after the window and once more when the harness says so,
 * from which the harness attributes the window's CPU time. They are opened and given memory beforehand, so a
 * snapshot costs one pread for each file.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>

enum snapshot_time { SNAPSHOT_BEFORE, SNAPSHOT_AFTER, SNAPSHOT_DRAINED, SNAPSHOT_TIMES };

struct snapshots;

/* Opens the files; one that cannot be read is kept with its error. NULL when there is no memory. */
struct snapshots *snapshots_open(const char *const *paths, uint32_t count);
void snapshots_read(struct snapshots *snapshots, enum snapshot_time time);
/* Prints the array of `BoundarySnapshot` of the driver protocol. */
void snapshots_print(const struct snapshots *snapshots, FILE *out);
/* Prints its array of `DrainedSnapshot`. */
void snapshots_print_drained(const struct snapshots *snapshots, FILE *out);
