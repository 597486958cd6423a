/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE
#include "message.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char words[2048];

void fail(enum exit_code code, const char *format, ...) {
    char text[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    fprintf(stderr, "%s: %s\n", program_invocation_short_name, text);
    exit(code);
}

/* Keeps warnings only, on one line. The verifier's log comes as one long warning: its end is what tells. */
static int keep_warning(enum libbpf_print_level level, const char *format, va_list args) {
    if (level != LIBBPF_WARN)
        return 0;
    char text[16384];
    if (vsnprintf(text, sizeof(text), format, args) < 0)
        return 0;
    const size_t keep = 400;
    size_t length = strnlen(text, sizeof(text));
    const char *start = length > keep ? text + length - keep : text;
    size_t used = strlen(words);
    if (used + keep + 3 > sizeof(words))
        used = 0;
    if (used)
        used += snprintf(words + used, sizeof(words) - used, "; ");
    for (; *start && used + 1 < sizeof(words); start++)
        if (*start != '\n')
            words[used++] = *start;
        else if (start[1])
            words[used++] = ' ';
    words[used] = 0;
    return 0;
}

void libbpf_be_quiet(void) { libbpf_set_print(keep_warning); }

void libbpf_forget(void) { words[0] = 0; }

const char *libbpf_last_words(void) { return words; }
