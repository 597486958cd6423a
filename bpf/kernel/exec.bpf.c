/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One event for each successful exec. sched_process_exec fires after the new image is committed: a failed
 * exec never reaches it, the arguments lie in the new stack, and comm is already the new name. Every way in
 * (execve, execveat, 32-bit, io_uring or none at all) passes here.
 */
#include "filter-path.bpf.h"
#include "identity.bpf.h"

static __always_inline int on_exec(const char *filename) {
    struct task_struct *task = current_task();
    struct cpu_state *state = event_begins(task);
    if (!state)
        return 0;
    struct exec_event *event = &state->exec;
    event->header.flags = 0;
    long length = bpf_probe_read_kernel_str(event->text, PATH_BYTES, filename);
    __u32 path_bytes = 0;
    if (length > 0)
        path_bytes = length - 1;
    else
        event->header.flags = FLAG_PATH_UNREAD;
    path_bytes &= PATH_BYTES - 1;
    if (!is_wanted_path(state, event->text, path_bytes)) {
        state->counts.filtered++;
        return 0;
    }
    if (is_limited(state))
        return 0;
    __u32 bytes = fill_exec(event, task, path_bytes);
    emit(state, event, bytes);
    return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(tare_exec_btf, struct task_struct *task, int old_pid, struct linux_binprm *binprm) {
    return on_exec(binprm->filename);
}

SEC("raw_tp/sched_process_exec")
int BPF_PROG(tare_exec_raw, struct task_struct *task, int old_pid, struct linux_binprm *binprm) {
    return on_exec(BPF_CORE_READ(binprm, filename));
}

SEC("tracepoint/sched/sched_process_exec")
int tare_exec_tp(struct trace_event_raw_sched_process_exec *ctx) {
    /* The low half says where in the event the text starts. */
    return on_exec((void *)ctx + (ctx->__data_loc_filename & 0xffff));
}
