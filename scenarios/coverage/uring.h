/* One request through io_uring, without liburing. */
#pragma once

#include <linux/io_uring.h>

#include "technique.h"

struct uring {
    int fd;
    struct io_uring_params parameters;
    char *submissions;
    char *completions;
    struct io_uring_sqe *entries;
};

enum submitter { BY_CALLER, BY_KERNEL_THREAD };

/* False: it has said why. */
bool uring_open(struct operation *operation, struct uring *ring, enum submitter submitter);
/* Submits the request and waits for what came of it, which may be an error. False: it has said why. */
bool uring_do(struct operation *operation, struct uring *ring, const struct io_uring_sqe *request,
              int *result);
