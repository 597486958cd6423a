/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel as the programs see it: the few fields they read, relocated at load to where the running kernel
 * has them, and the differences between architectures and versions. Nothing here needs the build machine's
 * kernel.
 */
#pragma once

#include <linux/types.h>

#include <linux/bpf.h>

/* The numbers of the system calls, of the architecture that is built for. */
#if defined(__TARGET_ARCH_x86)
#include <asm/unistd_64.h>
#ifndef __NR_open
#error "<asm/unistd_64.h> is another architecture's: set CC to a compiler for x86_64"
#endif
#else
#define __ARCH_WANT_RENAMEAT
#include <asm-generic/unistd.h>
/* It takes the BPF target for one of 32 bits. */
#define __NR_sendfile __NR3264_sendfile
#define __NR_ftruncate __NR3264_ftruncate
#define __NR_truncate __NR3264_truncate
#endif

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define AF_INET 2
#define AF_INET6 10
#define AT_FDCWD -100
#define EFAULT 14
#define O_CREAT 0100
#define O_WRONLY 01
#define O_TRUNC 01000
#define S_IALLUGO 07777
#define S_IFMT 0170000
#define S_IFREG 0100000
#define AT_REMOVEDIR 0x200

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct thread_info {
    unsigned long flags;
    __u32 status; /* x86 only */
};

typedef struct {
    __u32 val;
} kuid_t, kgid_t;

struct ns_common {
    unsigned int inum;
};

struct mnt_namespace {
    struct ns_common ns;
};

struct net {
    struct ns_common ns;
};

struct pid_namespace {
    struct ns_common ns;
};

struct user_namespace {
    struct ns_common ns;
};

struct nsproxy {
    struct mnt_namespace *mnt_ns;
    struct net *net_ns;
};

struct upid {
    int nr;
    struct pid_namespace *ns;
};

struct pid {
    unsigned int level;
    struct upid numbers[1];
};

struct qstr {
    __u32 len;
    const unsigned char *name;
};

struct dentry {
    struct dentry *d_parent;
    struct qstr d_name;
};

struct vfsmount {
    struct dentry *mnt_root;
};

struct mount {
    struct mount *mnt_parent;
    struct dentry *mnt_mountpoint;
    struct vfsmount mnt;
};

struct path {
    struct vfsmount *mnt;
    struct dentry *dentry;
};

struct fs_struct {
    struct path root;
    struct path pwd;
};

struct kernfs_node {
    const char *name;
    __u64 id;
};

struct cgroup {
    struct kernfs_node *kn;
};

struct css_set {
    struct cgroup *dfl_cgrp;
};

struct signal_struct {
    struct {
        int counter;
    } live;         /* threads that have not begun to exit */
    int nr_threads; /* not reaped yet */
    int group_exit_code;
    unsigned int flags;
};

struct cred {
    kuid_t uid;
    kgid_t gid;
    kuid_t suid;
    kgid_t sgid;
    kuid_t euid;
    kgid_t egid;
    struct user_namespace *user_ns;
    /* Two 32-bit words before 6.3 (f122a08b197d) and one 64-bit word since: the same eight bytes. */
    struct {
        __u32 words[2];
    } cap_effective;
};

struct in6_addr {
    __u8 bytes[16];
};

struct sock_common {
    __u32 skc_daddr;
    __u32 skc_rcv_saddr;
    __u16 skc_dport; /* network byte order */
    __u16 skc_num;   /* host byte order */
    unsigned short skc_family;
    unsigned long skc_flags;
    struct in6_addr skc_v6_daddr;
    struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
    struct sock_common __sk_common;
    kuid_t sk_uid;
    __u16 sk_protocol; /* a bit-field before 5.6 (bf9765145b85) */
};

struct inet_sock {
    __u16 inet_sport; /* network byte order */
};

struct tcp_sock {
    __u64 bytes_sent;
    __u64 bytes_retrans;
    __u64 bytes_received; /* a FIN counts as one */
};

struct socket {
    struct sock *sk;
};

struct inode {
    unsigned short i_mode;
    unsigned long i_ino;
};

struct file {
    struct path f_path;
    struct inode *f_inode;
    void *private_data;
};

