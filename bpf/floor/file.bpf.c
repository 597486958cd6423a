/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The floor of the file family. */
#include "floor.bpf.h"

SEC("fexit/do_sys_openat2")
int tare_floor_fexit(void *ctx) { return submit(); }

SEC("tp_btf/sys_exit")
int BPF_PROG(tare_floor_btf, struct pt_regs *regs, long ret) {
    return is_open(regs->REG_NUMBER) ? submit() : 0;
}

SEC("raw_tp/sys_exit")
int BPF_PROG(tare_floor_raw, struct pt_regs *regs, long ret) {
    return is_open(BPF_CORE_READ(regs, REG_NUMBER)) ? submit() : 0;
}

#ifdef __NR_open
SEC("tracepoint/syscalls/sys_exit_open")
int tare_floor_open(void *ctx) { return submit(); }

SEC("tracepoint/syscalls/sys_exit_creat")
int tare_floor_creat(void *ctx) { return submit(); }
#endif

SEC("tracepoint/syscalls/sys_exit_openat")
int tare_floor_at(void *ctx) { return submit(); }

SEC("tracepoint/syscalls/sys_exit_openat2")
int tare_floor_at2(void *ctx) { return submit(); }
