#include "edges.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"

/* Beyond twice the size found at the start: a file may gain lines while the trial runs. */
#define SPARE_BYTES 65536

struct edge {
    const char *path;
    int file;
    int error; /* an errno, 0 while all is well */
    size_t capacity;
    char *text[2];
    size_t length[2];
};

struct edges {
    uint32_t count;
    struct edge each[];
};

/* Reads the whole file from its start; returns the length or -1. EFBIG: it filled the buffer, so it may be
 * cut off. */
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

static int edge_open(struct edge *edge) {
    edge->file = open(edge->path, O_RDONLY | O_CLOEXEC);
    if (edge->file < 0)
        return -1;
    const ssize_t size = size_of(edge->file);
    if (size < 0)
        return -1;
    edge->capacity = 2 * (size_t)size + SPARE_BYTES;
    for (int side = 0; side < 2; side++) {
        edge->text[side] = malloc(edge->capacity);
        if (edge->text[side] == NULL)
            return -1;
        memset(edge->text[side], 0, edge->capacity);
    }
    return 0;
}

struct edges *edges_open(const char *const *paths, uint32_t count) {
    struct edges *edges = calloc(1, sizeof(*edges) + count * sizeof(edges->each[0]));
    if (edges == NULL)
        return NULL;
    edges->count = count;
    for (uint32_t i = 0; i < count; i++) {
        edges->each[i].path = paths[i];
        if (edge_open(&edges->each[i]) != 0)
            edges->each[i].error = errno;
    }
    return edges;
}

void edges_read(struct edges *edges, enum edge_side side) {
    for (uint32_t i = 0; i < edges->count; i++) {
        struct edge *edge = &edges->each[i];
        if (edge->error != 0)
            continue;
        const ssize_t length = read_whole(edge->file, edge->text[side], edge->capacity);
        if (length < 0)
            edge->error = errno;
        else
            edge->length[side] = (size_t)length;
    }
}

static void edge_print(const struct edge *edge, FILE *out) {
    fputs("{\"path\":", out);
    json_string(edge->path, strlen(edge->path), out);
    if (edge->error != 0) {
        const char *why = strerror(edge->error);
        fputs(",\"error\":", out);
        json_string(why, strlen(why), out);
    } else {
        fputs(",\"before\":", out);
        json_string(edge->text[EDGE_BEFORE], edge->length[EDGE_BEFORE], out);
        fputs(",\"after\":", out);
        json_string(edge->text[EDGE_AFTER], edge->length[EDGE_AFTER], out);
    }
    fputc('}', out);
}

void edges_print(const struct edges *edges, FILE *out) {
    fputc('[', out);
    for (uint32_t i = 0; i < edges->count; i++) {
        if (i > 0)
            fputc(',', out);
        edge_print(&edges->each[i], out);
    }
    fputc(']', out);
}
