/* What high-value and its actor (actor.c) share. */
#pragma once

#include <sched.h>

#define ENTERED_NAMESPACES (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC)

/* Nobody: has no rights and owns nothing. */
#define UNPRIVILEGED 65534
