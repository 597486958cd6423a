/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who a process is, where it runs, and in which directory: what an exec tells beyond its path and arguments.
 */
#ifndef TARE_WHO_BPF_H
#define TARE_WHO_BPF_H

#include "emit.bpf.h"

/* The namespace that its pid counts in: nsproxy has the one for its children, which unshare(2) can change. */
static __always_inline __u32 pid_namespace_of(struct task_struct *task) {
    struct pid *pid = BPF_CORE_READ(task, thread_pid);
    struct upid *last = (void *)pid + bpf_core_field_offset(struct pid, numbers) +
                        (__u64)BPF_CORE_READ(pid, level) * bpf_core_type_size(struct upid);
    return BPF_CORE_READ(last, ns, ns.inum);
}

static __always_inline void read_identity(struct exec_event *event, struct task_struct *task) {
    const struct cred *cred = BPF_CORE_READ(task, cred);
    event->start = BPF_CORE_READ(task, group_leader, start_boottime);
    event->parent_start = BPF_CORE_READ(task, real_parent, group_leader, start_boottime);
    event->gid = BPF_CORE_READ(cred, gid.val);
    event->euid = BPF_CORE_READ(cred, euid.val);
    event->egid = BPF_CORE_READ(cred, egid.val);
    event->auid = 0;
    if (bpf_core_field_exists(task->loginuid))
        event->auid = BPF_CORE_READ(task, loginuid.val);
    else
        event->header.marks |= MARK_AUID_UNKNOWN;
    event->namespaces[NAMESPACE_MOUNT] = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
    event->namespaces[NAMESPACE_NETWORK] = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
    event->namespaces[NAMESPACE_PID] = pid_namespace_of(task);
    event->namespaces[NAMESPACE_USER] = BPF_CORE_READ(cred, user_ns, ns.inum);
}

/* The name of its cgroup in the v2 hierarchy, in which runtimes put a container's id. Returns bytes without
 * the NUL. */
static __always_inline __u32 read_cgroup_name(char *to, struct task_struct *task) {
    long length = bpf_probe_read_kernel_str(to, NAME_BYTES, BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, name));
    return length > 0 ? (length - 1) & (NAME_BYTES - 1) : 0;
}

/*
 * Its working directory as it sees it, up to its own root: components from the last to the first, each with a
 * NUL, and cwd_bytes says how many bytes. Mount points are crossed. Sets the mark when the directory lies too
 * deep.
 *
 * The count lives in the record and not in a register: the verifier then takes each round for the same, where
 * it would follow every possible length of every name through all of them (a second instead of milliseconds
 * to load).
 */
static __always_inline void read_cwd(struct exec_event *event, char *to, struct task_struct *task) {
    struct dentry *dentry = BPF_CORE_READ(task, fs, pwd.dentry);
    struct dentry *root = BPF_CORE_READ(task, fs, root.dentry);
    struct vfsmount *root_mount = BPF_CORE_READ(task, fs, root.mnt);
    struct vfsmount *mount = BPF_CORE_READ(task, fs, pwd.mnt);
    volatile __u32 *used = &event->cwd_bytes;
    *used = 0;
    for (int level = 0; level < CWD_LEVELS; level++) {
        if (dentry == root && mount == root_mount)
            return;
        if (dentry == BPF_CORE_READ(mount, mnt_root)) {
            struct mount *here = (void *)mount - bpf_core_field_offset(struct mount, mnt);
            struct mount *above = BPF_CORE_READ(here, mnt_parent);
            if (above == here)
                return;
            dentry = BPF_CORE_READ(here, mnt_mountpoint);
            mount = (void *)above + bpf_core_field_offset(struct mount, mnt);
            continue;
        }
        __u32 offset = *used & (CWD_BYTES - 1);
        long length = bpf_probe_read_kernel_str(to + offset, NAME_BYTES, BPF_CORE_READ(dentry, d_name.name));
        if (length <= 0 || offset + length > CWD_BYTES - 1)
            break;
        *used = offset + length;
        dentry = BPF_CORE_READ(dentry, d_parent);
    }
    *used = 0;
    event->header.marks |= MARK_CWD_UNKNOWN;
}

#endif
