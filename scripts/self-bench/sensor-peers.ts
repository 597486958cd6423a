/** Who takes part when the sensor's cost is measured: the sensor as it is used, the same without output, the floor, and the peers. */
import { defineAgent } from "../../src/domain/agent.ts";
import type { Agent, AgentContext, RunningAgent } from "../../src/domain/agent.ts";
import type { Host } from "../../src/domain/host.ts";
import { PLAIN_FAMILIES } from "../../src/domain/units.ts";
import { noCounter } from "../../src/agents/shared/no-counter.ts";
import { familyFlag, ownProgram, startOwnProgram } from "../../src/agents/shared/own-program.ts";

export const SENSOR = "sensor";
export const COUNTING = "sensor-counting";
export const FLOOR = "floor";
/** Those with full coverage of execs, opens and connects that Debian has. */
export const PEERS = ["bpftrace@everything", "auditd@blocking", "laurel"] as const;

/** `{"noop", "TK-0000-00000000"}` with a NUL each: what the exec workload passes. */
const EXEC_ARGUMENTS_BYTES = 22;
/** `/TK-0000/00000000`: what the file workload puts behind its directory. */
const FILE_TOKEN_BYTES = 17;

const start = async (
  host: Host,
  context: AgentContext,
  program: string,
  args: readonly string[],
): Promise<RunningAgent> => {
  const { process, log, hooks = "unknown" } = await startOwnProgram(host, context, program, args);
  return {
    processes: [process],
    outputs: [],
    logs: [log],
    settings: { hooks },
    lost: noCounter("it writes no events"),
  };
};

/** What both have in common: they write no events, so they prove themselves by their ready line alone. */
const SILENT = {
  homepage: "",
  observes: PLAIN_FAMILIES,
  coverage: { notes: ["everything: it writes no event"] },
  overload: "drops",
  residue: "none",
  packages: [],
  costOnly: true,
} as const;

const probeFor =
  (program: string): Agent["probe"] =>
  async (host) => {
    const path = ownProgram(host, program);
    return (await host.which(path)) === undefined
      ? { kind: "unavailable", reason: `there is no ${path}`, hint: "run: make -C bpf" }
      : { kind: "available", version: "as built here", path };
  };

const SENSOR_PROGRAM = "tare-sensor";
const FLOOR_PROGRAM = "floor/tare-floor";

export const counting = defineAgent({
  id: COUNTING,
  title: "tare's sensor, counting only",
  ...SILENT,
  probe: probeFor(SENSOR_PROGRAM),
  start: async (host, context) =>
    await start(host, context, SENSOR_PROGRAM, [familyFlag(context.families), "--output=none"]),
});

export const floor = defineAgent({
  id: FLOOR,
  title: "empty programs on the sensor's hooks that submit as many bytes",
  ...SILENT,
  probe: probeFor(FLOOR_PROGRAM),
  start: async (host, context) => {
    const noop = `${host.root}/build/scenarios/noop`;
    // The working directory goes with each exec, a byte for each separator.
    const exec = Buffer.byteLength(noop) + EXEC_ARGUMENTS_BYTES + Buffer.byteLength(process.cwd());
    const file = Buffer.byteLength(context.watchedDirectory) + FILE_TOKEN_BYTES;
    const sizes = [`exec=${exec}`, `file=${file}`, "network=0"];
    const report = `--report=${context.directory}/report`;
    return await start(host, context, FLOOR_PROGRAM, [
      report,
      ...sizes.map((size) => `--text-bytes=${size}`),
    ]);
  },
});
