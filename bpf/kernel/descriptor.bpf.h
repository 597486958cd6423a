/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From a descriptor to what it stands for. */
#pragma once

#include "kernel.h"

/* The open file behind a descriptor of the task, as an untyped pointer; NULL where there is none. */
static __always_inline struct file *file_of(struct task_struct *task, long fd) {
    struct fdtable *table = FIELD(task, files, fdt);
    struct file *file = 0;
    if (fd < 0 || fd >= BPF_CORE_READ(table, max_fds))
        return 0;
    if (bpf_probe_read_kernel(&file, sizeof(file), BPF_CORE_READ(table, fd) + fd))
        return 0;
    return file;
}

/* The socket behind a descriptor of the task; NULL where there is none. */
static __always_inline struct sock *sock_of(struct task_struct *task, long fd) {
    struct file *file = file_of(task, fd);
    if (!file)
        return 0;
    struct socket *socket = BPF_CORE_READ(file, private_data);
    return BPF_CORE_READ(socket, sk);
}
