/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE
#include "consumer.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../output/format.h"
#include "../output/message.h"
#include "counts.h"
#include "signals.h"

/* A line reaches the output at most this long after its event, plus the time to write what came before it. */
#define TURN_MS 50
/* Records of one ring in a turn, so that no CPU or signal waits for a busy ring to run dry. */
#define TURN_RECORDS 20000
/* How long a drain may take under events that never stop, how long of it may be spent on a stuck reader, and
 * how long it waits for a program in flight. A stop may take a second. */
#define DRAIN_NS 5000000000ULL
#define READER_TIMEOUT_NS 300000000ULL
#define WAIT_NS 50000000L
#define SETTLE_US 1000

/* What woke the consumer; metrics.c adds its own descriptors. */
enum { WOKE_RING = 1, WOKE_OUTPUT = 2 };
/* Of these at a time; the others come with the next turn. */
#define MAX_WOKEN 16

/* Takes one record from a ring. A negative result ends the turn after this record. */
static int on_record(void *context, void *record, size_t bytes) {
    struct consumer *consumer = context;
    struct output *output = consumer->output;
    consumer->consumed++;
    if (output->fd < 0) {
        output->discarded++;
    } else {
        char *line = output_room(output, LINE_BYTES);
        char *end = line ? consumer->format(line, record, bytes) : NULL;
        if (end)
            output_commit(output, end);
        else if (line)
            output->lost++;
    }
    return --consumer->budget > 0 && output_has_room(output, LINE_BYTES) ? 0 : -EAGAIN;
}

static void open_ring(struct consumer *consumer, const struct rings *rings, int fd) {
    struct epoll_event wake = {.events = EPOLLIN | EPOLLET, .data.u32 = WOKE_RING};
    struct ring_buffer *ring = ring_buffer__new(fd, on_record, consumer, NULL);
    if (!ring || epoll_ctl(consumer->epoll, EPOLL_CTL_ADD, fd, &wake))
        fail(EXIT_FAILED, "a ring buffer of %u bytes: %s; try a smaller --ring-bytes", rings->bytes,
             strerror(errno));
    consumer->rings[consumer->ring_count++] = ring;
}

/*
 * Our own epoll, edge-triggered. libbpf's is level-triggered and, once woken, would return for every single
 * record, which is what makes a consumer expensive.
 */
void consumer_open(struct consumer *consumer, const struct source *sources, int count,
                   const struct rings *rings, struct output *output,
                   char *(*format)(char *to, const void *record, size_t bytes)) {
    *consumer = (struct consumer){.sources = sources, .count = count, .output = output, .format = format};
    consumer->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (consumer->epoll < 0)
        fail(EXIT_FAILED, "epoll_create1: %s; raise the limit of open files", strerror(errno));
    consumer->rings = calloc(rings->count, sizeof(struct ring_buffer *));
    if (!consumer->rings)
        fail(EXIT_FAILED, "no memory for %d rings", rings->count);
    for (int i = 0; i < rings->count; i++)
        open_ring(consumer, rings, rings->fds[i]);
    /* Asks for no events yet. That the reader has gone comes unasked, hence ONESHOT. A file cannot be waited
     * for (EPERM) and need not be: it is never stuck. */
    struct epoll_event nothing = {.events = EPOLLONESHOT, .data.u32 = WOKE_OUTPUT};
    if (output->fd >= 0 && epoll_ctl(consumer->epoll, EPOLL_CTL_ADD, output->fd, &nothing) && errno != EPERM)
        fail(EXIT_FAILED, "epoll_ctl: %s", strerror(errno));
}

void consumer_close(struct consumer *consumer) {
    for (int i = 0; i < consumer->ring_count; i++)
        ring_buffer__free(consumer->rings[i]);
    free(consumer->rings);
    close(consumer->epoll);
}

/* Armed once, and only while the output is stuck: a reader that keeps up would wake the sensor for every
 * line. */
