/* Shared by the bare loops: they run on one CPU, as the driver does, read wall and CPU time at both ends,
 * and start a program as process-exec does. */
#pragma once

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct bare_usage {
    long long wall, cpu;
};

static long long clock_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void bare_pin(const char *cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(atoi(cpu), &set);
    if (sched_setaffinity(0, sizeof(set), &set) != 0)
        exit(1);
}

static struct bare_usage bare_usage(void) {
    struct rusage children;
    getrusage(RUSAGE_CHILDREN, &children);
    const long long micros = (children.ru_utime.tv_sec + children.ru_stime.tv_sec) * 1000000LL +
                             children.ru_utime.tv_usec + children.ru_stime.tv_usec;
    return (struct bare_usage){clock_ns(CLOCK_MONOTONIC), clock_ns(CLOCK_PROCESS_CPUTIME_ID) + micros * 1000};
}

static void bare_usage_print(struct bare_usage before) {
    const struct bare_usage after = bare_usage();
    printf("%lld %lld\n", after.wall - before.wall, after.cpu - before.cpu);
}

static inline void bare_exec(char *program) {
    char *arguments[] = {"noop", "TK-0000-00000000", NULL};
    char *environment[] = {NULL};
    int status = 0;
    const pid_t child = vfork();
    if (child == 0) {
        execve(program, arguments, environment);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        exit(1);
}
