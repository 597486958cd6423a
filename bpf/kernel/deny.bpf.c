/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Enforcement: execs of and opens below the paths that the policy denies. A security hook refuses them with
 * EPERM before anything happens, by the path that is really meant. Where the kernel has no such hook, the
 * caller is killed as the call returns, by the path it gave. Either way each is one event.
 */
#include "calls.h"
#include "emit.bpf.h"
#include "filter-path.bpf.h"

#define EPERM 1
#define SIGKILL 9
#define INIT_TGID 1

PREFIXES(tare_no_execs, struct path_key);
PREFIXES(tare_no_opens, struct path_key);

static __always_inline int is_denied(struct cpu_state *state, __u32 call, __u32 bytes) {
    struct path_key *key = &state->path_key;
    if (!bytes || state->denied.path[0] != '/')
        return 0;
    set_path(key, state->denied.path);
    if (call == DENIED_EXEC)
        return config.filters & FILTER_NO_EXEC && bpf_map_lookup_elem(&tare_no_execs, key);
    return config.filters & FILTER_NO_OPEN && bpf_map_lookup_elem(&tare_no_opens, key);
}

/* `bytes` is the length of state->denied.path without its NUL. True when the call must not succeed. */
static __always_inline int judge(struct cpu_state *state, struct task_struct *task, __u32 call, __u32 action,
                                 __u32 bytes) {
    struct denied_event *event = &state->denied;
    /* Without init there is no node. */
    if (FIELD(task, tgid) == INIT_TGID || !is_denied(state, call, bytes)) {
        state->counts.filtered++;
        return 0;
    }
    if (is_limited(state))
        return 1;
    event->header.flags = 0;
    fill_header(&event->header, task, EVENT_DENIED, -EPERM);
    event->call = call;
    event->action = action;
    bytes &= PATH_BYTES - 1;
    event->path_bytes = bytes;
    emit(state, event, offsetof(struct denied_event, path) + bytes);
    return 1;
}

/*
 * A security hook may be preempted between reading a path and judging it. Another task on the same CPU can
 * then run the program in the same memory. Since 6.10 a program can forbid that; before, only a kernel built
 * for full preemption is affected.
 */
extern void bpf_preempt_disable(void) __ksym __weak;
extern void bpf_preempt_enable(void) __ksym __weak;

static __always_inline int refuse_unpreempted(struct file *file, __u32 call) {
    struct task_struct *task = current_task();
    struct cpu_state *state = event_begins(task);
    if (!state)
        return 0;
    long length = bpf_d_path(&file->f_path, state->denied.path, PATH_BYTES);
    return length > 0 && judge(state, task, call, ACTION_REFUSED, length - 1) ? -EPERM : 0;
}

static __always_inline int refuse(struct file *file, __u32 call) {
    if (!bpf_preempt_disable || !bpf_preempt_enable)
        return refuse_unpreempted(file, call);
    bpf_preempt_disable();
    int verdict = refuse_unpreempted(file, call);
    bpf_preempt_enable();
    return verdict;
}

SEC("lsm/bprm_check_security")
int BPF_PROG(tare_no_exec, struct linux_binprm *binprm) { return refuse(binprm->file, DENIED_EXEC); }

/* Also files opened to be executed, which the hook above judges. */
SEC("lsm/file_open")
int BPF_PROG(tare_no_open, struct file *file) { return refuse(file, DENIED_OPEN); }

static __always_inline int kill_caller(struct cpu_state *state, struct task_struct *task, __u32 call,
                                       long length) {
    if (length > 0 && judge(state, task, call, ACTION_KILLED, length - 1))
        bpf_send_signal(SIGKILL);
    return 0;
}

SEC("tracepoint/sched/sched_process_exec")
int tare_kill_exec(struct trace_event_raw_sched_process_exec *ctx) {
    struct task_struct *task = current_task();
    struct cpu_state *state = event_begins(task);
    if (!state)
        return 0;
    const char *filename = (void *)ctx + (ctx->__data_loc_filename & 0xffff);
    return kill_caller(state, task, DENIED_EXEC,
                       bpf_probe_read_kernel_str(state->denied.path, PATH_BYTES, filename));
}

/* A call that failed has opened nothing. */
static __always_inline int on_open(struct task_struct *task, const char *path, long ret) {
    struct cpu_state *state = event_begins(task);
    if (!state)
        return 0;
    if (!(config.filters & FILTER_NO_OPEN) || ret < 0) {
        state->counts.filtered++;
        return 0;
    }
    return kill_caller(state, task, DENIED_OPEN,
                       bpf_probe_read_user_str(state->denied.path, PATH_BYTES, path));
}

/* The arguments are still in the task's registers (since 5.15). */
static __always_inline int on_tracepoint(int has_directory, long ret) {
    struct task_struct *task = bpf_get_current_task_btf();
    struct call_args args = args_of_typed(registers_of(task));
    return on_open(task, (void *)(has_directory ? args.second : args.first), ret);
}

SEC("tracepoint/syscalls/sys_exit_openat")
int tare_kill_at(struct trace_event_raw_sys_exit *ctx) { return on_tracepoint(1, ctx->ret); }

SEC("tracepoint/syscalls/sys_exit_openat2")
int tare_kill_at2(struct trace_event_raw_sys_exit *ctx) { return on_tracepoint(1, ctx->ret); }

#ifdef __NR_open
SEC("tracepoint/syscalls/sys_exit_open")
int tare_kill_open(struct trace_event_raw_sys_exit *ctx) { return on_tracepoint(0, ctx->ret); }

SEC("tracepoint/syscalls/sys_exit_creat")
int tare_kill_creat(struct trace_event_raw_sys_exit *ctx) { return on_tracepoint(0, ctx->ret); }
#endif

/* Before 5.15 a security hook has no path, and a tracepoint no arguments. */
SEC("raw_tp/sched_process_exec")
int BPF_PROG(tare_kill_exec_raw, struct task_struct *task, int old_pid, struct linux_binprm *binprm) {
    struct task_struct *current = current_task();
    struct cpu_state *state = event_begins(current);
    if (!state)
        return 0;
    const char *filename = BPF_CORE_READ(binprm, filename);
    return kill_caller(state, current, DENIED_EXEC,
                       bpf_probe_read_kernel_str(state->denied.path, PATH_BYTES, filename));
}

SEC("raw_tp/sys_exit")
int BPF_PROG(tare_kill_raw, struct pt_regs *regs, long ret) {
    struct task_struct *task;
    __u32 number = BPF_CORE_READ(regs, REG_NUMBER);
    if (!is_open(number) || is_compat(task = current_task()))
        return 0;
    struct call_args args = args_of_untyped(regs);
    int has_directory = number == __NR_openat || number == __NR_openat2;
    return on_open(task, (void *)(has_directory ? args.second : args.first), ret);
}
