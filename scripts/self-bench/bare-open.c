/*
 * The calls of file-open in a bare loop without clock, histogram and batches. The driver costs what it takes
 * longer.
 *
 * usage: bare-open POOL OPERATIONS WARMUPS CPU, where POOL is a directory that file-open has filled; prints
 * wall and CPU nanoseconds of the loop.
 */
#include "bare-usage.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void operate(const char *path) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || close(file) != 0)
        exit(1);
}

int main(int argc, char **argv) {
    if (argc != 5)
        return 2;
    bare_pin(argv[4]);
    const long operations = atol(argv[2]), warmups = atol(argv[3]);
    const size_t size = strlen(argv[1]) + sizeof("/00000000");
    char *paths = malloc((size_t)(operations + warmups) * size);
    if (paths == NULL)
        return 1;
    /* Like the driver: writes and looks up all paths before the first open. */
    for (long i = 0; i < operations + warmups; i++) {
        struct stat unused;
        char *path = paths + (size_t)i * size;
        snprintf(path, size, "%s/%08x", argv[1],
                 (uint32_t)(i < operations ? i : 0x80000000L + (i - operations)));
        if (stat(path, &unused) != 0)
            return 1;
    }
    for (long i = 0; i < warmups; i++)
        operate(paths + (size_t)(operations + i) * size);
    const struct bare_usage before = bare_usage();
    for (long i = 0; i < operations; i++)
        operate(paths + (size_t)i * size);
    bare_usage_print(before);
    return 0;
}
