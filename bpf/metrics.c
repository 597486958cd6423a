/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE
#include "metrics.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "counts.h"
#include "message.h"

#define BACKLOG 4
/* Events wait in the ring meanwhile. */
#define CLIENT_WAIT_US 20000
#define BODY_BYTES 16384

int metrics_listen(const char *port) {
    char *end;
    long number = strtol(port, &end, 10);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int yes = 1;
    if (end == port || *end || number < 1 || number > 65535)
        fail(EXIT_USAGE, "--metrics \"%s\" is not a port from 1 to 65535", port);
    here.sin_port = htons(number);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) ||
        bind(listener, (struct sockaddr *)&here, sizeof(here)) || listen(listener, BACKLOG))
        fail(EXIT_FAILED, "--metrics %s: %s; choose a port that nobody listens on", port, strerror(errno));
    return listener;
}

static void write_head(FILE *body, const char *name, const char *help) {
    fprintf(body, "# HELP tare_sensor_%s_total %s\n# TYPE tare_sensor_%s_total counter\n", name, help, name);
}

static void write_total(FILE *body, const char *name, const char *help, uint64_t number) {
    write_head(body, name, help);
    fprintf(body, "tare_sensor_%s_total %" PRIu64 "\n", name, number);
}

static void write_losses(FILE *body, const char *family, const struct counts *counts) {
    static const char line[] = "tare_sensor_lost_total{family=\"%s\",cause=\"%s\"} %" PRIu64 "\n";
    fprintf(body, line, family, "ring-full", counts->ring_full);
    fprintf(body, line, family, "read-failed", counts->read_failed);
    if (counts->skipped_known)
        fprintf(body, line, family, "run-skipped", counts->skipped);
}

/* A family whose counters cannot be read has no samples: 0 would be a lie. */
static void write_body(FILE *body, const struct source *sources, int count, const struct output *output,
                       uint64_t wake_ups) {
    struct counts counts[FAMILY_COUNT];
    bool read[FAMILY_COUNT];
    for (int i = 0; i < count; i++)
        read[i] = read_counts(&sources[i], &counts[i]);
    write_head(body, "seen", "Events of the family that happened.");
    for (int i = 0; i < count; i++)
        if (read[i])
            fprintf(body, "tare_sensor_seen_total{family=\"%s\",hook=\"%s\"} %" PRIu64 "\n",
                    sources[i].family->name, sources[i].hook, counts[i].seen);
    write_head(body, "emitted", "Events put into the ring buffer.");
    for (int i = 0; i < count; i++)
        if (read[i])
            fprintf(body, "tare_sensor_emitted_total{family=\"%s\"} %" PRIu64 "\n", sources[i].family->name,
                    counts[i].emitted);
    write_head(body, "filtered", "Events that the policy does not want, or that exceed its rate.");
    for (int i = 0; i < count; i++)
        if (read[i])
            fprintf(body,
                    "tare_sensor_filtered_total{family=\"%s\",by=\"policy\"} %" PRIu64
                    "\ntare_sensor_filtered_total{family=\"%s\",by=\"rate\"} %" PRIu64 "\n",
                    sources[i].family->name, counts[i].filtered, sources[i].family->name, counts[i].limited);
    write_head(body, "lost", "Events that never became a line, by cause.");
    for (int i = 0; i < count; i++)
        if (read[i])
            write_losses(body, sources[i].family->name, &counts[i]);
    write_total(body, "written", "Lines written.", output->events);
    write_total(body, "written_bytes", "Bytes written.", output->bytes);
    write_total(body, "unwritten", "Lines that the output did not take.", output->lost);
    write_total(body, "discarded", "Events consumed with --output none.", output->discarded);
    write_total(body, "wake_ups", "Turns of the consumer that found events.", wake_ups);
}

/* All of it or nothing that matters: a client that does not read loses its answer. */
static void send_text(int client, const char *text, size_t bytes) {
    while (bytes) {
        ssize_t sent = send(client, text, bytes, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        text += sent;
        bytes -= sent;
    }
}

static void answer(int client, const char *body, size_t bytes) {
    char head[200];
    char request[2048];
    struct timeval wait = {.tv_usec = CLIENT_WAIT_US};
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
    ssize_t length = recv(client, request, sizeof(request), 0);
    static const char wanted[] = "GET /metrics";
    bool found = length >= (ssize_t)sizeof(wanted) && !memcmp(request, wanted, sizeof(wanted) - 1) &&
                 strchr(" ?", request[sizeof(wanted) - 1]);
    int head_bytes =
        found
            ? snprintf(head, sizeof(head),
                       "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: %zu\r\n"
                       "Connection: close\r\n\r\n",
                       bytes)
            : snprintf(head, sizeof(head),
                       "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    send_text(client, head, head_bytes);
    if (found)
        send_text(client, body, bytes);
}

void metrics_answer(int listener, const struct source *sources, int count, const struct output *output,
                    uint64_t wake_ups) {
    char text[BODY_BYTES];
    int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (client < 0)
        return;
    FILE *body = fmemopen(text, sizeof(text), "w");
    if (body) {
        write_body(body, sources, count, output, wake_ups);
        long bytes = ftell(body);
        fclose(body);
        answer(client, text, bytes);
    }
    close(client);
}
