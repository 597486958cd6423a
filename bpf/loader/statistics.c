/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "statistics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../output/message.h"
#include "counts.h"

/* Leaves out what the kernel does not tell. */
static void write_program(FILE *line, const struct program *program) {
    struct program_counts counts;
    fprintf(line, "{\"name\":\"%s\",\"hook\":\"%s\"", program->name, program->section);
    if (!read_program_counts(program, &counts)) {
        fprintf(line, ",\"error\":\"counters: %s\"}", strerror(errno));
        return;
    }
    if (counts.skipped_known)
        fprintf(line, ",\"skipped\":%" PRIu64, counts.skipped);
    if (counts.runs_known)
        fprintf(line, ",\"runs\":%" PRIu64 ",\"runNs\":%" PRIu64, counts.runs, counts.run_ns);
    fputc('}', line);
}

/* A family whose counters cannot be read shows the reason: 0 would be a lie. */
static void write_family(FILE *line, const struct source *source) {
    struct counts counts;
    fprintf(line, "\"%s\":{\"hook\":\"%s\",", source->family->name, source->hook);
    if (!read_counts(source, &counts)) {
        fprintf(line, "\"error\":\"counters: %s\"}", strerror(errno));
        return;
    }
    fprintf(line,
            "\"seen\":%" PRIu64 ",\"emitted\":%" PRIu64 ",\"filtered\":%" PRIu64 ",\"limited\":%" PRIu64,
            counts.seen, counts.emitted, counts.filtered, counts.limited);
    fprintf(line, ",\"lost\":%" PRIu64, counts.ring_full + counts.read_failed + counts.skipped);
    fprintf(line, ",\"lostByCause\":{\"ring-full\":%" PRIu64 ",\"read-failed\":%" PRIu64, counts.ring_full,
            counts.read_failed);
    if (counts.skipped_known)
        fprintf(line, ",\"run-skipped\":%" PRIu64, counts.skipped);
    fprintf(line, "},\"programs\":[");
    for (int i = 0; i < source->count; i++) {
        if (i)
            fputc(',', line);
        write_program(line, &source->programs[i]);
    }
    fprintf(line, "]}");
}

static void write_line(FILE *line, const struct consumer *consumer) {
    const struct output *output = consumer->output;
    fprintf(line, "{\"stats\":true,\"time\":%" PRIu64 ",\"families\":{", monotonic_ns());
    for (int i = 0; i < consumer->count; i++) {
        if (i)
            fputc(',', line);
        write_family(line, &consumer->sources[i]);
    }
    fprintf(line,
            "},\"written\":{\"events\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"lost\":%" PRIu64
            ",\"discarded\":%" PRIu64 "},\"wakeUps\":{\"ring\":%" PRIu64 ",\"time\":%" PRIu64 "}}\n",
            output->events, output->bytes, output->lost, output->discarded, consumer->wake_ups.ring,
            consumer->wake_ups.time);
}

void write_statistics(int fd, const struct consumer *consumer) {
    static bool is_torn; /* the last line was cut short; the next one must not continue it */
    char *text = NULL;
    size_t bytes = 0;
    FILE *line = open_memstream(&text, &bytes);
    if (!line) {
        say("statistics: %s; free some memory and ask again", strerror(errno));
        return;
    }
    if (is_torn)
        fputc('\n', line);
    write_line(line, consumer);
    fclose(line);
    size_t wrote = text ? write_in_time(fd, text, bytes) : 0;
    if ((wrote < bytes || !text) && fd != STDERR_FILENO)
        say("statistics could not be written: %s; see --stats",
            errno == EAGAIN ? "nobody reads them" : strerror(errno));
    is_torn = wrote ? wrote < bytes : is_torn;
    free(text);
}
