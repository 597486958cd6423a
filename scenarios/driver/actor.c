/*
 * high-value-actor TOKEN TECHNIQUE [PIDFD]: does one thing that a detection team wants to know of, and leaves
 * with status 0. A process of its own, so that whatever tells of the thing can tell who did it, token and
 * all.
 *
 * Nothing it does outlives it: its user, its namespaces and its map are its own.
 */
#include "actor.h"

#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As a program does that was started by root, works without rights and takes them back. */
static int change_privilege(void) { return setresuid(-1, UNPRIVILEGED, -1) == 0 && setuid(0) == 0 ? 0 : 1; }

static int use_bpf(void) {
    union bpf_attr map = {
        .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1, .map_name = "tare"};
    return syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof(map)) >= 0 ? 0 : 1;
}

/* As `kubectl exec` does: into the container's namespaces, then a shell there. */
static int start_shell(int pidfd, char *token) {
    char *arguments[] = {"sh", "-c", ":", token, NULL};
    char *environment[] = {NULL};
    if (setns(pidfd, ENTERED_NAMESPACES) == 0)
        execve("/bin/sh", arguments, environment);
    return 1;
}

int main(int argc, char **argv) {
    const char *technique = argc > 2 ? argv[2] : "";
    if (strcmp(technique, "privilege-change") == 0)
        return change_privilege();
    if (strcmp(technique, "bpf") == 0)
        return use_bpf();
    if (strcmp(technique, "container-shell") == 0 && argc == 4)
        return start_shell(atoi(argv[3]), argv[1]);
    return 2;
}
