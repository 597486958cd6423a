/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where events go, as lines or behind their lengths: collected in one buffer, written in large pieces, and
 * counted whichever way it ends. */
#ifndef TARE_OUTPUT_H
#define TARE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct output {
    int fd; /* -1: events are counted only */
    bool is_socket;
    bool gives_up; /* nobody will ever read again, or not in time: further lines are lost at once */
    bool is_stuck; /* the reader has no room now, so something is left in the buffer */
    bool binary;   /* each event behind its length, instead of a line */
    size_t left;   /* bytes of an event that is written in part */
    bool torn;     /* and those bytes are lost */
    char *buffer;
    size_t used;
    uint64_t lines; /* events in the buffer */

    uint64_t events; /* written whole */
    uint64_t bytes;
    uint64_t lost;      /* events that could not be written */
    uint64_t discarded; /* events that were asked not to be written */
};

/* "-", "none", "unix:PATH" for a stream socket that somebody listens on, or a path, which is created with
 * mode 0640 and appended to. Leaves with code 1 when it cannot. */
void output_open(struct output *output, const char *where, bool binary);

/* Whether an event of up to `bytes` can be put down now, which may take a flush. While it cannot, events are
 * better left in the ring, where they are counted if they do not fit. */
bool output_has_room(struct output *output, size_t bytes);
/* Room for such an event, or NULL when there is none; it is then counted as lost. */
char *output_room(struct output *output, size_t bytes);
/* The event that was written to the room ends here. */
void output_commit(struct output *output, const char *end);

/* Writes what the reader has room for, and never waits for it. False when something is left. */
bool output_flush(struct output *output);
/* The reader has been waited for long enough: what is in the buffer, and all that comes, is lost. */
void output_give_up(struct output *output);
/* Flushes for the last time; what cannot be written is lost. False with errno set when closing tells of an
 * error. */
bool output_close(struct output *output);

uint64_t monotonic_ns(void);

#endif
