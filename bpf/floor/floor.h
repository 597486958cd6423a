/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the floor's loader and its programs share. */
#pragma once

#include "../kernel/event.h"

#define FLOOR_MAX_TEXT_BYTES PATH_BYTES
/* A whole record. No family has more than this beside its text. */
#define FLOOR_MAX_BYTES (PATH_BYTES + 512)
