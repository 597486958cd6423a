/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Gives up what the sensor no longer needs once its programs are attached. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* The user that the sensor becomes. */
struct user {
    uid_t uid;
    gid_t gid;
    bool is_asked; /* by --user: failing to become this user is then an error */
};

/* Nobody, who owns nothing. */
extern const struct user NOBODY;

/* The user of that name or number. Exits with code 2 when there is none. */
struct user find_user(const char *text);

/*
 * Gives up user 0, which alone could write /proc/sys and so get everything back; every capability but
 * CAP_BPF, without which kernels with kernel.unprivileged_bpf_disabled do not let even a map's owner read
 * its counters; every way to regain one; and, where the kernel has Landlock, opening files and TCP ports at
 * all. What is open stays open. A user other than root stays unless asked otherwise. Prints what could not
 * be given up; exits with code 1 where the cause is not a missing capability.
 */
void drop_privileges(const struct user *user);
