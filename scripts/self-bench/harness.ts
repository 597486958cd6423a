/** What the harness process itself spends inside windows, in which it should sleep: CPU time of all its threads over wall time. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { readRecord } from "../../src/record/reader.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const GOAL_PERCENT = 0.5;

export default {
  id: "harness",
  title: `the harness inside windows, percent of one core (goal: at most ${GOAL_PERCENT})`,
  run: async (print: (line: string) => void): Promise<void> => {
    const folder = mkdtempSync(join(tmpdir(), "tare-self-bench-"));
    try {
      const out = join(folder, "run");
      const args = [
        "run",
        "--agents",
        "sensor",
        "--scenarios",
        "process-exec,file-open,network-connect",
        "--blocks",
        "4",
      ];
      const more = [
        "--profile",
        "standard",
        "--allow-foreign",
        "--out",
        out,
        "--report",
        join(folder, "report.html"),
      ];
      const main = join(ROOT, "src/cli/main.ts");
      const run = spawnSync(process.execPath, [main, ...args, ...more], {
        stdio: ["ignore", "ignore", "inherit"],
      });
      if (run.status !== 0) {
        print(`  the run ended with status ${run.status}: nothing to measure`);
        return;
      }
      const { lines } = await readRecord(join(out, "record.jsonl"));
      const shares = lines.flatMap((line) => {
        if (line.type !== "trial" || line.outcome.kind !== "measured") return [];
        const { harnessNs, windowNs } = line.outcome.cpu;
        return harnessNs.kind === "value" ? [{ line, percent: (100 * harnessNs.value) / windowNs }] : [];
      });
      const sorted = shares.map(({ percent }) => percent).sort((a, b) => a - b);
      const at = (quantile: number): string =>
        (sorted[Math.floor(quantile * (sorted.length - 1))] ?? NaN).toFixed(3);
      const windows = shares.reduce(
        (sum, { line }) => sum + (line.outcome.kind === "measured" ? line.outcome.cpu.windowNs : 0),
        0,
      );
      print(`  ${sorted.length} windows, ${(windows / 1e9).toFixed(1)} s in all`);
      print(`  median ${at(0.5)} %, 90th percentile ${at(0.9)} %, most ${at(1)} %`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
