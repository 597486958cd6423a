/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The floor of the network family. It does not check the family of a connect: that would be reading. */
#include "floor.bpf.h"

SEC("fexit/__sys_connect")
int tare_floor_fexit(void *ctx) { return submit(); }

SEC("tp_btf/sys_exit")
int BPF_PROG(tare_floor_btf, struct pt_regs *regs, long ret) {
    return (__u32)regs->REG_NUMBER == __NR_connect ? submit() : 0;
}

SEC("raw_tp/sys_exit")
int BPF_PROG(tare_floor_raw, struct pt_regs *regs, long ret) {
    return (__u32)BPF_CORE_READ(regs, REG_NUMBER) == __NR_connect ? submit() : 0;
}

SEC("tracepoint/syscalls/sys_exit_connect")
int tare_floor_tp(void *ctx) { return submit(); }
