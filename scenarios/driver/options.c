#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "token.h"

static const char *program = "driver";

static const struct option FLAGS[] = {
    {"trial", required_argument, NULL, 't'},
    {"mode", required_argument, NULL, 'm'},
    {"batches", required_argument, NULL, 'b'},
    {"batch-operations", required_argument, NULL, 'o'},
    {"warmup-operations", required_argument, NULL, 'w'},
    {"rate", required_argument, NULL, 'r'},
    {"interval-ms", required_argument, NULL, 'i'},
    {"cpu", required_argument, NULL, 'c'},
    {"directory", required_argument, NULL, 'd'},
    {"snapshot", required_argument, NULL, 'e'},
    {"command", required_argument, NULL, 'x'},
    {"preparation", required_argument, NULL, 'p'},
    {"in", required_argument, NULL, 'n'},
    {"limit-seconds", required_argument, NULL, 'l'},
    {"cgroup", required_argument, NULL, 'g'},
    {"worker", required_argument, NULL, 'k'},
    {NULL, 0, NULL, 0},
};

_Noreturn void options_refuse(const char *format, ...) {
    va_list values;
    va_start(values, format);
    fprintf(stderr, "%s: ", program);
    vfprintf(stderr, format, values);
    fputs("; see docs/driver-protocol.md\n", stderr);
    va_end(values);
    exit(STATUS_BAD_FLAGS);
}

static uint32_t whole_number(const char *flag, const char *text, uint32_t min, uint32_t max) {
    char *end = NULL;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || value < min || value > max)
        options_refuse("--%s must be a whole number from %u to %u, not \"%s\"", flag, min, max, text);
    return (uint32_t)value;
}

static double positive_number(const char *flag, const char *text) {
    char *end = NULL;
    const double value = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(value) || value <= 0)
        options_refuse("--%s must be a number above 0, not \"%s\"", flag, text);
    return value;
}

static const char *trial_digits(const char *text) {
    if (!is_trial(text))
        options_refuse("--trial must be four lower-case hexadecimal digits, not \"%s\"", text);
    return text;
}

static enum mode mode_named(const char *text) {
    if (strcmp(text, "closed") == 0)
        return MODE_CLOSED;
    if (strcmp(text, "open") == 0)
        return MODE_OPEN;
    if (strcmp(text, "sentinel") == 0)
        return MODE_SENTINEL;
    options_refuse("--mode must be closed, open or sentinel, not \"%s\"", text);
}

static void check_window(const struct options *options) {
    if (options->trial == NULL)
        options_refuse("--trial is missing");
    if (options->batches == 0 || options->batch_operations == 0)
        options_refuse("--batches and --batch-operations are both needed");
    if ((uint64_t)options->batches * options->batch_operations > WARMUP_FIRST)
        options_refuse("%u batches of %u operations are more than tokens can number (%u)", options->batches,
                       options->batch_operations, WARMUP_FIRST);
    if (options->mode == MODE_OPEN && options->rate == 0)
        options_refuse("--mode open needs --rate");
    if (options->mode == MODE_CLOSED && options->rate != 0)
        options_refuse("--rate has no meaning with --mode closed");
}

static void check_sentinel(struct options *options) {
    if (options->trial == NULL)
        options->trial = SENTINEL_TRIAL;
    if (!is_sentinel_trial(options->trial))
        options_refuse("sentinels use the trials " SENTINEL_PREFIX "0 to " SENTINEL_TRIAL ", not \"%s\"",
                       options->trial);
    if (options->interval_ms == 0)
        options_refuse("--mode sentinel needs --interval-ms");
}

static void take(struct options *options, int flag, const char *text) {
    switch (flag) {
    case 't':
        options->trial = trial_digits(text);
        break;
    case 'm':
        options->mode = mode_named(text);
        break;
    case 'b':
        options->batches = whole_number("batches", text, 1, MAX_BATCHES);
        break;
    case 'o':
        options->batch_operations = whole_number("batch-operations", text, 1, WARMUP_FIRST);
        break;
    case 'w':
        options->warmup_operations = whole_number("warmup-operations", text, 0, WARMUP_FIRST - 1);
        break;
    case 'r':
        options->rate = positive_number("rate", text);
        break;
    case 'i':
        options->interval_ms = whole_number("interval-ms", text, 1, 3600000);
        break;
    case 'c':
        options->cpu = (int)whole_number("cpu", text, 0, 65535);
        break;
    case 'd':
        options->directory = text;
        break;
    case 'e':
        options->snapshots[options->snapshot_count++] = text;
        break;
    case 'x':
        options->command = text;
        break;
    case 'p':
        options->preparation = text;
        break;
    case 'n':
        options->in = text;
        break;
    case 'l':
        options->limit_seconds = whole_number("limit-seconds", text, 1, 86400);
        break;
    case 'g':
        options->cgroups[options->cgroup_count++] = text;
        break;
    case 'k':
        if (sscanf(text, WORKER_FORMAT, &options->worker, &options->window_file, &options->told) != 3)
            options_refuse("--worker is for the driver itself, not \"%s\"", text);
        break;
    }
}

void options_read(struct options *options, int argc, char **argv) {
    program = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
    *options = (struct options){.cpu = -1,
                                .worker = -1,
                                .snapshots = calloc((size_t)argc + 1, sizeof(char *)),
                                .cgroups = calloc((size_t)argc + 1, sizeof(char *))};
    if (options->snapshots == NULL || options->cgroups == NULL)
        options_refuse("no memory for %d flags", argc);
    opterr = 0;
    bool mode_given = false;
    for (int flag; (flag = getopt_long(argc, argv, ":", FLAGS, NULL)) != -1;) {
        if (flag == '?')
            options_refuse("unknown flag \"%s\"", argv[optind - 1]);
        if (flag == ':')
            options_refuse("%s needs a value", argv[optind - 1]);
        mode_given |= flag == 'm';
        take(options, flag, optarg);
    }
    if (optind < argc)
        options_refuse("unexpected \"%s\"", argv[optind]);
    if (!mode_given)
        options_refuse("--mode is missing");
    if (options->mode == MODE_SENTINEL)
        check_sentinel(options);
    else
        check_window(options);
}
