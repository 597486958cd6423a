#include "batch.h"

#include <inttypes.h>
#include <sys/resource.h>

#include "clock.h"

static uint64_t timeval_ns(struct timeval time) {
    return (uint64_t)time.tv_sec * NS_PER_SECOND + (uint64_t)time.tv_usec * 1000;
}

/* Returns the CPU time of the reaped children, which no clock gives. */
static uint64_t read_rusage(struct usage *usage) {
    struct rusage self, children;
    getrusage(RUSAGE_CHILDREN, &children);
    getrusage(RUSAGE_SELF, &self);
    usage->user_ns = timeval_ns(self.ru_utime) + timeval_ns(children.ru_utime);
    usage->system_ns = timeval_ns(self.ru_stime) + timeval_ns(children.ru_stime);
    usage->voluntary = (uint64_t)(self.ru_nvcsw + children.ru_nvcsw);
    usage->involuntary = (uint64_t)(self.ru_nivcsw + children.ru_nivcsw);
    return timeval_ns(children.ru_utime) + timeval_ns(children.ru_stime);
}

void usage_before(struct usage *usage) {
    const uint64_t children = read_rusage(usage);
    usage->cpu_ns = process_cpu_ns() + children;
}

void usage_after(struct usage *usage) {
    const uint64_t own = process_cpu_ns();
    usage->cpu_ns = own + read_rusage(usage);
}

/* CPU time is counted more coarsely than time, so that it may be the smaller one. */
static uint64_t less(uint64_t used, uint64_t spent) { return used > spent ? used - spent : 0; }

void batch_finish(struct batch *batch, uint32_t operations, uint64_t wall_ns, const struct usage *before,
                  const struct usage *after, const struct pace *pace) {
    batch->operations = operations;
    batch->wall_ns = wall_ns - pace->wall_ns;
    batch->pace_ns = pace->runs > 0 ? pace->sum_ns / pace->runs : 0;
    batch->pace_cpu_ns = pace_cpu_ns(pace);
    batch->used = (struct usage){
        .cpu_ns = less(after->cpu_ns - before->cpu_ns, pace_cpu_ns(pace)),
        .user_ns = less(after->user_ns - before->user_ns, pace_cpu_ns(pace)),
        .system_ns = after->system_ns - before->system_ns,
        .voluntary = after->voluntary - before->voluntary,
        .involuntary = after->involuntary - before->involuntary,
    };
}

void batch_print(const struct batch *batch, FILE *out) {
    fprintf(out,
            "{\"operations\":%" PRIu32 ",\"wallNs\":%" PRIu64 ",\"cpuNs\":%" PRIu64 ",\"userNs\":%" PRIu64
            ",\"systemNs\":%" PRIu64 ",\"voluntarySwitches\":%" PRIu64 ",\"involuntarySwitches\":%" PRIu64,
            batch->operations, batch->wall_ns, batch->used.cpu_ns, batch->used.user_ns, batch->used.system_ns,
            batch->used.voluntary, batch->used.involuntary);
    if (batch->pace_ns > 0)
        fprintf(out, ",\"paceNs\":%" PRIu64 ",\"paceCpuNs\":%" PRIu64, batch->pace_ns, batch->pace_cpu_ns);
    fputc('}', out);
}
