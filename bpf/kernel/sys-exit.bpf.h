/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Programs on sys_exit run for every call: they look at its number first, and hand what is observed to
 * `on_call(task, number, args, ret)`. So are the calls of 32-bit tasks, by the number of a 64-bit one's. */
#pragma once

#include "calls.h"

#if defined(COMPAT_ARGS)
#define ARGS(read, regs, compat) (compat ? COMPAT_ARGS(read, regs) : CALL_ARGS(read, regs))
#else
#define ARGS(read, regs, compat) CALL_ARGS(read, regs)
#endif

#define ON_SYS_EXIT(section, program, read, is_observed, on_call)                                            \
    SEC(section "/sys_exit")                                                                                 \
    int BPF_PROG(program, struct pt_regs *regs, long ret) {                                                  \
        __u32 number = read(regs, REG_NUMBER);                                                               \
        if (!is_observed(number & ~X32_BIT) && !is_observed(number_of_compat(number)))                       \
            return 0;                                                                                        \
        struct task_struct *task = current_task();                                                           \
        int compat = is_compat(task);                                                                        \
        number = compat ? number_of_compat(number) : number & ~X32_BIT;                                      \
        return is_observed(number) ? on_call(task, number, ARGS(read, regs, compat), ret) : 0;               \
    }

#define ON_SYS_EXIT_BTF(program, is_observed, on_call)                                                       \
    ON_SYS_EXIT("tp_btf", program, PLAIN_LOAD, is_observed, on_call)
#define ON_SYS_EXIT_RAW(program, is_observed, on_call)                                                       \
    ON_SYS_EXIT("raw_tp", program, BPF_CORE_READ, is_observed, on_call)
