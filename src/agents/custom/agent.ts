/** An agent out of a custom agent's file: what a file in `src/agents/` does by code, done from its specification. */
import { type Agent, type AgentContext, defineAgent, type RunningAgent } from "../../domain/agent.ts";
import { TareError } from "../../domain/errors.ts";
import type { Host, HostProcess } from "../../domain/host.ts";
import { FAMILIES, known, missing } from "../../domain/units.ts";
import { awaitStart } from "../shared/await-start.ts";
import { inTime, tooSlow } from "../shared/in-time.ts";
import { removeAfterwards } from "../shared/left-behind.ts";
import { noCounter } from "../shared/no-counter.ts";
import { type Check, firstObstacle, needsBtf, needsRoot, needsTracepoint } from "../shared/obstacle.ts";
import { LineCounts, lastCount, lostLines } from "../shared/lost-lines.ts";
import { nudgeEachCpu } from "../shared/perf-loss.ts";
import { customInGuest } from "./in-guest.ts";
import { outputsOf, pathOf } from "./outputs.ts";
import { fill, namesIn } from "./placeholders.ts";
import type { Command, CustomSpec, LossSpec, Values } from "./spec.ts";
import { EACH_EVENT } from "../shared/loss-counters.ts";
import type { LossCounter } from "../../domain/agent.ts";

/** Where its file lies, and which file it was. */
export interface CustomOrigin {
  readonly file: string;
  readonly here: string;
  /** The beginning of the SHA-256 of its text: another file is another version. */
  readonly digest: string;
}

export const customAgent = (spec: CustomSpec, origin: CustomOrigin): Agent =>
  defineAgent({
    id: spec.id,
    title: spec.title,
    homepage: spec.homepage ?? "",
    observes: FAMILIES.filter((family) => spec.observes.includes(family)),
    coverage: { notes: spec["blind-spots"] },
    overload: spec.overload,
    ...(spec.loss === undefined ? {} : { lossCounter: counterOf(spec, spec.loss) }),
    residue: spec["uses-audit"] === true ? "audit" : "none",
    ...(spec["events-optional"] === true ? { costOnly: true } : {}),
    ...heldBackBy(spec),
    probe: async (host) => {
      const obstacle = await firstObstacle(host, checksOf(spec, origin));
      if (obstacle !== undefined) return obstacle;
      const [command] = programOf(spec.start.command, origin);
      return {
        kind: "available",
        version: `${await versionOf(host, spec, origin)} (${origin.file}, ${origin.digest})`,
        path: (await host.which(command)) ?? command,
      };
    },
    start: async (host, context) => await start(host, context, spec, origin),
    inGuest: async (host, context) => await customInGuest(host, context, spec, origin),
  });

const heldBackBy = ({
  "holds-back": held,
}: CustomSpec): Pick<Agent, "flushIntervalMs" | "handsOutInBatches"> => ({
  ...(held === undefined ? {} : { flushIntervalMs: held.seconds * 1000 }),
  ...(held?.["until-more"] === true ? { handsOutInBatches: true } : {}),
});

/** A program may lie beside the file; everything else is not known before it is started. */
const programOf = (
  [command = "", ...args]: Command,
  { here }: CustomOrigin,
): readonly [string, ...string[]] => [fill(command, { here }), ...args];

const checksOf = (spec: CustomSpec, origin: CustomOrigin): readonly Check[] => {
  const needs = spec.needs ?? {};
  const [program] = programOf(spec.start.command, origin);
  const commands = [...new Set([...(needs.commands ?? []), program])];
  return [
    ...commands.filter((command) => namesIn(command).length === 0).map((command) => isThere(command, origin)),
    ...(needs.root === false ? [] : [needsRoot]),
    ...(needs.tracepoints ?? []).map(needsTracepoint),
    ...(needs.btf === true ? [needsBtf] : []),
  ];
};

const isThere =
  (command: string, { file }: CustomOrigin): Check =>
  async (host) =>
    (await host.which(command)) === undefined
      ? {
          reason: `${command} is not installed`,
          hint: `install it, or give its path in ${file}`,
        }
      : undefined;

const versionOf = async (host: Host, { version }: CustomSpec, origin: CustomOrigin): Promise<string> => {
  if (version === undefined) return "version not asked";
  const [command, ...args] = programOf(version.command, origin);
  const { stdout, stderr } = await host.run(command, args);
  const pattern = new RegExp(version.pattern, "m");
  let found: string | undefined;
  const isFound = inTime(() => {
    found = pattern.exec(stdout + stderr)?.[1];
  });
  return isFound ? (found ?? "unknown") : `unknown: ${tooSlow(version.pattern)}`;
};

