/*
 * One kind of call as fast as one CPU can make it, for a time. Nothing is measured inside, so no sensor
 * meets a faster caller.
 *
 * usage: closed-loop exec|open|connect|getppid SECONDS CPU [PROGRAM], where exec starts PROGRAM. Prints how
 * many calls it made, and their wall and CPU nanoseconds.
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

static char *program;
static int datagram;

static void do_exec(void) { bare_exec(program); }

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

static void (*call_named(const char *name))(void) {
    static const struct {
        const char *name;
        void (*call)(void);
    } calls[] = {{"exec", do_exec}, {"open", do_open}, {"connect", do_connect}, {"getppid", do_getppid}};
    for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
        if (strcmp(calls[i].name, name) == 0)
            return calls[i].call;
    exit(2);
}

int main(int argc, char **argv) {
    if (argc < 4)
        return 2;
    void (*call)(void) = call_named(argv[1]);
    bare_pin(argv[3]);
    program = argc > 4 ? argv[4] : "";
    datagram = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const struct bare_usage before = bare_usage();
    const long long end = before.wall + (long long)(atof(argv[2]) * 1e9);
    long long calls = 0;
    do {
        for (int i = 0; i < BETWEEN_LOOKS; i++)
            call();
        calls += BETWEEN_LOOKS;
    } while (clock_ns(CLOCK_MONOTONIC) < end);
    printf("%lld ", calls);
    bare_usage_print(before);
    return 0;
}
