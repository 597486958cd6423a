/* What high-value and the program that acts for it (actor.c) agree on. */
#pragma once

#include <sched.h>

#define ENTERED_NAMESPACES (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC)

/* Nobody: the user that has no rights and owns nothing. */
#define UNPRIVILEGED 65534
