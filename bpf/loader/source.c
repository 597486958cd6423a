/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From a hook's name to programs that are loaded, attached and proved. */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../kernel/event.h"
#include "../output/message.h"
#include "counts.h"
#include "family.h"
#include "policy.h"

/* For bpf_map__set_autocreate. Before 0.6 there was no header that told. */
#if __has_include(<bpf/libbpf_version.h>)
#include <bpf/libbpf_version.h>
#else
#define LIBBPF_MAJOR_VERSION 0
#define LIBBPF_MINOR_VERSION 5
#endif
#if LIBBPF_MAJOR_VERSION == 0 && LIBBPF_MINOR_VERSION < 8
#error "the sensor needs libbpf 0.8 or newer: docs/nodes.md says what to do where a system has an older one"
#endif

#define BTF_PATH "/sys/kernel/btf/vmlinux"
/* The kernel's internal number, which leaks to user space. */
#define ENOTSUPP 524

/* The path of a family's object: beside this program. */
static void object_path(char *path, size_t bytes, const char *family) {
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (length < 0)
        fail(EXIT_FAILED, "/proc/self/exe: %s; mount /proc, the sensor finds its BPF objects by it",
             strerror(errno));
    self[length] = 0;
    *strrchr(self, '/') = 0;
    if (snprintf(path, bytes, "%s/%s.bpf.o", self, family) >= (int)bytes)
        fail(EXIT_FAILED, "%s/%s.bpf.o: path too long; install the sensor in a shorter one", self, family);
    if (access(path, R_OK))
        fail(EXIT_FAILED, "%s: %s; build it with make -C bpf", path, strerror(errno));
}

void prepare_loading(void) {
    struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
    libbpf_be_quiet();
    (void)setrlimit(RLIMIT_MEMLOCK, &unlimited); /* refused to some who do not need it: loading will tell */
}

#define ON_FUNCTIONS "fexit/*"

/* Those of the hook. Some are on the entry of a call that not every kernel has: a '?' before their section
 * marks them, and libbpf leaves them out by itself. */
static void select_programs(const char *hook, struct bpf_object *object, bool has_every_call) {
    const char *wanted = fnmatch(ON_FUNCTIONS, hook, 0) ? hook : ON_FUNCTIONS;
    struct bpf_program *program;
    bpf_object__for_each_program(program, object) {
        bool chosen = (has_every_call || bpf_program__autoload(program)) &&
                      !fnmatch(wanted, bpf_program__section_name(program), 0);
        bpf_program__set_autoload(program, chosen);
    }
}

static int configure(const struct source *source, struct bpf_object *object, struct rings *rings,
                     const struct policy *policy) {
    struct sensor_config config = {.own_tgid = getpid()};
    struct bpf_map *map;
    int error = rings_configure(rings, object, source->family->is_urgent, &config);
    if (!error)
        error = policy_configure(policy, source->id, object, &config);
    if (error)
        return error;
    bpf_object__for_each_map(map, object) {
        size_t size = 0;
        if (strstr(bpf_map__name(map), ".rodata") && bpf_map__initial_value(map, &size) &&
            size == sizeof(config))
            return bpf_map__set_initial_value(map, &config, sizeof(config));
    }
    return -EINVAL;
}

/* A descriptor of our own for what the object holds, which is closed. */
static int own_fd(int fd) { return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0); }

static int keep_maps(struct source *source, const struct bpf_object *object) {
    const struct bpf_map *map;
    int created = 0;
    bpf_object__for_each_map(map, object) created += bpf_map__fd(map) >= 0;
    source->maps = calloc(created, sizeof(*source->maps));
    if (!source->maps)
        return -ENOMEM;
    bpf_object__for_each_map(map, object) {
        if (bpf_map__fd(map) < 0)
            continue;
        struct kept_map *kept = &source->maps[source->map_count++];
        *kept = (struct kept_map){.name = strdup(bpf_map__name(map)), .fd = own_fd(bpf_map__fd(map))};
        if (!kept->name || kept->fd < 0)
            return -ENOMEM;
    }
    return 0;
}

