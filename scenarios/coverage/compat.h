/* System calls by the 32-bit interface, from a 64-bit program: int 0x80 on x86_64, nothing elsewhere. */
#pragma once

#include "technique.h"

/* Their numbers on i386 (arch/x86/entry/syscalls/syscall_32.tbl). */
enum compat_number { COMPAT_EXECVE = 11, COMPAT_OPENAT = 295, COMPAT_SOCKET = 359, COMPAT_CONNECT = 362 };

/* Memory whose addresses have 32 bits; NULL: it has said why there is none. */
void *compat_memory(struct operation *operation);
/* -1 with errno where the call failed. A kernel without these calls ends the process, which says so. */
long compat_call(struct operation *operation, enum compat_number number, unsigned long first,
                 unsigned long second, unsigned long third, unsigned long fourth);
