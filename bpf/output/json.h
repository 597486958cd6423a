/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fast writers for pieces of JSON. Each takes where to write and returns the end. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* A literal, without its NUL. */
#define json_literal(at, text) ((char *)__builtin_memcpy(at, text, sizeof(text) - 1) + sizeof(text) - 1)
/* A key that is not the first of its object; both are literals. */
#define json_key(at, key) json_literal(at, ",\"" key "\":")

char *json_unsigned(char *at, uint64_t number);
char *json_signed(char *at, int64_t number);

/*
 * The bytes as a quoted JSON string. Valid UTF-8 stays. A byte 0xNN outside it becomes \udcNN, a lone
 * surrogate that valid UTF-8 cannot hold, so the bytes can be recovered (Python: errors="surrogateescape").
 */
char *json_string(char *at, const char *bytes, size_t length);
