#include "boundary-snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"

/* Added to twice the size found at the start: a file may gain lines while the trial runs. */
#define SPARE_BYTES 65536

struct snapshot {
    const char *path;
    int file;
    int error; /* an errno, 0 while all is well */
    size_t capacity;
    char *text[2];
    size_t length[2];
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
    for (int side = 0; side < 2; side++) {
        snapshot->text[side] = malloc(snapshot->capacity);
        if (snapshot->text[side] == NULL)
            return -1;
        memset(snapshot->text[side], 0, snapshot->capacity);
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

void snapshots_read(struct snapshots *snapshots, enum snapshot_side side) {
    for (uint32_t i = 0; i < snapshots->count; i++) {
        struct snapshot *snapshot = &snapshots->each[i];
        if (snapshot->error != 0)
            continue;
        const ssize_t length = read_whole(snapshot->file, snapshot->text[side], snapshot->capacity);
        if (length < 0)
            snapshot->error = errno;
        else
            snapshot->length[side] = (size_t)length;
    }
}

static void snapshot_print(const struct snapshot *snapshot, FILE *out) {
    fputs("{\"path\":", out);
    json_string(snapshot->path, strlen(snapshot->path), out);
    if (snapshot->error != 0) {
        const char *why = strerror(snapshot->error);
        fputs(",\"error\":", out);
        json_string(why, strlen(why), out);
    } else {
        fputs(",\"before\":", out);
        json_string(snapshot->text[SNAPSHOT_BEFORE], snapshot->length[SNAPSHOT_BEFORE], out);
        fputs(",\"after\":", out);
        json_string(snapshot->text[SNAPSHOT_AFTER], snapshot->length[SNAPSHOT_AFTER], out);
    }
    fputc('}', out);
}

void snapshots_print(const struct snapshots *snapshots, FILE *out) {
    fputc('[', out);
    for (uint32_t i = 0; i < snapshots->count; i++) {
        if (i > 0)
            fputc(',', out);
        snapshot_print(&snapshots->each[i], out);
    }
    fputc(']', out);
}
