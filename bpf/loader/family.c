/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The table of families. Why their hooks come in this order, with figures: README.md, "Hooks". */
#define _GNU_SOURCE
#include "family.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <linux/capability.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../kernel/event.h"
#include "../output/message.h"

static unsigned open_something(void) {
    int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
    return 1;
}

/* Also by a handle, which fails. */
static unsigned open_both_ways(void) {
    return open_something() + (syscall(SYS_open_by_handle_at, -1, NULL, O_RDONLY) < 0);
}

/* Connecting a datagram socket only stores the address; nothing is sent. */
static unsigned connect_somewhere(void) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return 0;
    if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
        /* A failed connect is an event too. */
    }
    close(fd);
    return 1;
}

/* A failed accept is an event too. */
static unsigned accept_nothing(void) {
    return (syscall(SYS_accept, -1, NULL, NULL) < 0) + (syscall(SYS_accept4, -1, NULL, NULL, 0) < 0);
}

/*
 * Makes every call of the family without changing anything: -1 means "as it is", and otherwise the current
 * ids are set again. By number, because the C library's functions would involve every thread. Whether a call
 * succeeds does not matter.
 */
static unsigned stay_who_we_are(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {0};
    long results[] = {
        syscall(SYS_setuid, getuid()),
        syscall(SYS_setgid, getgid()),
        syscall(SYS_setreuid, -1, -1),
        syscall(SYS_setregid, -1, -1),
        syscall(SYS_setresuid, -1, -1, -1),
        syscall(SYS_setresgid, -1, -1, -1),
        syscall(SYS_setfsuid, -1),
        syscall(SYS_setfsgid, -1),
        syscall(SYS_setgroups, -1, NULL),
        syscall(SYS_capget, &header, data) ? -1 : syscall(SYS_capset, &header, data),
    };
    return sizeof(results) / sizeof(*results);
}

/* Asks about the map of an invalid descriptor. */
static unsigned use_bpf(void) {
    struct bpf_map_info info;
    __u32 bytes = sizeof(info);
    return bpf_obj_get_info_by_fd(-1, &info, &bytes) < 0;
}

/*
 * Makes every call of the family on memory that is a file, which must exist: a descriptor without a regular
 * file is no event. Nothing is written, and it does not matter which of them fail.
 */
static unsigned write_nothing(void) {
    int fd = memfd_create("tare-sensor", MFD_CLOEXEC);
    if (fd < 0)
        return 0;
    long results[] = {
        syscall(SYS_write, fd, NULL, 0),
        syscall(SYS_pwrite64, fd, NULL, 0, 0),
        syscall(SYS_writev, fd, NULL, 0),
        syscall(SYS_pwritev, fd, NULL, 0, 0, 0),
        syscall(SYS_pwritev2, fd, NULL, 0, 0, 0, 0),
        syscall(SYS_sendfile, fd, fd, NULL, 0),
        syscall(SYS_copy_file_range, fd, NULL, fd, NULL, 0, 0),
        syscall(SYS_splice, -1, NULL, fd, NULL, 0, 0),
        syscall(SYS_fallocate, fd, 0, 0, 0),
        syscall(SYS_ftruncate, fd, 0),
        syscall(SYS_truncate, NULL, 0),
    };
    close(fd);
    return sizeof(results) / sizeof(*results);
}

/* Paths that cannot be read. */
static unsigned rename_nothing(void) {
    long results[] = {
#ifdef SYS_rename
        syscall(SYS_rename, NULL, NULL),
#endif
        syscall(SYS_renameat, -1, NULL, -1, NULL),
        syscall(SYS_renameat2, -1, NULL, -1, NULL, 0),
    };
    return sizeof(results) / sizeof(*results);
}

static unsigned delete_nothing(void) {
    long results[] = {
#ifdef SYS_unlink
        syscall(SYS_unlink, NULL),
        syscall(SYS_rmdir, NULL),
#endif
        syscall(SYS_unlinkat, -1, NULL, 0),
    };
    return sizeof(results) / sizeof(*results);
}

