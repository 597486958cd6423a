/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tare-hold: a BPF map of a known size, held until the program is stopped. An array is allocated at once. */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../loader/arguments.h"
#include "../loader/family.h"
#include "../loader/signals.h"
#include "../output/message.h"
#include "report.h"

#define VALUE_BYTES 4096
#define MAX_BYTES (1ULL << 30)

static void print_help(void) {
    printf("Usage: tare-hold --bytes N --report FILE\n"
           "\n"
           "Holds a BPF array of N bytes (a multiple of %d) until SIGTERM. SIGUSR1: append a report.\n",
           VALUE_BYTES);
}

/* Bytes of the values in the map, by the kernel's account. */
static uint64_t held_bytes(int map) {
    struct bpf_map_info info = {0};
    __u32 size = sizeof(info);
    if (bpf_obj_get_info_by_fd(map, &info, &size))
        fail(EXIT_FAILED, "the map's size cannot be read back: %s; is CAP_BPF still there?", strerror(errno));
    return (uint64_t)info.max_entries * info.value_size;
}

int main(int argc, char **argv) {
    const char *bytes_text, *report_path;
    const struct argument known[] = {
        {"bytes", &bytes_text, .max = 1},
        {"report", &report_path, .max = 1},
    };
    parse_arguments(argc, argv, known, sizeof(known) / sizeof(*known), print_help);
    uint64_t bytes = parse_whole("--bytes", bytes_text, VALUE_BYTES, MAX_BYTES);
    if (bytes % VALUE_BYTES)
        fail(EXIT_USAGE, "--bytes %s is not a multiple of %d", bytes_text, VALUE_BYTES);

    catch_signals();
    int report = open_to_append("--report", report_path);
    prepare_loading();
    int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "tare_hold", sizeof(__u32), VALUE_BYTES, bytes / VALUE_BYTES,
                             NULL);
    if (map < 0)
        fail(EXIT_KERNEL_CANNOT,
             "a BPF array of %s bytes: %s; run as root on a node with that much free memory", bytes_text,
             strerror(errno));
    fprintf(stderr, "{\"ready\":true}\n");

    while (!stop_requested()) {
        ppoll(NULL, 0, NULL, waiting_mask());
        if (statistics_requested())
            write_report(report, &(struct injected){.map_bytes = held_bytes(map)});
    }
    return 0;
}
