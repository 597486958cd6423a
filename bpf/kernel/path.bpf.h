/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whole paths: of an open file, and of what the caller named by a relative path. The kernel's own d_path is
 * lent to fexit programs and security hooks only, so the components are followed here, from the last to the
 * first, across mount points, up to the task's own root.
 */
#pragma once

#include "descriptor.bpf.h"
#include "emit.bpf.h"

/* Components and mount points together. */
#define MAX_PATH_LEVELS 32

/* A path grows from the end of it towards the beginning. */
struct path_room {
    __u32 from;   /* where the path begins; it ends before the NUL at PATH_BYTES - 1 */
    __u32 levels; /* that are in it already */
    char bytes[PATH_BYTES + NAME_BYTES];
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct path_room);
} tare_path_room SEC(".maps");

static __always_inline struct path_room *path_room(void) {
    __u32 zero = 0;
    return bpf_map_lookup_elem(&tare_path_room, &zero);
}

static __always_inline void clear(struct path_room *room) {
    room->from = PATH_BYTES - 1;
    room->levels = 0;
    room->bytes[PATH_BYTES - 1] = 0;
}

/* Puts a slash and the name before what is there; false where they do not fit. Where the path begins lives in
 * memory and not in a register: the verifier would follow every length of every name otherwise. */
static __always_inline int prepend(struct path_room *room, __u32 bytes, const unsigned char *name) {
    volatile __u32 *from = &room->from;
    __u32 at = *from;
    if (bytes >= NAME_BYTES || at >= PATH_BYTES || at <= bytes)
        return 0;
    at = (at - bytes - 1) & (PATH_BYTES - 1);
    room->bytes[at] = '/';
    if (bpf_probe_read_kernel(room->bytes + at + 1, bytes & (NAME_BYTES - 1), name))
        return 0;
    *from = at;
    return 1;
}

/* Puts the path of a dentry (by its address) in a mount before what is in the room; false where it has too
 * many levels or bytes. Not inlined, so that the verifier checks it once. */
__noinline int tare_climb(__u64 dentry_at, __u64 mount_at) {
    struct path_room *room = path_room();
    if (!room)
        return 0;
    __u32 before = *(volatile __u32 *)&room->levels;
    struct task_struct *task = (void *)bpf_get_current_task();
    struct dentry *root = BPF_CORE_READ(task, fs, root.dentry);
    struct vfsmount *root_mount = BPF_CORE_READ(task, fs, root.mnt);
    struct dentry *dentry = (void *)dentry_at;
    struct vfsmount *mount = (void *)mount_at;
    struct dentry *mount_root = BPF_CORE_READ(mount, mnt_root);
    for (__u32 level = 0; level < MAX_PATH_LEVELS && before + level < MAX_PATH_LEVELS; level++) {
        if (dentry == root && mount == root_mount)
            return 1;
        if (dentry == mount_root) {
            struct mount *here = (void *)mount - bpf_core_field_offset(struct mount, mnt);
            struct mount *above = BPF_CORE_READ(here, mnt_parent);
            if (above == here)
                return 1;
            dentry = BPF_CORE_READ(here, mnt_mountpoint);
            mount = (void *)above + bpf_core_field_offset(struct mount, mnt);
            mount_root = BPF_CORE_READ(mount, mnt_root);
            continue;
        }
        struct dentry *parent = BPF_CORE_READ(dentry, d_parent);
        if (!prepend(room, BPF_CORE_READ(dentry, d_name.len), BPF_CORE_READ(dentry, d_name.name)))
            return 0;
        /* It lies in no directory, as memory that is a file (memfd). */
        if (parent == dentry)
            return 1;
        dentry = parent;
    }
    return 0;
}

/* Leaves the path of a dentry in a mount in the room; NULL where it is not known. */
static __always_inline struct path_room *find_path(const struct dentry *dentry,
                                                   const struct vfsmount *mount) {
    struct path_room *room = path_room();
    if (!room)
        return 0;
    clear(room);
    return tare_climb((__u64)dentry, (__u64)mount) ? room : 0;
}

/* The same of a typed file: without a helper for each field up to the root of its mount, where most files
 * are. Only where has_helper(get_current_task_btf). */
