/*
 * One operation: vfork, execve of a tiny static program with the token in argv[1], its exit, waitpid.
 *
 * vfork rather than posix_spawn: glibc's posix_spawn maps and unmaps a stack, blocks all signals around each
 * call, and bypasses sensors that are preloaded libraries. The child calls nothing but execve and _exit, as
 * vfork demands.
 */
#include <string.h>
#include <unistd.h>

#include "driver/spawn.h"
#include "driver/token.h"
#include "driver/workload.h"

static char program[4096];
static char token[] = TOKEN_TEMPLATE;

static bool prepare(const struct options *options) {
    memcpy(token + TOKEN_TRIAL, options->trial, TRIAL_DIGITS);
    return path_beside(program, sizeof(program), "noop");
}

static void become_noop(void) {
    char *arguments[] = {"noop", token, NULL};
    execve(program, arguments, empty_environment);
}

static bool operate(uint32_t number) {
    token_write(token + TOKEN_OPERATION, number);
    return spawn(become_noop);
}

const struct workload WORKLOAD = {
    .scenario = "process-exec",
    .operation = "exec",
    .warmup_first = WARMUP_FIRST,
    .stride = 1,
    .prepare = prepare,
    .operate = operate,
};
