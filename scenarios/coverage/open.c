/* Ways to open a file. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "compat.h"
#include "place.h"
#include "uring.h"

static bool opened(struct operation *operation, long fd, const char *call) {
    return fd >= 0 || could_not(operation, call);
}

static long openat_of(int folder, const char *path, int flags) {
    return syscall(SYS_openat, folder, path, flags, 0600);
}

static bool by_openat(struct operation *operation) {
    return opened(operation, openat_of(AT_FDCWD, operation->path, O_RDONLY), "openat");
}

static bool by_open(struct operation *operation) {
#ifdef SYS_open
    return opened(operation, syscall(SYS_open, operation->path, O_RDONLY), "open");
#else
    return cannot(operation, "this architecture has no open(2)");
#endif
}

static bool prepare_name(struct operation *operation) {
    names_object(operation, operation->path);
    return true;
}

static bool by_creat(struct operation *operation) {
#ifdef SYS_creat
    return opened(operation, syscall(SYS_creat, operation->path, 0600), "creat");
#else
    return cannot(operation, "this architecture has no creat(2)");
#endif
}

static bool by_openat2(struct operation *operation) {
    const struct open_how how = {.flags = O_RDONLY};
    return opened(operation, syscall(SYS_openat2, AT_FDCWD, operation->path, &how, sizeof(how)), "openat2");
}

static bool by_relative_path(struct operation *operation) {
    if (chdir(operation->directory) != 0)
        return could_not(operation, "chdir");
    return opened(operation, openat_of(AT_FDCWD, operation->token, O_RDONLY), "openat");
}

static bool by_folder(struct operation *operation) {
    return opened(operation, openat_of(directory_fd, operation->token, O_RDONLY), "openat");
}

static bool by_handle(struct operation *operation) {
    struct {
        struct file_handle handle;
        unsigned char bytes[MAX_HANDLE_SZ];
    } named = {.handle.handle_bytes = MAX_HANDLE_SZ};
    int mount_id = 0;
    if (name_to_handle_at(AT_FDCWD, operation->path, &named.handle, &mount_id, 0) != 0)
        return could_not(operation, "name_to_handle_at");
    return opened(operation, open_by_handle_at(directory_fd, &named.handle, O_RDONLY), "open_by_handle_at");
}

static bool by_o_path(struct operation *operation) {
    return opened(operation, openat_of(AT_FDCWD, operation->path, O_PATH), "openat(O_PATH)");
}

static bool by_uring(struct operation *operation, enum submitter submitter) {
    const struct io_uring_sqe request = {.opcode = IORING_OP_OPENAT,
                                         .fd = AT_FDCWD,
                                         .addr = (uintptr_t)operation->path,
                                         .open_flags = O_RDONLY};
    struct uring ring;
    int result = 0;
    if (!uring_open(operation, &ring, submitter) || !uring_do(operation, &ring, &request, &result))
        return false;
    errno = -result;
    return result >= 0 || could_not(operation, "IORING_OP_OPENAT");
}

static bool by_own_uring(struct operation *operation) { return by_uring(operation, BY_CALLER); }
static bool by_polled_uring(struct operation *operation) { return by_uring(operation, BY_KERNEL_THREAD); }

static bool prepare_symbolic_link(struct operation *operation) {
    char path[PATH_ROOM];
    if (!path_in(operation, "behind", path) || !place_file(operation, path))
        return false;
    names_object(operation, path);
    return symlink(path, operation->path) == 0 || could_not(operation, "symlink");
}

static bool prepare_hard_link(struct operation *operation) {
    char path[PATH_ROOM];
    if (!path_in(operation, "first", path) || !place_file(operation, path))
        return false;
    names_object(operation, path);
    names_object(operation, operation->path);
    return link(path, operation->path) == 0 || could_not(operation, "link");
}

static bool prepare_bind(struct operation *operation) { return prepare_bound(operation, place_file, 0600); }

static bool by_bind_mount(struct operation *operation) {
    char target[PATH_ROOM];
    return mount_bound(operation, target) &&
           opened(operation, openat_of(AT_FDCWD, target, O_RDONLY), "openat");
}

static bool prepare_chroot(struct operation *operation) {
    char path[PATH_ROOM];
    if (!path_in(operation, "root", path))
        return false;
    names_object(operation, path);
    return place_file(operation, path);
}

static bool by_chroot(struct operation *operation) {
    char root[PATH_ROOM], path[TOKEN_ROOM + 1];
    snprintf(root, sizeof(root), "%.*s/root", PATH_ROOM - 16, operation->directory);
    snprintf(path, sizeof(path), "/%s", operation->token);
    if (chroot(root) != 0 || chdir("/") != 0)
        return could_not(operation, "chroot");
    return opened(operation, openat_of(AT_FDCWD, path, O_RDONLY), "openat");
}

static bool prepare_tmpfs(struct operation *operation) {
    char path[PATH_ROOM];
    if (!path_in(operation, "memory", path))
        return false;
    names_object(operation, path);
    return true;
}

static bool by_tmpfs(struct operation *operation) {
    char path[PATH_ROOM], folder[PATH_ROOM];
    snprintf(folder, sizeof(folder), "%.*s/memory", PATH_ROOM - 16, operation->directory);
    if (!path_in(operation, "memory", path) || !own_mounts(operation))
        return false;
    if (mount("tmpfs", folder, "tmpfs", 0, "size=64k") != 0)
        return could_not(operation, "mount(tmpfs)");
    if (mknod(path, S_IFREG | 0600, 0) != 0)
        return could_not(operation, "mknod");
    return opened(operation, openat_of(AT_FDCWD, path, O_RDONLY), "openat");
}

/* What is in the file reaches the process without a read. */
static bool by_mapping(struct operation *operation) {
    const int fd = (int)openat_of(AT_FDCWD, operation->path, O_RDONLY);
    if (fd < 0)
        return could_not(operation, "openat");
    const volatile char *content = mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0);
    if (content == MAP_FAILED)
        return could_not(operation, "mmap");
    return *content == '\0';
}

