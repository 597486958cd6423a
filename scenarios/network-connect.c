/*
 * One operation: socket, connect to an address of 127/8 that carries the token, accept, close of both ends.
 *
 * The accepted end is closed first and by a reset (linger 0), so no end waits in TIME_WAIT and ports never
 * run out.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "driver/stop.h"
#include "driver/token.h"
#include "driver/workload.h"

/* 127.a.b.c: four bits for the trial, twenty for the operation, of which the last 65,536 are the warm-up's.
 */
#define OPERATION_BITS 20
#define NETWORK_WARMUP_FIRST 0xf0000U
#define NETWORK_WARMUPS (0x100000U - NETWORK_WARMUP_FIRST)
#define LOOPBACK_NET 0x7f000000U
#define SENTINEL_NIBBLE 15
#define BACKLOG 16

static int listener = -1;
static struct sockaddr_in destination = {.sin_family = AF_INET};
static uint32_t trial_bits;

static uint32_t nibble_of(const char *trial) { return (uint32_t)strtoul(trial + TRIAL_DIGITS - 1, NULL, 16); }

static void check(const struct options *options) {
    if (options->mode == MODE_SENTINEL)
        return;
    const uint32_t nibble = nibble_of(options->trial);
    if (nibble == 0 || nibble == SENTINEL_NIBBLE)
        options_refuse("--trial must end in a digit from 1 to e here, not \"%s\"", options->trial);
    if (options_operations(options) > NETWORK_WARMUP_FIRST)
        options_refuse("%u operations are more than an address can number (%u)", options_operations(options),
                       NETWORK_WARMUP_FIRST);
    const uint32_t warmups = options->batches * options_warmups(options);
    if (warmups > NETWORK_WARMUPS)
        options_refuse("the warm-up must be at most %u operations here, not %u", NETWORK_WARMUPS, warmups);
}

static bool prepare(const struct options *options) {
    const struct linger reset = {.l_onoff = 1, .l_linger = 0};
    /* Any address, since 127/8 has 16 million of them, but only over the loopback device. */
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
    socklen_t length = sizeof(any);
    trial_bits = nibble_of(options->trial) << OPERATION_BITS;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0)
        return driver_failed("cannot make", "the listening socket");
    if (setsockopt(listener, SOL_SOCKET, SO_BINDTODEVICE, "lo", sizeof("lo")) != 0)
        return driver_failed("cannot bind the listener to device", "lo");
    if (setsockopt(listener, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) != 0)
        return driver_failed("cannot set linger on", "the listening socket");
    if (bind(listener, (struct sockaddr *)&any, sizeof(any)) != 0 || listen(listener, BACKLOG) != 0 ||
        getsockname(listener, (struct sockaddr *)&any, &length) != 0)
        return driver_failed("cannot listen on", "a free port");
    destination.sin_port = any.sin_port;
    return true;
}

static int accept_one(void) {
    int accepted;
    do
        accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    while (accepted < 0 && errno == EINTR && !stop_requested);
    return accepted;
}

static bool operate(uint32_t number) {
    destination.sin_addr.s_addr = htonl(LOOPBACK_NET | trial_bits | number);
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client < 0)
        return false;
    int accepted = -1;
    /* Only after a connect: an accept without one would wait forever. */
    if (connect(client, (struct sockaddr *)&destination, sizeof(destination)) == 0)
        accepted = accept_one();
    if (accepted >= 0)
        close(accepted);
    close(client);
    return accepted >= 0;
}

/* Sentinels have no end; their numbers wrap where the warm-up's would start. */
static bool operate_wrapped(uint32_t number) {
    return operate(trial_bits == SENTINEL_NIBBLE << OPERATION_BITS ? number % NETWORK_WARMUP_FIRST : number);
}

static void release(void) {
    if (listener >= 0)
        close(listener);
}

const struct workload WORKLOAD = {
    .scenario = "network-connect",
    .operation = "connect",
    .warmup_first = NETWORK_WARMUP_FIRST,
    .stride = 1,
    .check = check,
    .prepare = prepare,
    .operate = operate_wrapped,
    .release = release,
};
