/*
 * One kind of call as fast as one CPU can make it, for a time. Nothing is measured inside, so no sensor
 * meets a faster caller.
 *
 * usage: closed-loop exec|open|connect|getppid SECONDS CPU [CHAIN], where CHAIN is the path of exec-chain,
 * which does the execs. Prints how many calls it made, and their wall and CPU nanoseconds.
 */
#include "bare-usage.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Calls between two looks at the clock. */
#define BETWEEN_LOOKS 64
/* Execs of one process: the first is the one that starts it. */
#define CHAINED 64
#define AFTER_THE_FIRST "00000063"

static char *chain;
static int datagram;

static void do_execs(void) {
    char after[] = AFTER_THE_FIRST;
    char *arguments[] = {chain, after, NULL}, *environment[] = {NULL};
    int status = 0;
    const pid_t child = vfork();
    if (child == 0) {
        execve(chain, arguments, environment);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        exit(1);
}

/* A failing open is faster than one that succeeds, and is an event all the same. */
static void do_open(void) {
    if (open("/nonexistent/closed-loop/TK-0000/00000000", O_RDONLY | O_CLOEXEC) >= 0)
        exit(1);
}

/* A datagram socket only stores the address: the fastest connect there is. */
static void do_connect(void) {
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    if (connect(datagram, (const void *)&address, sizeof(address)) != 0)
        exit(1);
}

static void do_getppid(void) { syscall(SYS_getppid); }

struct kind {
    const char *name;
    void (*call)(void);
    int times;  /* between two looks at the clock */
    int counts; /* calls that one time makes */
};

static const struct kind *kind_named(const char *name) {
    static const struct kind kinds[] = {
        {"exec", do_execs, 1, CHAINED},
        {"open", do_open, BETWEEN_LOOKS, 1},
        {"connect", do_connect, BETWEEN_LOOKS, 1},
        {"getppid", do_getppid, BETWEEN_LOOKS, 1},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    exit(2);
}

int main(int argc, char **argv) {
    if (argc < 4)
        return 2;
    const struct kind *kind = kind_named(argv[1]);
    bare_pin(argv[3]);
    chain = argc > 4 ? argv[4] : "";
    datagram = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const struct bare_usage before = bare_usage();
    const long long end = before.wall + (long long)(atof(argv[2]) * 1e9);
    long long calls = 0;
    do {
        for (int i = 0; i < kind->times; i++)
            kind->call();
        calls += kind->times * kind->counts;
    } while (clock_ns(CLOCK_MONOTONIC) < end);
    printf("%lld ", calls);
    bare_usage_print(before);
    return 0;
}
