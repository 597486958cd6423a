/**
 * What the harness process itself spends inside windows, in which it should sleep: CPU time of all its threads over wall time. --record FILE: a
 * record of `tare run`; without it, a run of four blocks.
 */
import { quantile, sum } from "simple-statistics";
import type { RecordLine } from "../../src/domain/record.ts";
import { readRecord } from "../../src/record/reader.ts";
import { type Print, inFolder, recordOf } from "./shared.ts";

const GOAL_PERCENT = 0.5;
const SCENARIOS = "process-exec,file-open,network-connect";

export default {
  id: "harness",
  title: `the harness inside windows, percent of one core (goal: at most ${GOAL_PERCENT})`,
  run: async (print: Print, { record }: { readonly record?: string }): Promise<void> => {
    const windows = windowsIn(await linesOf(record));
    if (windows.length === 0) {
      print("  nothing was measured");
      return;
    }
    const shares = windows.map(({ percent }) => percent);
    const at = (p: number): string => quantile(shares, p).toFixed(3);
    const seconds = sum(windows.map(({ windowNs }) => windowNs)) / 1e9;
    print(`  ${windows.length} windows, ${seconds.toFixed(1)} s in all`);
    const above = shares.filter((share) => share > GOAL_PERCENT).length;
    print(`  median ${at(0.5)} %, 90th percentile ${at(0.9)} %, most ${at(1)} %`);
    print(`  above ${GOAL_PERCENT} %: ${above} of ${windows.length}`);
  },
};

const linesOf = async (given: string | undefined): Promise<readonly RecordLine[]> => {
  if (given !== undefined) return (await readRecord(given)).lines;
  const chosen = ["--agents", "sensor", "--scenarios", SCENARIOS, "--blocks", "4", "--profile", "standard"];
  return await inFolder(
    async (folder) => (await readRecord(await recordOf(folder, ["run", ...chosen, "--allow-foreign"]))).lines,
  );
};

interface Window {
  readonly windowNs: number;
  readonly percent: number;
}

const windowsIn = (lines: readonly RecordLine[]): readonly Window[] =>
  lines.flatMap((line) => {
    if (line.type !== "trial" || line.outcome.kind !== "measured") return [];
    const { harnessNs, windowNs } = line.outcome.cpu;
    return harnessNs.kind === "value" ? [{ windowNs, percent: (100 * harnessNs.value) / windowNs }] : [];
  });