static bool prepare_untouched(struct operation *operation) {
    return prepare_file(operation) &&
           untouched_prepare(operation, operation->path, strlen(operation->path) + 1);
}

static bool by_untouched_path(struct operation *operation) {
    const char *path = untouched_map(operation);
    return path != NULL && opened(operation, openat_of(AT_FDCWD, path, O_RDONLY), "openat");
}

static bool by_compat_call(struct operation *operation) {
    char *path = compat_memory(operation);
    if (path == NULL)
        return false;
    strcpy(path, operation->path);
    return opened(operation,
                  compat_call(operation, COMPAT_OPENAT, (unsigned)AT_FDCWD, (uintptr_t)path, O_RDONLY, 0),
                  "openat by int 0x80");
}

const struct technique OPEN_TECHNIQUES[] = {
    {"open-openat", prepare_file, by_openat, NULL},
    {"open-open", prepare_file, by_open, NULL},
    {"open-creat", prepare_name, by_creat, NULL},
    {"open-openat2", prepare_file, by_openat2, NULL},
    {"open-relative", prepare_file, by_relative_path, NULL},
    {"open-dirfd", prepare_file, by_folder, NULL},
    {"open-untouched-path", prepare_untouched, by_untouched_path, untouched_release},
    {"open-handle", prepare_file, by_handle, NULL},
    {"open-o-path", prepare_file, by_o_path, NULL},
    {"open-io-uring", prepare_file, by_own_uring, NULL},
    {"open-io-uring-sqpoll", prepare_file, by_polled_uring, NULL},
    {"open-symlink", prepare_symbolic_link, by_openat, NULL},
    {"open-hard-link", prepare_hard_link, by_openat, NULL},
    {"open-bind-mount", prepare_bind, by_bind_mount, NULL},
    {"open-chroot", prepare_chroot, by_chroot, NULL},
    {"open-tmpfs", prepare_tmpfs, by_tmpfs, NULL},
    {"open-mmap", prepare_file, by_mapping, NULL},
    {"open-32-bit-call", prepare_file, by_compat_call, NULL},
    {NULL, NULL, NULL, NULL},
};
