#pragma once

#include <stddef.h>
#include <stdio.h>

/* Prints bytes as a JSON string. Bytes that are not ASCII become U+FFFD: the files read here hold ASCII. */
void json_string(const char *text, size_t length, FILE *out);
