/** What an agent or a driver did wrong inside a run, as the record keeps it: data, and the run goes on. */
export interface Failure {
  readonly kind: "failed";
  /** What was being done: "start", "ready", "window" ... */
  readonly stage: string;
  readonly message: string;
  /** The end of the logs that explain it. */
  readonly lastLines: readonly string[];
}
