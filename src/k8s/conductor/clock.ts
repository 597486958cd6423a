/** Time as the conductor knows it, so that its tests pass none. */
export interface Clock {
  /** For what others read: Leases and what is said. */
  now(): Date;
  /** For everything that has to last: it neither jumps nor goes on while a laptop sleeps. */
  elapsedMs(): number;
  /** Resolves early, and does not reject, once `signal` is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
