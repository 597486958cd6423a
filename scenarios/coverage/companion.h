/* A child of the operation's process that does nothing: to be traced, written to, signalled, entered. */
#pragma once

#include "technique.h"

/* Its number; -1: it has said why there is none. A right report names it. */
pid_t companion_start(struct operation *operation);
void companion_stop(pid_t companion);

/* Nobody, without any capability. False: it has said why, and nothing that must be denied may be tried. */
bool become_nobody(struct operation *operation);
