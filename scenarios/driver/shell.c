#include "shell.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "stop.h"
#include "workload.h"

/* Of what a command says on standard error, so much of the end is kept. */
#define KEPT 2000
/* What a command has left is given this long to end by itself, and this long to be gone once it is killed. */
#define GRACE_NS 50000000ULL
#define MAX_END_NS 5000000000ULL
#define STEP_NS 1000000L

extern char **environ;

static uint32_t limit_s;
static int nowhere = -1;
static int said[2] = {-1, -1};
static char kept[KEPT + 1];
static size_t kept_length;
static sigset_t usual_mask;
static char *arguments[] = {"sh", "-c", NULL, NULL};

bool shell_prepare(uint32_t limit_seconds) {
    limit_s = limit_seconds;
    nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nowhere < 0)
        return driver_failed("cannot open", "/dev/null");
    if (pipe2(said, O_CLOEXEC) != 0 || fcntl(said[0], F_SETFL, O_NONBLOCK) != 0)
        return driver_failed("cannot make", "a pipe");
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
        return driver_failed("cannot adopt what is left by", "the command");
    stop_watch_children();
    return true;
}

/* In the child of vfork: system calls only. A session of its own has no terminal to write to. */
static _Noreturn void become_shell(void) {
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &usual_mask, NULL);
    if (dup2(nowhere, STDIN_FILENO) >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0 &&
        dup2(said[1], STDERR_FILENO) >= 0)
        execve("/bin/sh", arguments, environ);
    _exit(127);
}

/* A command that says much must not wait for a reader, and only the end of it is of use. */
static void listen(void) {
    char more[4096];
    for (ssize_t got; (got = read(said[0], more, sizeof(more))) > 0;) {
        const size_t size = (size_t)got > KEPT ? KEPT : (size_t)got;
        const size_t stays = kept_length + size > KEPT ? KEPT - size : kept_length;
        memmove(kept, kept + kept_length - stays, stays);
        memcpy(kept + stays, more + got - size, size);
        kept_length = stays + size;
    }
}

static pid_t parent_of(const char *pid) {
    char path[64], stat[512];
    snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t length = file < 0 ? -1 : read(file, stat, sizeof(stat) - 1);
    if (file >= 0)
        close(file);
    if (length <= 0)
        return -1;
    stat[length] = '\0';
    /* A program's name may hold brackets and spaces. */
    const char *after = strrchr(stat, ')');
    int parent = -1;
    return after != NULL && sscanf(after, ") %*c %d", &parent) == 1 ? parent : -1;
}

/* Those whose parents end are children as well by the next call. */
static void kill_children(void) {
    DIR *processes = opendir("/proc");
    if (processes == NULL)
        return;
    const pid_t self = getpid();
    for (const struct dirent *entry; (entry = readdir(processes)) != NULL;)
        if (isdigit((unsigned char)entry->d_name[0]) && parent_of(entry->d_name) == self)
            kill(atoi(entry->d_name), SIGKILL);
    closedir(processes);
}

/* Waits for all children. `grace_ns`: how long before they are killed. Returns whether any was. */
static bool end_children(uint64_t grace_ns) {
    const struct timespec step = {0, STEP_NS};
    const uint64_t began = monotonic_ns();
    bool killed = false;
    for (;;) {
        const pid_t got = waitpid(-1, NULL, WNOHANG);
        if (got > 0)
            continue;
        const uint64_t spent = monotonic_ns() - began;
        if (got < 0 || spent > MAX_END_NS)
            return killed;
        if (spent >= grace_ns) {
            kill_children();
            killed = true;
        }
        nanosleep(&step, NULL);
        listen();
    }
}

enum outcome { OUTCOME_ENDED, OUTCOME_LATE, OUTCOME_STOPPED };

/* Signals are unblocked only in ppoll, so that the end of the child is not missed just before it. */
static enum outcome await_end(pid_t child, int *status) {
    const uint64_t end = monotonic_ns() + limit_s * NS_PER_SECOND;
    struct pollfd from = {.fd = said[0], .events = POLLIN};
    for (;;) {
        listen();
        for (pid_t got; (got = waitpid(-1, status, WNOHANG)) > 0;)
            if (got == child)
                return OUTCOME_ENDED;
        if (stop_requested)
            return OUTCOME_STOPPED;
        const uint64_t now = monotonic_ns();
        if (now >= end)
            return OUTCOME_LATE;
        const struct timespec left = {(time_t)((end - now) / NS_PER_SECOND),
                                      (long)((end - now) % NS_PER_SECOND)};
        ppoll(&from, 1, &left, &usual_mask);
    }
}

static bool tell(enum outcome outcome, int status) {
    if (outcome == OUTCOME_ENDED && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (outcome == OUTCOME_STOPPED)
        return false;
    kept[kept_length] = '\0';
    fprintf(stderr, "%s%s", kept, kept_length == 0 || kept[kept_length - 1] == '\n' ? "" : "\n");
    if (outcome == OUTCOME_LATE)
        fprintf(stderr, "the command had not ended after %" PRIu32 " s: killed\n", limit_s);
    else if (WIFSIGNALED(status))
        fprintf(stderr, "the command was ended by signal %d (%s)\n", WTERMSIG(status),
                strsignal(WTERMSIG(status)));
    else
        fprintf(stderr, "the command ended with status %d\n", WEXITSTATUS(status));
    return false;
}

static pid_t start_shell(void) {
    const pid_t child = vfork();
    if (child == 0)
        become_shell();
    return child;
}

bool shell_run(const char *line) {
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGCHLD);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGHUP);
    sigprocmask(SIG_BLOCK, &blocked, &usual_mask);

    arguments[2] = (char *)line;
    kept_length = 0;
    int status = 0;
    enum outcome outcome = OUTCOME_ENDED;
    const pid_t child = start_shell();
    if (child > 0) {
        outcome = await_end(child, &status);
        if (end_children(outcome == OUTCOME_ENDED ? GRACE_NS : 0) && outcome == OUTCOME_ENDED)
            fputs("the command left processes running: killed\n", stderr);
        listen();
    }
    sigprocmask(SIG_SETMASK, &usual_mask, NULL);
    return child > 0 ? tell(outcome, status) : driver_failed("cannot start", "/bin/sh");
}
