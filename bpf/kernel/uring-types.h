/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The structures of io_uring, as types.h has the others. */
#pragma once

#include "types.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* What each kind of request keeps in io_kiocb.cmd, since 6.0 (f31ecf671ddc). */
struct io_open {
    int dfd;
    struct filename *filename;
    struct open_how how;
};

struct io_connect {
    const void *addr; /* in the caller's memory */
    int addr_len;
};

struct io_accept {
    __u32 file_slot; /* not 0: the result is no descriptor, but a place in the ring's own table */
};

struct io_rename {
    int old_dfd;
    int new_dfd;
    struct filename *oldpath;
    struct filename *newpath;
    int flags;
};

struct io_unlink {
    int dfd;
    int flags;
    struct filename *filename;
};

/* Until 6.12 the address is in the caller's memory when a request is submitted (addr, and in umsg). */
struct io_sr_msg {
    const void *umsg;
    const void *addr;
    __u16 addr_len; /* 16 or 32 bits */
};

/* Where there is no `addr`, it has been copied. */
struct msghdr {
    const void *msg_name;
    int msg_namelen;
};

struct io_async_msghdr {
    struct msghdr msg;
};

struct io_cmd_data {
    __u8 data[1];
};

struct io_cqe {
    __u64 user_data;
    __s32 res;
    int fd; /* of the file, until it ends */
};

/* As the caller sees it. */
struct io_uring_cqe {
    __u64 user_data;
    __s32 res;
    __u32 flags;
};

struct io_kiocb {
    struct file *file; /* once it is begun */
    struct io_cmd_data cmd;
    __u8 opcode;
    __u32 flags; /* 64 bits since 6.9 (0a4dd95e0b3b), of which these are the lower ones */
    struct io_cqe cqe;
    void *ctx;
    void *async_data;
};

#pragma clang attribute pop
