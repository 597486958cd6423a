/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "message.h"

#define WORD_BITS 32

void drop_privileges(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct held[2] = {0}, kept[2] = {0};
    const int word = CAP_BPF / WORD_BITS;
    const __u32 bit = 1U << CAP_BPF % WORD_BITS;

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        fail(EXIT_FAILED, "no_new_privs: %s", strerror(errno));
    /* The bounding set ends where the kernel knows no more capabilities; without CAP_SETPCAP it stays as it
     * is. */
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) && errno != EPERM)
            fail(EXIT_FAILED, "dropping capability %d: %s", capability, strerror(errno));
    if (syscall(SYS_capget, &header, held))
        fail(EXIT_FAILED, "capget: %s", strerror(errno));
    kept[word].permitted = kept[word].effective = held[word].permitted & bit;
    if (syscall(SYS_capset, &header, kept))
        fail(EXIT_FAILED, "capset: %s", strerror(errno));
}
