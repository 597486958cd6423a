/* Starting a program and waiting for it, as one operation. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Runs `become` in a child of vfork, which ends in execve and calls nothing but system calls before; waits
 * for the child. True: it left with status 0. */
bool spawn(void (*become)(void));

/* So that the cost of an exec does not depend on the environment that tare was started in. */
extern char *empty_environment[];

/* The path of `name` beside this process' own program. False: said why on standard error. */
bool path_beside(char *path, size_t size, const char *name);
