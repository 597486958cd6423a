/*
 * An agent that can be held at any stage of a run, for the tests of how a run ends.
 *
 *     stage-agent FLAGS STAGE OPERATIONS DIRECTORY     the agent; STAGE: start, ready, warm-up, window,
 * drain, stop or none stage-agent FLAGS STAGE                          what a probe asks: prints a version;
 * STAGE probe holds it
 *
 * It sees every open in DIRECTORY's mount before it happens (fanotify, as fapolicyd does), so that it can
 * also keep the workload in the middle of one. At its STAGE it makes the file FLAGS/reached and holds until
 * there is FLAGS/release; a second start is not held. While there is FLAGS/deaf it does not hear SIGTERM.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <unistd.h>

#define TICK_MS 20
/* Of one event that is shown again, so that a drain does not end. */
#define AGAIN_MS 200
#define FIRST_WARMUP 0x80000000u
/* Each family has its own, fff1 to ffff. */
#define SENTINELS "fff"

static const char *flags;
static const char *stage;
static volatile sig_atomic_t told_to_stop;

static void on_stop(int signal) { told_to_stop = signal; }

static bool is_stage(const char *name) { return strcmp(stage, name) == 0; }

static bool exists(const char *name) {
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", flags, name);
    return access(path, F_OK) == 0;
}

static void reach(void) {
    char path[512];
    snprintf(path, sizeof(path), "%s/reached", flags);
    const int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file >= 0) {
        dprintf(file, "%d\n", getpid());
        close(file);
    }
}

static bool must_stop(void) { return told_to_stop != 0 && !exists("deaf"); }

static void hold(void) {
    reach();
    while (!exists("release") && !must_stop())
        usleep(TICK_MS * 1000);
}

static int fail(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    return 1;
}

struct seen {
    char path[256];
    char trial[5];
    uint32_t operation;
};

/* Whether the opened file is an operation of a workload: DIR/TK-<trial>/<operation>. */
static bool read_token(int file, struct seen *seen) {
    char link[64];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
    const ssize_t length = readlink(link, seen->path, sizeof(seen->path) - 1);
    if (length < 0)
        return false;
    seen->path[length] = '\0';
    const char *token = strstr(seen->path, "/TK-");
    return token != NULL && sscanf(token, "/TK-%4[0-9a-f]/%8x", seen->trial, &seen->operation) == 2;
}

static void answer(int group, int file) {
    const struct fanotify_response yes = {.fd = file, .response = FAN_ALLOW};
    if (write(group, &yes, sizeof(yes)) < 0)
        fail("cannot answer");
    close(file);
}

static int held = -1; /* an open that is kept waiting */
static char again[256];

/* Whether an event may be shown, or its stage has come. */
static bool show(const struct seen *seen, uint32_t operations, int file) {
    const bool is_sentinel = strncmp(seen->trial, SENTINELS, strlen(SENTINELS)) == 0;
    const bool is_warmup = seen->operation >= FIRST_WARMUP;
    if (exists("reached"))
        return !is_stage("ready") || !is_sentinel || exists("release");
    if (is_stage("ready") && is_sentinel) {
        reach();
        return false;
    }
    if (is_sentinel)
        return true;
    if ((is_stage("warm-up") && is_warmup) || (is_stage("window") && seen->operation == operations / 2)) {
        reach();
        held = file;
    }
    if (is_stage("drain") && seen->operation == operations - 1) {
        reach();
        snprintf(again, sizeof(again), "%s", seen->path);
    }
    return true;
}

static bool look(int group, uint32_t operations) {
    char buffer[8192] __attribute__((aligned(__alignof__(struct fanotify_event_metadata))));
    ssize_t length = read(group, buffer, sizeof(buffer));
    if (length < 0)
        return errno == EINTR || errno == EAGAIN;
    const struct fanotify_event_metadata *event = (const void *)buffer;
    for (; FAN_EVENT_OK(event, length); event = FAN_EVENT_NEXT(event, length)) {
        struct seen seen;
        const bool is_ours = read_token(event->fd, &seen);
        if (is_ours && show(&seen, operations, event->fd))
            printf("open %s\n", seen.path);
        if (event->fd != held)
            answer(group, event->fd);
    }
    fflush(stdout);
    return true;
}

/* The tick in which something held may go on. */
static void tick(int group) {
    static int quiet_ms;
    if (held >= 0 && exists("release")) {
        answer(group, held);
        held = -1;
    }
    quiet_ms += TICK_MS;
    if (again[0] != '\0' && quiet_ms >= AGAIN_MS && !exists("release")) {
        quiet_ms = 0;
        printf("open %s\n", again);
        fflush(stdout);
    }
}

static int observe(uint32_t operations, const char *directory) {
    const int group = fanotify_init(FAN_CLASS_CONTENT | FAN_NONBLOCK | FAN_CLOEXEC, O_RDONLY | O_CLOEXEC);
    if (group < 0)
        return fail("fanotify_init");
    if (fanotify_mark(group, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_OPEN_PERM, AT_FDCWD, directory) < 0)
        return fail(directory);
    if (is_stage("start") && !exists("reached"))
        hold();
    puts("ready");
    fflush(stdout);
    struct pollfd input = {.fd = group, .events = POLLIN};
    bool is_stopping = false;
    while (!is_stopping || (is_stage("stop") && !exists("release"))) {
        const int ready = poll(&input, 1, TICK_MS);
        if (ready > 0 && !look(group, operations))
            return fail("read");
        tick(group);
        if (must_stop() && !is_stopping) {
            is_stopping = true;
            if (exists("reached"))
                break;
            if (is_stage("stop"))
                reach();
        }
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc != 3 && argc != 5) {
        fputs("usage: stage-agent FLAGS STAGE [OPERATIONS DIRECTORY]\n", stderr);
        return 2;
    }
    flags = argv[1];
    stage = argv[2];
    if (argc == 3) {
        if (is_stage("probe") && !exists("reached"))
            hold();
        puts("stage-agent 1");
        return 0;
    }
    struct sigaction action = {.sa_handler = on_stop};
    sigaction(SIGTERM, &action, NULL);
    return observe((uint32_t)strtoul(argv[3], NULL, 10), argv[4]);
}
