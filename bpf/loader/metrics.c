/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE
#include "metrics.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../output/message.h"
#include "counts.h"

#define BACKLOG 16
/* Then the client has to ask again. */
#define CLIENT_NS 5000000000ULL
#define SECOND_NS 1e9

void metrics_listen(struct metrics *metrics, uint16_t port) {
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int yes = 1;
    *metrics = (struct metrics){.listener = -1};
    for (int i = 0; i < MAX_CLIENTS; i++)
        metrics->clients[i].fd = -1;
    if (!port)
        return;
    here.sin_port = htons(port);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) ||
        bind(listener, (struct sockaddr *)&here, sizeof(here)) || listen(listener, BACKLOG))
        fail(EXIT_FAILED, "--metrics %u: %s; choose a port that nobody listens on", port, strerror(errno));
    metrics->listener = listener;
}

void metrics_wake(struct metrics *metrics, const struct consumer *consumer) {
    struct epoll_event asked = {.events = EPOLLIN};
    metrics->epoll = consumer->epoll;
    if (metrics->listener >= 0 && epoll_ctl(metrics->epoll, EPOLL_CTL_ADD, metrics->listener, &asked))
        fail(EXIT_FAILED, "epoll_ctl: %s", strerror(errno));
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
static void write_families(FILE *body, const struct source *sources, int count) {
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
}

/* The known figures of each program, one kind after the other, as Prometheus wants it. */
static void write_programs(FILE *body, const struct source *sources, int count) {
    static const struct {
        const char *name;
        const char *help;
    } kinds[] = {
        {"program_skipped", "Runs that the kernel left out, because a program was running on that CPU."},
        {"program_runs", "Runs, while kernel.bpf_stats_enabled is 1."},
        {"program_run_seconds", "Time in these runs."},
    };
    for (size_t kind = 0; kind < sizeof(kinds) / sizeof(*kinds); kind++) {
        write_head(body, kinds[kind].name, kinds[kind].help);
        for (int at = 0; at < count * MAX_PROGRAMS; at++) {
            const struct source *source = &sources[at / MAX_PROGRAMS];
            struct program_counts counts;
            if (at % MAX_PROGRAMS >= source->count)
                continue;
            const struct program *program = &source->programs[at % MAX_PROGRAMS];
            if (!read_program_counts(program, &counts) || !(kind ? counts.runs_known : counts.skipped_known))
                continue;
            fprintf(body, "tare_sensor_%s_total{family=\"%s\",program=\"%s\",hook=\"%s\"} ", kinds[kind].name,
                    source->family->name, program->name, program->section);
            if (kind == 2)
                fprintf(body, "%.9f\n", counts.run_ns / SECOND_NS);
            else
                fprintf(body, "%" PRIu64 "\n", kind ? counts.runs : counts.skipped);
        }
    }
}

static void write_body(FILE *body, const struct consumer *consumer) {
    const struct output *output = consumer->output;
    write_families(body, consumer->sources, consumer->count);
    write_programs(body, consumer->sources, consumer->count);
    write_total(body, "written", "Lines written.", output->events);
    write_total(body, "written_bytes", "Bytes written.", output->bytes);
    write_total(body, "unwritten", "Lines that the output did not take.", output->lost);
    write_total(body, "discarded", "Events consumed with --output none.", output->discarded);
    write_head(body, "wake_ups", "How often the consumer slept and was woken.");
    fprintf(body,
            "tare_sensor_wake_ups_total{by=\"ring\"} %" PRIu64 "\ntare_sensor_wake_ups_total{by=\"time\"} "
            "%" PRIu64 "\n",
            consumer->wake_ups.ring, consumer->wake_ups.time);
}

static void let_go(struct client *client) {
    close(client->fd);
    free(client->reply);
    client->reply = NULL;
    client->fd = -1;
}

static bool is_wanted(const struct client *client) {
    static const char wanted[] = "GET /metrics";
    const size_t bytes = sizeof(wanted) - 1;
    return client->request_bytes > bytes && !memcmp(client->request, wanted, bytes) &&
           strchr(" ?", client->request[bytes]);
}

static void compose(struct client *client, const struct consumer *consumer) {
    char *body = NULL;
    size_t body_bytes = 0;
    FILE *text = open_memstream(&body, &body_bytes);
    bool wanted = is_wanted(client);
    if (text && wanted)
        write_body(text, consumer);
    if (text)
        fclose(text);
    FILE *reply = body ? open_memstream(&client->reply, &client->reply_bytes) : NULL;
    if (reply) {
        fprintf(reply, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                wanted ? "200 OK\r\nContent-Type: text/plain; version=0.0.4" : "404 Not Found", body_bytes);
        fwrite(body, 1, body_bytes, reply);
        fclose(reply);
    }
    free(body);
}

/* A request ends in an empty line. All of it is read: closing with unread bytes would reset the
 * connection. */
static void take_request(struct client *client, const struct consumer *consumer) {
    while (!client->reply) {
        char *to = client->request + client->request_bytes;
        size_t room = REQUEST_BYTES - client->request_bytes;
        ssize_t got = recv(client->fd, to, room, 0);
        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0) {
            let_go(client);
            return;
        }
        client->request_bytes += got;
        bool is_whole = memmem(client->request, client->request_bytes, "\r\n\r\n", 4) ||
                        client->request_bytes == REQUEST_BYTES;
        if (!is_whole)
            continue;
        compose(client, consumer);
        if (!client->reply) { /* no memory */
            let_go(client);
            return;
        }
    }
}

static void send_reply(struct client *client, int epoll) {
    while (client->sent < client->reply_bytes) {
        ssize_t sent =
            send(client->fd, client->reply + client->sent, client->reply_bytes - client->sent, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            struct epoll_event room = {.events = EPOLLOUT};
            epoll_ctl(epoll, EPOLL_CTL_MOD, client->fd, &room);
            return;
        }
        if (sent < 0)
            break;
        client->sent += sent;
    }
    let_go(client);
}

/* A free slot, or that of the oldest client. */
static struct client *place_for_one(struct metrics *metrics) {
    struct client *place = metrics->clients;
    for (struct client *other = metrics->clients; other < metrics->clients + MAX_CLIENTS; other++)
        if (place->fd >= 0 && (other->fd < 0 || other->since < place->since))
            place = other;
    if (place->fd >= 0)
        let_go(place);
    return place;
}

void metrics_answer(struct metrics *metrics, const struct consumer *consumer) {
    int fd;
    if (metrics->listener < 0)
        return;
    while ((fd = accept4(metrics->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        struct epoll_event asked = {.events = EPOLLIN};
        struct client *client = place_for_one(metrics);
        *client = (struct client){.fd = fd, .since = monotonic_ns()};
        epoll_ctl(metrics->epoll, EPOLL_CTL_ADD, fd, &asked);
    }
    for (struct client *client = metrics->clients; client < metrics->clients + MAX_CLIENTS; client++) {
        if (client->fd >= 0 && !client->reply)
            take_request(client, consumer);
        if (client->fd >= 0 && client->reply)
            send_reply(client, metrics->epoll);
        if (client->fd >= 0 && monotonic_ns() - client->since > CLIENT_NS)
            let_go(client);
    }
}
