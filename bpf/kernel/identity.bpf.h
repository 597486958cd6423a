/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The fields of an exec beyond its path: arguments, and the identity of the process, its namespaces,
 * container and directory. */
#pragma once

#include "path.bpf.h"

/* The namespace of its own pid. nsproxy has that of its children, which unshare(2) can change. */
static __always_inline __u32 pid_namespace_of(struct task_struct *task) {
    __u32 level = FIELD(task, thread_pid, level);
    if (!level)
        return FIELD(task, thread_pid, numbers[0].ns, ns.inum);
    /* No kernel allows a typed pointer to be moved by an unknown offset. */
    struct upid *last = (void *)BPF_CORE_READ(task, thread_pid) + bpf_core_field_offset(struct pid, numbers) +
                        (__u64)level * bpf_core_type_size(struct upid);
    return BPF_CORE_READ(last, ns, ns.inum);
}

static __always_inline void read_identity(struct exec_event *event, struct task_struct *task) {
    event->start = FIELD(task, group_leader, start_boottime);
    event->parent_start = FIELD(task, real_parent, group_leader, start_boottime);
    event->gid = FIELD(task, cred, gid.val);
    event->euid = FIELD(task, cred, euid.val);
    event->egid = FIELD(task, cred, egid.val);
    event->auid = 0;
    if (bpf_core_field_exists(task->loginuid))
        event->auid = FIELD(task, loginuid.val);
    else
        event->header.flags |= FLAG_AUID_UNKNOWN;
    event->namespaces[NAMESPACE_MOUNT] = FIELD(task, nsproxy, mnt_ns, ns.inum);
    event->namespaces[NAMESPACE_NETWORK] = FIELD(task, nsproxy, net_ns, ns.inum);
    event->namespaces[NAMESPACE_PID] = pid_namespace_of(task);
    event->namespaces[NAMESPACE_USER] = FIELD(task, cred, user_ns, ns.inum);
}

/* The name of its v2 cgroup, in which runtimes put a container's id. Returns its length without the NUL. */
static __always_inline __u32 read_cgroup_name(char *to, struct task_struct *task) {
    long length = bpf_probe_read_kernel_str(to, NAME_BYTES, FIELD(task, cgroups, dfl_cgrp, kn, name));
    return length > 0 ? (length - 1) & (NAME_BYTES - 1) : 0;
}

/* Adds a component to those that cwd_bytes counts; false where there is no room. The count lives in the
 * record and not in a register: otherwise the verifier would follow every possible length of every name
 * through the loops, which takes a second instead of milliseconds. */
static __always_inline int add_component(struct exec_event *event, char *to, const unsigned char *name) {
    volatile __u32 *used = &event->cwd_bytes;
    __u32 offset = *used & (CWD_BYTES - 1);
    long length = bpf_probe_read_kernel_str(to + offset, NAME_BYTES, name);
    if (length <= 0 || offset + length > CWD_BYTES - 1)
        return 0;
    *used = offset + length;
    return 1;
}

/* Where the components go: after the other text of the record. The lengths are read back from the record, so
 * that the verifier forgets which of many ways led here instead of following each through the loops. */
static __always_inline char *room_for_cwd(struct exec_event *event) {
    volatile struct exec_event *record = event;
    __u32 used = record->path_bytes + record->file_bytes + record->args_bytes + record->cgroup_bytes;
    if (used > 2 * PATH_BYTES + ARGS_BYTES + NAME_BYTES)
        return 0;
    return event->text + used;
}

/* Where reading the components ended. */
enum cwd_end { AT_ROOT, AT_MOUNT, NOWHERE };

/* Up to the root of its mount, where most directories end. */
static __always_inline enum cwd_end read_in_mount(struct exec_event *event, char *to,
                                                  struct task_struct *task) {
    struct dentry *dentry = task->fs->pwd.dentry;
    struct vfsmount *mount = task->fs->pwd.mnt;
    struct dentry *root = task->fs->root.dentry;
    int has_root = mount == task->fs->root.mnt;
    for (int level = 0; level < CWD_LEVELS; level++) {
        if (has_root && dentry == root)
            return AT_ROOT;
        if (dentry == mount->mnt_root)
            return AT_MOUNT;
        if (!add_component(event, to, dentry->d_name.name))
            return NOWHERE;
        dentry = dentry->d_parent;
    }
    return NOWHERE;
}

