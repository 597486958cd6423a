/** Why something that was tried came to nothing. */

export interface Failure {
  /** Where: "start", "ready", "in the window". */
  readonly stage: string;
  readonly message: string;
  /** Of the logs of what failed. */
  readonly lastLines: readonly string[];
}

export type Failed = { readonly kind: "failed" } & Failure;

export interface Skipped {
  readonly kind: "skipped";
  readonly reason: string;
}

/** Why there is no measurement, as the analysis hands it on: the last lines stay in the record. */
export type Unmeasured = Skipped | ({ readonly kind: "failed" } & Omit<Failure, "lastLines">);
