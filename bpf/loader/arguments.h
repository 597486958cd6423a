/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Command lines whose options all take a value, and numbers on any command line. */
#ifndef TARE_ARGUMENTS_H
#define TARE_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct argument {
    const char *name; /* without the two dashes */
    const char **value;
    int most; /* how often it may be given: as many values */
    bool is_optional;
};

/* Leaves with code 2 when the command line is wrong, with code 0 after --help. */
void parse_arguments(int argc, char **argv, const struct argument *known, size_t count,
                     void (*print_help)(void));

/* A whole number from `least` to `most`. Leaves with code 2 when the text is none. */
uint64_t parse_whole(const char *option, const char *text, uint64_t least, uint64_t most);

#endif
