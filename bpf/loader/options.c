/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../output/message.h"
#include "arguments.h"

/* Holds 60,000 opens, at about 130 bytes each, while the consumer does not run: 100 ms of one CPU that does
 * nothing else. On a node whose CPUs are busy a quarter of it lost events (bpf/README.md). All families share
 * it: with one each, 16 MiB more were held for two that did nothing. */
#define DEFAULT_RING_BYTES (8 << 20)
#define MAX_RING_BYTES (1 << 30)

static void print_help(void) {
    printf("Usage: tare-sensor [--families LIST] --output FILE|-|none [options]\n"
           "\n"
           "Observes execs, opens, connects and more of every process with eBPF, one JSON object a line.\n"
           "\n"
           "  --families LIST     some of %s\n",
           family_names(false));
    printf("                      (default: %s)\n", family_names(true));
    printf(
        "  --output WHERE      a file to append to, unix:PATH for a socket, - for standard output,\n"
        "                      none to count events only\n"
        "  --format FORMAT     json (lines, the default) or protobuf (see events.proto)\n"
        "  --policy FILE       which events are wanted, in YAML (see README.md); the kernel drops the "
        "others\n"
        "  --check             check the command line and the policy, and leave\n"
        "  --stats FILE        file to append statistics to (default: standard error)\n"
        "  --metrics PORT      answer GET /metrics on 127.0.0.1:PORT with the statistics for Prometheus\n"
        "  --ring-bytes N      kernel buffer of all families: a power of two, at least a page (default: %d)\n"
        "  --per-cpu-rings     divide it into a buffer for each CPU: for nodes on which many CPUs raise "
        "events\n"
        "                      at once; lines of different CPUs then come in no order\n"
        "  --user NAME|UID     whom it becomes once it observes, if it is root (default: nobody)\n"
        "  --hook FAMILY=HOOK  use this hook and no other (see --explain for names)\n"
        "  --explain           try every hook, say which would be chosen, why in this order, why others "
        "fail\n"
        "  --help, --version\n"
        "\n"
        "Says {\"ready\":true,...} on standard error once events are observed. SIGUSR1: drain, flush, "
        "statistics.\n"
        "SIGTERM, SIGINT, SIGHUP: the same, then leave.\n"
        "Exit: 0 stopped, 1 failed, 2 usage, 3 the kernel cannot (no BTF, no permission, no hook).\n",
        DEFAULT_RING_BYTES);
}

static bool parse_format(const char *text) {
    bool binary = !strcmp(text, "protobuf");
    if (!binary && strcmp(text, "json"))
        fail(EXIT_USAGE, "no format is named \"%s\"; use json or protobuf", text);
    return binary;
}

static uint32_t parse_ring_bytes(const char *text) {
    char *end;
    long page = sysconf(_SC_PAGESIZE);
    errno = 0;
    long long bytes = strtoll(text, &end, 10);
    if (errno || end == text || *end || bytes < page || bytes > MAX_RING_BYTES || (bytes & (bytes - 1)))
        fail(EXIT_USAGE, "--ring-bytes \"%s\" is not a power of two from %ld to %d", text, page,
             MAX_RING_BYTES);
    return bytes;
}

struct options parse_options(int argc, char **argv) {
    struct options options = {.rings = {.bytes = DEFAULT_RING_BYTES}, .user = NOBODY};
    const char *families = NULL, *format = "json", *metrics = NULL, *ring_bytes = NULL, *user = NULL;
    const char *hooks[FAMILY_COUNT * MAX_HOOKS + 1] = {NULL};
    bool version = false;
    const struct argument known[] = {
        {"families", &families, .is_optional = true},
        {"output", &options.output, .is_optional = true},
        {"stats", &options.stats, .is_optional = true},
        {"metrics", &metrics, .is_optional = true},
        {"policy", &options.policy, .is_optional = true},
        {"check", .is_given = &options.check, .is_optional = true},
        {"format", &format, .is_optional = true},
        {"ring-bytes", &ring_bytes, .is_optional = true},
        {"per-cpu-rings", .is_given = &options.rings.per_cpu, .is_optional = true},
        {"hook", hooks, .max = FAMILY_COUNT * MAX_HOOKS, .is_optional = true},
        {"explain", .is_given = &options.explain, .is_optional = true},
        {"version", .is_given = &version, .is_optional = true},
        {"user", &user, .is_optional = true},
    };
    parse_arguments(argc, argv, known, sizeof(known) / sizeof(*known), print_help);
    if (version) {
        printf("tare-sensor " VERSION "\n");
        exit(0);
    }
    parse_families(families ? families : family_names(true), options.wanted);
    options.binary = parse_format(format);
    if (metrics)
        options.metrics = parse_whole("--metrics", metrics, 1, UINT16_MAX);
    if (ring_bytes)
        options.rings.bytes = parse_ring_bytes(ring_bytes);
    for (const char **hook = hooks; *hook; hook++)
        parse_hook(*hook, options.forced);
    if (user)
        options.user = find_user(user);
    if (!options.output && !options.explain && !options.check)
        fail(EXIT_USAGE, "--output is missing; give a file, unix:PATH, - for standard output, or none");
    return options;
}
