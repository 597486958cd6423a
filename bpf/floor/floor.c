/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * tare-floor: what any sensor on these hooks must cost. Attaches to the hooks that the sensor would use here
 * programs that read nothing, submits a record of the size of the sensor's for each event, and counts the
 * records.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "../calibration/report.h"
#include "../loader/counts.h"
#include "../loader/family.h"
#include "../loader/signals.h"
#include "../output/message.h"
#include "floor.h"

/* Before a ring is full at the full rate of one CPU: a submit that finds no room costs less. */
#define TURN_NS 10000000L
static const struct ring_shape RING = {.bytes = 8 << 20};
/* Those that have a floor, in the order of FAMILIES. */
#define FLOORS 3

/* Of the sensor's records, without their text. */
static const size_t FIXED_BYTES[FLOORS] = {offsetof(struct exec_event, text),
                                           offsetof(struct open_event, path), sizeof(struct connect_event)};

struct floor {
    struct source sources[FLOORS];
    struct ring_buffer *rings[FLOORS];
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
    int index = 0;
    while (index < FLOORS &&
           (strlen(FAMILIES[index].name) != length || memcmp(FAMILIES[index].name, text, length)))
        index++;
    if (index == FLOORS || !text[length] || floor->count == FLOORS)
        fail(EXIT_USAGE, "--text-bytes %s is not FAMILY=N, with a family of exec, file and network", text);
    uint64_t bytes =
        FIXED_BYTES[index] + parse_whole("--text-bytes", text + length + 1, 0, FLOOR_MAX_TEXT_BYTES);

    struct source *source = &floor->sources[floor->count];
    open_best_source(source, &FAMILIES[index], NULL, &RING, NULL);
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
    static const struct option known[] = {
        {"text-bytes", required_argument, 0, 'b'},
        {"report", required_argument, 0, 'r'},
        {"help", no_argument, 0, 'h'},
        {0, 0, 0, 0},
    };
    static const struct timespec turn = {.tv_nsec = TURN_NS};
    const char *sizes[FLOORS] = {NULL}, *report_path = NULL;
    int wanted = 0;
    for (int letter; (letter = getopt_long(argc, argv, "", known, 0)) != -1;) {
        switch (letter) {
        case 'b':
            if (wanted == FLOORS)
                fail(EXIT_USAGE, "--text-bytes %s is one too many; there are %d families", optarg, FLOORS);
            sizes[wanted++] = optarg;
            break;
        case 'r':
            report_path = optarg;
            break;
        case 'h':
            print_help();
            return 0;
        default:
            return EXIT_USAGE;
        }
    }
    require_option("--report", report_path);
    require_option("--text-bytes", sizes[0]);

    libbpf_be_quiet();
    struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
    (void)setrlimit(RLIMIT_MEMLOCK, &unlimited); /* needed before 5.11; loading itself will tell */
    catch_signals();
    int fd = open_report(report_path);
    static struct floor floor;
    for (int i = 0; i < wanted; i++)
        open_floor(&floor, sizes[i]);
    fprintf(stderr, "{\"ready\":true,\"hooks\":{");
    for (int i = 0; i < floor.count; i++)
        fprintf(stderr, "%s\"%s\":\"%s\"", i ? "," : "", floor.sources[i].family->name,
                floor.sources[i].hook);
    fprintf(stderr, "}}\n");

    while (!stop_requested()) {
        ppoll(NULL, 0, &turn, waiting_mask());
        consume(&floor);
        if (statistics_requested()) {
            statistics_answered();
            report(&floor, fd);
        }
    }
    for (int i = 0; i < floor.count; i++) {
        ring_buffer__free(floor.rings[i]);
        close_source(&floor.sources[i]);
    }
    return 0;
}
