/*
 * One operation: vfork, execve of a tiny static program with the token in argv[1], its exit, waitpid.
 *
 * vfork rather than posix_spawn: glibc's posix_spawn maps and unmaps a stack and blocks all signals around
 * each call, and calls execve behind the back of sensors that are preloaded libraries. The child calls
 * nothing but execve and _exit, which is what vfork allows.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver/token.h"
#include "driver/workload.h"

static char program[4096];
static char token[] = "TK-0000-00000000";
static char *arguments[] = {"noop", token, NULL};
/* Empty, so that the cost of an exec does not depend on the environment that tare was started in. */
static char *environment[] = {NULL};

#define TOKEN_TRIAL 3
#define TOKEN_OPERATION (TOKEN_TRIAL + TRIAL_DIGITS + 1)

static bool prepare(const struct options *options) {
    const ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - sizeof("noop"));
    if (length < 0)
        return driver_failed("cannot read", "/proc/self/exe");
    program[length] = '\0';
    strcpy(strrchr(program, '/') + 1, "noop");
    memcpy(token + TOKEN_TRIAL, options->trial, TRIAL_DIGITS);
    return access(program, X_OK) == 0 || driver_failed("cannot execute", program);
}

static bool operate(uint32_t number) {
    token_write(token + TOKEN_OPERATION, number);
    const pid_t child = vfork();
    if (child == 0) {
        execve(program, arguments, environment);
        _exit(127);
    }
    if (child < 0)
        return false;
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return status == 0;
}

int main(int argc, char **argv) {
    const struct workload workload = {
        .scenario = "process-exec",
        .operation = "exec",
        .warmup_first = WARMUP_FIRST,
        .stride = 1,
        .prepare = prepare,
        .operate = operate,
    };
    return driver_main(&workload, argc, argv);
}
