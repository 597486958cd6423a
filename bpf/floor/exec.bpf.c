/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The floor of the exec family. */
#include "floor.bpf.h"

SEC("tp_btf/sched_process_exec")
int tare_floor_btf(void *ctx) { return submit(); }

SEC("raw_tp/sched_process_exec")
int tare_floor_raw(void *ctx) { return submit(); }

SEC("tracepoint/sched/sched_process_exec")
int tare_floor_tp(void *ctx) { return submit(); }
