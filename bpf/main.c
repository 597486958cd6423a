/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tare-sensor: options -> a source for each family (source.c) -> records (this loop) -> lines (format.c) ->
 * output.c.
 */
#define _GNU_SOURCE
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "counts.h"
#include "explain.h"
#include "family.h"
#include "format.h"
#include "message.h"
#include "metrics.h"
#include "options.h"
#include "output.h"
#include "policy.h"
#include "privileges.h"
#include "signals.h"
#include "statistics.h"

/* A line is in the output at most this long after its event, plus the time of writing what came before it. */
#define TURN_MS 50
/* From one ring, so that no family, no CPU and no signal, waits for a busy family to run dry. */
#define TURN_RECORDS 20000
/* How long a drain may take under events that never stop, and how long it waits for a program that is just
 * ending. */
#define DRAIN_NS 500000000ULL
#define SETTLE_US 1000

struct sensor {
    struct options options;
    struct policy policy;
    struct source sources[FAMILY_COUNT];
    int count;                  /* of sources */
    struct ring_buffer **rings; /* of all sources */
    int ring_count;
    uint64_t consumed;
    int budget;
    int stats_fd;
    int metrics_fd;    /* -1: nobody may ask */
    uint64_t wake_ups; /* turns that found events */
    struct output output;
    char *(*format)(char *to, const void *record, size_t bytes);
};

/* One record from a ring. A negative result ends the turn; the record itself is done with. */
static int on_record(void *context, void *record, size_t bytes) {
    struct sensor *sensor = context;
    sensor->consumed++;
    if (sensor->output.fd < 0) {
        sensor->output.discarded++;
    } else {
        char *line = output_room(&sensor->output, LINE_BYTES);
        char *end = line ? sensor->format(line, record, bytes) : NULL;
        if (end)
            output_commit(&sensor->output, end);
        else if (line)
            sensor->output.lost++;
    }
    return --sensor->budget > 0 ? 0 : -EAGAIN;
}

/* Consumes what is in every ring and writes it. True when some ring may hold more. */
static bool take_turn(struct sensor *sensor) {
    bool more = false;
    uint64_t before = sensor->consumed;
    for (int i = 0; i < sensor->ring_count; i++) {
        sensor->budget = TURN_RECORDS;
        more |= ring_buffer__consume(sensor->rings[i]) == -EAGAIN;
    }
    sensor->wake_ups += sensor->consumed > before;
    output_flush(&sensor->output);
    return more;
}

/* Events that are in a ring, have been, or will be in a moment; UINT64_MAX when the counters cannot be read.
 */
static uint64_t events_due(const struct sensor *sensor) {
    uint64_t due = 0;
    for (int i = 0; i < sensor->count; i++) {
        struct counts counts;
        if (!read_counts(&sensor->sources[i], &counts))
            return UINT64_MAX;
        due += counts.seen - counts.filtered - counts.limited - counts.ring_full - counts.read_failed -
               counts.skipped;
    }
    return due;
}

/*
 * Takes turns until every event that was seen before this call is consumed or lost. A program on another CPU
 * may be between seeing an event and putting it into the ring, so the counters and not an empty ring say when
 * it is enough.
 */
static void drain(struct sensor *sensor) {
    uint64_t deadline = monotonic_ns() + DRAIN_NS;
    uint64_t due = events_due(sensor);
    while (monotonic_ns() < deadline) {
        bool more = take_turn(sensor);
        if (due == UINT64_MAX ? !more : sensor->consumed >= due)
            return;
        if (!more) {
            usleep(SETTLE_US);
            uint64_t now_due = events_due(sensor);
            due = now_due < due ? now_due : due; /* what turned out to be lost */
        }
    }
}

static void report(struct sensor *sensor) {
    drain(sensor);
    statistics_answered();
    write_statistics(sensor->stats_fd, sensor->sources, sensor->count, &sensor->output);
    sensor->output.patience = 0;
}

static void say_ready(const struct sensor *sensor) {
    uint64_t bytes = 0;
    for (int i = 0; i < sensor->count; i++)
        bytes += rings_kernel_bytes(&sensor->sources[i].rings);
    fprintf(stderr, "{\"ready\":true,\"kernelBytes\":%" PRIu64 ",\"hooks\":{", bytes);
    for (int i = 0; i < sensor->count; i++)
        fprintf(stderr, "%s\"%s\":\"%s\"", i ? "," : "", sensor->sources[i].family->name,
                sensor->sources[i].hook);
    fprintf(stderr, "}}\n");
}

static int open_statistics(const char *path) {
    if (!path)
        return STDERR_FILENO;
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (fd < 0)
        fail(EXIT_FAILED, "--stats %s: %s; give a file that can be written", path, strerror(errno));
    return fd;
}

