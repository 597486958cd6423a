/*
 * The techniques that `tare coverage` tries (docs/coverage.md): each is one way of doing something that
 * sensors watch. src/domain/technique.ts says of each what a right report of it must hold.
 *
 * Every operation has a process of its own, named by the operation's token, which makes no other system call
 * of the same sort: whatever a sensor says of that process and that sort is about the operation.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/types.h>

#define PATH_ROOM 512
#define OBJECT_ROOM 1024
#define WHY_ROOM 192
/* TK-0001-0503: the trial, the technique's number in hexadecimal, the operation's; it fits a process' name.
 */
#define TOKEN_ROOM 16

/* In memory that the operation's process shares with the one that reports it. */
struct operation {
    unsigned technique;
    unsigned number;
    char directory[PATH_ROOM];
    char token[TOKEN_ROOM];
    /* directory/token. */
    char path[PATH_ROOM];
    /* 127.a.b.c, of this operation alone. */
    char address[INET_ADDRSTRLEN];
    /* The process that does it, by its number in the node's own namespace. */
    pid_t pid;
    /* Alternatives of what a right report names, as JSON; empty: nothing but the process. */
    char objects[OBJECT_ROOM];
    /* Why it could not be done; empty: it was. */
    char why[WHY_ROOM];
};

struct technique {
    const char *id;
    /* Makes what is needed, in the process that reports: it must show no event of the sort that is tried. */
    bool (*prepare)(struct operation *operation);
    /* Does it, in the operation's own process. Programs that it starts exit with status 0. */
    bool (*act)(struct operation *operation);
    /* Undoes what `prepare` holds open. May be NULL. */
    void (*release)(void);
};

/* Each ends with an entry without an id. */
extern const struct technique EXEC_TECHNIQUES[];
extern const struct technique OPEN_TECHNIQUES[];
extern const struct technique CHANGE_TECHNIQUES[];
extern const struct technique NETWORK_TECHNIQUES[];
extern const struct technique PRIVILEGE_TECHNIQUES[];
extern const struct technique KERNEL_TECHNIQUES[];

/* One of the things by which a right report names the object; any of them will do. */
void names_object(struct operation *operation, const char *text);
/* The same where two texts have to be there. */
void names_objects(struct operation *operation, const char *text, const char *other);

/* Says that `call` failed, with the reason of errno. Returns false. */
bool could_not(struct operation *operation, const char *call);
/* Says why it cannot be done here. Returns false. */
bool cannot(struct operation *operation, const char *why);