static void await_reader(struct consumer *consumer) {
    struct epoll_event room = {.events = EPOLLOUT | EPOLLONESHOT, .data.u32 = WOKE_OUTPUT};
    if (consumer->output->is_stuck && !consumer->awaits_reader)
        consumer->awaits_reader = !epoll_ctl(consumer->epoll, EPOLL_CTL_MOD, consumer->output->fd, &room);
}

void consumer_wait(struct consumer *consumer, bool more) {
    struct epoll_event woken[MAX_WOKEN];
    await_reader(consumer);
    int count = epoll_pwait(consumer->epoll, woken, MAX_WOKEN, more ? 0 : TURN_MS, waiting_mask());
    bool by_ring = false;
    for (int i = 0; i < count; i++) {
        by_ring |= woken[i].data.u32 == WOKE_RING;
        if (woken[i].data.u32 == WOKE_OUTPUT)
            consumer->awaits_reader = false;
    }
    if (!more) {
        consumer->wake_ups.ring += by_ring;
        consumer->wake_ups.time += !count;
    }
}

/* The ring for which the output had no room comes last in the next turn, so that a slow reader gets every
 * CPU's share. */
bool consumer_turn(struct consumer *consumer) {
    bool more = false;
    int start = consumer->first;
    for (int i = 0; i < consumer->ring_count; i++) {
        int ring = (start + i) % consumer->ring_count;
        if (!output_has_room(consumer->output, LINE_BYTES)) {
            more = true;
            break;
        }
        consumer->budget = TURN_RECORDS;
        bool is_cut = ring_buffer__consume(consumer->rings[ring]) == -EAGAIN;
        if (is_cut && consumer->budget > 0)
            consumer->first = (ring + 1) % consumer->ring_count;
        more |= is_cut;
    }
    output_flush(consumer->output);
    return more && output_has_room(consumer->output, LINE_BYTES);
}

/* Events that are, were, or are about to be in a ring; UINT64_MAX when the counters cannot be read. */
static uint64_t events_due(const struct consumer *consumer) {
    uint64_t due = 0;
    for (int i = 0; i < consumer->count; i++) {
        struct counts counts;
        if (!read_counts(&consumer->sources[i], &counts))
            return UINT64_MAX;
        due += counts.seen - counts.filtered - counts.limited - counts.ring_full - counts.read_failed -
               counts.skipped;
    }
    return due;
}

/* Waits for a stuck reader, a moment at a time, until patience runs out. */
static bool wait_for_reader(const struct output *output, uint64_t patience, bool is_last) {
    struct pollfd reader = {.fd = output->fd, .events = POLLOUT};
    struct timespec wait = {.tv_nsec = WAIT_NS};
    if (monotonic_ns() >= patience || (!is_last && stop_requested()))
        return false;
    ppoll(&reader, 1, &wait, waiting_mask());
    return true;
}

/*
 * A program on another CPU may be between seeing an event and putting it into the ring, so the counters
 * decide when it is enough, not an empty ring.
 */
void consumer_drain(struct consumer *consumer, bool is_last) {
    struct output *output = consumer->output;
    uint64_t start = monotonic_ns();
    uint64_t due = events_due(consumer);
    while (monotonic_ns() < start + DRAIN_NS) {
        bool more = consumer_turn(consumer);
        if (output->is_stuck) {
            if (wait_for_reader(output, start + READER_TIMEOUT_NS, is_last))
                continue;
            if (!is_last)
                return;
            output_give_up(output);
            continue;
        }
        if (due == UINT64_MAX ? !more : consumer->consumed >= due)
            return;
        if (!more) {
            usleep(SETTLE_US);
            uint64_t now_due = events_due(consumer);
            due = now_due < due ? now_due : due; /* some turned out to be lost */
        }
    }
    if (!is_last)
        return;
    output_give_up(output); /* no time left: the rest of the rings is counted as lost */
    while (consumer_turn(consumer)) {
    }
}
