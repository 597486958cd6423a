/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a program says to people: one line on standard error, and the exit code that goes with it. */
#ifndef TARE_MESSAGE_H
#define TARE_MESSAGE_H

enum exit_code {
    EXIT_FAILED = 1, /* anything not below */
    EXIT_USAGE = 2,
    EXIT_KERNEL_CANNOT = 3, /* no BTF, no permission, no hook that loads */
};

/* Writes "PROGRAM: MESSAGE" and leaves with the code. */
__attribute__((noreturn, format(printf, 2, 3))) void fail(enum exit_code code, const char *format, ...);

/* Makes libbpf silent but for its last warnings, which `libbpf_last_words` returns (joined, "" when there are
 * none). */
void libbpf_be_quiet(void);
void libbpf_forget(void);
const char *libbpf_last_words(void);

#endif
