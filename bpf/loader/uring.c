/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "uring.h"

#include <bpf/btf.h>
#include <stddef.h>

/* The hidden first argument, the ring, the request and the completion. */
#define WHOLE_ARGUMENTS 4

bool uring_has_whole_ends(void) {
    struct btf *types = btf__load_vmlinux_btf();
    const struct btf_type *type = NULL;
    int id = types ? btf__find_by_name_kind(types, "btf_trace_io_uring_complete", BTF_KIND_TYPEDEF) : -1;
    if (id > 0)
        type = btf__type_by_id(types, btf__type_by_id(types, id)->type);
    if (type && btf_is_ptr(type))
        type = btf__type_by_id(types, type->type);
    bool is_whole = type && btf_is_func_proto(type) && btf_vlen(type) == WHOLE_ARGUMENTS;
    btf__free(types);
    return is_whole;
}
