/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The command line, checked. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "family.h"
#include "privileges.h"
#include "rings.h"

struct options {
    bool wanted[FAMILY_COUNT];        /* by enum family_id */
    const char *forced[FAMILY_COUNT]; /* a hook's name, or NULL for the first that works */
    const char *output;               /* a path, "-" or "none" */
    bool binary;                      /* protobuf instead of JSON Lines */
    const char *stats;                /* a path, or NULL for standard error */
    uint16_t metrics;                 /* a port of 127.0.0.1, or 0 */
    const char *policy;               /* a path, or NULL to keep everything */
    bool check;                       /* check the command line and the policy only */
    struct ring_shape rings;
    struct user user; /* the user it becomes */
    bool explain;
};

/* Exits with code 2 and a message when the command line is wrong, with code 0 after --help and --version. */
struct options parse_options(int argc, char **argv);
