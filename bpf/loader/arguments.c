/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "arguments.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../output/message.h"

#define MAX_ARGUMENTS 16

void parse_arguments(int argc, char **argv, const struct argument *known, size_t count,
                     void (*print_help)(void)) {
    struct option options[MAX_ARGUMENTS + 2] = {{"help", no_argument, NULL, 'h'}};
    int given[MAX_ARGUMENTS] = {0};
    for (size_t i = 0; i < count; i++)
        options[i + 1] =
            (struct option){known[i].name, known[i].value ? required_argument : no_argument, NULL, 0};
    for (int letter, index; (letter = getopt_long(argc, argv, "", options, &index)) != -1;) {
        if (letter == 'h') {
            print_help();
            exit(0);
        }
        if (letter)
            exit(EXIT_USAGE); /* getopt has printed what is wrong */
        const struct argument *argument = &known[index - 1];
        if (argument->max && given[index - 1] == argument->max)
            fail(EXIT_USAGE, "--%s %s is one too many", argument->name, optarg);
        if (!argument->value)
            *argument->is_given = true;
        else
            argument->value[argument->max ? given[index - 1]++ : 0] = optarg;
    }
    if (optind < argc)
        fail(EXIT_USAGE, "\"%s\" is not an option; see --help", argv[optind]);
    for (size_t i = 0; i < count; i++)
        if (!given[i] && !known[i].is_optional)
            fail(EXIT_USAGE, "--%s is missing; see --help", known[i].name);
}

uint64_t parse_whole(const char *option, const char *text, uint64_t min, uint64_t max) {
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno || end == text || *end || *text == '-' || number < min || number > max)
        fail(EXIT_USAGE, "%s \"%s\" is not a whole number from %" PRIu64 " to %" PRIu64, option, text, min,
             max);
    return number;
}

/* A pipe without a reader is an error at once: waiting for one could not be interrupted. */
int open_to_append(const char *option, const char *path) {
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0640);
    if (fd < 0)
        fail(EXIT_FAILED, "%s %s: %s; give a file that can be written, or a pipe that is read", option, path,
             errno == ENXIO ? "nobody reads it" : strerror(errno));
    return fd;
}
