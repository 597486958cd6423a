/*
 * One operation: a tree of processes, LEVELS deep. Each opens FILES files, keeps them open, runs a tiny
 * program twice, and starts the next level and waits for it. It is there for what an agent remembers of
 * processes and files that are gone.
 *
 * One operation after the other: at most LEVELS + 2 processes and LEVELS * FILES open files at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/enter-cgroups.h"
#include "driver/spawn.h"
#include "driver/token.h"
#include "driver/workload.h"

#define LEVELS 12
#define FILES 16
#define RUNS 2
#define PATH_SIZE 4096

static char program[PATH_SIZE];
static char token[] = TOKEN_TEMPLATE;
static char paths[FILES][PATH_SIZE];

static void check(const struct options *options) {
    if (options->directory == NULL)
        options_refuse("--directory is missing");
}

static bool make_files(const char *directory) {
    char folder[PATH_SIZE - 16];
    snprintf(folder, sizeof(folder), "%s/churn", directory);
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return driver_failed("cannot make", folder);
    for (int i = 0; i < FILES; i++) {
        snprintf(paths[i], sizeof(paths[i]), "%s/%d", folder, i);
        const int file = open(paths[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        if (file < 0 || close(file) != 0)
            return driver_failed("cannot make", paths[i]);
    }
    return true;
}

static bool prepare(const struct options *options) {
    memcpy(token + TOKEN_TRIAL, options->trial, TRIAL_DIGITS);
    return path_beside(program, sizeof(program), "noop") && make_files(options->directory) &&
           enter_cgroups(options);
}

static void become_noop(void) {
    char *arguments[] = {"noop", token, NULL};
    execve(program, arguments, empty_environment);
}

static bool start_level(int level);

/* In the process of a level. */
static bool be_level(int level) {
    for (int i = 0; i < FILES; i++)
        if (open(paths[i], O_RDONLY | O_CLOEXEC) < 0)
            return false;
    for (int i = 0; i < RUNS; i++)
        if (!spawn(become_noop))
            return false;
    return level == LEVELS || start_level(level + 1);
}

static bool start_level(int level) {
    const pid_t child = fork();
    if (child == 0)
        _exit(be_level(level) ? 0 : 1);
    return succeeds(child);
}

static bool operate(uint32_t number) {
    token_write(token + TOKEN_OPERATION, number);
    return start_level(1);
}

const struct workload workload = {
    .scenario = "churn",
    .operation = "tree",
    .warmup_first = WARMUP_FIRST,
    .stride = 1,
    .check = check,
    .prepare = prepare,
    .operate = operate,
};
