/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tare-floor: what any sensor on these hooks must cost. Attaches programs that read nothing to the hooks
 * that the sensor would use here, submits a record of the sensor's size for each event, and counts the
 * records.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../calibration/report.h"
#include "../loader/arguments.h"
#include "../loader/counts.h"
#include "../loader/family.h"
#include "../loader/signals.h"
#include "../output/message.h"
#include "floor.h"

/* Reads before the ring is full at the full rate of one CPU: a submit that finds no room costs less. */
#define TURN_NS 10000000L
static const struct ring_shape RING = {.bytes = 8 << 20};

/* Size of the sensor's records without their text; 0: the family has no floor. */
static const size_t FIXED_BYTES[FAMILY_COUNT] = {
    [FAMILY_EXEC] = offsetof(struct exec_event, text),
    [FAMILY_FILE] = offsetof(struct open_event, path),
    [FAMILY_NETWORK] = sizeof(struct connect_event),
};

struct floor {
    struct source sources[FAMILY_COUNT];
    struct ring_buffer *rings[FAMILY_COUNT];
    int count;
};

static void print_help(void) {
    printf(
        "Usage: tare-floor --report FILE --text-bytes FAMILY=N [--text-bytes FAMILY=N ...]\n"
        "\n"
        "Submits a record for each event of a family (exec, file, network); reads nothing, writes nothing.\n"
        "\n"
        "  --text-bytes FAMILY=N  a record is as long as the sensor's with so many bytes of text: 0 to %d\n"
        "  --report FILE          file to append a report to at SIGUSR1: operations are the records\n"
        "                         submitted, discarded those that found the ring full\n"
        "\n"
        "Says {\"ready\":true,...} on standard error once every hook was seen to fire. Ends at SIGTERM.\n"
        "Exit: 0 stopped, 1 failed, 2 usage, 3 the kernel cannot (no BTF, no permission, no hook).\n",
        FLOOR_MAX_TEXT_BYTES);
}

static int count_only(void *context, void *record, size_t bytes) {
    (void)context;
    (void)record;
    (void)bytes;
    return 0;
}

static void open_floor(struct floor *floor, const char *text) {
    size_t length = strcspn(text, "=");
    enum family_id id = family_named(text, length);
    if (!FIXED_BYTES[id] || !text[length])
        fail(EXIT_USAGE, "--text-bytes %s is not FAMILY=N, with a family of exec, file and network", text);
    uint64_t bytes =
        FIXED_BYTES[id] + parse_whole("--text-bytes", text + length + 1, 0, FLOOR_MAX_TEXT_BYTES);

    struct source *source = &floor->sources[floor->count];
    open_best_source(source, id, NULL, &RING, NULL);
    int map = bpf_object__find_map_fd_by_name(source->object, "tare_bytes");
    __u32 key = 0;
    if (map < 0 || bpf_map_update_elem(map, &key, &bytes, BPF_ANY))
        fail(EXIT_FAILED, "the size of %s cannot be set: %s", source->family->name, strerror(errno));
    floor->rings[floor->count] = ring_buffer__new(source->rings.fds[0], count_only, NULL, NULL);
    if (!floor->rings[floor->count])
        fail(EXIT_FAILED, "ring buffer of %s: %s", source->family->name, strerror(errno));
    floor->count++;
}

static void consume(const struct floor *floor) {
    for (int i = 0; i < floor->count; i++)
        ring_buffer__consume(floor->rings[i]);
}

static void report(const struct floor *floor, int fd) {
    struct injected sum = {0};
    for (int i = 0; i < floor->count; i++) {
        struct counts counts;
        if (!read_counts(&floor->sources[i], &counts))
            fail(EXIT_FAILED, "counters of %s: %s", floor->sources[i].family->name, strerror(errno));
        sum.operations += counts.emitted;
        sum.discarded += counts.ring_full + counts.skipped;
    }
    write_report(fd, &sum);
}

int main(int argc, char **argv) {
    static const struct timespec turn = {.tv_nsec = TURN_NS};
    const char *sizes[FAMILY_COUNT] = {NULL}, *report_path;
    const struct argument known[] = {
        {"report", &report_path, .max = 1},
        {"text-bytes", sizes, .max = FAMILY_COUNT},
    };
    parse_arguments(argc, argv, known, sizeof(known) / sizeof(*known), print_help);

    prepare_loading();
    catch_signals();
    int fd = open_to_append("--report", report_path);
    static struct floor floor;
    for (int i = 0; i < FAMILY_COUNT && sizes[i]; i++)
        open_floor(&floor, sizes[i]);
    fprintf(stderr, "{\"ready\":true,");
    print_hooks(stderr, floor.sources, floor.count);
    fprintf(stderr, "}\n");

    while (!stop_requested()) {
        ppoll(NULL, 0, &turn, waiting_mask());
        consume(&floor);
        if (statistics_requested())
            report(&floor, fd);
    }
    for (int i = 0; i < floor.count; i++) {
        ring_buffer__free(floor.rings[i]);
        close_source(&floor.sources[i]);
    }
    return 0;
}
