/*
 * The calls of process-exec in a bare loop: no clock inside, no histogram, no batches. What the driver costs
 * is what it takes longer than this.
 *
 * usage: bare-exec NOOP OPERATIONS WARMUPS CPU; prints wall and CPU nanoseconds of the loop, children
 * included.
 */
#include "bare-usage.h"

#include <stdlib.h>
#include <unistd.h>

static char *environment[] = {NULL};

static void operate(char *program) {
    char *arguments[] = {"noop", "TK-0000-00000000", NULL};
    int status = 0;
    const pid_t child = vfork();
    if (child == 0) {
        execve(program, arguments, environment);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        exit(1);
}

int main(int argc, char **argv) {
    if (argc != 5)
        return 2;
    bare_pin(argv[4]);
    const long operations = atol(argv[2]), warmups = atol(argv[3]);
    for (long i = 0; i < warmups; i++)
        operate(argv[1]);
    const struct bare_usage before = bare_usage();
    for (long i = 0; i < operations; i++)
        operate(argv[1]);
    bare_usage_print(before);
    return 0;
}
