/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "format.h"
#include "message.h"
#include "protobuf.h"

#define BUFFER_BYTES (512 << 10)
/* Larger pieces are written no faster, and the rest of the buffer is memory that only a slow reader needs. */
#define PIECE_BYTES (128 << 10)

uint64_t monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/*
 * Standard output must not block, or a stuck reader would keep the sensor from stopping. But O_NONBLOCK on
 * it would also affect others that share it. A pipe or a terminal can be opened anew; a socket takes a flag
 * with each write.
 */
static int open_standard_output(struct output *output) {
    struct stat status;
    if (fstat(STDOUT_FILENO, &status))
        return -1;
    output->is_socket = S_ISSOCK(status.st_mode);
    if (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)) {
        int fd = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd >= 0)
            return fd;
    }
    return STDOUT_FILENO;
}

#define UNIX_PREFIX "unix:"

static int connect_socket(struct output *output, const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    output->is_socket = true;
    /* A listener with a full backlog is an error too: waiting for it could not be interrupted. */
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || !connect(fd, (struct sockaddr *)&address, sizeof(address)))
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

void output_open(struct output *output, const char *where, bool binary) {
    *output = (struct output){.fd = -1, .binary = binary};
    if (!strcmp(where, "none"))
        return;
    if (!strcmp(where, "-"))
        output->fd = open_standard_output(output);
    else if (!strncmp(where, UNIX_PREFIX, strlen(UNIX_PREFIX)))
        output->fd = connect_socket(output, where + strlen(UNIX_PREFIX));
    else
        output->fd = open(where, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0640);
    if (output->fd < 0)
        fail(EXIT_FAILED,
             "--output %s: %s; give a file that can be written, a pipe that is read, a socket that is "
             "listened "
             "on, - or none",
             where, errno == ENXIO ? "nobody reads it" : strerror(errno));
    output->buffer = malloc(BUFFER_BYTES);
    if (!output->buffer)
        fail(EXIT_FAILED, "no memory for an output buffer of %d bytes", BUFFER_BYTES);
}

/* Bytes of the event that starts here. The buffer holds whole events. */
static size_t bytes_of_event(const struct output *output, const char *at, const char *end) {
    uint64_t length;
    if (!output->binary)
        return (const char *)memchr(at, '\n', end - at) - at + 1;
    size_t prefix = pb_read_varint(at, end, &length);
    return prefix + length;
}

/* Accounts for written bytes, and returns how many events they completed. */
static uint64_t advance(struct output *output, const char *at, size_t bytes) {
    const char *end = output->buffer + output->used;
    uint64_t whole = 0;
    while (bytes) {
        if (!output->left)
            output->left = bytes_of_event(output, at, end);
        size_t step = bytes < output->left ? bytes : output->left;
        output->left -= step;
        at += step;
        bytes -= step;
        whole += !output->left;
    }
    return whole;
}

static ssize_t write_some(struct output *output, const char *from, size_t bytes) {
    if (output->is_socket)
        return send(output->fd, from, bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
    return write(output->fd, from, bytes);
}

/*
 * Ends an event that was cut short before anything else is written: a line by a newline, a binary event by
 * as many bytes as its length promised. These are 0xff, which no decoder takes for the number that ends an
 * event.
 */
static bool end_torn_event(struct output *output) {
    char filler[LINE_BYTES];
    if (!output->torn)
        return true;
    size_t bytes = output->binary ? output->left : 1;
    memset(filler, output->binary ? 0xff : '\n', bytes);
    ssize_t wrote = write_some(output, filler, bytes);
    if (wrote > 0) {
        output->bytes += wrote;
        output->left = output->binary ? output->left - wrote : 0;
        output->torn = output->left > 0;
        errno = EINTR; /* retry the rest at once */
    }
    return !output->torn;
}

static void drop_buffer(struct output *output) {
    output->torn = output->left > 0;
    output->lost += output->lines;
    output->lines = 0;
    output->used = 0;
}

bool output_flush(struct output *output) {
    size_t done = 0;
    output->is_stuck = false;
    while (done < output->used && !output->is_stuck) {
        ssize_t wrote =
            end_torn_event(output) ? write_some(output, output->buffer + done, output->used - done) : -1;
        if (wrote >= 0) {
            bool is_all = !output->left && done + wrote == output->used;
            uint64_t whole = is_all ? output->lines : advance(output, output->buffer + done, wrote);
            output->events += whole;
            output->lines -= whole;
            output->bytes += wrote;
            done += wrote;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            output->is_stuck = true;
        } else if (errno != EINTR) {
            /* A full disk may recover, so later lines are tried; a reader that has gone does not come
             * back. */
            output->gives_up = errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN;
            drop_buffer(output);
            return true;
        }
    }
    if (done) /* without an output there is no buffer */
        memmove(output->buffer, output->buffer + done, output->used - done);
    output->used -= done;
    return !output->is_stuck;
}

bool output_has_room(struct output *output, size_t bytes) {
    return output->fd < 0 || output->gives_up || BUFFER_BYTES - output->used >= bytes ||
           (output_flush(output), output->gives_up || BUFFER_BYTES - output->used >= bytes);
}

char *output_room(struct output *output, size_t bytes) {
    if (output->gives_up || BUFFER_BYTES - output->used < bytes) {
        output->lost++;
        return NULL;
    }
    return output->buffer + output->used;
}

void output_commit(struct output *output, const char *end) {
    output->used = end - output->buffer;
    output->lines++;
    if (output->used >= PIECE_BYTES && !output->is_stuck)
        output_flush(output);
}

void output_give_up(struct output *output) {
    output->gives_up = true;
    output->is_stuck = false;
    drop_buffer(output);
}

bool output_close(struct output *output) {
    if (output->fd < 0)
        return true;
    output_flush(output);
    drop_buffer(output);
    free(output->buffer);
    return close(output->fd) == 0;
}
