/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The meaning of parts of a whole record, for every format. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "../kernel/event.h"

/* False when the type is unknown or the lengths do not fit the size: kernel side and user side are then not
 * of one build. */
bool record_is_whole(const void *record, size_t bytes);

/* The arguments of a whole record. */
const char *record_arguments(const struct exec_event *event);

/* The working directory of a whole record, at the end of `path`, which has CWD_BYTES + 1 bytes. NULL when
 * unknown. */
const char *record_cwd(const struct exec_event *event, char *path, size_t *length);

/* The id of the process's container, CONTAINER_ID_BYTES without a NUL; NULL when it is in none, as far as
 * known. */
#define CONTAINER_ID_BYTES 64
const char *record_container(const struct exec_event *event);

/* The login's user; false without a login, or where the kernel does not tell. */
bool record_has_auid(const struct exec_event *event);

/* Whether an open may create a file, so that its mode means something. */
bool record_may_create(const struct open_event *event);

/* Whether an open's path begins at its directory and not at the root. */
bool record_is_relative(const struct open_event *event);

/* Whether a path that the caller gave was relative, completed or not. */
bool record_given_is_relative(const struct given_path *path, const char *text);

/* Whether type and name of a bpf call's new object are known. */
bool record_creates(const struct bpf_event *event);

/* The name of the system call. */
const char *record_privilege_call(const struct privilege_event *event);
const char *record_write_call(const struct write_event *event);
