/** What a node's part in the bench comes to, by its pod. What becomes of its agents is another matter. */
import { EXIT } from "../../domain/errors.ts";
import type { Lasting } from "./lasting.ts";
import type { NodeOutcome } from "./lines.ts";
import type { NodePod } from "./look.ts";

export type Ending = Exclude<NodeOutcome, { readonly kind: "not-back" }>;

/** To be scheduled, and for its image to be pulled. */
const MAX_COMING_SECONDS = 600;
/** Until the last lines of a pod that has ended have been read. */
const MAX_READING_SECONDS = 30;

export interface Course {
  readonly pod: NodePod;
  /** One was there before, by what this conductor or a former one has seen. */
  readonly hadPod: boolean;
  /** Of its run, once it has said so. */
  readonly exitCode: number | undefined;
}

/** Undefined: it goes on. */
export const endingOf = ({ pod, hadPod, exitCode }: Course, lasts: Lasting): Ending | undefined => {
  const coming = lasts.seconds("coming", pod.kind === "none" || pod.kind === "waiting");
  const reading = lasts.seconds("reading", pod.kind === "ended");
  switch (pod.kind) {
    case "running":
      return undefined;
    case "waiting":
      return late(coming, `the node pod did not start within ${MAX_COMING_SECONDS} s: ${pod.why}`);
    case "none":
      return hadPod
        ? afterRun(exitCode, "the node pod is gone")
        : late(coming, `no node pod came within ${MAX_COMING_SECONDS} s`);
    case "ended":
      return exitCode !== undefined || reading > MAX_READING_SECONDS
        ? afterRun(exitCode, `the node pod ended before its run: ${pod.why}`)
        : undefined;
  }
};

const late = (seconds: number, why: string): Ending | undefined =>
  seconds > MAX_COMING_SECONDS ? { kind: "interrupted", why } : undefined;

/** A run that is stopped says so, too, and has not measured what it was to. */
const afterRun = (exitCode: number | undefined, why: string): Ending =>
  exitCode === undefined || exitCode === EXIT.interrupted
    ? { kind: "interrupted", why }
    : { kind: "done", exitCode };
