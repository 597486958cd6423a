/** How often the rules are wrong and how much they decide, by the number of blocks: the table in docs/method.md. TARE_RECORD names a record. */
import { resolve } from "node:path";
import { collect } from "../../src/analyse/collect.ts";
import { effectiveRecord, isMeasured } from "../../src/analyse/effective-record.ts";
import { BASELINE } from "../../src/domain/plan.ts";
import { readRecord } from "../../src/record/reader.ts";
import { SEVEN_AGENTS } from "./seven-agents.ts";
import type { Print } from "./shared.ts";
import { drawnFrom, residualsOf, simulate } from "./simulated-runs.ts";

const EXAMPLE = resolve(import.meta.dirname, "../../results/examples/record.jsonl");
const RUNS = 4000;
const BLOCKS = [4, 5, 8, 12, 20];
const SEED = 20_260_101;

/** Of workload CPU time, by condition; baselines and agents are the columns. */
export const recordedResiduals = async (path: string = EXAMPLE): Promise<readonly number[]> => {
  const record = effectiveRecord((await readRecord(path)).lines);
  const entries = [...collect(record.trials.filter(isMeasured)).values()].filter(
    ({ metric, key, baseline }) => metric === "workload-cpu" && (key.agent !== BASELINE || baseline !== null),
  );
  const conditions = Map.groupBy(entries, ({ key }) => `${key.scenario} ${key.operation} ${key.load}`);
  return [...conditions.values()].flatMap((own) =>
    residualsOf(
      own.map(({ series }) => series),
      record.blocks,
    ),
  );
};

export default {
  id: "verdict-errors",
  title: "24 checks simulated on recorded noise: how often the rules are wrong, and how much they decide",
  run: async (print: Print, { quick }: { readonly quick: boolean }): Promise<void> => {
    const residuals = await recordedResiduals(process.env["TARE_RECORD"]);
    const runs = quick ? 200 : RUNS;
    print(`  ${residuals.length} residuals, ${runs} runs a row; percent, and checks decided of 24`);
    print("  n   rule       cover  upper bound misses  any false over  worst cell  decided");
    for (const blocks of BLOCKS) {
      for (const rule of ["plain", "moderated"] as const) {
        const rates = simulate(SEVEN_AGENTS, blocks, drawnFrom(residuals, SEED), runs, rule);
        const shares = [rates.cover.value, rates.upperMiss, rates.familyError, rates.worst];
        const [cover, upper, family, worst] = shares.map((share) => (100 * share).toFixed(1));
        print(
          `  ${String(blocks).padEnd(3)} ${rule.padEnd(9)} ${cover?.padStart(6)} ${upper?.padStart(19)} ${family?.padStart(15)} ${worst?.padStart(11)} ${rates.decided.toFixed(1).padStart(8)}`,
        );
      }
    }
  },
};
