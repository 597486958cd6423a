/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the sensor may still do once its programs are attached, and as whom. */
#ifndef TARE_PRIVILEGES_H
#define TARE_PRIVILEGES_H

#include <stdbool.h>
#include <sys/types.h>

/* Whom the sensor becomes. */
struct user {
    uid_t uid;
    gid_t gid;
    bool is_asked; /* by --user: then it is an error when it cannot be had */
};

/* Nobody, who owns nothing. */
extern const struct user NOBODY;

/* The user of that name or number. Leaves with code 2 when there is none. */
struct user find_user(const char *text);

/*
 * Gives up root's user id, with which alone /proc/sys could be written and everything be had back; every
 * capability but CAP_BPF, without which kernels with kernel.unprivileged_bpf_disabled do not let even the
 * owner of a map read its counters; every way to get one back; and, where the kernel has Landlock, opening
 * files and TCP ports at all. What is open stays open. A user that is not root stays who it is unless asked
 * otherwise. Says on standard error what could not be given up; leaves with code 1 where that is no matter of
 * missing capabilities.
 */
void drop_privileges(const struct user *user);

#endif
