/** CLOCK_MONOTONIC in nanoseconds, the same clock that the C drivers read. Exact up to 2^53, which is 104 days of uptime. */
export const monotonicNs = (): number => Number(process.hrtime.bigint());
