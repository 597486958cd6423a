/** The lines of a count of one agent at file-open, from what its guests said. */
import sensorFile from "../../src/agents/sensor.ts";
import type { Counting } from "../../src/domain/counting.ts";
import type { RecordLine } from "../../src/domain/record.ts";
import { METHOD, RECORD_SCHEMA, type Header } from "../../src/domain/run-header.ts";
import { value } from "../../src/domain/units.ts";
import { fitLoop } from "../../src/count/known-loop.ts";
import { BASELINE_STATUS, hostOf, linesOf, statusOf } from "../../src/count/lines.ts";
import { countPlan } from "../../src/count/plan.ts";
import { readSerial } from "../../src/count/serial.ts";
import type { GuestStart } from "../../src/domain/agent.ts";
import fileOpen from "../../scenarios/file-open.ts";
import { variantOf } from "../support/agent-context.ts";
import { type SaidSpec, saidBoot } from "./said.ts";

const sensor = variantOf(sensorFile, "sensor");

const START: GuestStart = {
  programs: [],
  files: {},
  version: "",
  exec: "",
  ready: "",
  outputs: [{ path: "events.jsonl", forms: { file: { kind: "text" } } }],
  lost: { ask: "", read: (line) => value(Number(line)) },
  settings: { command: "tare-sensor" },
};

const OPERATIONS = 100;

const allEvents = Array.from(
  { length: OPERATIONS },
  (_, one) => `{"path":"/run/work/TK-0002/${one.toString(16).padStart(8, "0")}"}\n`,
).join("");

/** `boots`: what each of them says; the trials of all are numbered as in the first. */
export const countRecord = (
  boots: readonly SaidSpec[],
  changed: Partial<Counting> = {},
): readonly RecordLine[] => {
  const seeds = boots.map((_, index) => index + 1);
  const ids = { next: () => ({ value: "0000" }) };
  const plan = countPlan(
    { agents: [sensor], scenarios: [fileOpen], seeds, operations: OPERATIONS },
    ids as Iterator<string, string>,
  );
  const blocks = plan.blocks.map((block) => ({
    ...block,
    turns: block.turns.map((turn, index) => ({
      ...turn,
      trials: turn.trials.map((trial) => ({ ...trial, id: `000${index + 1}` })),
    })),
  }));
  const said = boots.map((boot) =>
    readSerial(saidBoot({ output: allEvents, operations: OPERATIONS, ...boot })),
  );
  const [first] = said;
  if (first === undefined) throw new Error("a record needs a boot");
  const counting: Counting = {
    qemu: "10.0.2",
    machine: ["-icount", "shift=0,sleep=off,align=off"],
    kernelLine: "console=ttyS0 quiet",
    kernel: "ab".repeat(32),
    initramfs: { sensor: "cd".repeat(32) },
    seeds,
    gate: { seed: 0, boots: 2, agents: { sensor: "ef".repeat(32) } },
    knownLoop: fitLoop(first.loop),
    ...changed,
  };
  const header: Header = {
    type: "header",
    schema: RECORD_SCHEMA,
    method: METHOD,
    tool: { name: "tare", version: "0.1.0", commit: value("abc") },
    run: "counted",
    startedAt: "2026-11-29T08:00:00.000Z",
    command: ["tare", "count"],
    plan: {
      seed: 0,
      profile: "standard",
      ...plan,
      blocks,
      filesOn: "tmpfs",
      stop: "fixed",
      budgets: [],
      budgetSource: "no budget",
      budgetDeclared: false,
    },
    host: hostOf(first, { arch: "x86_64", release: "bookworm", counting }),
    agents: [BASELINE_STATUS, statusOf(sensor, "example 1.2", [fileOpen])],
    counting,
    notMeasurable: [],
  };
  const told = blocks.flatMap((block, index) => {
    const boot = said[index];
    if (boot === undefined) return [];
    const when = { startedAt: header.startedAt, endedAt: header.startedAt, durationMs: 1000 };
    return linesOf(
      { block, said: boot, ...when },
      { agent: sensor, start: START },
      new Map([["file-open", fileOpen]]),
    );
  });
  return [
    header,
    ...told,
    { type: "end", endedAt: "2026-11-29T08:05:00.000Z", reason: "complete", blocks: blocks.length },
  ];
};
