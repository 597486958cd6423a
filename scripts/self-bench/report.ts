/**
 * What a page costs to make: `tare report` as scripts/tare.sh runs it, reading, analysing and drawing a record of 1,000 trials. The trials are those of
 * the committed real record, repeated block by block.
 */
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import type { RecordLine } from "../../src/domain/record.ts";
import { readRecord } from "../../src/record/reader.ts";
import { createRecord } from "../../src/record/writer.ts";
import { type Print, ROOT, inFolder } from "./shared.ts";

const TRIALS = 1000;
const GOAL = { seconds: 3, mebibytes: 300 } as const;

/** Tells at its end what it took: CPU seconds of all threads, and the most memory that it held. */
const TELL =
  'data:text/javascript,process.on("exit",()=>{const u=process.resourceUsage();process.stderr.write(`took ${(u.userCPUTime+u.systemCPUTime)/1e6} ${u.maxRSS/1024}`)})';

export default {
  id: "report",
  title: `a page of ${TRIALS} trials (goal: under ${GOAL.seconds} s and ${GOAL.mebibytes} MiB)`,
  run: async (print: Print): Promise<void> => {
    await inFolder(async (folder) => {
      const path = join(folder, "record.jsonl");
      const trials = await writeRecord(path);
      const page = join(folder, "report.html");
      const main = join(ROOT, "src/cli/main.ts");
      const args = ["--max-semi-space-size=8", "--import", TELL, main, "report", path, "--out", page];
      const size = (at: string): string => `${(statSync(at).size / 2 ** 20).toFixed(1)} MiB`;
      // The first time in a clone Node compiles the modules; later it takes what it kept.
      for (const time of ["the first time", "after that"]) {
        const { seconds, cpu, memory } = render(args, join(folder, "compiled"));
        print(
          `  ${time}: ${seconds.toFixed(1)} s on the clock, ${cpu.toFixed(1)} s of CPU time, ${memory.toFixed(0)} MiB at most`,
        );
      }
      print(`  ${trials} trials, record ${size(path)}, page ${size(page)}`);
    });
  },
};

interface Took {
  readonly seconds: number;
  readonly cpu: number;
  /** MiB. */
  readonly memory: number;
}

const render = (args: readonly string[], compiled: string): Took => {
  const began = performance.now();
  const env = { ...process.env, NODE_COMPILE_CACHE: compiled };
  const ended = spawnSync(process.execPath, args, { encoding: "utf8", env });
  const seconds = (performance.now() - began) / 1000;
  const [, cpu, memory] = /took ([\d.]+) ([\d.]+)/.exec(ended.stderr) ?? [];
  if (ended.status !== 0 || cpu === undefined)
    throw new Error(`tare report ended with status ${ended.status}: ${ended.stderr.trim()}`);
  return { seconds, cpu: Number(cpu), memory: Number(memory) };
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
  const passOf = (pass: number): readonly RecordLine[] =>
    inBlocks.map((line) => ({ ...line, block: line.block + pass * blocks }));
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