/*
 * Across mounts, from the root of the first one, or from the directory itself where nothing was read before.
 * A mount is part of a larger structure, which a typed pointer cannot reach. Not inlined, so that the
 * verifier checks it once. True when it reached the root.
 */
__noinline int tare_read_across_mounts(void) {
    __u32 zero = 0;
    struct cpu_state *state = bpf_map_lookup_elem(&tare_state, &zero);
    char *to = state ? room_for_cwd(&state->exec) : 0;
    if (!to)
        return 0;
    struct task_struct *task = (void *)bpf_get_current_task();
    struct dentry *root = BPF_CORE_READ(task, fs, root.dentry);
    struct vfsmount *root_mount = BPF_CORE_READ(task, fs, root.mnt);
    struct vfsmount *mount = BPF_CORE_READ(task, fs, pwd.mnt);
    struct dentry *dentry = has_helper(get_current_task_btf) ? BPF_CORE_READ(mount, mnt_root)
                                                             : BPF_CORE_READ(task, fs, pwd.dentry);
    for (int level = 0; level < CWD_LEVELS; level++) {
        if (dentry == root && mount == root_mount)
            return 1;
        if (dentry == BPF_CORE_READ(mount, mnt_root)) {
            struct mount *here = (void *)mount - bpf_core_field_offset(struct mount, mnt);
            struct mount *above = BPF_CORE_READ(here, mnt_parent);
            if (above == here)
                return 1;
            dentry = BPF_CORE_READ(here, mnt_mountpoint);
            mount = (void *)above + bpf_core_field_offset(struct mount, mnt);
            continue;
        }
        if (!add_component(&state->exec, to, BPF_CORE_READ(dentry, d_name.name)))
            return 0;
        dentry = BPF_CORE_READ(dentry, d_parent);
    }
    return 0;
}

/*
 * The working directory up to the task's own root, across mount points: components from last to first, each
 * with a NUL, cwd_bytes in all. Sets a flag when the directory is too deep.
 */
static __always_inline void read_cwd(struct exec_event *event, struct task_struct *task) {
    char *to = room_for_cwd(event);
    enum cwd_end end = NOWHERE;
    event->cwd_bytes = 0;
    if (to) {
        end = AT_MOUNT;
        if (has_helper(get_current_task_btf))
            end = read_in_mount(event, to, task);
    }
    if (end == AT_ROOT || (end == AT_MOUNT && tare_read_across_mounts()))
        return;
    event->cwd_bytes = 0;
    event->header.flags |= FLAG_CWD_UNKNOWN;
}

/* The path of the program's own file, which the caller may have named otherwise or not at all. Returns its
 * length. */
static __always_inline __u32 read_program(struct exec_event *event, struct task_struct *task,
                                          __u32 path_bytes) {
    struct file *file = (struct file *)FIELD(task, mm, exe_file);
    char *to = event->text + path_bytes;
    __u32 bytes =
        has_helper(get_current_task_btf) ? take_found(to, find_typed(file, task)) : read_file_path(to, file);
    if (!bytes)
        event->header.flags |= FLAG_FILE_UNKNOWN;
    return bytes;
}

/* All fields; the path of `path_bytes` is in the text, and flags may be set, already. Returns the event's
 * length. */
static __always_inline __u32 fill_exec(struct exec_event *event, struct task_struct *task, __u32 path_bytes) {
    fill_header(&event->header, task, EVENT_EXEC, 0);
    event->path_bytes = path_bytes;
    __u32 used = path_bytes + read_program(event, task, path_bytes);
    event->file_bytes = used - path_bytes;

    unsigned long start = FIELD(task, mm, arg_start);
    __u64 args_bytes = FIELD(task, mm, arg_end) - start;
    if (args_bytes > ARGS_BYTES) {
        args_bytes = ARGS_BYTES;
        event->header.flags |= FLAG_TRUNCATED;
    }
    if (args_bytes && bpf_probe_read_user(event->text + used, args_bytes, (void *)start)) {
        args_bytes = 0;
        event->header.flags |= FLAG_ARGS_UNREAD;
    }
    event->args_bytes = args_bytes;
    read_identity(event, task);

    used += args_bytes;
    event->cgroup_bytes = read_cgroup_name(event->text + used, task);
    used += event->cgroup_bytes;
    read_cwd(event, task);
    used += event->cwd_bytes & (CWD_BYTES - 1);
    return offsetof(struct exec_event, text) + used;
}