int map_of(const struct source *source, const char *name) {
    for (int i = 0; i < source->map_count; i++)
        if (!strcmp(source->maps[i].name, name))
            return source->maps[i].fd;
    return -1;
}

static int attach(struct source *source, struct bpf_object *object) {
    struct bpf_program *loaded;
    bpf_object__for_each_program(loaded, object) {
        if (!bpf_program__autoload(loaded))
            continue;
        if (source->count == MAX_PROGRAMS)
            return -E2BIG;
        struct program *program = &source->programs[source->count++];
        *program = (struct program){.name = strdup(bpf_program__name(loaded)),
                                    .section = strdup(bpf_program__section_name(loaded)),
                                    .fd = own_fd(bpf_program__fd(loaded)),
                                    .link = bpf_program__attach(loaded)};
        if (!program->link)
            return -errno;
        if (!program->name || !program->section || program->fd < 0)
            return -ENOMEM;
    }
    return source->count ? 0 : -ENOENT;
}

/* Attached is not observing: a function may be inlined where it matters. So raise an event and check. */
static bool fires(const struct source *source) {
    if (!source->family->provoke)
        return true;
    unsigned provoked = source->family->provoke();
    struct counts counts;
    return read_counts(source, &counts) && counts.own >= provoked;
}

/* The node's own has this number, whatever the kernel (PROC_PID_INIT_INO). */
static bool in_own_pid_namespace(void) {
    struct stat status;
    return !stat("/proc/self/ns/pid", &status) && status.st_ino != 0xEFFFFFFCU;
}

/* What an error most likely means, where strerror(3) says little; "" where it says enough. */
static const char *plain_reason(const char *step, int error, const char *words) {
    const bool is_load = !strcmp(step, "load");
    if (error == -EPERM && geteuid())
        return "needs root, or CAP_BPF and CAP_PERFMON";
    if (error == -EPERM)
        return "this kernel or its lockdown forbids programs of this kind, or CAP_BPF or CAP_PERFMON is "
               "missing";
    if (error == -ENOTSUPP)
        return "this kernel cannot attach programs to functions on this architecture";
    if (error == -ESRCH || strstr(words, "failed to find kernel BTF type ID"))
        return "this kernel has no function of that name, or inlines it";
    if (error == -ENOENT)
        return "this kernel has no such tracepoint, or tracefs cannot be read";
    if (error == -EBUSY && !is_load)
        return "something else is attached where only one may be";
    if ((error == -EINVAL || error == -EACCES) && is_load)
        return "this kernel's verifier does not take the program";
    if (error == -ENOMEM)
        return "not enough memory; try a smaller --ring-bytes";
    return "";
}

/* 0 or -errno, with `step` naming what failed. */
static int load_and_attach(struct source *source, struct bpf_object *object, struct rings *rings,
                           const struct policy *policy, const char **step) {
    *step = "configure";
    int error = configure(source, object, rings, policy);
    if (error)
        return error;
    *step = "load";
    if ((error = bpf_object__load(object)))
        return error;
    *step = "policy";
    if ((error = policy_fill(policy, source->id, object)))
        return error;
    *step = "rings";
    if ((error = rings_fill(rings, object)))
        return error;
    *step = "attach";
    if ((error = keep_maps(source, object)))
        return error;
    source->state_fd = map_of(source, "tare_state");
    source->map_bytes = object_bytes(object);
    return attach(source, object);
}

static int open_and_attach(struct source *source, struct rings *rings, const struct policy *policy,
                           bool has_every_call, const char **step) {
    char path[PATH_MAX];
    libbpf_forget();
    object_path(path, sizeof(path), source->family->name);
    *step = "open";
    struct bpf_object *object = bpf_object__open_file(path, NULL);
    if (!object)
        return -errno;
    select_programs(source->hook, object, has_every_call);
    int error = load_and_attach(source, object, rings, policy, step);
    bpf_object__close(object);
    return error;
}

