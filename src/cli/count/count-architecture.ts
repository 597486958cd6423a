/**
 * Counts on one architecture, into a record.
 *
 *     parts -> gate: every agent's boot twice, nothing left to chance -> known loop -> header -> a boot a block -> end
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Counting } from "../../domain/counting.ts";
import { TareError } from "../../domain/errors.ts";
import type { Agent } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import type { Block } from "../../domain/plan.ts";
import { METHOD, RECORD_SCHEMA, type AgentStatus, type Header } from "../../domain/run-header.ts";
import type { Scenario } from "../../domain/scenario.ts";
import { fitLoop, refuseOtherClock } from "../../count/known-loop.ts";
import { BASELINE_STATUS, type Boot, hostOf, linesOf, skippedStatus, statusOf } from "../../count/lines.ts";
import { agentOf, type CountedPlan, countPlan } from "../../count/plan.ts";
import { readSerial, type SaidBoot } from "../../count/serial.ts";
import { drainSecondsOf, turnsText } from "../../count/turns.ts";
import { bootCounted, type CountedBoot, kernelLine, machineLine } from "../../machines/counting/boot.ts";
import { bootOrKept } from "../../machines/counting/kept.ts";
import { type Architecture, FACTS } from "../../machines/guests.ts";
import { hostRelease } from "../../machines/images/mirror.ts";
import type { BuildContext } from "../../machines/images/shell.ts";
import { trialIds } from "../../plan/build-plan.ts";
import { prepareRunFolder } from "../../record/files.ts";
import { createRecord } from "../../record/writer.ts";
import { toolVersion } from "../../session/tool-version.ts";
import { atOnce } from "./at-once.ts";
import { clock } from "../live-view.ts";
import { bootsLeft, type GateMs, longestFirst } from "./schedule.ts";
import { type CountedGuest, makeParts, type Parts } from "./parts.ts";
import type { CountSettings } from "./settings.ts";

/** Room for the files that a workload opens, and for what an agent writes of them. */
const MEMORY_MEGABYTES = 1024;

const GATE_SEED = 0;
const GATE_BOOTS = 2;
/** These boots are in no figure: so many show whether they say the same. */
const MAX_GATE_OPERATIONS = 500;

export interface Count {
  readonly host: Host;
  readonly settings: CountSettings;
  readonly architecture: Architecture;
  readonly jobs: number;
  readonly context: BuildContext;
}

const guestOf = ({ guests }: Parts, block: Block): CountedGuest => {
  const guest = guests.find(({ agent }) => agent.id === agentOf(block));
  if (guest === undefined) throw new RangeError(`block ${block.index} has no guest`);
  return guest;
};

const memoryOf = ({ memoryMegabytes }: CountSettings, { start }: CountedGuest): number =>
  memoryMegabytes ?? start.memoryMegabytes ?? MEMORY_MEGABYTES;

interface Manner extends Pick<CountedBoot, "seed" | "layout"> {
  readonly isPhased: boolean;
}

/** Each block's seed; an agent's phases are done with its first. */
const mannerOf = ({ seeds }: CountSettings, { index }: Block): Manner => ({
  seed: seeds[index % seeds.length] ?? GATE_SEED,
  layout: "random",
  isPhased: index % seeds.length === 0,
});

const bootOf = (
  { settings, architecture }: Count,
  parts: Parts,
  block: Block,
  { seed, layout, isPhased }: Manner,
): CountedBoot => {
  const guest = guestOf(parts, block);
  const programs = new Map(
    settings.scenarios.flatMap(({ id, driver }) => (driver.kind === "native" ? [[id, driver.program]] : [])),
  );
  const turns = block.turns.map(({ agent, trials }) => ({
    agent,
    ...(agent === guest.agent.id ? { start: guest.start } : {}),
    trials: trials.map((trial) => ({ ...trial, program: programs.get(trial.scenario) ?? trial.scenario })),
  }));
  return {
    architecture,
    qemu: parts.qemu,
    vmlinuz: parts.vmlinuz,
    initramfs: guest.initramfs.path,
    turns: turnsText(turns, { isPhased, drainSeconds: drainSecondsOf(guest.agent) }),
    seed,
    layout,
    memoryMegabytes: memoryOf(settings, guest),
    timeoutMs: settings.timeoutMs,
  };
};

const sha256 = (text: string): string => createHash("sha256").update(text, "latin1").digest("hex");

const firstDifference = (one: string, other: string): string => {
  const [lines, others] = [one.split("\n"), other.split("\n")];
  const at = lines.findIndex((line, index) => line !== others[index]);
  return `line ${at + 1}: "${(lines[at] ?? "").slice(0, 80)}" and "${(others[at] ?? "").slice(0, 80)}"`;
};

