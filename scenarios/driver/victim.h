/*
 * A small service and its client. One operation is one request over a loopback connection that stays open;
 * the server, a process of its own, does one operation of another workload, or nothing, and answers.
 *
 * Each process of the driver has a connection; the server answers all of them, one request after the other.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "options.h"
#include "workload.h"

/* Starts the server in the process that is no worker, and connects. `event`: what each request does; NULL:
 * nothing. False: it has printed why. */
bool victim_prepare(const struct options *options, const struct workload *event);

/* True: the server has answered, and what the request was to do went well. */
bool victim_ask(uint32_t number);

/* Ends the server where this process has started it. */
void victim_release(void);
