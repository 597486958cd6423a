/*
 * Files read straight before and straight after the window, such as /proc/stat: whoever reads them later
 * attributes the window's CPU time. They are opened and given their memory beforehand, so an edge costs one
 * pread a file.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>

enum edge_side { EDGE_BEFORE, EDGE_AFTER };

struct edges;

/* Opens the files; one that cannot be read is kept with its error. NULL when there is no memory. */
struct edges *edges_open(const char *const *paths, uint32_t count);
void edges_read(struct edges *edges, enum edge_side side);
/* Prints the array of `Edge` of the driver protocol. */
void edges_print(const struct edges *edges, FILE *out);