/* Addresses without a socket to send by. */
static unsigned send_nothing(void) {
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct mmsghdr message = {.msg_hdr = {.msg_name = &to, .msg_namelen = sizeof(to)}};
    long results[] = {
        syscall(SYS_sendto, -1, NULL, 0, 0, &to, sizeof(to)),
        syscall(SYS_sendmsg, -1, &message.msg_hdr, 0),
        syscall(SYS_sendmmsg, -1, &message, 1, 0),
    };
    return sizeof(results) / sizeof(*results);
}

/* Hooks on the end of a call, best first. */
#define CALL_EXIT_HOOKS "tracepoint/syscalls/sys_exit_*", "tp_btf/sys_exit", "raw_tp/sys_exit"

/* Hooks on an event of the kernel, best first. */
#define EVENT_HOOKS(group, name) "tp_btf/" name, "raw_tp/" name, "tracepoint/" group "/" name

const struct family FAMILIES[FAMILY_COUNT] = {
    [FAMILY_EXEC] =
        {
            .name = "exec",
            .is_urgent = true,
            .hooks = {EVENT_HOOKS("sched", "sched_process_exec")},
            .filters = FILTER_PATH,
            .by_default = true,
        },
    [FAMILY_FILE] =
        {
            .name = "file",
            .hooks = {"fexit/do_sys_openat2", CALL_EXIT_HOOKS},
            .provoke = open_both_ways,
            .filters = FILTER_PATH,
            .by_default = true,
        },
    [FAMILY_NETWORK] =
        {
            .name = "network",
            .hooks = {"fexit/__sys_connect", CALL_EXIT_HOOKS},
            .provoke = connect_somewhere,
            .filters = FILTER_ADDRESS | FILTER_PORT,
            .by_default = true,
        },
    [FAMILY_EXIT] =
        {
            .name = "exit",
            .is_urgent = true,
            .hooks = {EVENT_HOOKS("sched", "sched_process_exit")},
        },
    [FAMILY_ACCEPT] =
        {
            .name = "accept",
            .hooks = {"fexit/__sys_accept4", CALL_EXIT_HOOKS},
            .provoke = accept_nothing,
            .filters = FILTER_ADDRESS | FILTER_PORT,
        },
    [FAMILY_PRIVILEGE] =
        {
            .name = "privilege",
            .is_urgent = true,
            .hooks = {"fexit/*_sys_*", CALL_EXIT_HOOKS},
            .provoke = stay_who_we_are,
        },
    [FAMILY_BPF] =
        {
            .name = "bpf",
            .is_urgent = true,
            .hooks = {"fexit/*_sys_bpf", CALL_EXIT_HOOKS},
            .provoke = use_bpf,
        },
    [FAMILY_DENY] =
        {
            .name = "deny",
            .is_urgent = true,
            .hooks = {"lsm/*", "tracepoint/*/*", "raw_tp/*"},
            .provoke = open_something,
        },
    [FAMILY_FLOW] =
        {
            .name = "flow",
            .hooks = {EVENT_HOOKS("sock", "inet_sock_set_state")},
            .filters = FILTER_ADDRESS | FILTER_PORT,
        },
    [FAMILY_WRITE] =
        {
            .name = "write",
            .hooks = {"fexit/*_sys_*", CALL_EXIT_HOOKS},
            .provoke = write_nothing,
            .filters = FILTER_PATH,
        },
    [FAMILY_RENAME] =
        {
            .name = "rename",
            .hooks = {"fexit/*_sys_*", CALL_EXIT_HOOKS},
            .provoke = rename_nothing,
            .filters = FILTER_PATH,
        },
    [FAMILY_DELETE] =
        {
            .name = "delete",
            .hooks = {"fexit/*_sys_*", CALL_EXIT_HOOKS},
            .provoke = delete_nothing,
            .filters = FILTER_PATH,
        },
    [FAMILY_URING] =
        {
            /* A policy filters it as the families whose events it has. */
            .name = "uring",
            .hooks = {"tp_btf/io_uring_*", "raw_tp/io_uring_*"},
        },
    [FAMILY_DATAGRAM] =
        {
            .name = "datagram",
            .hooks = {"fexit/*_sys_*", CALL_EXIT_HOOKS},
            .provoke = send_nothing,
            .filters = FILTER_ADDRESS | FILTER_PORT,
        },
};

