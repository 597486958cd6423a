/** What a short run of tare in a guest came to, read from its summary. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { HostFingerprint } from "../../domain/run-header.ts";
import type { LedgerRow } from "../../domain/verdict.ts";
import { COUNTED_SCENARIOS } from "../agent-lists.ts";
import { lastLines } from "../last-lines.ts";
import { exitCodeIn } from "../exit-code.ts";
import { signalOf } from "../signal-of.ts";
import { readJson } from "./outcome-files.ts";
import type { SmokeOutcome } from "./outcome.ts";

interface Summary {
  readonly host: Pick<HostFingerprint, "emulated">;
  readonly ledger: readonly LedgerRow[];
}

export const smokeOutcome = async (results: string): Promise<SmokeOutcome> => {
  const exitCode = exitCodeIn(await readFile(join(results, "exit-code"), "utf8"));
  // A run that failed early has no summary; its exit code and its log tell why.
  const summary = await readJson<Summary>(join(results, "run/summary.json")).catch(() => undefined);
  const events = new Map<string, { operations: number; delivered: number }>();
  for (const row of summary?.ledger ?? []) {
    if (row.agent !== "sensor") continue;
    const sum = events.get(row.scenario) ?? { operations: 0, delivered: 0 };
    events.set(row.scenario, {
      operations: sum.operations + row.operations,
      delivered: sum.delivered + row.delivered,
    });
  }
  const failed = exitCode !== 0 || summary === undefined;
  return {
    exitCode,
    events: Object.fromEntries(events),
    emulated: summary?.host.emulated ?? "no record",
    said: failed ? lastLines(await readFile(join(results, "run.log"), "utf8")).join("\n") : "",
  };
};

export const smokeFault = (smoke: SmokeOutcome): string | undefined => {
  if (Number.isNaN(smoke.exitCode)) return `tare run left no exit status: ${smoke.said}`;
  const signal = signalOf(smoke.exitCode);
  if (signal !== undefined) return `tare run was killed by ${signal}: ${smoke.said}`;
  if (smoke.exitCode !== 0) return `tare run left with ${smoke.exitCode}: ${smoke.said}`;
  for (const scenario of COUNTED_SCENARIOS) {
    const events = smoke.events[scenario];
    if (events === undefined || events.operations === 0) return `${scenario} was not measured`;
    if (events.delivered < events.operations)
      return `${scenario}: ${events.delivered} of ${events.operations} operations became events`;
  }
  if (smoke.emulated !== true) return `the record does not say that the CPU is emulated: ${smoke.emulated}`;
  return undefined;
};
