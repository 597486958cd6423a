/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Messages to people: one line on standard error, and the exit code that goes with it. */
#pragma once

#include <stddef.h>

enum exit_code {
    EXIT_FAILED = 1, /* anything else */
    EXIT_USAGE = 2,
    EXIT_KERNEL_CANNOT = 3, /* no BTF, no permission, no hook that loads */
};

/* Writes "PROGRAM: MESSAGE" and exits with the code. */
__attribute__((noreturn, format(printf, 2, 3))) void fail(enum exit_code code, const char *format, ...);

/* Writes "PROGRAM: MESSAGE" and goes on. */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);

/* Writes to any kind of `fd`, and waits only a moment for a reader without room. Returns how much was
 * written, with errno set when that is not all. */
size_t write_in_time(int fd, const char *text, size_t bytes);

/* Silences libbpf. `libbpf_last_words` returns its last warnings, joined; "" when there are none. */
void libbpf_be_quiet(void);
void libbpf_forget(void);
const char *libbpf_last_words(void);
