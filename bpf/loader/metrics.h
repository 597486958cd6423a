/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The figures of the statistics line as text for Prometheus, over HTTP on the loopback. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "consumer.h"

#define MAX_CLIENTS 8
#define REQUEST_BYTES 4096

/* A client: first its request comes in, piece by piece, then the reply goes out likewise. */
struct client {
    int fd; /* -1: none */
    uint64_t since;
    char request[REQUEST_BYTES];
    size_t request_bytes;
    char *reply; /* NULL until the request is whole */
    size_t reply_bytes;
    size_t sent;
};

struct metrics {
    int listener; /* -1: not listening */
    int epoll;
    struct client clients[MAX_CLIENTS];
};

/* Listens on that port of 127.0.0.1, or not at all when it is 0. Leaves with code 1 when it cannot. */
void metrics_listen(struct metrics *metrics, uint16_t port);
/* Lets clients wake the consumer. */
void metrics_wake(struct metrics *metrics, const struct consumer *consumer);

/* Serves all clients as far as possible without waiting. */
void metrics_answer(struct metrics *metrics, const struct consumer *consumer);
