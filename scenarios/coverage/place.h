/* Files, programs and mounts that a technique needs. What is made here gets its token by a rename or is made
 * without an open: one that shows the token would be taken for the one that is tried. */
#pragma once

#include "technique.h"

/* The run's directory, open since before any operation. */
extern int directory_fd;

/* False: it has said why. */
bool place_begin(const char *directory);

/* directory/folder/token, and the folder. */
bool path_in(struct operation *operation, const char *folder, char path[PATH_ROOM]);
/* A small file there, on an inode of its own. */
bool place_file(struct operation *operation, const char *path);
/* A program there that exits with status 0. */
bool place_program(struct operation *operation, const char *path);
/* The same, of the kernel's 32-bit architecture. */
bool place_program_32(struct operation *operation, const char *path);
/* The same, linked against the C library: this program itself, which exits at once when it is given a token.
 */
bool place_dynamic(struct operation *operation, const char *path);
bool place_script(struct operation *operation, const char *path);

/* These bytes in memory that the operation's process has not touched: who reads it before the kernel does
 * finds nothing there. */
bool untouched_prepare(struct operation *operation, const void *bytes, size_t length);
const void *untouched_map(struct operation *operation);
void untouched_release(void);

/* A mount namespace of the caller's own, from which nothing reaches the node. */
bool own_mounts(struct operation *operation);

/* What `place` makes and an empty file of that mode, onto which it is to be mounted. Either is a right name:
 * the kernel has no other for it then. */
bool prepare_bound(struct operation *operation, bool (*place)(struct operation *, const char *),
                   unsigned mode);
/* Mounts it, in a namespace of the caller's own; `target` is where. */
bool mount_bound(struct operation *operation, char target[PATH_ROOM]);

/* As `prepare` of many: a file or a program at operation->path, which a right report names. */
bool prepare_file(struct operation *operation);
bool prepare_program(struct operation *operation);
bool prepare_nothing(struct operation *operation);
