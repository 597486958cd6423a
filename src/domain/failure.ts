/** Why something that was tried came to nothing. */
import * as z from "zod";
import type { From } from "./schema.ts";

const Failure = z.object({
  stage: z.string().describe('Where: "start", "ready", "in the window".'),
  message: z.string(),
  lastLines: z.array(z.string()).describe("Of the logs of what failed."),
  cause: z
    .enum(["crashed"])
    .exactOptional()
    .describe(
      "`crashed`: a process of the agent ended although nothing had told it to, or crashed while it was being stopped. Absent: anything else, and records from before it was told.",
    ),
  exit: z.string().exactOptional().describe('How what crashed ended: "killed by SIGSEGV", "exit status 1".'),
});

export const Failed = z.object({ kind: z.literal("failed"), ...Failure.shape }).meta({ id: "failed" });
export type Failed = From<typeof Failed>;

export const Skipped = z.object({ kind: z.literal("skipped"), reason: z.string() });

/** Why there is no measurement, as the analysis hands it on: the last lines stay in the record. */
export const Unmeasured = z.discriminatedUnion("kind", [Skipped, Failed.omit({ lastLines: true })]);
export type Unmeasured = From<typeof Unmeasured>;