const char *family_names(bool only_default) {
    static char names[FAMILY_COUNT * 16];
    names[0] = 0;
    for (enum family_id id = 0; id < FAMILY_COUNT; id++)
        if (FAMILIES[id].by_default || !only_default)
            strcat(strcat(names, names[0] ? "," : ""), FAMILIES[id].name);
    return names;
}

enum family_id family_named(const char *name, size_t length) {
    for (enum family_id id = 0; id < FAMILY_COUNT; id++)
        if (strlen(FAMILIES[id].name) == length && !memcmp(FAMILIES[id].name, name, length))
            return id;
    fail(EXIT_USAGE, "no family is named \"%.*s\"; use some of %s", (int)length, name, family_names(false));
}

void parse_families(const char *list, bool *wanted) {
    memset(wanted, 0, FAMILY_COUNT * sizeof(*wanted));
    while (1) {
        size_t length = strcspn(list, ",");
        wanted[family_named(list, length)] = true;
        if (!list[length])
            return;
        list += length + 1;
    }
}

void parse_hook(const char *text, const char *forced[FAMILY_COUNT]) {
    size_t length = strcspn(text, "=");
    if (!text[length])
        fail(EXIT_USAGE, "--hook \"%s\" names no hook; write FAMILY=HOOK, such as file=tp_btf/sys_exit",
             text);
    enum family_id id = family_named(text, length);
    forced[id] = text + length + 1;
    for (const char *const *hook = FAMILIES[id].hooks; *hook; hook++)
        if (!strcmp(*hook, forced[id]))
            return;
    fail(EXIT_USAGE, "%s has no hook \"%s\"; see tare-sensor --explain for the names", FAMILIES[id].name,
         forced[id]);
}

/* The first pattern that matches a hook counts. */
static const struct {
    const char *hooks;
    const char *why;
} REASONS[] = {
    {"fexit/*", "runs at the end of that one function, with arguments and result: no other call pays for it"},
    {"lsm/*", "refuses the call before anything has happened, and knows the file that is really meant"},
    {"tracepoint/syscalls/*", "taxes every system call, but looks its number up in one bitmap however many "
                              "are observed: less than a program that runs for all of them"},
    {"tp_btf/sys_exit", "runs for every call of every task, so it comes after what runs for some; reads the "
                        "kernel's structures without a helper"},
    {"raw_tp/sys_exit", "as tp_btf/sys_exit, but each reading takes a helper: for kernels that refuse it"},
    {"tp_btf/sched_process_exec",
     "fires once the new image is there, so for successful execs only, and for no "
     "other call; reads the kernel's structures without a helper"},
    {"tp_btf/sched_process_exit",
     "fires for each thread that ends and for no system call; reads the kernel's "
     "structures without a helper"},
    {"tp_btf/inet_sock_set_state",
     "fires when a connection's state changes and for no system call; reads the "
     "kernel's structures without a helper"},
    {"tp_btf/io_uring_[*]",
     "fires when io_uring takes a request and when it has done it, in whichever thread: no call pays for it"},
    {"raw_tp/io_uring_[*]",
     "the same place in kernels 6.0 to 6.3, which name one of the tracepoints otherwise"},
    {"raw_tp/[*]",
     "as the tracepoints, by a program that runs for every call's end: for kernels before 5.15"},
    {"raw_tp/*", "as tp_btf, but each reading takes a helper: for kernels that refuse it"},
    {"tracepoint/[*]/[*]", "kills the caller as its exec or open returns, by the path as it gave it: for "
                           "kernels that cannot refuse"},
    {"tracepoint/*",
     "the same place, but the kernel first fills in a record: for kernels that refuse the two above"},
};

const char *why_hook(const char *hook) {
    for (size_t i = 0; i < sizeof(REASONS) / sizeof(*REASONS); i++)
        if (!fnmatch(REASONS[i].hooks, hook, 0))
            return REASONS[i].why;
    return "";
}