const start = async (
  host: Host,
  context: AgentContext,
  spec: CustomSpec,
  { file, here }: CustomOrigin,
): Promise<RunningAgent> => {
  const { directory } = context;
  const { files = [], buffers } = spec;
  const values: Values = {
    directory,
    watchedDirectory: context.watchedDirectory,
    families: context.families.join(","),
    cpus: String(host.cpus.length),
    arch: host.arch,
    here,
    ...buffers?.[context.buffers],
  };
  for (const { name, text } of files) await host.writeText(`${directory}/${name}`, fill(text, values));
  const [command = "", ...args] = spec.start.command.map((text) => fill(text, values));
  const stdout = pathOf("stdout", values);
  const stderr = pathOf("stderr", values);
  const env = Object.entries(spec.start.env ?? {}).map(([name, text]) => [name, fill(text, values)] as const);
  await removeAfterwards(host, context, spec.id, spec.leaves ?? []);
  const process = await context.launch(
    { command, args, env: Object.fromEntries(env), stdout, stderr },
    { signals: spec.stop.signals, graceMs: spec.stop["grace-seconds"] * 1000 },
  );
  if (spec.ready !== undefined) await awaitReady(host, context, process, spec.id, spec.ready, values);
  return {
    processes: [process],
    outputs: outputsOf(spec.events ?? [], values),
    // Which of the two its log is, only its author knows.
    logs: [stderr, stdout],
    settings: {
      file,
      command: spec.start.command.join(" "),
      ...Object.fromEntries(files.map(({ name, text }) => [name, text])),
      ...titled("env", spec.start.env),
      ...titled("buffers", buffers?.[context.buffers]),
      ...spec.settings,
    },
    lost: spec.loss === undefined ? noCounter(`${file} has no "loss"`) : lossOf(host, spec.loss, values),
  };
};

const titled = (title: string, values: Values = {}): Values =>
  Object.fromEntries(Object.entries(values).map(([name, text]) => [`${title} ${name}`, text]));

const USUAL_SECONDS = 10;

const awaitReady = async (
  host: Host,
  context: AgentContext,
  process: HostProcess,
  id: string,
  ready: NonNullable<CustomSpec["ready"]>,
  values: Values,
): Promise<void> => {
  const path = pathOf(ready.output, values);
  const pattern = new RegExp(ready.pattern, "m");
  await awaitStart(host, context, {
    process,
    who: id,
    lacking: `wrote nothing that matches /${ready.pattern}/ to its ${ready.output}`,
    log: pathOf("stderr", values),
    every: 50,
    atMost: (ready.seconds ?? USUAL_SECONDS) * 1000,
    check: async () => {
      const kind = known(await host.fileKind(path)) ?? "file";
      if (kind !== "file")
        throw new TareError(
          "run-failed",
          `${id}: what it says when it is ready is looked for in ${path}, which is a ${kind}`,
          'name a file, "stdout" or "stderr" as the "output" of "ready"',
        );
      const said = known(await host.readText(path)) ?? "";
      let isReady = false;
      const isAnswered = inTime(() => {
        isReady = pattern.test(said);
      });
      if (!isAnswered)
        throw new TareError("run-failed", `${id}: ${tooSlow(ready.pattern)}`, "see docs/custom-agents.md");
      return isReady ? true : undefined;
    },
  });
};

const counterOf = ({ observes }: CustomSpec, { "per-event": most = 1 }: LossSpec): LossCounter =>
  most === 1
    ? EACH_EVENT
    : {
        unit: "records",
        scope: "node",
        perEvent: Object.fromEntries(observes.map((family) => [family, [1, most]])),
      };

const lossOf = (host: Host, loss: LossSpec, values: Values): RunningAgent["lost"] => {
  const { command, output = "stderr", as } = loss;
  const pattern = new RegExp(loss.pattern);
  const path = pathOf(output, values);
  const sum = lostLines(host, path, pattern);
  return async () => {
    if (loss.nudge === true) await nudgeEachCpu(host);
    if (command === undefined) return as === "sum" ? await sum() : await lastCount(host, path, pattern);
    const [program = "", ...args] = command.map((text) => fill(text, values));
    const { exitCode, stdout, stderr } = await host.run(program, args);
    if (exitCode !== 0) return missing(`${command.join(" ")}: ${(stderr + stdout).trim().slice(0, 200)}`);
    const counts = new LineCounts(pattern);
    counts.feed(stdout + stderr);
    counts.end();
    if (counts.isTooSlow) return missing(tooSlow(loss.pattern));
    if (counts.last === undefined) return missing(`nothing that it said matches /${loss.pattern}/`);
    return as === "sum" ? counts.sum : counts.last;
  };
};
