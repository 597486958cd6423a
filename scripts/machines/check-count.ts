/** `tare count` on one architecture, with few operations: does its guest boot, count the same twice, deliver every event, and as cheaply as before? */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Agent } from "../../src/domain/agent.ts";
import type { Loaded } from "../../src/analyse/compare/conditions.ts";
import type { Scenario } from "../../src/domain/scenario.ts";
import {
  against,
  baselineRecord,
  isCountedAlready,
  loadCount,
  shapeOf,
} from "../../src/cli/count/baseline.ts";
import { countArchitecture, inputsBeforehand } from "../../src/cli/count/count-architecture.ts";
import { createHost } from "../../src/host/host.ts";
import { loadFolder } from "../../src/host/load-folder.ts";
import { CLONE } from "../../src/machines/clone.ts";
import type { Architecture } from "../../src/machines/guests.ts";
import type { BuildContext } from "../../src/machines/images/shell.ts";
import type { TestOutcome } from "../../src/machines/jobs/outcome.ts";

const renewing = (kept: Loaded): string => {
  const { operations, seeds } = shapeOf(kept);
  return `where that is meant, count anew: npm run tare -- count --arch amd64,arm64 --operations ${operations} --seeds ${seeds.length} --out results/examples/count`;
};

type Verdict = Pick<TestOutcome, "state" | "why">;

const againstKept = (kept: Loaded, now: Loaded): Verdict => {
  const found = against(kept, now);
  switch (found.kind) {
    case "other-tuple":
      return { state: "skipped", why: `not comparable with the kept count: ${found.differs.join("; ")}` };
    case "compared":
      return found.rises.length > 0
        ? { state: "failed", why: `${found.rises.join("; ")}; ${renewing(kept)}` }
        : { state: "passed", why: found.falls.join("; ") };
  }
};

const deliveredAll = ({ view: { ledger, counts } }: Loaded, id: string, operations: number): Verdict => {
  const row = ledger.find(({ scenario }) => scenario === id);
  const added = counts?.rows.find(({ scenario }) => scenario === id)?.added.median ?? 0;
  return row?.delivered === operations && row.operations === operations && added > 0
    ? { state: "passed", why: "" }
    : {
        state: "failed",
        why: `${row?.delivered ?? 0} of ${operations} events, ${added} instructions added`,
      };
};

interface Wanted {
  readonly timeoutMs: number;
  /** Guests at once. */
  readonly jobs: number;
  /** Whether guests are booted even where they are made of the same as those of the kept count. */
  readonly evenIfSame: boolean;
}

/** Counts as the kept count was counted. */
export const checkCount = async (
  architecture: Architecture,
  { timeoutMs, jobs, evenIfSame }: Wanted,
  context: BuildContext,
): Promise<readonly TestOutcome[]> => {
  const agents = await loadFolder<Agent>(join(CLONE, "src/agents"));
  const scenarios = await loadFolder<Scenario>(join(CLONE, "scenarios"));
  const kept = await loadCount(baselineRecord(architecture));
  const { operations, seeds } = shapeOf(kept);
  const folder = await mkdtemp(join(tmpdir(), "tare-count-"));
  try {
    const settings = {
      architectures: [architecture],
      agents: [...agents.values()].filter(({ id }) => id === "sensor"),
      leftOut: [],
      scenarios: [...scenarios.values()].filter(({ counted }) => counted !== undefined),
      seeds,
      operations,
      memoryMegabytes: undefined,
      kernel: undefined,
      timeoutMs,
    };
    const host = createHost({ root: CLONE, journalDirectory: join(folder, "journal") });
    const count = { host, settings, architecture, jobs, context };
    const outcome = (what: string, verdict: Verdict): TestOutcome => ({
      file: "scripts/machines/check-count.ts",
      name: ["counting", architecture, what],
      ...verdict,
      said: [],
      date: host.date(),
    });
    if (!evenIfSame && isCountedAlready(kept, await inputsBeforehand(count)))
      return [
        outcome("the guest is that of results/examples/count, to the byte", { state: "passed", why: "" }),
      ];
    const now = await loadCount(await countArchitecture(count, "check", join(folder, "run")));
    return [
      ...settings.scenarios.map(({ id }) => outcome(id, deliveredAll(now, id, operations * seeds.length))),
      outcome("no event is dearer than in results/examples/count", againstKept(kept, now)),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