struct fdtable {
    unsigned int max_fds;
    struct file **fd;
};

struct files_struct {
    struct fdtable *fdt;
};

struct mm_struct {
    unsigned long arg_start;
    unsigned long arg_end;
    struct file *exe_file;
};

struct task_struct {
    struct thread_info thread_info;
    int pid;
    int tgid;
    char comm[16];
    int exit_code;
    __u64 start_boottime;
    struct task_struct *real_parent;
    struct task_struct *group_leader;
    const struct cred *cred;
    kuid_t loginuid; /* only with CONFIG_AUDIT */
    struct css_set *cgroups;
    struct fs_struct *fs;
    struct nsproxy *nsproxy;
    struct pid *thread_pid;
    struct files_struct *files;
    struct signal_struct *signal;
    struct mm_struct *mm;
};

struct linux_binprm {
    struct file *file;
    const char *filename;
};

struct open_how {
    __u64 flags;
    __u64 mode;
};

struct filename {
    const char *name;
};

/* What each kind of request keeps in io_kiocb.cmd, since 6.0 (f31ecf671ddc). */
struct io_open {
    int dfd;
    struct filename *filename;
    struct open_how how;
};

struct io_connect {
    const void *addr; /* in the caller's memory */
    int addr_len;
};

struct io_accept {
    __u32 file_slot; /* not 0: the result is no descriptor, but a place in the ring's own table */
};

struct io_rename {
    int old_dfd;
    int new_dfd;
    struct filename *oldpath;
    struct filename *newpath;
    int flags;
};

struct io_unlink {
    int dfd;
    int flags;
    struct filename *filename;
};

/* Until 6.12 the address is in the caller's memory when a request is submitted (addr, and in umsg). */
struct io_sr_msg {
    const void *umsg;
    const void *addr;
    __u16 addr_len; /* 16 or 32 bits */
};

/* Where there is no `addr`, it has been copied. */
struct msghdr {
    const void *msg_name;
    int msg_namelen;
};

struct io_async_msghdr {
    struct msghdr msg;
};

struct io_cmd_data {
    __u8 data[1];
};

struct io_cqe {
    __u64 user_data;
    __s32 res;
    int fd; /* of the file, until it ends */
};

/* As the caller sees it. */
struct io_uring_cqe {
    __u64 user_data;
    __s32 res;
    __u32 flags;
};

struct io_kiocb {
    struct file *file; /* once it is begun */
    struct io_cmd_data cmd;
    __u8 opcode;
    __u32 flags; /* 64 bits since 6.9 (0a4dd95e0b3b), of which these are the lower ones */
    struct io_cqe cqe;
    void *ctx;
    void *async_data;
};

struct pt_regs {
#if defined(__TARGET_ARCH_x86)
    unsigned long r10;
    unsigned long r9;
    unsigned long r8;
    unsigned long bx;
    unsigned long cx;
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

struct trace_event_raw_inet_sock_set_state {
    const void *skaddr;
    int oldstate;
    int newstate;
};

#pragma clang attribute pop

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

/*
 * A typed task pointer reads fields with plain loads; an untyped one needs a helper call for each.
 * bpf_get_current_task_btf came with 5.11; the verifier removes the branch that the kernel does not have.
 */
#define has_helper(name) bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_##name)

/* The task that the program runs for. Ask once: each time is a call. */
static __always_inline struct task_struct *current_task(void) {
    if (has_helper(get_current_task_btf))
        return bpf_get_current_task_btf();
    return (void *)bpf_get_current_task();
}

/* Follows fields from a pointer of current_task(): FIELD(task, real_parent, tgid). Four times as fast as
 * helper calls where it is typed. */
#define FIELD(from, ...)                                                                                     \
    (has_helper(get_current_task_btf) ? ___arrow(from, __VA_ARGS__) : BPF_CORE_READ(from, __VA_ARGS__))

/* Copies two words of a NUL-padded name instead of calling a helper that takes a lock. `task` is typed. */
static __always_inline void copy_comm(char *to, struct task_struct *task) {
    const __u64 *words = (const __u64 *)task->comm;
    ((__u64 *)to)[0] = words[0];
    ((__u64 *)to)[1] = words[1];
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
