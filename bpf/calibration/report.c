/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../output/message.h"

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
