/** What `tare-sensor` (`bpf/`) is to those that start it: its program, its lines, its own count of losses. */
import * as z from "zod";
import type {
  AgentContext,
  AgentOutput,
  AgentSheet,
  GuestContext,
  GuestStart,
  RunningAgent,
} from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import type { Telling } from "../../domain/telling.ts";
import { type Reading, value } from "../../domain/units.ts";
import type { From } from "../../domain/schema.ts";
import {
  askOwnProgram,
  familyFlag,
  readAnswer,
  type StartedProgram,
  type Through,
  startOwnProgram,
  needsBuilt,
  ownProgram,
} from "./own-program.ts";
import { CHANGE_FORMS } from "./changes.ts";
import { EACH_EVENT } from "./loss-counters.ts";
import { firstObstacle, needsBtf, needsRoot } from "./obstacle.ts";
import { versionOf } from "./probe.ts";

export const SENSOR = "tare-sensor";

export const SENSOR_FORMS = {
  exec: { kind: "text" },
  file: { kind: "text" },
  network: { kind: "ipv4", before: '"address":"' },
  ...CHANGE_FORMS,
  "high-value": { kind: "text" },
} as const satisfies AgentOutput["forms"];

const Lost = z.object({ lost: z.number() });
const Statistics = z.object({ families: z.record(z.string(), Lost), written: Lost });

const SENSOR_TELLING: Telling = {
  deeds: {
    exec: /"type":"exec"/,
    open: /"type":"open"/,
    connect: /"type":"connect"/,
    accept: /"type":"accept"/,
    identity: /"type":"privilege".*"call":"set/,
    capability: /"type":"privilege".*"call":"capset"/,
    bpf: /"type":"bpf"/,
    write: /"type":"write".*"call":"(?!f?truncate)/,
    truncate: /"type":"write".*"call":"f?truncate"/,
    rename: /"type":"rename"/,
    delete: /"type":"delete"/,
  },
  pid: /"pid":(\d+)/,
};

/** In the kernel, of every family, and on the way to the file. */
const lostOf = (said: Reading<From<typeof Statistics>>): Reading<number> =>
  said.kind === "missing"
    ? said
    : value(
        [...Object.values(said.value.families), said.value.written].reduce((sum, { lost }) => sum + lost, 0),
      );

/** From a line of its statistics. */
export const lostIn = (line: string): Reading<number> => lostOf(readAnswer(Statistics, line, "statistics"));

export const startSensor = (
  host: Host,
  context: AgentContext,
  ...args: readonly string[]
): Promise<StartedSensor> => startSensorOf(host, context, [familyFlag(context.families), ...args]);

type StartedSensor = StartedProgram & Pick<RunningAgent, "lost">;

/** `args` name the families, of which it has more than a run counts. */
export const startSensorOf = async (
  host: Host,
  context: AgentContext,
  args: readonly string[],
  through?: Through,
): Promise<StartedSensor> => {
  const stats = `${context.directory}/stats.jsonl`;
  await host.writeText(stats, "");
  const started = await startOwnProgram(host, context, SENSOR, [...args, `--stats=${stats}`], through);
  return {
    ...started,
    // Asking makes it write whatever it holds.
    lost: async () => lostOf(await askOwnProgram(host, started.process, stats, Statistics, "statistics")),
  };
};

const HINT = "run: sh scripts/setup.sh build (or: tare agents install sensor)";

/** The least ring that it takes, a page of the largest size in use, and its default. */
export const RING_BYTES = { smallest: 65_536, usual: 8 * 1024 * 1024 } as const;

interface GuestExport extends Pick<GuestStart, "outputs"> {
  /** Its options. */
  readonly args: readonly string[];
}

const TO_FILE: GuestExport = {
  args: ["--output=events.jsonl"],
  outputs: [{ path: "events.jsonl", forms: SENSOR_FORMS }],
};

/** Where only a shell starts it; `args` as for `startSensorOf`. */
export const sensorInGuest = (
  { build }: GuestContext,
  args: readonly string[],
  { args: exporting, outputs }: GuestExport = TO_FILE,
  stats = "stats.jsonl",
): GuestStart => {
  const flags = [...args, `--ring-bytes=${RING_BYTES.usual}`, ...exporting, `--stats=${stats}`];
  return {
    programs: [],
    built: [`bpf/${SENSOR}`, "bpf/*.bpf.o"],
    files: {},
    version: `${build}/bpf/${SENSOR} --version`,
    before: `: >${stats}`,
    exec: `exec ${build}/bpf/${SENSOR} ${flags.join(" ")}`,
    ready: "grep -q '^{\"ready\":true' stderr",
    outputs,
    lost: {
      ask: `told=$(wc -l <${stats})
kill -USR1 "$agent"
while [ "$(wc -l <${stats})" = "$told" ]; do rest 0.02; done
tail -n 1 ${stats}`,
      read: lostIn,
    },
    settings: {
      command: [SENSOR, ...args, ...exporting].join(" "),
      ring: `${RING_BYTES.usual} bytes`,
      ...(args.some((arg) => arg.startsWith("--policy")) ? {} : { filter: "none" }),
    },
  };
};

/** Whichever policy it follows. */
export const SENSOR_SHEET = {
  homepage: "",
  overload: "drops",
  lossCounter: EACH_EVENT,
  telling: SENSOR_TELLING,
  probe: async (host) =>
    (await firstObstacle(host, [needsBuilt(SENSOR, HINT), needsRoot, needsBtf])) ?? {
      kind: "available",
      version: (await versionOf(host, ownProgram(host, SENSOR))) ?? "unknown",
      path: ownProgram(host, SENSOR),
    },
} as const satisfies Partial<AgentSheet>;
