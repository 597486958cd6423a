/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel as the programs see it: the few fields they read, relocated at load to where the running kernel
 * has them, and what differs between architectures and versions. Nothing here needs the build machine's
 * kernel.
 */
#ifndef TARE_KERNEL_H
#define TARE_KERNEL_H

#include <linux/types.h>

#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define AF_INET 2
#define AF_INET6 10
#define EFAULT 14
#define O_CREAT 0100
#define O_WRONLY 01
#define O_TRUNC 01000
#define S_IALLUGO 07777

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct thread_info {
    unsigned long flags;
    __u32 status; /* x86 only */
};

struct mm_struct {
    unsigned long arg_start;
    unsigned long arg_end;
};

struct task_struct {
    struct thread_info thread_info;
    int tgid;
    struct task_struct *real_parent;
    struct mm_struct *mm;
};

struct linux_binprm {
    const char *filename;
};

struct open_how {
    __u64 flags;
    __u64 mode;
};

struct pt_regs {
#if defined(__TARGET_ARCH_x86)
    unsigned long r10;
    unsigned long dx;
    unsigned long si;
    unsigned long di;
    unsigned long orig_ax;
#elif defined(__TARGET_ARCH_arm64)
    __u64 regs[31];
    __u64 orig_x0;
    __s32 syscallno;
#else
#error "tare-sensor knows x86_64 and arm64: add the registers of a system call here for another architecture"
#endif
};

struct trace_event_raw_sched_process_exec {
    __u32 __data_loc_filename;
};

struct trace_event_raw_sys_exit {
    long ret;
};

#pragma clang attribute pop

/* Where a system call's number is when it returns, and the numbers of the calls observed. */
#if defined(__TARGET_ARCH_x86)
#define REG_NUMBER orig_ax
#define NR_open 2
#define NR_creat 85
#define NR_openat 257
#define NR_openat2 437
#define NR_connect 42
#define O_LARGEFILE 0100000
#else
#define REG_NUMBER syscallno
#define NR_openat 56
#define NR_openat2 437
#define NR_connect 203
#define O_LARGEFILE 0400000
#endif

struct call_args {
    __u64 first;
    __u64 second;
    __u64 third;
    __u64 fourth;
};

/* The arguments are still in the registers when a call returns: only the result has overwritten one of them.
 */
#if defined(__TARGET_ARCH_x86)
#define CALL_ARGS(read, pt_regs)                                                                             \
    (struct call_args) { read(pt_regs, di), read(pt_regs, si), read(pt_regs, dx), read(pt_regs, r10) }
#else
#define CALL_ARGS(read, pt_regs)                                                                             \
    (struct call_args) {                                                                                     \
        read(pt_regs, orig_x0), read(pt_regs, regs[1]), read(pt_regs, regs[2]), read(pt_regs, regs[3])       \
    }
#endif
#define PLAIN_LOAD(pointer, field) ((pointer)->field)

static __always_inline struct call_args args_of_typed(struct pt_regs *regs) {
    return CALL_ARGS(PLAIN_LOAD, regs);
}

static __always_inline struct call_args args_of_untyped(struct pt_regs *regs) {
    return CALL_ARGS(BPF_CORE_READ, regs);
}

/*
 * A typed task pointer reads its fields with plain loads, where the untyped one needs a helper call a field.
 * bpf_get_current_task_btf came with 5.11; the verifier removes the branch that the kernel does not have.
 */
#define has_helper(name) bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_##name)

static __always_inline __u32 parent_tgid(void) {
    if (has_helper(get_current_task_btf))
        return bpf_get_current_task_btf()->real_parent->tgid;
    struct task_struct *task = (void *)bpf_get_current_task();
    return BPF_CORE_READ(task, real_parent, tgid);
}

/* A 32-bit task's calls have other numbers, so a number alone would name the wrong call. */
static __always_inline int is_compat_task(void) {
    struct task_struct *task = (void *)bpf_get_current_task();
#if defined(__TARGET_ARCH_x86)
    return (BPF_CORE_READ(task, thread_info.status) & 2) != 0; /* TS_COMPAT */
#else
    return (BPF_CORE_READ(task, thread_info.flags) & (1UL << 22)) != 0; /* TIF_32BIT */
#endif
}

#endif
