/**
 * What a page costs to make: `tare report` as scripts/tare.sh runs it, reading, analysing and drawing a record of 1,000 trials. The trials are those of
 * the committed real record, repeated block by block.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { RecordLine } from "../../src/domain/record.ts";
import { readRecord } from "../../src/record/reader.ts";
import { createRecord } from "../../src/record/writer.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const TRIALS = 1000;
const GOAL = { seconds: 3, mebibytes: 300 } as const;

/** Tells at its end what it took: CPU seconds of all threads, and the most memory that it held. */
const TELL =
  'data:text/javascript,process.on("exit",()=>{const u=process.resourceUsage();process.stderr.write(`took ${(u.userCPUTime+u.systemCPUTime)/1e6} ${u.maxRSS/1024}`)})';

export default {
  id: "report",
  title: `a page of ${TRIALS} trials (goal: under ${GOAL.seconds} s and ${GOAL.mebibytes} MiB)`,
  run: async (print: (line: string) => void): Promise<void> => {
    const folder = mkdtempSync(join(tmpdir(), "tare-self-bench-"));
    try {
      const path = join(folder, "record.jsonl");
      const trials = await writeRecord(path);
      const page = join(folder, "report.html");
      const args = [
        "--max-semi-space-size=8",
        "--import",
        TELL,
        join(ROOT, "src/cli/main.ts"),
        "report",
        path,
        "--out",
        page,
      ];
      const size = (at: string): string => `${(statSync(at).size / 2 ** 20).toFixed(1)} MiB`;
      // The first time in a clone Node compiles the modules; later it takes what it kept.
      for (const [index, time] of ["the first time", "after that"].entries()) {
        const took = render(args, join(folder, "compiled"));
        if (typeof took === "string") {
          print(`  ${took}`);
          return;
        }
        if (index === 0) print(`  ${trials} trials, record ${size(path)}, page ${size(page)}`);
        print(
          `  ${time}: ${took.seconds.toFixed(1)} s on the clock, ${took.cpu.toFixed(1)} s of CPU time, ${took.memory.toFixed(0)} MiB at most`,
        );
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

interface Took {
  readonly seconds: number;
  readonly cpu: number;
  /** MiB. */
  readonly memory: number;
}

/** Says why where it failed. */
const render = (args: readonly string[], compiled: string): Took | string => {
  const began = performance.now();
  const env = { ...process.env, NODE_COMPILE_CACHE: compiled };
  const ended = spawnSync(process.execPath, args, { encoding: "utf8", env });
  const seconds = (performance.now() - began) / 1000;
  const [, cpu = "", memory = ""] = /took ([\d.]+) ([\d.]+)/.exec(ended.stderr) ?? [];
  return ended.status !== 0 || cpu === ""
    ? `tare report ended with status ${ended.status}: ${ended.stderr.trim()}`
    : { seconds, cpu: Number(cpu), memory: Number(memory) };
};

/** Returns how many trials it wrote. */
const writeRecord = async (path: string): Promise<number> => {
  const { lines, header } = await readRecord(join(ROOT, "results/examples/record.jsonl"));
  const inBlocks = lines.filter(
    (line) => line.type === "trial" || line.type === "turn" || line.type === "block",
  );
  const blocks = header.plan.blocks.length;
  const perPass = inBlocks.filter((line) => line.type === "trial").length;
  const passes = Math.ceil(TRIALS / perPass);
  const shifted = <T extends { readonly block: number }>(line: T, pass: number): T => ({
    ...line,
    block: line.block + pass * blocks,
  });
  const passOf = (pass: number): readonly RecordLine[] => inBlocks.map((line) => shifted(line, pass));
  const all = Array.from({ length: passes }, (_, pass) => pass);
  const plan = {
    ...header.plan,
    blocks: all.flatMap((pass) =>
      header.plan.blocks.map((block) => ({ ...block, index: block.index + pass * blocks })),
    ),
  };
  const end: RecordLine = {
    type: "end",
    endedAt: header.startedAt,
    reason: "complete",
    blocks: passes * blocks,
  };
  const writer = await createRecord(path);
  for (const line of [{ ...header, plan }, ...all.flatMap(passOf), end]) await writer.append(line);
  await writer.close();
  return perPass * passes;
};
