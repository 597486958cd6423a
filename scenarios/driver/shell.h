/* Runs a line of shell with all that it starts, without a terminal and for a limited time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Once, before the first run. What a command has started and not waited for becomes this process's child from
 * here on, so that it can be found, ended, and counted. False: it has printed why. */
bool shell_prepare(uint32_t limit_seconds);

/*
 * Runs the line to its end, and ends what it leaves running. True: it ended with status 0. Otherwise it has
 * printed what it said last on standard error and how it ended.
 */
bool shell_run(const char *line);
