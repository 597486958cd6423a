/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tare-discard: a known loss. Copies a sensor's lines from a named pipe to a file, except every m-th line
 * about an operation of the workload. Which one is dropped depends only on the order of the lines, so of n
 * operations in a row exactly n / m are missing when m divides n.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../loader/arguments.h"
#include "../loader/signals.h"
#include "../output/message.h"
#include "lines.h"
#include "report.h"

struct discarder {
    uint64_t every;
    int input;
    int output;
    struct injected injected;
    char *buffer; /* starts at the start of a line */
    size_t used;
};

static void print_help(void) {
    printf("Usage: tare-discard --every M --input PIPE --output FILE --report FILE\n"
           "\n"
           "Makes the named pipe PIPE and copies lines from it to FILE, all but every M-th of those that "
           "tell of a\n"
           "workload's operation, until SIGTERM. SIGUSR1: read what is in the pipe, append a report.\n");
}

static bool is_kept(struct discarder *discarder, const char *line, size_t length) {
    if (!tells_of_workload(line, length))
        return true;
    discarder->injected.operations++;
    if (discarder->injected.operations % discarder->every)
        return true;
    discarder->injected.discarded++;
    return false;
}

static void write_whole(int fd, const char *from, size_t bytes) {
    while (bytes) {
        ssize_t wrote = write(fd, from, bytes);
        if (wrote < 0 && errno != EINTR)
            fail(EXIT_FAILED, "--output: %s; a loss that was not asked for would be no known answer",
                 strerror(errno));
        if (wrote > 0) {
            from += wrote;
            bytes -= wrote;
        }
    }
}

/* Writes the whole lines in the buffer, in pieces between the dropped ones. */
static void pass_on(struct discarder *discarder) {
    char *start = discarder->buffer, *line = start, *end = start + discarder->used, *newline;
    while ((newline = memchr(line, '\n', end - line))) {
        char *next = newline + 1;
        if (!is_kept(discarder, line, newline - line)) {
            write_whole(discarder->output, start, line - start);
            start = next;
        }
        line = next;
    }
    write_whole(discarder->output, start, line - start);
    discarder->used = end - line;
    memmove(discarder->buffer, line, discarder->used);
}

/* Until the pipe is empty. */
static void read_all(struct discarder *discarder) {
    for (;;) {
        if (discarder->used == LINE_BUFFER_BYTES)
            fail(EXIT_FAILED, "a line of more than %d bytes; is the sensor at the other end?",
                 LINE_BUFFER_BYTES);
        ssize_t got =
            read(discarder->input, discarder->buffer + discarder->used, LINE_BUFFER_BYTES - discarder->used);
        if (got < 0 && errno == EAGAIN)
            return;
        if (got < 0 && errno != EINTR)
            fail(EXIT_FAILED, "--input: %s", strerror(errno));
        if (got > 0) {
            discarder->used += got;
            pass_on(discarder);
        }
    }
}

int main(int argc, char **argv) {
    const char *every, *input, *output, *report_path;
    const struct argument known[] = {
        {"every", &every, .max = 1},
        {"input", &input, .max = 1},
        {"output", &output, .max = 1},
        {"report", &report_path, .max = 1},
    };
    parse_arguments(argc, argv, known, sizeof(known) / sizeof(*known), print_help);

    /* At least 2: dropping every line would leave no sentinel to be ready by. */
    struct discarder discarder = {.every = parse_whole("--every", every, 2, 1000000)};
    catch_signals();
    int report = open_to_append("--report", report_path);
    discarder.output = open(output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (discarder.output < 0)
        fail(EXIT_FAILED, "--output %s: %s; give a file that can be written", output, strerror(errno));
    discarder.buffer = malloc(LINE_BUFFER_BYTES);
    if (!discarder.buffer)
        fail(EXIT_FAILED, "no memory for a buffer of %d bytes", LINE_BUFFER_BYTES);
    discarder.input = open_pipe(input);
    fprintf(stderr, "{\"ready\":true}\n");

    struct pollfd sensor = {.fd = discarder.input, .events = POLLIN};
    while (!stop_requested()) {
        ppoll(&sensor, 1, NULL, waiting_mask());
        read_all(&discarder);
        if (statistics_requested())
            write_report(report, &discarder.injected);
    }
    read_all(&discarder);
    return 0;
}
