/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tare-serve: a known knee. Passes a sensor's lines from a named pipe to a file, those that tell of a
 * workload's operation at a fixed rate: one after the other, each takes as long. A few may wait; what comes
 * beyond them is dropped and counted. It may also stand still for a while at regular times, so that what is
 * dropped comes in bursts.
 *
 * When a line is passed on is reckoned, not waited for: a late wake-up makes several late and none lost.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../loader/arguments.h"
#include "../loader/signals.h"
#include "../output/message.h"
#include "lines.h"
#include "report.h"

#define NS_PER_SECOND 1000000000ULL
#define NS_PER_MS 1000000ULL
#define MAX_RATE 1000000
#define MAX_WAITING 1000000
#define MAX_STALL_MS 60000
#define LOOK_NS NS_PER_MS

struct waiting {
    uint64_t came_ns;
    size_t length;
    char *line;
};

struct server {
    uint64_t each_ns;                  /* that a line takes */
    uint64_t stall_every_ns, stall_ns; /* 0: it never stands still */
    uint64_t started_ns;
    uint64_t free_ns; /* when the line before was passed on */
    struct waiting *waiting;
    size_t room, first, count;
    int input;
    FILE *output;
    struct injected injected;
    char *buffer; /* starts at the start of a line */
    size_t used;
};

static void print_help(void) {
    printf("Usage: tare-serve --rate R --buffer N --input PIPE --output FILE --report FILE\n"
           "                  [--stall-every-ms T --stall-ms S]\n"
           "\n"
           "Makes the named pipe PIPE and passes its lines to FILE, those that tell of a workload's "
           "operation at R\n"
           "a second. N of them may wait, what comes beyond that is dropped. The last S of every T "
           "milliseconds\n"
           "none is passed. SIGUSR1: append a report. SIGTERM: pass on what waits, and end.\n");
}

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

static void write_line(struct server *server, const char *line, size_t length) {
    if (fwrite(line, 1, length, server->output) != length)
        fail(EXIT_FAILED, "--output: %s; a loss that was not asked for would be no known answer",
             strerror(errno));
}

static void flush(struct server *server) {
    if (fflush(server->output))
        fail(EXIT_FAILED, "--output: %s; a loss that was not asked for would be no known answer",
             strerror(errno));
}

/* The same time, or the end of the stall in which it lies. */
static uint64_t after_stall(const struct server *server, uint64_t at_ns) {
    if (!server->stall_every_ns)
        return at_ns;
    uint64_t since = (at_ns - server->started_ns) % server->stall_every_ns;
    return since < server->stall_every_ns - server->stall_ns ? at_ns : at_ns + server->stall_every_ns - since;
}

/* Passes on what is due. */
static void serve(struct server *server, uint64_t until_ns) {
    while (server->count) {
        struct waiting *next = &server->waiting[server->first];
        uint64_t begins =
            after_stall(server, next->came_ns > server->free_ns ? next->came_ns : server->free_ns);
        if (begins + server->each_ns > until_ns)
            break;
        server->free_ns = begins + server->each_ns;
        write_line(server, next->line, next->length);
        free(next->line);
        server->first = (server->first + 1) % server->room;
        server->count--;
    }
}

static void take_line(struct server *server, const char *line, size_t length, uint64_t came_ns) {
    if (!tells_of_workload(line, length)) {
        write_line(server, line, length);
        return;
    }
    server->injected.operations++;
    if (server->count == server->room) {
        server->injected.discarded++;
        return;
    }
    char *copy = malloc(length);
    if (!copy)
        fail(EXIT_FAILED, "no memory for a line of %zu bytes", length);
    memcpy(copy, line, length);
    server->waiting[(server->first + server->count) % server->room] =
        (struct waiting){.came_ns = came_ns, .length = length, .line = copy};
    server->count++;
}

static void take_lines(struct server *server) {
    uint64_t came_ns = now_ns();
    serve(server, came_ns);
    char *line = server->buffer, *end = line + server->used, *newline;
    while ((newline = memchr(line, '\n', end - line))) {
        take_line(server, line, newline + 1 - line, came_ns);
        line = newline + 1;
    }
    server->used = end - line;
    memmove(server->buffer, line, server->used);
}

/* Until the pipe is empty. */
static void read_all(struct server *server) {
    for (;;) {
        if (server->used == LINE_BUFFER_BYTES)
            fail(EXIT_FAILED, "a line of more than %d bytes; is the sensor at the other end?",
                 LINE_BUFFER_BYTES);
        ssize_t got = read(server->input, server->buffer + server->used, LINE_BUFFER_BYTES - server->used);
        if (got < 0 && errno == EAGAIN)
            return;
        if (got < 0 && errno != EINTR)
            fail(EXIT_FAILED, "--input: %s", strerror(errno));
        if (got > 0) {
            server->used += got;
            take_lines(server);
        }
    }
}

static FILE *open_output(const char *path) {
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    FILE *output = fd < 0 ? NULL : fdopen(fd, "a");
    if (!output)
        fail(EXIT_FAILED, "--output %s: %s; give a file that can be written", path, strerror(errno));
    return output;
}

int main(int argc, char **argv) {
    const char *rate, *room, *input, *output, *report_path, *stall_every = NULL, *stall = NULL;
    const struct argument known[] = {
        {"rate", &rate, .max = 1},
        {"buffer", &room, .max = 1},
        {"input", &input, .max = 1},
        {"output", &output, .max = 1},
        {"report", &report_path, .max = 1},
        {"stall-every-ms", &stall_every, .max = 1, .is_optional = true},
        {"stall-ms", &stall, .max = 1, .is_optional = true},
    };
    parse_arguments(argc, argv, known, sizeof(known) / sizeof(*known), print_help);

    struct server server = {
        .each_ns = NS_PER_SECOND / parse_whole("--rate", rate, 1, MAX_RATE),
        .room = parse_whole("--buffer", room, 1, MAX_WAITING),
        .started_ns = now_ns(),
    };
    if (!stall_every != !stall)
        fail(EXIT_USAGE, "--stall-every-ms and --stall-ms belong together; give both or neither");
    if (stall) {
        uint64_t every_ms = parse_whole("--stall-every-ms", stall_every, 2, MAX_STALL_MS);
        server.stall_every_ns = every_ms * NS_PER_MS;
        server.stall_ns = parse_whole("--stall-ms", stall, 1, every_ms - 1) * NS_PER_MS;
    }
    catch_signals();
    int report = open_to_append("--report", report_path);
    server.output = open_output(output);
    server.buffer = malloc(LINE_BUFFER_BYTES);
    server.waiting = calloc(server.room, sizeof(*server.waiting));
    if (!server.buffer || !server.waiting)
        fail(EXIT_FAILED, "no memory for %zu waiting lines", server.room);
    server.input = open_pipe(input);
    fprintf(stderr, "{\"ready\":true}\n");

    struct pollfd sensor = {.fd = server.input, .events = POLLIN};
    while (!stop_requested()) {
        const struct timespec look = {.tv_nsec = LOOK_NS};
        ppoll(&sensor, 1, server.count ? &look : NULL, waiting_mask());
        read_all(&server);
        serve(&server, now_ns());
        flush(&server);
        if (statistics_requested())
            write_report(report, &server.injected);
    }
    read_all(&server);
    serve(&server, UINT64_MAX);
    flush(&server);
    return 0;
}