interface Passed {
  readonly guest: CountedGuest;
  readonly digest: string;
  readonly said: SaidBoot;
  /** The longest of its boots. */
  readonly ms: number;
}

/** What it failed with is data, as in every run. */
interface Failed {
  readonly guest: CountedGuest;
  readonly error: TareError;
}

type Gated = Passed | Failed;

const hasPassed = (one: Gated): one is Passed => "said" in one;

/** @throws TareError `host-unfit` where the same boot says something else the second time */
const passGate = async (count: Count, parts: Parts, blocks: readonly Block[]): Promise<readonly Gated[]> => {
  const boots = parts.guests.flatMap((guest) => {
    const block = blocks.find((one) => agentOf(one) === guest.agent.id);
    return block === undefined ? [] : Array.from({ length: GATE_BOOTS }, () => ({ guest, block }));
  });
  let done = 0;
  const said = await atOnce(count.jobs, boots, async ({ guest, block }) => {
    const boot = bootOf(count, parts, block, { seed: GATE_SEED, layout: "fixed", isPhased: false });
    const from = count.host.now();
    const text = await bootCounted(boot, count.context).catch((error: unknown) => {
      if (error instanceof TareError && error.kind === "run-failed") return error;
      throw error;
    });
    done += 1;
    count.context.info(`gate: boot ${done} of ${boots.length} (${guest.agent.id})`);
    return { guest, text, ms: count.host.now() - from };
  });
  return parts.guests.flatMap((guest): readonly Gated[] => {
    const own = said.filter((one) => one.guest === guest);
    const error = own.map(({ text }) => text).find((text) => text instanceof TareError);
    if (error !== undefined) return [{ guest, error }];
    const [first = "", ...others] = own.map(({ text }) => text).filter((text) => typeof text === "string");
    refuseDifference(guest.agent.id, first, others);
    const ms = Math.max(...own.map((one) => one.ms));
    return [{ guest, digest: sha256(first), said: readSerial(first), ms }];
  });
};

const refuseDifference = (agent: string, first: string, others: readonly string[]): void => {
  const other = others.find((text) => text !== first);
  if (other === undefined) return;
  throw new TareError(
    "host-unfit",
    `two boots of ${agent} with the same seed differ, ${firstDifference(first, other)}: no count would hold`,
    "is that QEMU's own TCG, of version 10 or newer, with nothing else given to it?",
  );
};

/** What decides what the guests say. */
type Inputs = Pick<
  Counting,
  "qemu" | "machine" | "kernelLine" | "kernel" | "compilers" | "initramfs" | "turns" | "seeds"
>;

const inputsOf = (
  count: Count,
  parts: Parts,
  guests: readonly [CountedGuest, ...CountedGuest[]],
  { blocks }: CountedPlan,
): Inputs => {
  const { settings, architecture } = count;
  const turns = blocks.map((block) => bootOf(count, parts, block, mannerOf(settings, block)).turns);
  return {
    qemu: parts.qemu.version,
    machine: [...machineLine(architecture, memoryOf(settings, guests[0]))],
    kernelLine: kernelLine(architecture, "random"),
    kernel: parts.kernelDigest,
    compilers: parts.compilers,
    initramfs: Object.fromEntries(guests.map(({ agent, initramfs }) => [agent.id, initramfs.sha256])),
    turns: sha256(turns.join("\n")),
    seeds: [...settings.seeds],
  };
};

const planOf = (
  { settings: { scenarios, seeds, operations: asked } }: Count,
  agents: readonly Agent[],
  operations = asked,
): CountedPlan => countPlan({ agents, scenarios, seeds, operations }, trialIds());

/** Of a count before any guest is booted. */
export const inputsBeforehand = async (count: Count): Promise<Inputs> => {
  const { host, settings, architecture, context } = count;
  const parts = await makeParts(host, architecture, settings, context);
  const [first, ...others] = parts.guests;
  if (first === undefined) throw new RangeError("no agent is counted");
  return inputsOf(count, parts, [first, ...others], planOf(count, settings.agents));
};

const countingOf = (inputs: Inputs, passed: readonly Passed[], { said }: Pick<Passed, "said">): Counting => ({
  ...inputs,
  gate: {
    seed: GATE_SEED,
    boots: GATE_BOOTS,
    agents: Object.fromEntries(passed.map(({ guest, digest }) => [guest.agent.id, digest])),
  },
  knownLoop: fitLoop(said.loop),
});

const statusIn = (gated: Gated, scenarios: readonly Scenario[]): AgentStatus => {
  const { agent } = gated.guest;
  if (!hasPassed(gated)) return skippedStatus(agent, gated.error);
  const started = gated.said.turns.find((turn) => turn.agent === agent.id)?.started;
  return statusOf(agent, started?.version ?? null, scenarios);
};

