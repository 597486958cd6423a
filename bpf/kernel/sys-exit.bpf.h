/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Programs on sys_exit run for every call: they look at its number first, and hand what is observed to
 * `on_call(task, number, args, ret)`. */
#pragma once

#include "kernel.h"

#define ON_SYS_EXIT_BTF(program, is_observed, on_call)                                                       \
    SEC("tp_btf/sys_exit")                                                                                   \
    int BPF_PROG(program, struct pt_regs *regs, long ret) {                                                  \
        struct task_struct *task;                                                                            \
        __u32 number = regs->REG_NUMBER;                                                                     \
        if (!is_observed(number) || is_compat(task = current_task()))                                        \
            return 0;                                                                                        \
        return on_call(task, number, args_of_typed(regs), ret);                                              \
    }

#define ON_SYS_EXIT_RAW(program, is_observed, on_call)                                                       \
    SEC("raw_tp/sys_exit")                                                                                   \
    int BPF_PROG(program, struct pt_regs *regs, long ret) {                                                  \
        struct task_struct *task;                                                                            \
        __u32 number = BPF_CORE_READ(regs, REG_NUMBER);                                                      \
        if (!is_observed(number) || is_compat(task = current_task()))                                        \
            return 0;                                                                                        \
        return on_call(task, number, args_of_untyped(regs), ret);                                            \
    }
