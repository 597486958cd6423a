/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where events go, as lines or behind their lengths: collected in one buffer, written in large pieces, and
 * counted whatever happens to them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct output {
    int fd; /* -1: events are counted only */
    bool is_socket;
    bool gives_up; /* the reader has gone or is too slow: further lines are lost at once */
    bool is_stuck; /* the reader has no room, so the buffer is not empty */
    bool binary;   /* each event behind its length, instead of a line */
    size_t left;   /* bytes left of an event that is written in part */
    bool torn;     /* and those bytes are lost */
    char *buffer;
    size_t used;
    uint64_t lines; /* events in the buffer */

    uint64_t events; /* written whole */
    uint64_t bytes;
    uint64_t lost;      /* events that could not be written */
    uint64_t discarded; /* consumed, but not to be written */
};

/* "-", "none", "unix:PATH" for a stream socket with a listener, or a path, which is created with mode 0640
 * and appended to. Exits with code 1 when it cannot. */
void output_open(struct output *output, const char *where, bool binary);

/* Whether there is room for an event of up to `bytes`, which may take a flush. Without room, events should
 * stay in the ring, which counts those that do not fit. */
bool output_has_room(struct output *output, size_t bytes);
/* Room for such an event, or NULL, which counts it as lost. */
char *output_room(struct output *output, size_t bytes);
/* Ends the event that was written to the room, and writes when there is enough for a piece. */
void output_commit(struct output *output, const char *end);

/* Writes what the reader has room for, without waiting. False when something is left. */
bool output_flush(struct output *output);
/* Gives up on the reader: the buffer and everything that follows is lost. */
void output_give_up(struct output *output);
/* Flushes for the last time; what cannot be written is lost. False with errno set when close(2) reports an
 * error. */
bool output_close(struct output *output);

uint64_t monotonic_ns(void);
