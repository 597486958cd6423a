/**
 * tare's own sensor (`bpf/`): a small eBPF program for each family and one reader that writes JSON Lines. It counts every
 * event that it could not hand over, so its losses are known exactly.
 */
import { defineAgent } from "../domain/agent.ts";
import type { AgentContext, AgentOutput, DeclaredLoss } from "../domain/agent.ts";
import { TareError } from "../domain/errors.ts";
import type { Host, HostProcess } from "../domain/host.ts";
import type { Family, Reading } from "../domain/units.ts";
import { missing, value } from "../domain/units.ts";
import { firstObstacle, needsBtf, needsRoot } from "./shared/obstacle.ts";
import type { Check } from "./shared/obstacle.ts";
import { versionOf } from "./shared/version.ts";

const programOf = (host: Host): string => `${host.root}/build/bpf/tare-sensor`;

const needsBuild: Check = async (host) =>
  (await host.which(programOf(host))) === undefined
    ? {
        kind: "unavailable",
        reason: "the sensor is not built: there is no build/bpf/tare-sensor",
        hint: "run: sh scripts/setup.sh build (or: tare agents install sensor)",
      }
    : undefined;

const FORMS: AgentOutput["forms"] = {
  exec: { kind: "text" },
  file: { kind: "text" },
  network: { kind: "ipv4", before: '"address":"' },
};

const STATS_POLL_MS = 20;
const STATS_TRIES = 100;

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

/** Lines that have been written to their end. */
const completeLines = (text: string): readonly string[] => text.split("\n").slice(0, -1);

const readStats = async (host: Host, path: string): Promise<readonly string[]> => {
  const text = await host.readText(path);
  return text.kind === "value" ? completeLines(text.value) : [];
};

/** Asks for a line of statistics and waits for it. */
const askForLoss = async (host: Host, pid: number, path: string): Promise<DeclaredLoss> => {
  const before = (await readStats(host, path)).length;
  if (!host.signal(pid, "SIGUSR1")) return missing(`the sensor (pid ${pid}) is gone`);
  for (let attempt = 0; attempt < STATS_TRIES; attempt += 1) {
    const lines = await readStats(host, path);
    const last = lines.at(-1);
    if (lines.length > before && last !== undefined) return lostIn(last);
    await host.sleep(STATS_POLL_MS);
  }
  return missing(
    `the sensor wrote no statistics within ${(STATS_POLL_MS * STATS_TRIES) / 1000} s of SIGUSR1`,
  );
};

const READY_POLL_MS = 20;
const READY_TRIES = 500;

/**
 * The hooks it chose on this kernel, from its ready line: they decide its cost. That it is ready is not taken from here, but
 * proved by a sentinel as for every other agent.
 */
const hooksOf = async (
  host: Host,
  context: AgentContext,
  process: HostProcess,
  stderr: string,
): Promise<string> => {
  for (let attempt = 0; attempt < READY_TRIES && process.exit() === undefined; attempt += 1) {
    const text = await host.readText(stderr);
    const hooks =
      text.kind === "value" ? /^\{"ready":true,"hooks":(.*)\}$/m.exec(text.value)?.[1] : undefined;
    if (hooks !== undefined) return hooks;
    await host.sleep(READY_POLL_MS, context.signal);
  }
  const said = await host.readText(stderr);
  const exit = process.exit();
  const how =
    exit === undefined
      ? `said no "ready" within ${(READY_POLL_MS * READY_TRIES) / 1000} s`
      : `ended by itself (${exit.signal ?? `exit status ${exit.code ?? "unknown"}`})`;
  throw new TareError(
    "run-failed",
    `the sensor (pid ${process.pid}) ${how}: ${said.kind === "value" ? said.value.trim() : said.reason}`,
    "run build/bpf/tare-sensor --explain as root: it tries every hook and says why one fails",
  );
};

const familyFlag = (families: readonly Family[]): string => `--families=${families.join(",")}`;

export default defineAgent({
  id: "sensor",
  title: "tare's eBPF sensor",
  homepage: "",
  observes: ["exec", "file", "network"],
  blindSpots: ["operations through io_uring", "execs that fail"],
  overload: "drops",
  residue: "none",
  packages: [],
  probe: async (host) =>
    (await firstObstacle(host, [needsBuild, needsRoot, needsBtf])) ?? {
      kind: "available",
      version: (await versionOf(host, programOf(host))) ?? "unknown",
      path: programOf(host),
    },
  start: async (host, context) => {
    const output = `${context.directory}/events.jsonl`;
    const stats = `${context.directory}/stats.jsonl`;
    const stderr = `${context.directory}/sensor.err`;
    // The statistics are looked for next to the events (see declaredLoss), also before the first is asked for.
    await host.writeText(stats, "");
    const process = await context.launch(
      {
        command: programOf(host),
        args: [familyFlag(context.families), `--output=${output}`, `--stats=${stats}`],
        stdout: `${context.directory}/sensor.out`,
        stderr,
      },
      { signals: ["SIGTERM"], graceMs: 5000 },
    );
    const forms = Object.fromEntries(context.families.map((family) => [family, FORMS[family]]));
    return {
      processes: [process],
      outputs: [{ path: output, forms }],
      logs: [stderr],
      settings: {
        command: `tare-sensor ${familyFlag(context.families)}`,
        hooks: await hooksOf(host, context, process, stderr),
        filter: "none",
      },
    };
  },
  declaredLoss: async (host, running) => {
    const process = running.processes[0];
    const output = running.outputs[0];
    if (process === undefined || output === undefined) return missing("the sensor was not started");
    return await askForLoss(host, process.pid, output.path.replace(/events\.jsonl$/, "stats.jsonl"));
  },
});
