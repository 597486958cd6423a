/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: a policy file. The sensor ends when it refuses one; here it goes on with the next, so what a
 * refusal leaves allocated is freed by the linker's --wrap of the allocator, and the file is memory.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"

#include "../output/message.h"

#define MAX_HELD 65536

static void *held[MAX_HELD];
static size_t held_count;
static bool is_reading;
static FILE *file;
static jmp_buf refused;
static struct policy policy;

void *__real_malloc(size_t bytes);
void *__real_realloc(void *old, size_t bytes);
void __real_free(void *old);
FILE *__real_fopen(const char *path, const char *mode);
int __real_fclose(FILE *stream);

static void hold(void *memory) {
    if (!is_reading || !memory)
        return;
    if (held_count == MAX_HELD)
        abort(); /* a policy of some kilobytes */
    held[held_count++] = memory;
}

static void let_go(const void *memory) {
    /* What was allocated last goes first, mostly. */
    for (size_t i = held_count; is_reading && memory && i-- > 0;)
        if (held[i] == memory) {
            held[i] = held[--held_count];
            return;
        }
}

void *__wrap_malloc(size_t bytes) {
    void *memory = __real_malloc(bytes);
    hold(memory);
    return memory;
}

void *__wrap_realloc(void *old, size_t bytes) {
    let_go(old);
    void *memory = __real_realloc(old, bytes);
    hold(memory);
    return memory;
}

void __wrap_free(void *old) {
    let_go(old);
    __real_free(old);
}

char *__wrap_strdup(const char *text) {
    size_t bytes = strlen(text) + 1;
    char *copy = __wrap_malloc(bytes);
    return copy ? memcpy(copy, text, bytes) : NULL;
}

FILE *__wrap_fopen(const char *path, const char *mode) {
    /* libFuzzer has files of its own. */
    return is_reading ? file : __real_fopen(path, mode);
}

int __wrap_fclose(FILE *stream) { return is_reading && stream == file ? 0 : __real_fclose(stream); }

/* In place of output/message.c. */
void fail(enum exit_code code, const char *format, ...) {
    char text[4096];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    /* A refusal names the file and the line, and says something. */
    if (code == EXIT_USAGE && (length < 16 || strncmp(text, "policy.yaml:", 12)))
        abort();
    longjmp(refused, 1);
}

static void read_it(void) {
    if (setjmp(refused))
        return;
    policy_read(&policy, "policy.yaml");
    for (int i = 0; i < SHARED_LISTS; i++)
        if (policy.shared[i].count > MAX_POLICY_ITEMS)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    /* fmemopen(3) takes no empty buffer. */
    if (!size)
        return 0;
    file = fmemopen((void *)data, size, "r");
    if (!file)
        abort();
    is_reading = true;
    read_it();
    is_reading = false;
    while (held_count)
        __real_free(held[--held_count]);
    __real_fclose(file);
    return 0;
}
