#include "uring.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ENTRIES 4
/* After so long without work the kernel's thread sleeps. */
#define IDLE_MS 50

static void *map_at(const struct uring *ring, size_t length, off_t offset) {
    return mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd, offset);
}

bool uring_open(struct operation *operation, struct uring *ring, enum submitter submitter) {
    struct io_uring_params *parameters = &ring->parameters;
    memset(ring, 0, sizeof(*ring));
    if (submitter == BY_KERNEL_THREAD) {
        parameters->flags = IORING_SETUP_SQPOLL;
        parameters->sq_thread_idle = IDLE_MS;
    }
    ring->fd = (int)syscall(SYS_io_uring_setup, ENTRIES, parameters);
    if (ring->fd < 0)
        return could_not(operation, "io_uring_setup");
    ring->submissions =
        map_at(ring, parameters->sq_off.array + ENTRIES * sizeof(unsigned), IORING_OFF_SQ_RING);
    ring->completions =
        map_at(ring, parameters->cq_off.cqes + parameters->cq_entries * sizeof(struct io_uring_cqe),
               IORING_OFF_CQ_RING);
    ring->entries = map_at(ring, ENTRIES * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
    return (ring->submissions != MAP_FAILED && ring->completions != MAP_FAILED &&
            (void *)ring->entries != MAP_FAILED) ||
           could_not(operation, "mmap of io_uring");
}

static _Atomic unsigned *submission_field(const struct uring *ring, unsigned offset) {
    return (_Atomic unsigned *)(void *)(ring->submissions + offset);
}

bool uring_do(struct operation *operation, struct uring *ring, const struct io_uring_sqe *request,
              int *result) {
    const struct io_sqring_offsets *offsets = &ring->parameters.sq_off;
    _Atomic unsigned *tail = submission_field(ring, offsets->tail);
    const unsigned at = atomic_load(tail) & *submission_field(ring, offsets->ring_mask);
    ring->entries[at] = *request;
    *submission_field(ring, offsets->array + at * (unsigned)sizeof(unsigned)) = at;
    atomic_fetch_add(tail, 1);
    unsigned flags = IORING_ENTER_GETEVENTS;
    if ((ring->parameters.flags & IORING_SETUP_SQPOLL) != 0 &&
        (atomic_load(submission_field(ring, offsets->flags)) & IORING_SQ_NEED_WAKEUP) != 0)
        flags |= IORING_ENTER_SQ_WAKEUP;
    long entered;
    do
        entered = syscall(SYS_io_uring_enter, ring->fd, 1, 1, flags, NULL, 0);
    while (entered < 0 && errno == EINTR);
    if (entered < 0)
        return could_not(operation, "io_uring_enter");
    const struct io_cqring_offsets *done = &ring->parameters.cq_off;
    const struct io_uring_cqe *completions = (const void *)(ring->completions + done->cqes);
    *result = completions[0].res;
    return true;
}
