/** What `tare coverage --json` prints: the matrix, with which agents and on what it was made. */
import * as z from "zod";
import { CoverageMatrix } from "../domain/coverage-matrix.ts";
import { HostFingerprint } from "../domain/run-header.ts";
import { RunFacts, type RunView } from "../domain/run-view.ts";
import type { From } from "../domain/schema.ts";

export const CoverageJson = z.strictObject({
  schema: z.literal(1),
  run: RunFacts.pick({ id: true, tool: true, startedAt: true }),
  host: HostFingerprint.pick({ arch: true, kernel: true, distribution: true, emulated: true }),
  agents: z.array(
    z.strictObject({
      id: z.string(),
      title: z.string(),
      version: z.string().nullable(),
      reason: z.string().nullable().describe("Why it could not be tried here; null where it could."),
    }),
  ),
  matrix: CoverageMatrix.nullable().describe("Null: nothing was tried."),
});
export type CoverageJson = From<typeof CoverageJson>;

export const coverageJson = ({ run, host, agents, matrix }: RunView): CoverageJson => ({
  schema: 1,
  run: { id: run.id, tool: run.tool, startedAt: run.startedAt },
  host: {
    arch: host.arch,
    kernel: host.kernel,
    distribution: host.distribution,
    emulated: host.emulated,
  },
  agents: agents
    .filter(({ role }) => role === "sensor")
    .map(({ id, title, version, reason }) => ({ id, title, version, reason })),
  matrix: matrix ?? null,
});
