/*
 * The calls of process-exec in a bare loop without clock, histogram and batches. The driver costs what it
 * takes longer.
 *
 * usage: bare-exec NOOP OPERATIONS WARMUPS CPU; prints wall and CPU nanoseconds of the loop, children
 * included.
 */
#include "bare-usage.h"

int main(int argc, char **argv) {
    if (argc != 5)
        return 2;
    bare_pin(argv[4]);
    const long operations = atol(argv[2]), warmups = atol(argv[3]);
    for (long i = 0; i < warmups; i++)
        bare_exec(argv[1]);
    const struct bare_usage before = bare_usage();
    for (long i = 0; i < operations; i++)
        bare_exec(argv[1]);
    bare_usage_print(before);
    return 0;
}
