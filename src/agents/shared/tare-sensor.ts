/** What `tare-sensor` (`bpf/`) is to those that start it: its program, its lines, its own count of losses. */
import type { AgentOutput } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import { type Family, missing, type Reading, value } from "../../domain/units.ts";
import { askForLine } from "./appended-line.ts";
import type { Check } from "./obstacle.ts";

export const sensorProgram = (host: Host): string => `${host.root}/build/bpf/tare-sensor`;

export const needsSensor: Check = async (host) =>
  (await host.which(sensorProgram(host))) === undefined
    ? {
        reason: "the sensor is not built: there is no build/bpf/tare-sensor",
        hint: "run: sh scripts/setup.sh build (or: tare agents install sensor)",
      }
    : undefined;

export const SENSOR_FORMS: AgentOutput["forms"] = {
  exec: { kind: "text" },
  file: { kind: "text" },
  network: { kind: "ipv4", before: '"address":"' },
};

export const familyFlag = (families: readonly Family[]): string => `--families=${families.join(",")}`;

export const SENSOR_HINT =
  "run build/bpf/tare-sensor --explain as root: it tries every hook and says why one fails";

const isRecord = (thing: unknown): thing is Readonly<Record<string, unknown>> =>
  typeof thing === "object" && thing !== null;

/** Events lost in the kernel, of every family, and on the way to the file; from one line of statistics. */
const lostIn = (line: string): Reading<number> => {
  let stats: unknown;
  try {
    stats = JSON.parse(line);
  } catch {
    return missing(`the sensor's statistics are no JSON: ${line.slice(0, 80)}`);
  }
  if (!isRecord(stats) || !isRecord(stats["families"]) || !isRecord(stats["written"])) {
    return missing(`the sensor's statistics lack families or written: ${line.slice(0, 80)}`);
  }
  let sum = 0;
  for (const part of [...Object.values(stats["families"]), stats["written"]]) {
    const lost = isRecord(part) ? part["lost"] : undefined;
    if (typeof lost !== "number") return missing(`the sensor's statistics lack a lost: ${line.slice(0, 80)}`);
    sum += lost;
  }
  return value(sum);
};

/** Asks the sensor for a line of statistics, which also makes it write whatever it holds, and reads its losses from it. */
export const askSensorForLoss = async (host: Host, pid: number, stats: string): Promise<Reading<number>> => {
  const line = await askForLine(host, pid, stats, "the sensor", "statistics");
  return line.kind === "missing" ? line : lostIn(line.value);
};
