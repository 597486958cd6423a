#include "companion.h"

#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

pid_t companion_start(struct operation *operation) {
    const pid_t companion = fork();
    if (companion == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            pause();
    }
    if (companion < 0) {
        could_not(operation, "fork");
        return -1;
    }
    char text[16];
    snprintf(text, sizeof(text), "%d", (int)companion);
    names_object(operation, text);
    return companion;
}

void companion_stop(pid_t companion) {
    kill(companion, SIGKILL);
    waitpid(companion, NULL, 0);
}

bool become_nobody(struct operation *operation) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct held[2];
    if (syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY) != 0 || syscall(SYS_capget, &header, held) != 0)
        return could_not(operation, "giving up root");
    const bool holds = (held[0].effective | held[1].effective | held[0].permitted | held[1].permitted) != 0;
    return !holds || cannot(operation, "capabilities remain after giving up root, so it is not tried");
}
