/** One fault at one stage: the run that meets it, and whether the node, the record and the next command are as they should be. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readRecord } from "../../src/record/reader.ts";
import { type Expected, type Fault, removeGroup } from "./faults.ts";
import { type HeldRun, runTare, startHeld } from "./held-run.ts";
import { leftovers, nodeState } from "./leftovers.ts";
import { openPlace, type Place } from "./place.ts";
import type { StageId } from "./stages.ts";

export interface Cell {
  readonly fault: string;
  readonly stage: StageId;
  readonly exit: string;
  readonly restored: string;
  readonly kept: string;
  /** What the user reads in the end. */
  readonly words: string;
  /** What is not as it should be; none: passed. */
  readonly wrong: readonly string[];
  readonly seconds: number;
}

export const runCell = async (fault: Fault, stage: StageId): Promise<Cell> => {
  const start = performance.now();
  const expected = fault.expectedAt?.[stage] ?? fault.expected;
  const wrong: string[] = [];
  let place = await openPlace({ audit: false });
  const places = [place];
  const before = nodeState(place);
  const run = startHeld(place, stage, {
    ...(fault.through === undefined ? {} : { through: fault.through }),
    env: fault.env?.(place) ?? {},
  });
  try {
    await run.reached();
    const linesBefore = linesIn(place, run);
    await fault.inject(run, place);
    const exit = await endOf(run);
    // What only the test kept from ending may end.
    run.release();
    if (fault.id === "power-cut") {
      place = await afterReboot(place, run);
      places.push(place);
    }
    const ended = exit.signal === null ? String(exit.code) : exit.signal;
    const how = isAsExpected(expected, exit.code, exit.signal);
    if (!how) wrong.push(`it ended with ${ended}: ${lastLines(run.said())}`);

    const atOnce = leftovers(before, place, run);
    if (atOnce.length > 0 && expected.restored === "at once")
      wrong.push(`left on the node: ${atOnce.join(", ")}; it said: ${warnings(run.said())}`);
    fault.repair?.(place);
    const clean = await runTare(place, ["clean"]);
    if (clean.status !== 0) wrong.push(`tare clean ended with ${clean.status}: ${clean.said}`);
    const left = leftovers(before, place, run);
    if (left.length > 0) wrong.push(`left after tare clean: ${left.join(", ")}`);

    const words = `${run.said()} ${clean.said}`.replaceAll(/\s+/g, " ");
    if (fault.silentAt?.includes(stage) !== true && fault.says?.test(words) === false)
      wrong.push(`nobody said ${String(fault.says)}`);
    const { kept, problem } = await keptOf(place, run, linesBefore, expected, stage);
    if (problem !== undefined) wrong.push(problem);
    return {
      fault: fault.id,
      stage,
      exit: ended,
      restored: left.length > 0 ? "NO" : atOnce.length > 0 ? "by the next command" : "at once",
      kept,
      words: exit.signal === null ? hintOf(run.said()) : clean.said.trim(),
      wrong,
      seconds: (performance.now() - start) / 1000,
    };
  } finally {
    run.release();
    // One that met no fault, because the test could not do it, puts the node back by itself.
    run.child.kill("SIGTERM");
    await endOf(run).catch(() => run.child.kill("SIGKILL"));
    for (const one of places.toReversed()) await one.close();
  }
};

const END_MS = 300_000;

const endOf = async (run: HeldRun): Promise<Awaited<HeldRun["exited"]>> => {
  const ended = await Promise.race([run.exited, sleep(END_MS, undefined, { ref: false })]);
  if (ended === undefined) throw new Error(`it did not end; it said: ${lastLines(run.said())}`);
  return ended;
};

const isAsExpected = (expected: Expected, code: number | null, signal: string | null): boolean => {
  switch (expected.exit) {
    case "killed":
      return signal !== null;
    case "whole":
      return code === 0 || code === 5;
    case 130:
    case 70:
    case 4:
    case 2:
      return code === expected.exit;
  }
};

const lastLines = (text: string): string => text.trim().split("\n").slice(-4).join(" / ");

const warnings = (said: string): string =>
  said
    .split("\n")
    .filter((line) => line.includes("warning:"))
    .join(" / ");

/** The last hint, or the last line. */
const hintOf = (said: string): string => {
  const lines = said.trim().split("\n");
  const at = lines.findLastIndex((line) => line.includes("hint:") || line.includes("error:"));
  return (at < 0 ? lines.slice(-1) : lines.slice(at - 1)).join(" ").replaceAll(/\s+/g, " ");
};

/** A reboot ends all mounts and cgroups; the disk holds what had been written to it. */
const afterReboot = async (place: Place, run: HeldRun): Promise<Place> => {
  for (const controller of readdirSync("/sys/fs/cgroup")) {
    const group = join("/sys/fs/cgroup", controller, `tare-${run.pid}`);
    if (existsSync(group)) await removeGroup(group);
  }
  return await openPlace({ cut: place, audit: false });
};

const linesIn = (place: Place, run: HeldRun): number => {
  const path = place.seen(join(run.out, "record.jsonl"));
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").length - 1 : 0;
};

/** Every line that was whole before the fault is there, and the record can be read and gone on with. */
const keptOf = async (
  place: Place,
  run: HeldRun,
  linesBefore: number,
  expected: Expected,
  stage: StageId,
): Promise<{ readonly kept: string; readonly problem?: string }> => {
  const path = place.seen(join(run.out, "record.jsonl"));
  if (!existsSync(path))
    return linesBefore === 0 && expected.exit !== "whole"
      ? { kept: "nothing yet" }
      : { kept: "NOTHING", problem: `the record is gone, which had ${linesBefore} lines` };
  const { lines, problems } = await readRecord(path);
  const isWhole = lines.at(-1)?.type === "end";
  const kept = isWhole ? "whole" : `${lines.length} lines`;
  if (problems.length > 0)
    return { kept, problem: `line ${problems[0]?.line ?? 0} of the record: ${problems[0]?.why ?? ""}` };
  if (lines.length < linesBefore)
    return { kept, problem: `${lines.length} of ${linesBefore} lines of the record are left` };
  if (expected.exit === "whole" && !isWhole) return { kept, problem: "the record is not whole" };
  if (isWhole || stage !== "window") return { kept };
  const resumed = await runTare(place, [
    "run",
    "--resume",
    run.out,
    "--report",
    run.report,
    "--allow-foreign",
  ]);
  const isDone = (await readRecord(path)).lines.at(-1)?.type === "end";
  return isDone && (resumed.status === 0 || resumed.status === 5)
    ? { kept: `${kept}, resumed` }
    : { kept, problem: `cannot be resumed (${resumed.status}): ${lastLines(resumed.said)}` };
};
