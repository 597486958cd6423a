/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../output/message.h"

int open_report(const char *path) {
    /* A pipe without a reader is an error now, instead of a wait that no signal ends. */
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0640);
    if (fd < 0)
        fail(EXIT_FAILED, "--report %s: %s; give a file that can be written", path, strerror(errno));
    return fd;
}

void write_report(int fd, const struct injected *injected) {
    char line[256];
    int length = snprintf(line, sizeof(line),
                          "{\"operations\":%" PRIu64 ",\"workloadNs\":%" PRIu64 ",\"agentNs\":%" PRIu64
                          ",\"discarded\":%" PRIu64 ",\"mapBytes\":%" PRIu64 "}\n",
                          injected->operations, injected->workload_ns, injected->agent_ns,
                          injected->discarded, injected->map_bytes);
    if (write(fd, line, length) != length)
        fail(EXIT_FAILED, "the report could not be written: %s; see --report", strerror(errno));
}
