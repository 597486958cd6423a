/** The stages of a run at which something can go wrong, and an agent that holds a run at one of them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fileOpen from "../../scenarios/file-open.ts";
import { operationsOf } from "../../src/domain/scenario.ts";
import { checked, ROOT } from "./place.ts";

/** In the order of a run. */
export const STAGES = [
  { id: "probe", title: "agents are asked for their versions; nothing is measured yet" },
  { id: "start", title: "the agent is being started" },
  { id: "ready", title: "it has not shown a sentinel yet" },
  { id: "warm-up", title: "the workload is in the middle of an operation of its warm-up" },
  { id: "window", title: "the workload is in the middle of an operation of the window" },
  { id: "drain", title: "the agent still shows events" },
  { id: "stop", title: "the agent was told to stop and still runs" },
  { id: "report", title: "the page is being written" },
] as const;

export type StageId = (typeof STAGES)[number]["id"];

const built = new Map<string, string>();

/** Builds a program of this folder, once, outside of the tree. */
export const build = (source: string, ...flags: readonly string[]): string => {
  const before = built.get(source);
  if (before !== undefined) return before;
  const folder = join(ROOT, "build/faults");
  mkdirSync(folder, { recursive: true });
  const program = join(folder, source.replace(/\.c$/, ""));
  const common = ["-std=gnu11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror"];
  checked("cc", [...common, ...flags, "-o", program, join(import.meta.dirname, source)]);
  built.set(source, program);
  return program;
};

const [load] = fileOpen.loads.small;
const OPERATIONS = load === undefined ? 0 : operationsOf(load);

/** `through`: what starts the agent instead of tare itself. */
export const writeStageAgent = (
  folder: string,
  flags: string,
  stage: StageId,
  through: readonly string[] = [],
): string => {
  const program = build("stage-agent.c");
  const file = join(folder, "stage.yaml");
  const command = [...through, program, flags, stage, String(OPERATIONS), "{{watchedDirectory}}"];
  const text = `
id: stage
title: held at ${stage}
observes: [file]
blind-spots: [everything else]
overload: drops
version: { command: [${program}, ${flags}, ${stage}], pattern: 'stage-agent (\\S+)' }
start: { command: ${JSON.stringify(command)} }
ready: { output: stdout, pattern: ^ready, seconds: 60 }
events: [{ output: stdout, file: text }]
stop: { signals: [SIGTERM], grace-seconds: 4 }
`;
  writeFileSync(file, text);
  return file;
};
