/* Ways to start a program. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compat.h"
#include "place.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif

#if defined(__x86_64__)
#define LOADER "/lib64/ld-linux-x86-64.so.2"
#else
#define LOADER "/lib/ld-linux-aarch64.so.1"
#endif

static char *no_environment[] = {NULL};
/* Of the program that is started without a path. */
static int program = -1;

static void release_program(void) {
    close(program);
    program = -1;
}

/* By the C library's function, as programs do. */
static bool execute(struct operation *operation, const char *path) {
    char *arguments[] = {"program", operation->token, NULL};
    execve(path, arguments, no_environment);
    return could_not(operation, "execve");
}

static bool by_path(struct operation *operation) { return execute(operation, operation->path); }

static bool by_relative_path(struct operation *operation) {
    char path[TOKEN_ROOM + 2];
    snprintf(path, sizeof(path), "./%s", operation->token);
    return chdir(operation->directory) == 0 ? execute(operation, path) : could_not(operation, "chdir");
}

static bool prepare_open(struct operation *operation) {
    if (!prepare_program(operation))
        return false;
    program = open(operation->path, O_PATH | O_CLOEXEC);
    return program >= 0 || could_not(operation, "open");
}

static bool by_descriptor(struct operation *operation) {
    char *arguments[] = {"program", operation->token, NULL};
    syscall(SYS_execveat, program, "", arguments, no_environment, AT_EMPTY_PATH);
    return could_not(operation, "execveat");
}

static bool prepare_deleted(struct operation *operation) {
    return prepare_open(operation) && (unlink(operation->path) == 0 || could_not(operation, "unlink"));
}

static bool prepare_memory(struct operation *operation) {
    char name[TOKEN_ROOM + 8];
    snprintf(name, sizeof(name), "memfd:%s", operation->token);
    names_object(operation, name);
    /* Newer kernels want to know that it will be executed; older ones reject the flag. */
    program = memfd_create(operation->token, MFD_CLOEXEC | MFD_EXEC);
    if (program < 0 && errno == EINVAL)
        program = memfd_create(operation->token, MFD_CLOEXEC);
    if (program < 0)
        return could_not(operation, "memfd_create");
    char path[PATH_ROOM];
    struct stat file;
    if (!path_in(operation, "memory", path) || !place_program(operation, path))
        return false;
    const int from = open(path, O_RDONLY | O_CLOEXEC);
    const bool copied = from >= 0 && fstat(from, &file) == 0 &&
                        sendfile(program, from, NULL, (size_t)file.st_size) == file.st_size;
    close(from);
    return copied || could_not(operation, "sendfile");
}

static bool by_proc(struct operation *operation) {
    char path[32];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", program);
    return execute(operation, path);
}

static bool prepare_script(struct operation *operation) {
    names_object(operation, operation->path);
    return place_script(operation, operation->path);
}

static bool prepare_dynamic(struct operation *operation) {
    if (access(LOADER, X_OK) != 0)
        return could_not(operation, LOADER);
    names_object(operation, operation->path);
    return place_dynamic(operation, operation->path);
}

static bool by_loader(struct operation *operation) {
    char path[TOKEN_ROOM + 2];
    snprintf(path, sizeof(path), "./%s", operation->token);
    if (chdir(operation->directory) != 0)
        return could_not(operation, "chdir");
    char *arguments[] = {"ld.so", path, operation->token, NULL};
    execve(LOADER, arguments, no_environment);
    return could_not(operation, "execve");
}

static void *in_thread(void *operation) {
    by_path(operation);
    return NULL;
}

/* After it the process has the leader's number, whoever called. */
static bool by_thread(struct operation *operation) {
    pthread_t thread;
    errno = pthread_create(&thread, NULL, in_thread, operation);
    if (errno != 0)
        return could_not(operation, "pthread_create");
    pthread_join(thread, NULL);
    return false;
}

static bool by_spawn(struct operation *operation) {
    char *arguments[] = {"program", operation->token, NULL};
    pid_t child = -1;
    errno = posix_spawn(&child, operation->path, NULL, NULL, arguments, no_environment);
    if (errno != 0)
        return could_not(operation, "posix_spawn");
    operation->pid = child;
    int status = 0;
    return waitpid(child, &status, 0) == child && status == 0;
}

static bool prepare_bind(struct operation *operation) {
    return prepare_bound(operation, place_program, 0755);
}

static bool by_bind_mount(struct operation *operation) {
    char target[PATH_ROOM];
    return mount_bound(operation, target) && execute(operation, target);
}