/** Returns the record's path. */
export const countArchitecture = async (count: Count, run: string, folder: string): Promise<string> => {
  const { host, settings, architecture, context } = count;
  const { agents, scenarios } = settings;
  const parts = await makeParts(host, architecture, settings, context);
  await prepareRunFolder(folder);
  const inLittle = Math.min(settings.operations ?? MAX_GATE_OPERATIONS, MAX_GATE_OPERATIONS);
  const gated = await passGate(count, parts, planOf(count, agents, inLittle).blocks);
  const passed = gated.filter(hasPassed);
  const failed = gated.filter((one): one is Failed => !hasPassed(one));
  const [first, ...others] = passed;
  if (first === undefined) throw failed[0]?.error ?? new RangeError("no agent was booted");
  for (const { guest, error } of failed) context.info(`not counted: ${guest.agent.id}: ${error.message}`);
  const plan = planOf(
    count,
    passed.map(({ guest }) => guest.agent),
  );
  const guests = [first.guest, ...others.map(({ guest }) => guest)] as const;
  const counting = countingOf(inputsOf(count, parts, guests, plan), passed, first);
  refuseOtherClock(counting.knownLoop);
  context.info("gate: the same seed said the same, to the byte");
  const header: Header = {
    type: "header",
    schema: RECORD_SCHEMA,
    method: METHOD,
    tool: await toolVersion(host),
    run,
    startedAt: host.date(),
    command: ["tare", ...process.argv.slice(2)],
    plan: {
      seed: GATE_SEED,
      profile: "standard",
      ...plan,
      filesOn: "tmpfs",
      stop: "fixed",
      budgets: [],
      budgetSource: "no budget: counts are compared by `tare diff`",
      budgetDeclared: false,
    },
    host: hostOf(first.said, { arch: FACTS[architecture].uname, release: await hostRelease(), counting }),
    agents: [BASELINE_STATUS, ...gated.map((one) => statusIn(one, scenarios))],
    counting,
    notMeasurable: [],
  };
  const writer = await createRecord(join(folder, "record.jsonl"));
  try {
    await writer.append(header);
    const gateMs = (agent: string): number => passed.find(({ guest }) => guest.agent.id === agent)?.ms ?? 0;
    await countBlocks(count, parts, plan.blocks, gateMs, async (boot) => {
      const guest = guestOf(parts, boot.block);
      const byId = new Map(scenarios.map((scenario) => [scenario.id, scenario]));
      for (const line of linesOf(boot, guest, byId)) await writer.append(line);
    });
    await writer.append({
      type: "end",
      endedAt: host.date(),
      reason: "complete",
      blocks: plan.blocks.length,
    });
  } finally {
    await writer.close();
  }
  return writer.path;
};

/** Side by side, and told of in the order of the plan. */
const countBlocks = async (
  count: Count,
  parts: Parts,
  blocks: readonly Block[],
  gateMs: GateMs,
  take: (boot: Boot) => Promise<void>,
): Promise<void> => {
  const { host, settings, context, jobs } = count;
  const left = bootsLeft(blocks, gateMs, jobs);
  let done = 0;
  let telling: Promise<unknown> = Promise.resolve();
  const waiting = new Map<number, Boot>();
  let due = 0;
  const tellDue = async (): Promise<void> => {
    for (let boot = waiting.get(due); boot !== undefined; boot = waiting.get(due)) {
      waiting.delete(due);
      due += 1;
      await take(boot);
    }
  };
  await atOnce(jobs, longestFirst(blocks, gateMs), async (block) => {
    const manner = mannerOf(settings, block);
    const [startedAt, from] = [host.date(), host.now()];
    const { serial, kept } = await bootOrKept(
      bootOf(count, parts, block, manner),
      {
        agent: agentOf(block),
        kernel: parts.kernelDigest,
        initramfs: guestOf(parts, block).initramfs.sha256,
      },
      context,
    );
    const said = readSerial(serial);
    const durationMs = host.now() - from;
    done += 1;
    left.done(block, kept ? undefined : durationMs);
    const leftMs = left.ms();
    context.info(
      `boot ${done} of ${blocks.length}: ${agentOf(block)}, seed ${manner.seed}, ${kept ? "as it was counted before" : `${Math.round(durationMs / 1000)} s`}${leftMs === undefined || done === blocks.length ? "" : `, about ${clock(leftMs)} left`}`,
    );
    waiting.set(block.index, { block, said, startedAt, endedAt: host.date(), durationMs });
    telling = telling.then(tellDue);
    await telling;
  });
};
