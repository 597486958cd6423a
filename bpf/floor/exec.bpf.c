/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The floor of the exec family. */
#include "../kernel/identity.bpf.h"
#include "floor.bpf.h"

static __always_inline int submit_exec(struct cpu_state *state, const char *filename) {
    struct exec_event *event = &state->exec;
    event->header.flags = 0;
    long length = bpf_probe_read_kernel_str(event->text, PATH_BYTES, filename);
    __u32 path_bytes = length > 0 ? (length - 1) & (PATH_BYTES - 1) : 0;
    __u32 bytes = fill_exec(event, current_task(), path_bytes);
    return submit_event(state, &event->header, bytes);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(tare_floor_btf, struct task_struct *task, int old_pid, struct linux_binprm *binprm) {
    struct cpu_state *state = floor_begins();
    return state ? submit_exec(state, binprm->filename) : 0;
}

SEC("raw_tp/sched_process_exec")
int BPF_PROG(tare_floor_raw, struct task_struct *task, int old_pid, struct linux_binprm *binprm) {
    struct cpu_state *state = floor_begins();
    return state ? submit_exec(state, BPF_CORE_READ(binprm, filename)) : 0;
}

SEC("tracepoint/sched/sched_process_exec")
int tare_floor_tp(struct trace_event_raw_sched_process_exec *ctx) {
    struct cpu_state *state = floor_begins();
    return state ? submit_exec(state, (void *)ctx + (ctx->__data_loc_filename & 0xffff)) : 0;
}
