#pragma once

#include <stddef.h>
#include <stdio.h>

/* Prints bytes as a JSON string. Non-ASCII bytes become U+FFFD: the files read here are ASCII. */
void json_string(const char *text, size_t length, FILE *out);
