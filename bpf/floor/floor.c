/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tare-floor: what any sensor on these hooks must cost. Attaches programs to the hooks that the sensor would
 * use here, which submit a record for each event: its fields and nothing else, or bare bytes of the sensor's
 * size. Counts the records.
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
#define MAX_BARE 8
static const struct ring_shape RING = {.bytes = 8 << 20}; /* of each family */

/* Size of the sensor's records without their text; 0: the family has no floor. */
static const size_t FIXED_BYTES[FAMILY_COUNT] = {
    [FAMILY_EXEC] = offsetof(struct exec_event, text),
    [FAMILY_FILE] = offsetof(struct open_event, path),
    [FAMILY_NETWORK] = sizeof(struct connect_event),
};

static const uint16_t TYPES[FAMILY_COUNT] = {
    [FAMILY_EXEC] = EVENT_EXEC,
    [FAMILY_FILE] = EVENT_OPEN,
    [FAMILY_NETWORK] = EVENT_CONNECT,
};

struct floor {
    struct source sources[FAMILY_COUNT + MAX_BARE];
    struct rings rings[FAMILY_COUNT + MAX_BARE];
    struct ring_buffer *readers[FAMILY_COUNT + MAX_BARE];
    int count;
    const char *forced[FAMILY_COUNT]; /* a hook's name, or NULL for the first that works */
};

static void print_help(void) {
    printf("Usage: tare-floor --report FILE [--fields LIST] [--text-bytes FAMILY=N ...]\n"
           "                  [--hook FAMILY=HOOK ...]\n"
           "\n"
           "Submits a record for each event of a family (exec, file, network); writes nothing.\n"
           "\n"
           "  --fields LIST          families whose records are the fields of the sensor's events, read as "
           "it does\n"
           "  --text-bytes FAMILY=N  reads nothing of this one: a record is as long as the sensor's with so "
           "many\n"
           "                         bytes of text: 0 to %d\n"
           "  --hook FAMILY=HOOK     use this hook and no other (tare-sensor --explain has the names)\n"
           "  --report FILE          file to append a report to at SIGUSR1: operations are the records\n"
           "                         submitted, discarded those that found the ring full\n"
           "\n"
           "Says {\"ready\":true,...} on standard error once every hook was seen to fire. Ends at SIGTERM.\n"
           "Exit: 0 stopped, 1 failed, 2 usage, 3 the kernel cannot (no BTF, no permission, no hook).\n",
           FLOOR_MAX_TEXT_BYTES);
}

static int take_bare(void *context, void *record, size_t bytes) {
    (void)context;
    (void)record;
    (void)bytes;
    return 0;
}

/* Whatever is no event of the family would make the floor too low. */
static int take_event(void *context, void *record, size_t bytes) {
    const struct source *source = context;
    const struct event_header *header = record;
    if (bytes < FIXED_BYTES[source->id] || header->type != TYPES[source->id] || !header->time)
        fail(EXIT_FAILED, "a record of %zu bytes is no event of %s", bytes, source->family->name);
    return 0;
}

/* `bytes` of bare records, or 0. */
static void open_floor(struct floor *floor, enum family_id id, uint64_t bytes) {
    struct source *source = &floor->sources[floor->count];
    struct rings *rings = &floor->rings[floor->count];
    *rings = (struct rings){.shape = RING, .families = 1};
    open_best_source(source, id, floor->forced[id], rings, NULL);
    int map = map_of(source, "tare_bytes");
    __u32 key = 0;
    if (map < 0 || bpf_map_update_elem(map, &key, &bytes, BPF_ANY))
        fail(EXIT_FAILED, "the size of %s cannot be set: %s", source->family->name, strerror(errno));
    floor->readers[floor->count] =
        ring_buffer__new(rings->fds[0], bytes ? take_bare : take_event, source, NULL);
    if (!floor->readers[floor->count])
        fail(EXIT_FAILED, "ring buffer of %s: %s", source->family->name, strerror(errno));
    floor->count++;
}

static void open_fields(struct floor *floor, const char *list) {
    bool wanted[FAMILY_COUNT];
    parse_families(list, wanted);
    for (int id = 0; id < FAMILY_COUNT; id++)
        if (wanted[id] && !FIXED_BYTES[id])
            fail(EXIT_USAGE, "--fields %s: %s has no floor; use some of exec,file,network", list,
                 FAMILIES[id].name);
    for (int id = 0; id < FAMILY_COUNT; id++)
        if (wanted[id])
            open_floor(floor, id, 0);
}

static void open_bare(struct floor *floor, const char *text) {
    size_t length = strcspn(text, "=");
    enum family_id id = family_named(text, length);
    if (!FIXED_BYTES[id] || !text[length])
        fail(EXIT_USAGE, "--text-bytes %s is not FAMILY=N, with a family of exec, file and network", text);
    uint64_t bytes = parse_whole("--text-bytes", text + length + 1, 0, FLOOR_MAX_TEXT_BYTES);
    open_floor(floor, id, FIXED_BYTES[id] + bytes);
}

static void consume(const struct floor *floor) {
    for (int i = 0; i < floor->count; i++)
        ring_buffer__consume(floor->readers[i]);
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
    const char *sizes[MAX_BARE + 1] = {NULL}, *fields = NULL, *report_path;
    const char *hooks[FAMILY_COUNT * MAX_HOOKS + 1] = {NULL};
    const struct argument known[] = {
        {"report", &report_path, .max = 1},
        {"fields", &fields, .is_optional = true},
        {"text-bytes", sizes, .max = MAX_BARE, .is_optional = true},
        {"hook", hooks, .max = FAMILY_COUNT * MAX_HOOKS, .is_optional = true},
    };
    parse_arguments(argc, argv, known, sizeof(known) / sizeof(*known), print_help);

    if (!fields && !sizes[0])
        fail(EXIT_USAGE, "neither --fields nor --text-bytes says what to submit; see --help");

    prepare_loading();
    catch_signals();
    int fd = open_to_append("--report", report_path);
    static struct floor floor;
    for (const char **hook = hooks; *hook; hook++)
        parse_hook(*hook, floor.forced);
    if (fields)
        open_fields(&floor, fields);
    for (int i = 0; sizes[i]; i++)
        open_bare(&floor, sizes[i]);
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
        ring_buffer__free(floor.readers[i]);
        close_source(&floor.sources[i]);
        rings_close(&floor.rings[i]);
    }
    return 0;
}
