/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tare-sensor: options -> a source for each family (source.c) -> records (consumer.c) -> lines (format.h) ->
 * output.c.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../output/format.h"
#include "../output/message.h"
#include "../output/output.h"
#include "arguments.h"
#include "consumer.h"
#include "counts.h"
#include "explain.h"
#include "family.h"
#include "memory.h"
#include "metrics.h"
#include "options.h"
#include "policy.h"
#include "privileges.h"
#include "signals.h"
#include "statistics.h"

struct sensor {
    struct options options;
    struct policy policy;
    struct rings rings;
    struct source sources[FAMILY_COUNT];
    int count; /* of sources */
    struct output output;
    struct consumer consumer;
    struct metrics metrics;
    int stats_fd;
};

static void report(struct sensor *sensor) {
    consumer_drain(&sensor->consumer, false);
    write_statistics(sensor->stats_fd, &sensor->consumer);
}

/* Composed while files can still be opened. */
static char *compose_ready(const struct sensor *sensor) {
    char *text = NULL;
    size_t length = 0;
    struct map_bytes held = ring_bytes(&sensor->rings);
    FILE *line = open_memstream(&text, &length);
    if (!line)
        fail(EXIT_FAILED, "no memory for a line");
    for (int i = 0; i < sensor->count; i++) {
        held.bytes += sensor->sources[i].map_bytes.bytes;
        held.is_known &= sensor->sources[i].map_bytes.is_known;
    }
    fprintf(line, "{\"ready\":true,\"kernelBytes\":");
    if (held.is_known)
        fprintf(line, "%" PRIu64, held.bytes);
    else
        fprintf(line, "null");
    fprintf(line, ",");
    print_hooks(line, sensor->sources, sensor->count);
    fprintf(line, "}\n");
    fclose(line);
    return text;
}

static void observe(struct sensor *sensor) {
    bool more = false;
    while (!stop_requested()) {
        consumer_wait(&sensor->consumer, more);
        if (statistics_requested())
            report(sensor);
        metrics_answer(&sensor->metrics, &sensor->consumer);
        more = consumer_turn(&sensor->consumer);
    }
}

/* The family "deny" is observed if and only if the policy denies something; --explain may name it. */
static void choose_enforcement(struct sensor *sensor) {
    bool *wanted = &sensor->options.wanted[FAMILY_DENY];
    bool denies = policy_denies(&sensor->policy);
    if (sensor->options.explain)
        return;
    if (*wanted && !denies)
        fail(EXIT_USAGE, "the family deny needs a --policy that denies something");
    *wanted = denies;
}

static void open_family(struct sensor *sensor, enum family_id id) {
    open_best_source(&sensor->sources[sensor->count++], id, sensor->options.forced[id], &sensor->rings,
                     &sensor->policy);
}

/* io_uring is watched for what is watched of calls, where the kernel lets it: before 6.0 it does not. */
static void open_companion(struct sensor *sensor) {
    const bool *wanted = sensor->options.wanted;
    char reasons[2048];
    if (uring_kinds(wanted) && !wanted[FAMILY_URING] &&
        try_best_source(&sensor->sources[sensor->count], FAMILY_URING, NULL, &sensor->rings, &sensor->policy,
                        reasons, sizeof(reasons)))
        sensor->count++;
}

static void open_families(struct sensor *sensor) {
    sensor->rings.shape = sensor->options.rings;
    sensor->rings.families = 1; /* io_uring */
    policy_follow(&sensor->policy, sensor->options.wanted);
    for (enum family_id id = 0; id < FAMILY_COUNT; id++)
        sensor->rings.families += sensor->options.wanted[id];
    for (enum family_id id = 0; id < FAMILY_COUNT; id++)
        if (sensor->options.wanted[id])
            open_family(sensor, id);
    open_companion(sensor);
}

int main(int argc, char **argv) {
    static struct sensor sensor;
    sensor.options = parse_options(argc, argv);
    prepare_loading();
    if (sensor.options.policy)
        policy_read(&sensor.policy, sensor.options.policy);
    choose_enforcement(&sensor);
    if (sensor.options.check)
        return 0;
    if (sensor.options.explain)
        return explain(&sensor.options);

    /* 1. Open everything, while that is allowed. */
    catch_signals();
    output_open(&sensor.output, sensor.options.output, sensor.options.binary);
    sensor.stats_fd = sensor.options.stats ? open_to_append("--stats", sensor.options.stats) : STDERR_FILENO;
    metrics_listen(&sensor.metrics, sensor.options.metrics);
    watch_run_counting();
    open_families(&sensor);
    consumer_open(&sensor.consumer, sensor.sources, sensor.count, &sensor.rings, &sensor.output,
                  sensor.options.binary ? format_protobuf : format_json);
    metrics_wake(&sensor.metrics, &sensor.consumer);
    char *ready = compose_ready(&sensor);

    /* 2. Observe, as nobody. */
    drop_privileges(&sensor.options.user);
    malloc_trim(0); /* loading read the kernel's types, which are no longer needed */
    write_in_time(STDERR_FILENO, ready, strlen(ready));
    free(ready);
    observe(&sensor);

    /* 3. Stop. */
    for (int i = 0; i < sensor.count; i++)
        detach_source(&sensor.sources[i]);
    consumer_drain(&sensor.consumer, true);
    /* Some file systems report only now that there was no room; which lines were lost is then unknown. */
    bool closed = output_close(&sensor.output);
    int error = errno;
    write_statistics(sensor.stats_fd, &sensor.consumer);
    consumer_close(&sensor.consumer);
    for (int i = 0; i < sensor.count; i++)
        close_source(&sensor.sources[i]);
    rings_close(&sensor.rings);
    if (!closed)
        fail(EXIT_FAILED, "closing %s: %s; its last lines may be missing, and are not counted as lost",
             sensor.options.output, strerror(error));
    return 0;
}
