/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which hooks this kernel allows, and why not the others. */
#pragma once

#include "options.h"

/*
 * Tries every hook of the wanted families and prints one JSON object a line: family, hook, why it has its
 * place in the order, outcome (chosen, available, failed), and the reason of a failure. Returns the exit
 * code: 3 when some family has no hook.
 */
int explain(const struct options *options);
