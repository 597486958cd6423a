/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "uring.h"

#include <bpf/btf.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

/* The hidden first argument, the ring, the request and the completion. */
#define WHOLE_ARGUMENTS 4

static bool look(void) {
    struct btf *types = btf__load_vmlinux_btf();
    const struct btf_type *type = NULL;
    int id = types ? btf__find_by_name_kind(types, "btf_trace_io_uring_complete", BTF_KIND_TYPEDEF) : -1;
    if (id > 0)
        type = btf__type_by_id(types, btf__type_by_id(types, id)->type);
    if (type && btf_is_ptr(type))
        type = btf__type_by_id(types, type->type);
    return type && btf_is_func_proto(type) && btf_vlen(type) == WHOLE_ARGUMENTS;
}

/* In a process of its own: what the kernel's types take would not all be given back. */
bool uring_has_whole_ends(void) {
    int status = 0;
    const pid_t child = fork();
    if (child == 0)
        _exit(look());
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 1;
}
