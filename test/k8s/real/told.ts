/** What was seen, for the table at the end of `npm run test:k8s` and of docs/kubernetes-tests.md. Nothing is decided by it. */
import { appendFileSync } from "node:fs";

export interface Told {
  readonly what: string;
  /** Since what is in the way went away, or since the fault where nothing else happens. */
  readonly since: string;
  readonly agentReadySeconds: number | null;
  /** What became of the record. */
  readonly record: string;
}

export const tell = (told: Told): void => {
  const file = process.env["TARE_TEST_K8S_TABLE"];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(told)}\n`);
};

export const stopwatch = (): (() => number) => {
  const start = performance.now();
  return () => Math.round((performance.now() - start) / 100) / 10;
};
