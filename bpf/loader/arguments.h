/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Command lines, and the numbers and files on them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct argument {
    const char *name;   /* without the two dashes */
    const char **value; /* NULL: it takes none, and sets */
    bool *is_given;
    int max; /* how often it may be given; 0: as often as one likes, and the last counts */
    bool is_optional;
};

/* Exits with code 2 when the command line is wrong, with code 0 after --help. */
void parse_arguments(int argc, char **argv, const struct argument *known, size_t count,
                     void (*print_help)(void));

/* A whole number from `min` to `max`. Exits with code 2 when the text is none. */
uint64_t parse_whole(const char *option, const char *text, uint64_t min, uint64_t max);

/* A file to append lines to. Exits with code 1 when it cannot be opened. */
int open_to_append(const char *option, const char *path);
