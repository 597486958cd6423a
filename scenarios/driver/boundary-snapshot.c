#include "boundary-snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "json.h"

/* Added to twice the size found at the start: a file may gain lines while the trial runs. */
#define SPARE_BYTES 65536

#define SCHEDSTAT "/proc/schedstat"

struct snapshot {
    const char *path;
    int file;
    int error; /* an errno, 0 while all is well */
    size_t capacity;
    char *text[SNAPSHOT_TIMES];
    size_t length[SNAPSHOT_TIMES];
};

struct snapshots {
    uint32_t count;
    struct snapshot each[];
};

/* Reads the whole file from its start; returns the length or -1. EFBIG: it filled the buffer and may be
 * cut. */
static ssize_t read_whole(int file, char *buffer, size_t capacity) {
    size_t length = 0;
    while (length < capacity) {
        const ssize_t got = pread(file, buffer + length, capacity - length, (off_t)length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            return (ssize_t)length;
        length += (size_t)got;
    }
    errno = EFBIG;
    return -1;
}

static ssize_t size_of(int file) {
    for (size_t capacity = SPARE_BYTES;; capacity *= 2) {
        char *buffer = malloc(capacity);
        if (buffer == NULL)
            return -1;
        const ssize_t length = read_whole(file, buffer, capacity);
        const int error = errno;
        free(buffer);
        errno = error;
        if (length >= 0 || error != EFBIG)
            return length;
    }
}

static int snapshot_open(struct snapshot *snapshot) {
    snapshot->file = open(snapshot->path, O_RDONLY | O_CLOEXEC);
    if (snapshot->file < 0)
        return -1;
    const ssize_t size = size_of(snapshot->file);
    if (size < 0)
        return -1;
    snapshot->capacity = 2 * (size_t)size + SPARE_BYTES;
    for (int time = 0; time < SNAPSHOT_TIMES; time++) {
        snapshot->text[time] = malloc(snapshot->capacity);
        if (snapshot->text[time] == NULL)
            return -1;
        memset(snapshot->text[time], 0, snapshot->capacity);
    }
    return 0;
}

struct snapshots *snapshots_open(const char *const *paths, uint32_t count) {
    struct snapshots *snapshots = calloc(1, sizeof(*snapshots) + count * sizeof(snapshots->each[0]));
    if (snapshots == NULL)
        return NULL;
    snapshots->count = count;
    for (uint32_t i = 0; i < count; i++) {
        snapshots->each[i].path = paths[i];
        if (snapshot_open(&snapshots->each[i]) != 0)
            snapshots->each[i].error = errno;
    }
    return snapshots;
}

/* A switch of tasks charges what has run so far to its CPU; until then /proc/schedstat does not count it. */
static void visit_all_cpus(void) {
    cpu_set_t usual, all;
    if (sched_getaffinity(0, sizeof(usual), &usual) != 0)
        return;
    memset(&all, 0xff, sizeof(all));
    /* The kernel takes away what is offline or outside of the cpuset, whose numbers need not begin at 0. */
    if (sched_setaffinity(0, sizeof(all), &all) == 0 && sched_getaffinity(0, sizeof(all), &all) == 0) {
        for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
            if (!CPU_ISSET(cpu, &all))
                continue;
            cpu_set_t one;
            CPU_ZERO(&one);
            CPU_SET(cpu, &one);
            sched_setaffinity(0, sizeof(one),
                              &one); /* Fails for one that went offline, where nothing runs. */
        }
    }
    sched_setaffinity(0, sizeof(usual), &usual);
}

/* The driver's own time is charged at the latest when it sleeps. */
static void charge_run_time(const struct snapshots *snapshots) {
    for (uint32_t i = 0; i < snapshots->count; i++)
        if (snapshots->each[i].error == 0 && strcmp(snapshots->each[i].path, SCHEDSTAT) == 0)
            visit_all_cpus();
    nanosleep(&(struct timespec){.tv_nsec = 1}, NULL);
}

void snapshots_read(struct snapshots *snapshots, enum snapshot_time time) {
    charge_run_time(snapshots);
    for (uint32_t i = 0; i < snapshots->count; i++) {
        struct snapshot *snapshot = &snapshots->each[i];
        if (snapshot->error != 0)
            continue;
        const ssize_t length = read_whole(snapshot->file, snapshot->text[time], snapshot->capacity);
        if (length < 0)
            snapshot->error = errno;
        else
            snapshot->length[time] = (size_t)length;
    }
}

static void text_print(const struct snapshot *snapshot, const char *name, enum snapshot_time time,
                       FILE *out) {
    fprintf(out, ",\"%s\":", name);
    json_string(snapshot->text[time], snapshot->length[time], out);
}

static void snapshot_print(const struct snapshot *snapshot, bool drained, FILE *out) {
    fputs("{\"path\":", out);
    json_string(snapshot->path, strlen(snapshot->path), out);
    if (snapshot->error != 0) {
        const char *why = strerror(snapshot->error);
        fputs(",\"error\":", out);
        json_string(why, strlen(why), out);
    } else if (drained) {
        text_print(snapshot, "text", SNAPSHOT_DRAINED, out);
    } else {
        text_print(snapshot, "before", SNAPSHOT_BEFORE, out);
        text_print(snapshot, "after", SNAPSHOT_AFTER, out);
    }
    fputc('}', out);
}

static void print_all(const struct snapshots *snapshots, bool drained, FILE *out) {
    fputc('[', out);
    for (uint32_t i = 0; i < snapshots->count; i++) {
        if (i > 0)
            fputc(',', out);
        snapshot_print(&snapshots->each[i], drained, out);
    }
    fputc(']', out);
}

void snapshots_print(const struct snapshots *snapshots, FILE *out) { print_all(snapshots, false, out); }
void snapshots_print_drained(const struct snapshots *snapshots, FILE *out) {
    print_all(snapshots, true, out);
}
