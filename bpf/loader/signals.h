/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Signals as requests that the main loop answers. They are blocked except while the sensor waits, so no
 * request falls between checking and waiting.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>

void catch_signals(void);
/* The mask to wait with (epoll_pwait, ppoll). */
const sigset_t *waiting_mask(void);

bool stop_requested(void);
/* True once for each request. */
bool statistics_requested(void);
