/*
 * crowd PROCESSES FILES: so many processes that sleep, and so many open files, each process holding as many
 * as a busy service does. Says "ready" when all are there. They end with it, however it ends.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of one process, as a service with many connections has. */
#define FILES_EACH 1000
/* Standard streams, and what the loader may hold. */
#define OTHER_FILES 16
/* What the harness asks for at most is less (src/domain/bounds.ts). */
#define MAX_PROCESSES 4000
#define MAX_FILES 100000

static pid_t members[MAX_PROCESSES + MAX_FILES / FILES_EACH];
static int count;

/* Async-signal-safe. Whoever undoes this waits for this process alone, so it goes last. */
static void disperse(int signal) {
    for (int i = 0; i < count; i++)
        kill(members[i], SIGKILL);
    while (wait(NULL) > 0)
        ;
    _exit(signal == 0 ? 1 : 0);
}

static _Noreturn void fail(const char *what) {
    perror(what);
    disperse(0);
    _exit(1);
}

static _Noreturn void stay(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    for (;;)
        pause();
}

/* The files are opened here and handed down, so that all are open when this says that it is ready. */
static void add_member(int files) {
    static int held[FILES_EACH];
    const pid_t parent = getpid();
    for (int i = 0; i < files; i++)
        if ((held[i] = open("/dev/null", O_RDONLY)) < 0)
            fail("crowd: open");
    const pid_t child = fork();
    if (child == 0)
        stay(parent);
    if (child < 0)
        fail("crowd: fork");
    members[count++] = child;
    for (int i = 0; i < files; i++)
        close(held[i]);
}

static int number(const char *text, int most) {
    char *end;
    const long found = strtol(text, &end, 10);
    if (end == text || *end || found < 0 || found > most) {
        fprintf(stderr, "crowd: \"%s\" is no number from 0 to %d\n", text, most);
        exit(2);
    }
    return (int)found;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: crowd PROCESSES FILES\n");
        return 2;
    }
    const int processes = number(argv[1], MAX_PROCESSES);
    int files = number(argv[2], MAX_FILES);
    const struct rlimit limit = {FILES_EACH + OTHER_FILES, FILES_EACH + OTHER_FILES};
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        fail("crowd: setrlimit");
    /* Between a fork and its note, nobody could end the child by name. */
    sigset_t term;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, NULL);
    signal(SIGTERM, disperse);
    for (int i = 0; i < processes; i++)
        add_member(0);
    for (; files > 0; files -= FILES_EACH)
        add_member(files < FILES_EACH ? files : FILES_EACH);
    sigprocmask(SIG_UNBLOCK, &term, NULL);
    printf("ready\n");
    fflush(stdout);
    for (;;)
        pause();
}
