/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE
#include "lines.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "../output/message.h"

/* Large, so that the sensor seldom waits: waiting would be a cost beside the loss. */
#define PIPE_BYTES (1 << 20)

int open_pipe(const char *path) {
    if (mkfifo(path, 0600))
        fail(EXIT_FAILED, "--input %s: %s; give a new name in a folder that can be written", path,
             strerror(errno));
    /* Also for writing, so that there is no end of file before the sensor opens it. */
    int input = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (input < 0)
        fail(EXIT_FAILED, "--input %s: %s", path, strerror(errno));
    /* A smaller pipe only takes more turns. */
    (void)fcntl(input, F_SETPIPE_SZ, PIPE_BYTES);
    return input;
}

static bool are_digits(const char *text, int count) {
    for (int i = 0; i < count; i++)
        if (!strchr("0123456789abcdef", text[i]) || !text[i])
            return false;
    return true;
}

/*
 * An address that a trial may have: 127.a.b.c, of which the upper half of a is the trial's last digit and
 * never 0. Of what is below 127.16.0.0 a node's own programs are full (127.0.0.1, 127.0.0.53): their connects
 * are no operations.
 */
static bool is_address_of_trial(const char *line, size_t length) {
    static const char before[] = "\"address\":\"127.";
    const char *end = line + length, *at = memmem(line, length, before, sizeof(before) - 1);
    if (!at)
        return false;
    unsigned octet = 0;
    for (at += sizeof(before) - 1; at < end && isdigit((unsigned char)*at); at++)
        octet = octet * 10 + (*at - '0');
    return octet >= 16;
}

/* TK-<trial>-<operation>, TK-<trial>/<operation>, or an address of a trial. */
bool tells_of_workload(const char *line, size_t length) {
    static const char mark[] = "TK-";
    enum { TRIAL = 3, SEPARATOR = 7, OPERATION = 8, TOKEN_BYTES = 16 };
    if (is_address_of_trial(line, length))
        return true;
    const char *end = line + length;
    for (const char *at = line; (at = memmem(at, end - at, mark, sizeof(mark) - 1)); at++)
        if (end - at >= TOKEN_BYTES && are_digits(at + TRIAL, SEPARATOR - TRIAL) &&
            (at[SEPARATOR] == '-' || at[SEPARATOR] == '/') &&
            are_digits(at + OPERATION, TOKEN_BYTES - OPERATION))
            return true;
    return false;
}