static __always_inline struct path_room *find_typed(struct file *file, struct task_struct *task) {
    struct path_room *room = path_room();
    if (!room)
        return 0;
    clear(room);
    struct dentry *dentry = file->f_path.dentry;
    struct vfsmount *mount = file->f_path.mnt;
    struct dentry *root = task->fs->root.dentry;
    int has_root = mount == task->fs->root.mnt;
    for (__u32 level = 0; level < MAX_PATH_LEVELS; level++) {
        if (has_root && dentry == root)
            return room;
        if (dentry == mount->mnt_root) {
            *(volatile __u32 *)&room->levels = level;
            return tare_climb((__u64)BPF_CORE_READ(mount, mnt_root), (__u64)BPF_CORE_READ(file, f_path.mnt))
                       ? room
                       : 0;
        }
        struct dentry *parent = dentry->d_parent;
        if (!prepend(room, dentry->d_name.len, dentry->d_name.name))
            return 0;
        /* As below another root. */
        if (parent == dentry)
            return room;
        dentry = parent;
    }
    return 0;
}

/* The length of the path that is in the room. */
static __always_inline __u32 found_bytes(const struct path_room *room) {
    return (PATH_BYTES - 1 - *(const volatile __u32 *)&room->from) & (PATH_BYTES - 1);
}

/* Copies the path from the room, which it leaves, with its NUL, to `to`, which has room for PATH_BYTES. */
static __always_inline void copy_found(char *to, const struct path_room *room, __u32 bytes) {
    bpf_probe_read_kernel(to, bytes + 1, room->bytes + PATH_BYTES - 1 - bytes);
}

/* Returns its length without the NUL, 0 where there is none. */
static __always_inline __u32 take_found(char *to, const struct path_room *room) {
    if (!room)
        return 0;
    __u32 bytes = found_bytes(room);
    copy_found(to, room, bytes);
    return bytes;
}

/* The path of an open file, `to` has room for PATH_BYTES. Returns its length without the NUL, 0 where it is
 * not known. */
static __always_inline __u32 read_file_path(char *to, struct file *file) {
    return take_found(to, find_path(BPF_CORE_READ(file, f_path.dentry), BPF_CORE_READ(file, f_path.mnt)));
}

/* Leaves the path of a directory in the room; NULL where it is not known. */
static __always_inline struct path_room *find_directory(struct task_struct *task, long fd) {
    if (fd == AT_FDCWD)
        return find_path(BPF_CORE_READ(task, fs, pwd.dentry), BPF_CORE_READ(task, fs, pwd.mnt));
    struct file *file = file_of(task, fd);
    if (!file)
        return 0;
    return find_path(BPF_CORE_READ(file, f_path.dentry), BPF_CORE_READ(file, f_path.mnt));
}

/* Where the words of a path are: in the caller's memory, or in the kernel's, which has read them already. */
enum words { CALLERS, KERNELS };

static __always_inline long read_words(char *to, const char *from, enum words words) {
    return words == CALLERS ? bpf_probe_read_user_str(to, PATH_BYTES, from)
                            : bpf_probe_read_kernel_str(to, PATH_BYTES, from);
}

/*
 * Reads a path that the caller gave to `text`, which has room for 2 * PATH_BYTES. A relative one is
 * completed if its directory is known and both together have less than PATH_BYTES. False when the path cannot
 * be read.
 */
static __always_inline int read_given(struct given_path *path, char *text, struct task_struct *task,
                                      __s32 directory, const char *given, enum words words) {
    path->directory = directory;
    path->bytes = 0;
    path->directory_bytes = 0;
    long length = read_words(text, given, words);
    if (length <= 0)
        return 0;
    path->bytes = (length - 1) & (PATH_BYTES - 1);
    if (length == 1 || text[0] == '/')
        return 1;
    struct path_room *room = find_directory(task, directory);
    if (!room)
        return 1;
    __u32 before = found_bytes(room);
    if (before + length >= PATH_BYTES)
        return 1;
    copy_found(text, room, before);
    text[before] = '/';
    before = (before + 1) & (PATH_BYTES - 1);
    length = read_words(text + before, given, words);
    /* Another thread has changed it meanwhile. */
    if (length <= 0 || before + length > PATH_BYTES) {
        path->bytes = 0;
        return 0;
    }
    path->bytes = (before + length - 1) & (PATH_BYTES - 1);
    path->directory_bytes = before;
    return 1;
}
