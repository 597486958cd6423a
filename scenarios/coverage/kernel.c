/* Ways to change the kernel, or what a process sees of it. What would change the node is tried in a way that
 * must be denied. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "companion.h"
#include "place.h"

static bool is_denied(struct operation *operation, long result, const char *call) {
    return (result != 0 && errno == EPERM) || could_not(operation, call);
}

static bool by_module(struct operation *operation) {
    return become_nobody(operation) &&
           is_denied(operation, syscall(SYS_init_module, NULL, 0UL, ""), "init_module");
}

static bool by_kexec(struct operation *operation) {
    return become_nobody(operation) &&
           is_denied(operation, syscall(SYS_kexec_load, 0UL, 0UL, NULL, 0UL), "kexec_load");
}

static bool by_bpf(struct operation *operation) {
    union bpf_attr map = {
        .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1, .map_name = "tare"};
    return syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof(map)) >= 0 || could_not(operation, "bpf");
}

static bool prepare_mount(struct operation *operation) {
    char path[PATH_ROOM];
    if (!path_in(operation, "mounted", path))
        return false;
    names_object(operation, path);
    return mkdir(path, 0755) == 0 || could_not(operation, "mkdir");
}

static bool by_mount(struct operation *operation) {
    char path[PATH_ROOM];
    if (!path_in(operation, "mounted", path) || !own_mounts(operation))
        return false;
    return mount("tmpfs", path, "tmpfs", 0, "size=64k") == 0 || could_not(operation, "mount(tmpfs)");
}

static bool by_unshare(struct operation *operation) {
    return unshare(CLONE_NEWUTS) == 0 || could_not(operation, "unshare");
}

static int namespace_fd = -1;

static bool prepare_namespace(struct operation *operation) {
    namespace_fd = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
    return namespace_fd >= 0 || could_not(operation, "open of a namespace");
}

static void release_namespace(void) {
    close(namespace_fd);
    namespace_fd = -1;
}

static bool by_setns(struct operation *operation) {
    return setns(namespace_fd, CLONE_NEWUTS) == 0 || could_not(operation, "setns");
}

const struct technique KERNEL_TECHNIQUES[] = {
    {"kernel-module", prepare_nothing, by_module, NULL},
    {"kernel-kexec", prepare_nothing, by_kexec, NULL},
    {"kernel-bpf", prepare_nothing, by_bpf, NULL},
    {"kernel-mount", prepare_mount, by_mount, NULL},
    {"namespace-unshare", prepare_nothing, by_unshare, NULL},
    {"namespace-setns", prepare_namespace, by_setns, release_namespace},
    {NULL, NULL, NULL, NULL},
};
