/*
 * One operation is one of six things that detection teams watch for, in turn; see docs/high-value.md. Each
 * is done by a process with the token in argv[1], and each is harmless: nothing is left when it has ended.
 *
 * As in process-exec, a child of vfork makes only system calls, and those by number: the C library's
 * setresuid would involve other threads.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "driver/actor.h"
#include "driver/namespace-holder.h"
#include "driver/spawn.h"
#include "driver/token.h"
#include "driver/workload.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif

/* Setuid root on every Debian; asked for its version it does nothing else. */
#define SU "/usr/bin/su"

static char token[] = TOKEN_TEMPLATE;
static char noop[4096];
static char actor[4096];
/* A copy of noop in --directory, which stands for /tmp; all processes of the driver use the same. */
static char temporary[4096];
static bool owns_temporary;
static int deleted = -1; /* a copy of noop without a name */
static int nowhere = -1; /* /dev/null */
static int pidfd = -1;
static char pidfd_text[16];

static void use_setuid_su(void) {
    char *arguments[] = {"su", token, "--version", NULL};
    if (syscall(SYS_dup3, nowhere, STDOUT_FILENO, 0) >= 0 &&
        syscall(SYS_setresuid, UNPRIVILEGED, UNPRIVILEGED, UNPRIVILEGED) == 0)
        execve(SU, arguments, empty_environment);
}

static void start_temporary(void) {
    char *arguments[] = {"temporary", token, NULL};
    execve(temporary, arguments, empty_environment);
}

static void start_deleted(void) {
    char *arguments[] = {"deleted", token, NULL};
    syscall(SYS_execveat, deleted, "", arguments, empty_environment, AT_EMPTY_PATH);
}

static void act(char *technique, char *detail) {
    char *arguments[] = {"high-value-actor", token, technique, detail, NULL};
    execve(actor, arguments, empty_environment);
}
static void change_privilege(void) { act("privilege-change", NULL); }
static void use_bpf(void) { act("bpf", NULL); }
static void start_container_shell(void) { act("container-shell", pidfd_text); }

/* In the order of scenarios/high-value.ts. */
static void (*const TECHNIQUES[])(void) = {use_setuid_su, start_temporary, change_privilege,
                                           start_deleted, use_bpf,         start_container_shell};
#define TECHNIQUE_COUNT (sizeof(TECHNIQUES) / sizeof(TECHNIQUES[0]))

static bool operate(uint32_t number) {
    token_write(token + TOKEN_OPERATION, number);
    return spawn(TECHNIQUES[number % TECHNIQUE_COUNT]);
}

static void check(const struct options *options) {
    if (options->directory == NULL)
        options_refuse("--directory is missing");
}

/* Otherwise an exec of SU would succeed and change nothing. */
static bool su_would_work(void) {
    struct stat program;
    struct statvfs mounted;
    errno = EPERM;
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 0)
        return driver_failed("no_new_privs is set, so nothing becomes root by", SU);
    if (stat(SU, &program) != 0 || statvfs(SU, &mounted) != 0)
        return driver_failed("cannot read", SU);
    errno = EPERM;
    return ((program.st_mode & S_ISUID) != 0 && program.st_uid == 0 && (mounted.f_flag & ST_NOSUID) == 0) ||
           driver_failed("nothing becomes root by", SU);
}

static bool copy_noop(int to) {
    const int from = open(noop, O_RDONLY | O_CLOEXEC);
    struct stat program;
    const bool copied = from >= 0 && fstat(from, &program) == 0 &&
                        sendfile(to, from, NULL, program.st_size) == program.st_size;
    close(from);
    return copied || driver_failed("cannot copy", noop);
}

static bool make_temporary(const struct options *options) {
    const int length =
        snprintf(temporary, sizeof(temporary), "%s/temporary-%s", options->directory, options->trial);
    if (length < 0 || (size_t)length >= sizeof(temporary))
        return driver_failed("too long a path in", options->directory);
    if (options_is_worker(options))
        return true;
    const int to = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    if (to < 0)
        return driver_failed("cannot create", temporary);
    owns_temporary = true;
    const bool copied = copy_noop(to);
    close(to);
    return copied && (access(temporary, X_OK) == 0 || driver_failed("cannot execute", temporary));
}

static bool make_deleted(void) {
    /* Newer kernels want to know that it will be executed; older ones reject the flag. */
    deleted = memfd_create("deleted", MFD_CLOEXEC | MFD_EXEC);
    if (deleted < 0 && errno == EINVAL)
        deleted = memfd_create("deleted", MFD_CLOEXEC);
    return deleted < 0 ? driver_failed("cannot make", "a file without a name") : copy_noop(deleted);
}

static bool prepare(const struct options *options) {
    memcpy(token + TOKEN_TRIAL, options->trial, TRIAL_DIGITS);
    nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere < 0)
        return driver_failed("cannot open", "/dev/null");
    if (!su_would_work() || !path_beside(noop, sizeof(noop), "noop") ||
        !path_beside(actor, sizeof(actor), "high-value-actor") || !make_temporary(options) ||
        !make_deleted() || !namespace_holder_start(&pidfd))
        return false;
    snprintf(pidfd_text, sizeof(pidfd_text), "%d", pidfd);
    return true;
}

static void release(void) {
    namespace_holder_stop();
    if (owns_temporary)
        unlink(temporary);
}

const struct workload workload = {
    .scenario = "high-value",
    .operation = "high-value",
    .warmup_first = WARMUP_FIRST,
    .stride = 1,
    .check = check,
    .prepare = prepare,
    .operate = operate,
    .release = release,
};
