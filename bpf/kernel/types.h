/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's structures, with the few fields that the programs read, and its numbers. They are relocated at
 * load to where the running kernel has them: nothing here needs the build machine's.
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
