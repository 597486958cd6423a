/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE
#include "privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/types.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../output/message.h"

#define WORD_BITS 32

/* 65534 is what the kernel itself uses for ids it cannot show, whatever the system's files call it. */
const struct user NOBODY = {.uid = 65534, .gid = 65534};

struct user find_user(const char *text) {
    struct user user = {.is_asked = true};
    const struct passwd *entry = getpwnam(text);
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    bool is_number = !errno && *text >= '0' && *text <= '9' && !*end && number < UINT32_MAX;
    if (!entry && is_number)
        entry = getpwuid(number);
    if (!entry && !is_number)
        fail(EXIT_USAGE, "--user \"%s\" is no user of this system; give a name or a number", text);
    user.uid = entry ? entry->pw_uid : number;
    user.gid = entry ? entry->pw_gid : NOBODY.gid;
    return user;
}

static void refused(const struct user *user, const char *what) {
    if (user->is_asked)
        fail(EXIT_FAILED, "--user: %s: %s; it takes CAP_SETUID and CAP_SETGID", what, strerror(errno));
    say("%s: %s; it goes on without that. Give it CAP_SETUID and CAP_SETGID, too", what, strerror(errno));
}

/* Call it before capabilities are dropped; permitted ones stay. */
static void become(const struct user *user) {
    if (geteuid() && getuid() && !user->is_asked)
        return;
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
        fail(EXIT_FAILED, "PR_SET_KEEPCAPS: %s", strerror(errno));
    if (setgroups(0, NULL) || setresgid(user->gid, user->gid, user->gid))
        refused(user, "groups cannot be left");
    if (setresuid(user->uid, user->uid, user->uid))
        refused(user, "user 0 cannot be left");
    prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
}

/* The bounding set ends at the last capability that the kernel knows; without CAP_SETPCAP it stays. */
static void bound_capabilities(void) {
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) && errno != EPERM)
            fail(EXIT_FAILED, "dropping capability %d: %s", capability, strerror(errno));
}

static void drop_capabilities(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct held[2] = {0}, kept[2] = {0};
    const int word = CAP_BPF / WORD_BITS;
    const __u32 bit = 1U << CAP_BPF % WORD_BITS;
    if (syscall(SYS_capget, &header, held))
        fail(EXIT_FAILED, "capget: %s", strerror(errno));
    kept[word].permitted = kept[word].effective = held[word].permitted & bit;
    if (syscall(SYS_capset, &header, kept))
        fail(EXIT_FAILED, "capset: %s", strerror(errno));
}

/* <linux/landlock.h>, which older systems lack. A kernel accepts it if the fields it does not know are 0. */
struct landlock_attr {
    __u64 handled_fs;
    __u64 handled_net;
    __u64 scoped;
};
/* The same numbers on every architecture. */
#define NR_landlock_create_ruleset 444
#define NR_landlock_restrict_self 446
#define LANDLOCK_VERSION 1
#define ALL_BELOW(bit) ((1ULL << (bit)) - 1)

/* A ruleset without rules: everything it handles is denied from now on. */
static void close_the_door(void) {
    /* How many file rights each version has: refer came with 2, truncate with 3, ioctl with 5. */
    static const int rights[] = {0, 13, 14, 15, 15, 16};
    const long newest = sizeof(rights) / sizeof(*rights) - 1;
    long version = syscall(NR_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION);
    if (version < 1) /* 5.12 and older, or switched off: ids and capabilities must do */
        return;
    struct landlock_attr denied = {
        .handled_fs = ALL_BELOW(rights[version < newest ? version : newest]),
        .handled_net = version >= 4 ? ALL_BELOW(2) : 0, /* bind and connect, TCP */
        .scoped = version >= 6 ? ALL_BELOW(2) : 0,      /* abstract sockets and signals to others */
    };
    int rules = syscall(NR_landlock_create_ruleset, &denied, sizeof(denied), 0);
    if (rules < 0 || syscall(NR_landlock_restrict_self, rules, 0))
        fail(EXIT_FAILED, "Landlock: %s; start the kernel without it (lsm=) to do without", strerror(errno));
    close(rules);
}

/* A change of user forgets it: whoever asked for it, to end what it has started, would leave this behind. */
static void set_parent_death_signal(int signal, pid_t parent) {
    if (!signal)
        return;
    if (prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0))
        fail(EXIT_FAILED, "PR_SET_PDEATHSIG: %s", strerror(errno));
    if (getppid() != parent) /* it has died meanwhile */
        raise(signal);
}

void drop_privileges(const struct user *user) {
    const pid_t parent = getppid();
    int death_signal = 0;
    prctl(PR_GET_PDEATHSIG, &death_signal, 0, 0, 0);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        fail(EXIT_FAILED, "no_new_privs: %s", strerror(errno));
    bound_capabilities();
    become(user);
    drop_capabilities();
    set_parent_death_signal(death_signal, parent);
    close_the_door();
}
