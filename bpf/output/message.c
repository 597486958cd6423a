/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE
#include "message.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READER_TIMEOUT_MS 100

static char words[2048];

/*
 * Standard error is shared, so it must not become non-blocking. But where poll(2) reports room, PIPE_BUF
 * bytes can be written without blocking.
 */
size_t write_in_time(int fd, const char *text, size_t bytes) {
    size_t done = 0;
    while (done < bytes) {
        struct pollfd reader = {.fd = fd, .events = POLLOUT};
        int ready = poll(&reader, 1, READER_TIMEOUT_MS);
        size_t piece = bytes - done < PIPE_BUF ? bytes - done : PIPE_BUF;
        if (!ready)
            errno = EAGAIN; /* no reader */
        ssize_t wrote = ready > 0 ? write(fd, text + done, piece) : -1;
        if (wrote < 0 && (!ready || errno != EINTR))
            break;
        done += wrote > 0 ? wrote : 0;
    }
    return done;
}

__attribute__((format(printf, 1, 0))) static void say_so(const char *format, va_list args) {
    char text[4096];
    int head = snprintf(text, sizeof(text), "%s: ", program_invocation_short_name);
    int length = vsnprintf(text + head, sizeof(text) - head - 1, format, args);
    size_t used = head + (length < (int)sizeof(text) - head - 2 ? length : (int)sizeof(text) - head - 2);
    text[used++] = '\n';
    write_in_time(STDERR_FILENO, text, used);
}

void fail(enum exit_code code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    say_so(format, args);
    va_end(args);
    exit(code);
}

void say(const char *format, ...) {
    va_list args;
    va_start(args, format);
    say_so(format, args);
    va_end(args);
}

/* Keeps warnings only, on one line. The verifier's log is one long warning whose end matters. "ulimit -l" is
 * libbpf's guess at every EPERM, and the sensor has lifted that limit. */
static int keep_warning(enum libbpf_print_level level, const char *format, va_list args) {
    if (level != LIBBPF_WARN)
        return 0;
    char text[16384];
    if (vsnprintf(text, sizeof(text), format, args) < 0 || strstr(text, "ulimit -l"))
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
