/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The families and the order of their hooks. Why this order, with figures: README.md, "Hooks". */
#include "family.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

static void open_something(void) {
    int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
}

/* A datagram socket: connecting it only remembers the address, nothing is sent. */
static void connect_somewhere(void) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
        /* Failing is as good: a failed connect is an event too. */
    }
    close(fd);
}

const struct family FAMILIES[FAMILY_COUNT] = {
    {
        .name = "exec",
        .object_file = "exec.bpf.o",
        .hooks = {"tp_btf/sched_process_exec", "raw_tp/sched_process_exec",
                  "tracepoint/sched/sched_process_exec"},
    },
    {
        .name = "file",
        .object_file = "file.bpf.o",
        .hooks = {"fexit/do_sys_openat2", "tracepoint/syscalls/sys_exit_*", "tp_btf/sys_exit",
                  "raw_tp/sys_exit"},
        .provoke = open_something,
    },
    {
        .name = "network",
        .object_file = "network.bpf.o",
        .hooks = {"fexit/__sys_connect", "tracepoint/syscalls/sys_exit_*", "tp_btf/sys_exit",
                  "raw_tp/sys_exit"},
        .provoke = connect_somewhere,
    },
};
