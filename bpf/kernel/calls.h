/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* System calls: where a call's number and its arguments are, on each architecture and of 32-bit tasks. */
#pragma once

#include "kernel.h"

/* Where a returning system call's number is. x32 tasks have the same numbers with a bit more. */
#if defined(__TARGET_ARCH_x86)
#define REG_NUMBER orig_ax
#define X32_BIT 0x40000000
#define CALL_WRAPPER "__x64_sys_"
#define COMPAT_WRAPPER "__ia32_compat_sys_"
#define O_LARGEFILE 0100000
#else
#define REG_NUMBER syscallno
#define X32_BIT 0
#define CALL_WRAPPER "__arm64_sys_"
#define COMPAT_WRAPPER "__arm64_compat_sys_"
#define O_LARGEFILE 0400000
#endif

static __always_inline int is_open(__u32 number) {
#ifdef __NR_open
    if (number == __NR_open || number == __NR_creat)
        return 1;
#endif
    return number == __NR_openat || number == __NR_openat2;
}

static __always_inline int is_open_or_handle(__u32 number) {
    return is_open(number) || number == __NR_open_by_handle_at;
}

struct call_args {
    __u64 first;
    __u64 second;
    __u64 third;
    __u64 fourth;
};

/* The arguments are still in the registers when a call returns: only the result has overwritten one. */
#if defined(__TARGET_ARCH_x86)
#define CALL_ARGS(read, pt_regs)                                                                             \
    (struct call_args) { read(pt_regs, di), read(pt_regs, si), read(pt_regs, dx), read(pt_regs, r10) }
#else
#define CALL_ARGS(read, pt_regs)                                                                             \
    (struct call_args) {                                                                                     \
        read(pt_regs, orig_x0), read(pt_regs, regs[1]), read(pt_regs, regs[2]), read(pt_regs, regs[3])       \
    }
#endif
/* Apart, since each reading of an untyped one is a helper call. */
#if defined(__TARGET_ARCH_x86)
#define FIFTH_ARG(read, pt_regs) read(pt_regs, r8)
#define SIXTH_ARG(read, pt_regs) read(pt_regs, r9)
#else
#define FIFTH_ARG(read, pt_regs) read(pt_regs, regs[4])
#define SIXTH_ARG(read, pt_regs) read(pt_regs, regs[5])
#endif
#define PLAIN_LOAD(pointer, field) ((pointer)->field)

static __always_inline struct call_args args_of_typed(struct pt_regs *regs) {
    return CALL_ARGS(PLAIN_LOAD, regs);
}

static __always_inline struct call_args args_of_untyped(struct pt_regs *regs) {
    return CALL_ARGS(BPF_CORE_READ, regs);
}

/* What a 32-bit task's calls have in other registers. */
#if defined(__TARGET_ARCH_x86)
#define COMPAT_ARGS(read, pt_regs)                                                                           \
    (struct call_args) { read(pt_regs, bx), read(pt_regs, cx), read(pt_regs, dx), read(pt_regs, si) }
#endif

#define NO_CALL 0xffffffff
/* The calls on sockets in one, which 64-bit tasks do not have. */
#define SOCKETCALL 0xfffffffe

/* What a 32-bit task's call of that number is called by 64-bit ones: of the calls that are observed of both
 * (arch/x86/entry/syscalls/syscall_32.tbl). */
static __always_inline __u32 number_of_compat(__u32 number) {
#if defined(__TARGET_ARCH_x86)
    switch (number) {
    case 5:
        return __NR_open;
    case 8:
        return __NR_creat;
    case 295:
        return __NR_openat;
    case 437:
        return __NR_openat2;
    case 342:
        return __NR_open_by_handle_at;
    case 102:
        return SOCKETCALL;
    case 362:
        return __NR_connect;
    case 364:
        return __NR_accept4;
    }
#endif
    return NO_CALL;
}

/* A 32-bit task's calls have other numbers, so a number alone would name the wrong call. */
static __always_inline int is_compat(struct task_struct *task) {
#if defined(__TARGET_ARCH_x86)
    return (FIELD(task, thread_info.status) & 2) != 0; /* TS_COMPAT */
#else
    return (FIELD(task, thread_info.flags) & (1UL << 22)) != 0; /* TIF_32BIT */
#endif
}

/* The registers of the system call that `task`, a typed pointer, is in (since 5.15). */
static __always_inline struct pt_regs *registers_of(struct task_struct *task) {
    return (void *)bpf_task_pt_regs(task);
}

/*
 * Those of the call at whose entry (CALL_WRAPPER) an fexit program with the context `ctx` ends. Not by the
 * program's argument: where a kernel's BTF has no more than a declaration of it (5.10 of Debian, for some
 * calls), its verifier refuses the program. The task has them too; before 5.15 they are read as memory.
 * ENTRY_LOAD reads them.
 */
static __always_inline struct pt_regs *entry_registers(const void *ctx, struct task_struct *task) {
    struct pt_regs *regs = 0;
    if (has_helper(task_pt_regs))
        return registers_of(task);
    bpf_probe_read_kernel(&regs, sizeof(regs), ctx);
    return regs;
}
#define ENTRY_LOAD(pointer, field)                                                                           \
    (has_helper(task_pt_regs) ? PLAIN_LOAD(pointer, field) : BPF_CORE_READ(pointer, field))

static __always_inline struct call_args args_of_entry(const void *ctx, struct task_struct *task) {
    struct pt_regs *regs = entry_registers(ctx, task);
    return CALL_ARGS(ENTRY_LOAD, regs);
}