static void open_ring(struct sensor *sensor, const struct source *source, int fd, int epoll) {
    struct epoll_event wake = {.events = EPOLLIN | EPOLLET};
    struct ring_buffer *ring = ring_buffer__new(fd, on_record, sensor, NULL);
    if (!ring || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &wake))
        fail(EXIT_FAILED, "ring buffer of %s, %u bytes: %s; try a smaller --ring-bytes", source->family->name,
             source->rings.bytes, strerror(errno));
    sensor->rings[sensor->ring_count++] = ring;
}

/*
 * A waiting place of our own, edge-triggered: libbpf's own is level-triggered, and once woken it would return
 * for every single record, which is what makes a consumer expensive.
 */
static int open_rings(struct sensor *sensor) {
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0)
        fail(EXIT_FAILED, "epoll_create1: %s; raise the limit of open files", strerror(errno));
    int wanted = 0;
    for (int i = 0; i < sensor->count; i++)
        wanted += sensor->sources[i].rings.count;
    sensor->rings = calloc(wanted, sizeof(struct ring_buffer *));
    if (!sensor->rings)
        fail(EXIT_FAILED, "no memory for %d rings", wanted);
    for (int i = 0; i < sensor->count; i++)
        for (int ring = 0; ring < sensor->sources[i].rings.count; ring++)
            open_ring(sensor, &sensor->sources[i], sensor->sources[i].rings.fds[ring], epoll);
    struct epoll_event asked = {.events = EPOLLIN};
    if (sensor->metrics_fd >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, sensor->metrics_fd, &asked))
        fail(EXIT_FAILED, "epoll_ctl: %s", strerror(errno));
    return epoll;
}

static void observe(struct sensor *sensor, int epoll) {
    bool more = false;
    while (!stop_requested()) {
        struct epoll_event woken[FAMILY_COUNT];
        epoll_pwait(epoll, woken, FAMILY_COUNT, more ? 0 : TURN_MS, waiting_mask());
        if (statistics_requested())
            report(sensor);
        if (sensor->metrics_fd >= 0)
            metrics_answer(sensor->metrics_fd, sensor->sources, sensor->count, &sensor->output,
                           sensor->wake_ups);
        more = take_turn(sensor);
    }
}

/* The family "deny" is observed when the policy denies something, and never otherwise; --explain may name it.
 */
static void choose_enforcement(struct sensor *sensor) {
    for (int i = 0; i < FAMILY_COUNT; i++)
        if (!strcmp(FAMILIES[i].name, "deny") && !sensor->options.explain) {
            bool denies = policy_denies(&sensor->policy);
            if (sensor->options.wanted[i] && !denies)
                fail(EXIT_USAGE, "the family deny needs a --policy that denies something");
            sensor->options.wanted[i] = denies;
        }
}

int main(int argc, char **argv) {
    static struct sensor sensor;
    sensor.options = parse_options(argc, argv);
    struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};

    libbpf_be_quiet();
    /* Needed before 5.11 only, and refused to some who do not need it: loading itself will tell. */
    (void)setrlimit(RLIMIT_MEMLOCK, &unlimited);
    if (sensor.options.policy)
        policy_read(&sensor.policy, sensor.options.policy);
    choose_enforcement(&sensor);
    if (sensor.options.check)
        return 0;
    if (sensor.options.explain)
        return explain(&sensor.options);

    catch_signals();
    output_open(&sensor.output, sensor.options.output, sensor.options.binary);
    sensor.format = sensor.options.binary ? format_protobuf : format_json;
    sensor.stats_fd = open_statistics(sensor.options.stats);
    sensor.metrics_fd = sensor.options.metrics ? metrics_listen(sensor.options.metrics) : -1;
    for (int i = 0; i < FAMILY_COUNT; i++)
        if (sensor.options.wanted[i])
            open_best_source(&sensor.sources[sensor.count++], &FAMILIES[i], sensor.options.forced[i],
                             &sensor.options.rings, &sensor.policy);
    int epoll = open_rings(&sensor);
    drop_privileges(&sensor.options.user);
    malloc_trim(0); /* loading took the kernel's types in, which are needed no more */
    say_ready(&sensor);

    observe(&sensor, epoll);

    for (int i = 0; i < sensor.count; i++)
        detach_source(&sensor.sources[i]);
    drain(&sensor);
    /* Some file systems tell only now that there was no room; which lines that meant cannot be told any more.
     */
    bool closed = output_close(&sensor.output);
    int error = errno;
    write_statistics(sensor.stats_fd, sensor.sources, sensor.count, &sensor.output);
    for (int i = 0; i < sensor.ring_count; i++)
        ring_buffer__free(sensor.rings[i]);
    free(sensor.rings);
    for (int i = 0; i < sensor.count; i++)
        close_source(&sensor.sources[i]);
    if (!closed)
        fail(EXIT_FAILED, "closing %s: %s; its last lines may be missing, and are not counted as lost",
             sensor.options.output, strerror(error));
    return 0;
}
