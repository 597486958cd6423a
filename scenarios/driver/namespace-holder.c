#include "namespace-holder.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actor.h"
#include "workload.h"

static pid_t holder;

/* The child. It writes a byte once the namespaces exist. */
static _Noreturn void live(int told) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGTERM, SIG_DFL);
    if (unshare(ENTERED_NAMESPACES) == 0 && write(told, "", 1) == 1) {
        /* The reader of our standard output must see its end when the driver exits. */
        for (int fd = 0; fd <= told; fd++)
            close(fd);
        for (;;)
            pause();
    }
    _exit(1);
}

bool namespace_holder_start(int *pidfd) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return driver_failed("cannot make", "a pipe");
    holder = fork();
    if (holder == 0)
        live(ends[1]);
    close(ends[1]);
    char byte;
    const bool lives = holder > 0 && read(ends[0], &byte, 1) == 1;
    close(ends[0]);
    if (!lives)
        return driver_failed("cannot make", "a process with namespaces of its own");
    const int own = (int)syscall(SYS_pidfd_open, holder, 0);
    *pidfd = own < 0 ? -1 : fcntl(own, F_DUPFD, 0);
    return *pidfd >= 0 || driver_failed("cannot open", "a process by pidfd");
}

void namespace_holder_stop(void) {
    if (holder <= 0)
        return;
    kill(holder, SIGKILL);
    waitpid(holder, NULL, 0);
}
