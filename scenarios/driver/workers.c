#include "workers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spawn.h"
#include "window.h"
#include "workload.h"

#define PADDING "TARE_PADDING"
#define PADDING_SIZE 4096
/* An odd number of stack alignments. */
#define PADDING_STEP 592

/* Other lengths put the stack elsewhere, also where the kernel does not vary it. */
static bool pad_environment(uint32_t batch) {
    const char *given = getenv(PADDING);
    char padding[PADDING_SIZE] = {0};
    memset(padding, 'x', ((given == NULL ? 0 : strlen(given)) + (batch + 1) * PADDING_STEP) % PADDING_SIZE);
    return setenv(PADDING, padding, 1) == 0;
}

/* In the child. `in` and `out` become its standard input and output. */
static _Noreturn void become_worker(uint32_t batch, int in, int out, char *const *argv) {
    char path[4096];
    if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 && pad_environment(batch) &&
        own_path(path, sizeof(path))) {
        execv(path, argv);
        driver_failed("cannot execute", path);
    }
    _exit(STATUS_FAILED);
}

/* Its standard output will be `out`; `workers->first` becomes the other end of its standard input. */
static bool start_worker(struct workers *workers, uint32_t batch, int out, char *const *argv) {
    int turn[2];
    if (pipe2(turn, O_CLOEXEC) != 0)
        return driver_failed("cannot make", "a pipe");
    const pid_t driver = getpid();
    const pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == driver)
            become_worker(batch, turn[0], out, argv);
        _exit(STATUS_FAILED);
    }
    close(turn[0]);
    workers->first = turn[1];
    workers->pids[batch] = pid > 0 ? pid : 0;
    return pid > 0 || driver_failed("cannot start a process for a batch of", workload.scenario);
}

/* From the last to the first, since each has the pipe to the next. */
static enum input start_all(struct workers *workers, const int files[2], char **argv, char *flag,
                            size_t size) {
    int next = fcntl(files[1], F_DUPFD_CLOEXEC, 0);
    for (uint32_t batch = workers->count; batch-- > 0; next = workers->first) {
        snprintf(flag, size, "--worker=" WORKER_FORMAT, (int)batch, files[0], files[1]);
        const bool started = start_worker(workers, batch, next, argv);
        close(next);
        if (!started)
            return INPUT_CHILD;
        const enum input got = workers_await(workers, (struct awaited){false, workers->told, -1});
        if (got != INPUT_TOLD)
            return got;
    }
    return INPUT_TOLD;
}

enum input workers_start(struct workers *workers, const struct options *options, int window_file,
                         char *const *argv) {
    char flag[64];
    int told[2], count = 0;
    while (argv[count] != NULL)
        count++;
    char **with_flag = calloc((size_t)count + 2, sizeof(*with_flag));
    *workers = (struct workers){options->batches, calloc(options->batches, sizeof(pid_t)), -1, -1};
    if (with_flag == NULL || workers->pids == NULL || pipe(told) != 0) {
        workers->count = 0;
        driver_failed("cannot start the processes of", workload.scenario);
        return INPUT_CHILD;
    }
    memcpy(with_flag, argv, (size_t)count * sizeof(*argv));
    with_flag[count] = flag;
    fcntl(told[0], F_SETFD, FD_CLOEXEC);
    workers->told = told[0];
    stop_watch_children();
    const enum input got =
        start_all(workers, (const int[]){window_file, told[1]}, with_flag, flag, sizeof(flag));
    close(told[1]);
    free(with_flag);
    return got;
}

enum input workers_run(struct workers *workers) {
    /* Where the first has ended there is no reader, and the waiting tells of it. */
    if (write(workers->first, "", 1) != 1 && errno != EPIPE)
        driver_failed("cannot wake the processes of", workload.scenario);
    return workers_await(workers, (struct awaited){false, workers->told, -1});
}

/* True: one has failed, and what happened has been printed, by itself where it could. One whose predecessor
 * fails ends with status 0. */
static bool one_failed(struct workers *workers) {
    bool failed = false;
    for (uint32_t batch = 0; batch < workers->count; batch++) {
        int status = 0;
        if (workers->pids[batch] == 0 || waitpid(workers->pids[batch], &status, WNOHANG) <= 0)
            continue;
        workers->pids[batch] = 0;
        if (WIFSIGNALED(status))
            fprintf(stderr, "the process of batch %u of %u was ended by signal %d (%s)\n", batch + 1,
                    workers->count, WTERMSIG(status), strsignal(WTERMSIG(status)));
        failed |= status != 0;
    }
    return failed;
}

enum input workers_await(struct workers *workers, struct awaited awaited) {
    for (;;) {
        const enum input got = await(awaited);
        if (got != INPUT_CHILD || one_failed(workers))
            return got;
    }
}

void workers_end(struct workers *workers) {
    close(workers->first);
    for (uint32_t batch = 0; batch < workers->count; batch++)
        if (workers->pids[batch] != 0)
            kill(workers->pids[batch], SIGTERM);
    for (uint32_t batch = 0; batch < workers->count; batch++)
        while (workers->pids[batch] != 0 && waitpid(workers->pids[batch], NULL, 0) < 0 && errno == EINTR)
            continue;
}
