/** `tare count` on one architecture, with few operations: does its guest boot, count the same twice, and deliver every event? */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Agent } from "../../src/domain/agent.ts";
import type { Scenario } from "../../src/domain/scenario.ts";
import { countArchitecture } from "../../src/cli/count/count-architecture.ts";
import { createHost } from "../../src/host/host.ts";
import { loadFolder } from "../../src/host/load-folder.ts";
import { CLONE } from "../../src/machines/clone.ts";
import type { Architecture } from "../../src/machines/guests.ts";
import type { BuildContext } from "../../src/machines/images/shell.ts";
import type { TestOutcome } from "../../src/machines/jobs/outcome.ts";
import { readRecord } from "../../src/record/reader.ts";
import { viewOf } from "../../src/session/view.ts";

const OPERATIONS = 100;

export const checkCount = async (
  architecture: Architecture,
  timeoutMs: number,
  context: BuildContext,
): Promise<readonly TestOutcome[]> => {
  const agents = await loadFolder<Agent>(join(CLONE, "src/agents"));
  const scenarios = await loadFolder<Scenario>(join(CLONE, "scenarios"));
  const folder = await mkdtemp(join(tmpdir(), "tare-count-"));
  try {
    const settings = {
      architectures: [architecture],
      agents: [...agents.values()].filter(({ id }) => id === "sensor"),
      scenarios: [...scenarios.values()].filter(({ counted }) => counted !== undefined),
      seeds: [1],
      operations: OPERATIONS,
      memoryMegabytes: undefined,
      kernel: undefined,
      timeoutMs,
    };
    const host = createHost({ root: CLONE, journalDirectory: join(folder, "journal") });
    const count = { host, settings, architecture, jobs: 1, context };
    const { ledger, counts } = viewOf(
      await readRecord(await countArchitecture(count, "check", join(folder, "run"))),
    );
    return settings.scenarios.map(({ id }): TestOutcome => {
      const row = ledger.find(({ scenario }) => scenario === id);
      const added = counts?.rows.find(({ scenario }) => scenario === id)?.added.median ?? 0;
      const passed = row?.delivered === OPERATIONS && added > 0;
      return {
        file: "scripts/machines/check-count.ts",
        name: ["counting", architecture, id],
        state: passed ? "passed" : "failed",
        why: passed ? "" : `${row?.delivered ?? 0} of ${OPERATIONS} events, ${added} instructions added`,
        said: [],
        date: host.date(),
      };
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