bool open_source(struct source *source, enum family_id id, const char *hook, struct rings *rings,
                 const struct policy *policy, char *reason, size_t reason_bytes) {
    const char *step;
    *source = (struct source){.id = id, .family = &FAMILIES[id], .hook = hook, .state_fd = -1};
    int error = open_and_attach(source, rings, policy, true, &step);
    if (error == -ESRCH && !source->map_count) /* the kernel has no such function */
        error = open_and_attach(source, rings, policy, false, &step);
    if (!error) {
        if (fires(source))
            return true;
        snprintf(reason, reason_bytes, "attached, but did not see the sensor's own call%s",
                 in_own_pid_namespace() ? "" : ": the kernel inlines the function");
    } else {
        const char *words = libbpf_last_words(), *plain = plain_reason(step, error, words);
        snprintf(reason, reason_bytes, "%s: %s%s%s%s%s%s", step, strerror(-error), *plain ? ": " : "", plain,
                 *words ? " (" : "", words, *words ? ")" : "");
    }
    close_source(source);
    return false;
}

bool try_best_source(struct source *source, enum family_id id, const char *forced, struct rings *rings,
                     const struct policy *policy, char *reasons, size_t reasons_bytes) {
    char reason[600];
    *reasons = 0;
    for (const char *const *hook = FAMILIES[id].hooks; *hook; hook++) {
        if (forced && strcmp(forced, *hook))
            continue;
        if (open_source(source, id, *hook, rings, policy, reason, sizeof(reason)))
            return true;
        size_t used = strlen(reasons);
        snprintf(reasons + used, reasons_bytes - used, "%s%s: %s", used ? "; " : "", *hook, reason);
    }
    return false;
}

void open_best_source(struct source *source, enum family_id id, const char *forced, struct rings *rings,
                      const struct policy *policy) {
    char reasons[3072];
    if (access(BTF_PATH, R_OK))
        fail(EXIT_KERNEL_CANNOT, "%s: %s; the sensor needs a kernel with CONFIG_DEBUG_INFO_BTF=y", BTF_PATH,
             strerror(errno));
    if (try_best_source(source, id, forced, rings, policy, reasons, sizeof(reasons)))
        return;
    fail(EXIT_KERNEL_CANNOT, "no hook for %s could be used: %s. Next: %s", FAMILIES[id].name, reasons,
         in_own_pid_namespace()
             ? "this is a PID namespace of its own, and the kernel counts in the node's: in a "
               "container, run it with --pid=host"
             : "run as root (CAP_BPF, CAP_PERFMON), see tare-sensor --explain");
}

void print_hooks(FILE *line, const struct source *sources, int count) {
    fprintf(line, "\"hooks\":{");
    for (int i = 0; i < count; i++)
        fprintf(line, "%s\"%s\":\"%s\"", i ? "," : "", sources[i].family->name, sources[i].hook);
    fprintf(line, "}");
}

void detach_source(struct source *source) {
    for (int i = 0; i < source->count; i++) {
        bpf_link__destroy(source->programs[i].link);
        source->programs[i].link = NULL;
    }
}

void close_source(struct source *source) {
    detach_source(source);
    for (int i = 0; i < source->count; i++) {
        free(source->programs[i].name);
        free(source->programs[i].section);
        if (source->programs[i].fd >= 0)
            close(source->programs[i].fd);
    }
    for (int i = 0; i < source->map_count; i++) {
        free(source->maps[i].name);
        if (source->maps[i].fd >= 0)
            close(source->maps[i].fd);
    }
    free(source->maps);
    source->maps = NULL;
    source->count = source->map_count = 0;
    source->state_fd = -1;
}
