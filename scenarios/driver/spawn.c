#include "spawn.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workload.h"

char *empty_environment[] = {NULL};

bool succeeds(pid_t child) {
    if (child < 0)
        return false;
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return status == 0;
}

bool spawn(void (*become)(void)) {
    const pid_t child = vfork();
    if (child == 0) {
        become();
        _exit(127);
    }
    return succeeds(child);
}

bool own_path(char *path, size_t size) {
    const ssize_t length = readlink("/proc/self/exe", path, size - 1);
    if (length < 0)
        return driver_failed("cannot read", "/proc/self/exe");
    path[length] = '\0';
    return true;
}

bool path_beside(char *path, size_t size, const char *name) {
    const size_t room = strlen(name) + 1;
    if (size <= room || !own_path(path, size - room))
        return false;
    strcpy(strrchr(path, '/') + 1, name);
    return access(path, X_OK) == 0 || driver_failed("cannot execute", path);
}
