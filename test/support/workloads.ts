/** The workloads that stand for the plain families, as an agent is asked to see them. */
import fileOpen from "../../scenarios/file-open.ts";
import highValue from "../../scenarios/high-value.ts";
import networkConnect from "../../scenarios/network-connect.ts";
import processExec from "../../scenarios/process-exec.ts";
import type { Workload } from "../../src/domain/agent.ts";
import type { TokenPlace } from "../../src/domain/scenario.ts";
import { FAMILIES } from "../../src/domain/units.ts";
import { workloadFor } from "../../src/run/coverage.ts";

const SCENARIOS = [processExec, fileOpen, networkConnect, highValue];

/** Where the tokens of a family are. */
export const TOKEN_IN = {
  exec: "argument",
  file: "path",
  network: "address",
  write: "path",
  rename: "path",
  delete: "path",
  "high-value": "argument",
} as const satisfies Record<Workload["family"], TokenPlace>;

export const WORKLOADS: readonly Workload[] = SCENARIOS.flatMap(
  (scenario) => workloadFor({ observes: FAMILIES }, scenario, "disk") ?? [],
);
