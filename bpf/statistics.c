/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "statistics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "counts.h"

/* A family whose counters cannot be read is left out with the reason: 0 would be a lie. */
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
    fprintf(line, "}}");
}

void write_statistics(int fd, const struct source *sources, int count, const struct output *output) {
    char text[4096];
    FILE *line = fmemopen(text, sizeof(text), "w");
    if (!line) {
        fprintf(stderr, "tare-sensor: statistics: %s; free some memory and ask again\n", strerror(errno));
        return;
    }
    fprintf(line, "{\"stats\":true,\"time\":%" PRIu64 ",\"families\":{", monotonic_ns());
    for (int i = 0; i < count; i++) {
        if (i)
            fputc(',', line);
        write_family(line, &sources[i]);
    }
    fprintf(line,
            "},\"written\":{\"events\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"lost\":%" PRIu64
            ",\"discarded\":%" PRIu64 "}}\n",
            output->events, output->bytes, output->lost, output->discarded);
    long length = ftell(line);
    fclose(line);
    if (write(fd, text, length) != length)
        fprintf(stderr, "tare-sensor: statistics could not be written: %s; see --stats\n", strerror(errno));
}
