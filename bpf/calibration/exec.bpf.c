/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The exec family's hooks with a known cost in place of an event. */
#include "dose.h"
#define WORKLOAD EXEC_WORKLOAD
#include "dose.bpf.h"

#include "../kernel/exec.bpf.c"
