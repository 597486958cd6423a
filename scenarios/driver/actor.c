/*
 * high-value-actor TOKEN TECHNIQUE [PIDFD]: does one thing that detection teams watch for, and exits with
 * status 0. It is a separate process, so that a report of it can name the actor, token included.
 *
 * Nothing outlives it: its user, its namespaces and its map are its own.
 */
#include "actor.h"

#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Like a program that root starts, that drops its rights and takes them back. */
static int change_privilege(void) { return setresuid(-1, UNPRIVILEGED, -1) == 0 && setuid(0) == 0 ? 0 : 1; }

static int use_bpf(void) {
    union bpf_attr map = {
        .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1, .map_name = "tare"};
    return syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof(map)) >= 0 ? 0 : 1;
}

/* Like `kubectl exec`: enters the container's namespaces and starts a shell there. */
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
