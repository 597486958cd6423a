/* Starts a program and waits for it, as one operation. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Waits for a child, as fork gave it. True: there was one, and it exited with status 0. */
bool succeeds(pid_t child);

/* Runs `become` in a child of vfork, where it must end in execve and may make only system calls before;
 * waits for the child. True: it exited with status 0. */
bool spawn(void (*become)(void));

/* Keeps the cost of an exec independent of tare's own environment. */
extern char *empty_environment[];

/* The path of this process's program. False: it has printed why. */
bool own_path(char *path, size_t size);

/* The path of `name` beside this process's program. False: it has printed why. */
bool path_beside(char *path, size_t size, const char *name);