static bool prepare_overlay(struct operation *operation) {
    char lower[PATH_ROOM], other[PATH_ROOM];
    if (!path_in(operation, "lower", lower) || !path_in(operation, "upper", other) ||
        !path_in(operation, "work", other) || !path_in(operation, "merged", other))
        return false;
    names_object(operation, other);
    names_object(operation, lower);
    return place_program(operation, lower);
}

static bool by_overlay(struct operation *operation) {
    char options[4 * PATH_ROOM], folder[PATH_ROOM], path[PATH_ROOM];
    const char *directory = operation->directory;
    snprintf(options, sizeof(options), "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", directory,
             directory, directory);
    if (!own_mounts(operation) || !path_in(operation, "merged", path))
        return false;
    snprintf(folder, sizeof(folder), "%.*s/merged", PATH_ROOM - 16, directory);
    if (mount("overlay", folder, "overlay", 0, options) != 0)
        return could_not(operation, "mount(overlay)");
    return execute(operation, path);
}

static bool in_user_namespace(struct operation *operation) {
    if (unshare(CLONE_NEWUSER) != 0)
        return could_not(operation, "unshare(CLONE_NEWUSER)");
    return by_path(operation);
}

/* Its own number there is 1. */
static bool in_pid_namespace(struct operation *operation) {
    if (unshare(CLONE_NEWPID) != 0)
        return could_not(operation, "unshare(CLONE_NEWPID)");
    const pid_t child = fork();
    if (child == 0) {
        /* A fork does not map shared memory: see by_untouched_path for that. */
        char path[PATH_ROOM];
        strcpy(path, operation->path);
        execute(operation, path);
        _exit(1);
    }
    if (child < 0)
        return could_not(operation, "fork");
    operation->pid = child;
    int status = 0;
    return waitpid(child, &status, 0) == child && status == 0;
}

static bool prepare_untouched(struct operation *operation) {
    return prepare_program(operation) &&
           untouched_prepare(operation, operation->path, strlen(operation->path) + 1);
}

static bool by_untouched_path(struct operation *operation) {
    const char *path = untouched_map(operation);
    return path != NULL && execute(operation, path);
}

static bool by_compat_call(struct operation *operation) {
    char *memory = compat_memory(operation);
    if (memory == NULL)
        return false;
    struct {
        uint32_t arguments[3];
        uint32_t environment;
        char name[8];
        char token[TOKEN_ROOM];
        char path[PATH_ROOM];
    } *at = (void *)memory;
    strcpy(at->name, "program");
    strcpy(at->token, operation->token);
    strcpy(at->path, operation->path);
    at->arguments[0] = (uint32_t)(uintptr_t)at->name;
    at->arguments[1] = (uint32_t)(uintptr_t)at->token;
    compat_call(operation, COMPAT_EXECVE, (uintptr_t)at->path, (uintptr_t)at->arguments,
                (uintptr_t)&at->environment, 0);
    return could_not(operation, "execve by int 0x80");
}

static bool prepare_program_32(struct operation *operation) {
    names_object(operation, operation->path);
    return place_program_32(operation, operation->path);
}

const struct technique EXEC_TECHNIQUES[] = {
    {"exec-path", prepare_program, by_path, NULL},
    {"exec-relative", prepare_program, by_relative_path, NULL},
    {"exec-spawn", prepare_program, by_spawn, NULL},
    {"exec-descriptor", prepare_open, by_descriptor, release_program},
    {"exec-deleted", prepare_deleted, by_descriptor, release_program},
    {"exec-memfd", prepare_memory, by_descriptor, release_program},
    {"exec-memfd-proc", prepare_memory, by_proc, release_program},
    {"exec-script", prepare_script, by_path, NULL},
    {"exec-loader", prepare_dynamic, by_loader, NULL},
    {"exec-thread", prepare_program, by_thread, NULL},
    {"exec-untouched-path", prepare_untouched, by_untouched_path, untouched_release},
    {"exec-bind-mount", prepare_bind, by_bind_mount, NULL},
    {"exec-overlay", prepare_overlay, by_overlay, NULL},
    {"exec-user-namespace", prepare_program, in_user_namespace, NULL},
    {"exec-pid-namespace", prepare_program, in_pid_namespace, NULL},
    {"exec-32-bit-call", prepare_program, by_compat_call, NULL},
    {"exec-32-bit-program", prepare_program_32, by_path, NULL},
    {NULL, NULL, NULL, NULL},
};
