/**
 * `npm run test:kills`: runs killed at random moments, each followed by the next command. Nothing may be left, no line
 * of a record may be lost, and what was begun can be gone on with.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { commandLine, countOf, exitOfSkipped, wholeNumber } from "../../scripts/command-line.ts";
import { createRng, toUnit } from "../../src/domain/random.ts";
import { readRecord } from "../../src/record/reader.ts";
import { killAll } from "./faults.ts";
import { runTare, startTare, type Tare } from "./held-run.ts";
import { leftovers, nodeState } from "./leftovers.ts";
import { openPlace, type Place, whyNoPlace } from "./place.ts";

/** Every so many runs are gone on with to their end. */
const RESUME_EVERY = 10;
/** The rest kill tare alone. */
const EVERYTHING_SHARE = 0.3;

const values = commandLine(
  "npm run test:kills --",
  "Runs killed at random moments. Exit code 1: something was left on the node, or lost of a record.",
)
  .option("--count <number>", "kills", countOf, 200)
  .option(
    "--seed <number>",
    "of the moments, as an earlier call printed it (default: another each time)",
    wholeNumber,
  )
  .option("--agents <list>", "that the runs measure", "sensor")
  .parse()
  .opts<{ readonly count: number; readonly seed?: number; readonly agents: string }>();
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

interface Killed {
  readonly how: string;
  readonly lines: number;
  readonly wrong: readonly string[];
}

const startRun = (place: Place, number: number): { readonly tare: Tare; readonly out: string } => {
  const out = join(place.work, `results/${number}`);
  const chosen = ["--agents", values.agents, "--scenarios", "file-open", "--allow-foreign"];
  const size = ["--profile", "smoke", "--blocks", "1", "--seed", String(number), "--time-budget", "10m"];
  const paths = ["--out", out, "--report", join(place.work, `${number}.html`)];
  return { tare: startTare(place, ["run", ...chosen, ...size, ...paths]), out };
};

const killOne = async (place: Place, number: number, afterMs: number, isAll: boolean): Promise<Killed> => {
  const before = nodeState(place);
  const { tare, out } = startRun(place, number);
  await Promise.race([sleep(afterMs), tare.exited]);
  if (isAll) killAll(tare);
  else tare.child.kill("SIGKILL");
  const { signal } = await tare.exited;
  const path = place.seen(join(out, "record.jsonl"));
  const kept = existsSync(path) ? readFileSync(path, "utf8").split("\n").length - 1 : 0;
  const clean = await runTare(place, ["clean"]);
  const wrong = clean.status === 0 ? [] : [`tare clean ended with ${clean.status}: ${clean.said}`];
  for (const one of leftovers(before, place, { pid: tare.pid, flags: `/var/tmp/tare-${tare.pid}-` }))
    wrong.push(`left: ${one}`);
  if (kept > 0) wrong.push(...(await problemsOf(place, out, kept, number % RESUME_EVERY === 0)));
  return { how: signal === null ? "had ended" : isAll ? "everything" : "tare", lines: kept, wrong };
};

const problemsOf = async (
  place: Place,
  out: string,
  kept: number,
  isResumed: boolean,
): Promise<readonly string[]> => {
  const path = place.seen(join(out, "record.jsonl"));
  const { lines, problems } = await readRecord(path);
  // What was being written when it was killed is no line yet.
  const wrong = problems.filter(({ line }) => line <= kept).map(({ line, why }) => `line ${line}: ${why}`);
  if (lines.length < kept) wrong.push(`${lines.length} of ${kept} lines can be read`);
  if (!isResumed || lines.at(-1)?.type === "end") return wrong;
  const page = join(place.work, "resumed.html");
  const { status, said } = await runTare(place, [
    "run",
    "--resume",
    out,
    "--report",
    page,
    "--allow-foreign",
  ]);
  const isDone = (await readRecord(path)).lines.at(-1)?.type === "end";
  return isDone && (status === 0 || status === 5) ? wrong : [...wrong, `not resumed (${status}): ${said}`];
};

const main = async (): Promise<number> => {
  const obstacle = whyNoPlace();
  if (obstacle !== undefined) {
    say(`skipped: ${obstacle}`);
    return exitOfSkipped();
  }
  const started = performance.now();
  const { count, seed = Date.now() % 2 ** 31 } = values;
  say(`${count} kills, seed ${seed}, agents ${values.agents}`);
  const place = await openPlace({ audit: true });
  const next = createRng(seed);
  const killed: Killed[] = [];
  try {
    const whole = performance.now();
    const { tare } = startRun(place, 0);
    const { code } = await tare.exited;
    if (code !== 0 && code !== 5)
      throw new Error(`a run that nobody kills ends with ${code}: ${tare.said()}`);
    const lastsMs = performance.now() - whole;
    say(`a run lasts ${(lastsMs / 1000).toFixed(1)} s`);
    for (let number = 1; number <= count; number++) {
      const afterMs = toUnit(next()) * lastsMs;
      const one = await killOne(place, number, afterMs, toUnit(next()) < EVERYTHING_SHARE);
      killed.push(one);
      const seconds = (afterMs / 1000).toFixed(3);
      const isGood = one.wrong.length === 0;
      say(
        `${isGood ? "ok    " : "FAILED"} ${number}: ${one.how}, after ${seconds} s, ${one.lines} lines kept`,
      );
      for (const line of one.wrong) say(`       ${line}`);
    }
  } finally {
    await place.close();
  }
  const failed = killed.filter(({ wrong }) => wrong.length > 0).length;
  const withRecord = killed.filter(({ lines }) => lines > 0).length;
  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  say(
    `${killed.length} kills, ${failed} that left or lost something, ${withRecord} with a record; ${minutes} min`,
  );
  return failed === 0 ? 0 : 1;
};

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(130));
process.exitCode = await main();
