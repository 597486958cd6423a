/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is done with a record of each type. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "../kernel/event.h"

struct record_type {
    const char *name;
    bool (*is_whole)(const void *record, size_t bytes);
    /* The forms of what follows the header. */
    char *(*json)(char *at, const void *record);
    char *(*protobuf)(char *at, const void *record);
};

/* NULL when the type is unknown or the lengths do not fit the size: kernel side and user side are then not
 * of one build. */
const struct record_type *record_type(const void *record, size_t bytes);

/* The functions of the table; format-*.c has those of its form. */
#define DECLARE(type, name)                                                                                  \
    bool name##_is_whole(const void *record, size_t bytes);                                                  \
    char *name##_to_json(char *at, const void *record);                                                      \
    char *name##_to_protobuf(char *at, const void *record);
EVERY_EVENT(DECLARE)
#undef DECLARE
