/* Ways to change who one is, and to reach into other processes. */
#include <linux/capability.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "companion.h"
#include "place.h"

#define NOBODY 65534

/* Like a program that takes back what it has given up: it becomes root again. */
static bool by_setuid(struct operation *operation) {
    if (syscall(SYS_setresuid, -1, NOBODY, -1) != 0)
        return could_not(operation, "setresuid");
    return syscall(SYS_setuid, 0) == 0 || could_not(operation, "setuid");
}

static bool by_setresuid(struct operation *operation) {
    return syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY) == 0 || could_not(operation, "setresuid");
}

static bool by_setgid(struct operation *operation) {
    return syscall(SYS_setgid, NOBODY) == 0 || could_not(operation, "setgid");
}

static bool by_capset(struct operation *operation) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct held[2];
    if (syscall(SYS_capget, &header, held) != 0)
        return could_not(operation, "capget");
    held[0].effective &= ~(1U << CAP_SYS_PACCT);
    return syscall(SYS_capset, &header, held) == 0 || could_not(operation, "capset");
}

static bool by_ptrace(struct operation *operation) {
    const pid_t companion = companion_start(operation);
    if (companion < 0)
        return false;
    const bool done = ptrace(PTRACE_SEIZE, companion, NULL, NULL) == 0 || could_not(operation, "ptrace");
    companion_stop(companion);
    return done;
}

static char written;

/* The companion has its copy at the same address. */
static bool by_foreign_write(struct operation *operation) {
    const pid_t companion = companion_start(operation);
    if (companion < 0)
        return false;
    char byte = 1;
    const struct iovec from = {&byte, 1};
    const struct iovec to = {&written, 1};
    const bool done =
        process_vm_writev(companion, &from, 1, &to, 1, 0) == 1 || could_not(operation, "process_vm_writev");
    companion_stop(companion);
    return done;
}

/* The only signal that it sends while it is tried; the companion ends with this process. */
static bool by_kill(struct operation *operation) {
    const pid_t companion = companion_start(operation);
    if (companion < 0)
        return false;
    return (kill(companion, SIGKILL) == 0 && waitpid(companion, NULL, 0) == companion) ||
           could_not(operation, "kill");
}

const struct technique PRIVILEGE_TECHNIQUES[] = {
    {"privilege-setuid", prepare_nothing, by_setuid, NULL},
    {"privilege-setresuid", prepare_nothing, by_setresuid, NULL},
    {"privilege-setgid", prepare_nothing, by_setgid, NULL},
    {"privilege-capset", prepare_nothing, by_capset, NULL},
    {"process-ptrace", prepare_nothing, by_ptrace, NULL},
    {"process-vm-writev", prepare_nothing, by_foreign_write, NULL},
    {"process-kill", prepare_nothing, by_kill, NULL},
    {NULL, NULL, NULL, NULL},
};
