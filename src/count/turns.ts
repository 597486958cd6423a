/** What a counting guest does after it has settled, as lines of its shell (scripts/machines/guest/count.sh). */
import type { Agent, GuestStart } from "../domain/agent.ts";
import type { Load } from "../domain/scenario.ts";

export interface CountedTrial {
  readonly id: string;
  readonly scenario: string;
  /** Below `build/scenarios`. */
  readonly program: string;
  readonly load: Load;
}

export interface CountedTurn {
  readonly agent: string;
  /** Absent: the baseline. */
  readonly start?: GuestStart;
  readonly trials: readonly CountedTrial[];
}

const argumentsOf = ({ id, scenario, program, load }: CountedTrial): string =>
  [
    `${scenario} ${program} ${id}`,
    `--batches ${load.batches} --batch-operations ${load.batchOperations}`,
    `--warmup-operations ${load.warmupOperations}`,
  ].join(" ");

/**
 * What is done with an agent beside its workloads, in little, to tell what of a caller's instructions is done where. `unread`: the
 * agent's processes are frozen. `programs`: in that state the kernel keeps account of BPF programs, which would otherwise hold those of the agent's
 * own system calls. `silent`: it is started so that it has nothing to report.
 */
export type Phase = "programs" | "unread" | "silent";

/** So many events fit into every agent's buffers while nobody takes them; the median of as many single operations is steady. */
const PHASE_BATCHES = 3;
const PHASE_BATCH = 100;

const NIBBLES = 14;

/** Other tokens than those of any trial of the boot: an address has room for the last digit of a trial's number alone (docs/driver-protocol.md). */
const phaseTrial = (phase: Phase, { id, load, ...trial }: CountedTrial): CountedTrial => {
  const nibble = (Number.parseInt(id.slice(-1), 16) % NIBBLES) + 1;
  return {
    ...trial,
    id: `ff${["programs", "unread", "silent"].indexOf(phase)}${nibble.toString(16)}`,
    load: {
      ...load,
      batches: PHASE_BATCHES,
      batchOperations: Math.min(PHASE_BATCH, load.batchOperations),
    },
  };
};

const phaseLines = (phase: Phase, trials: readonly CountedTrial[]): readonly string[] =>
  trials.map((trial) => `phase ${phase} ${argumentsOf(phaseTrial(phase, trial))}`);

/** A window without events: what is spent around it and after it is spent without them. As many processes as a workload has. */
const QUIET: CountedTrial = {
  id: "0000",
  scenario: "quiet",
  program: "syscall-tax",
  load: { kind: "closed", batches: 10, batchOperations: 100, warmupOperations: 0 },
};

const shellFunction = (name: string, lines: string): string => `agent_${name}() {\n${lines}\n}`;

const NOTHING = ":";

const trialLine = (trial: CountedTrial): string => `trial ${argumentsOf(trial)}`;

/** Started once more, as there is no way to tell every agent to report nothing while it runs. */
const silentLines = (
  agent: string,
  { exec, after }: NonNullable<GuestStart["silent"]>,
  trials: readonly CountedTrial[],
): readonly string[] => [
  ...(exec === undefined ? [] : [shellFunction("exec", exec)]),
  ...(after === undefined ? [] : [shellFunction("after", after)]),
  'say "silent"',
  `start_agent ${agent}`,
  ...phaseLines("silent", trials),
  "stop_agent",
];

const agentLines = (
  agent: string,
  start: GuestStart,
  trials: readonly CountedTrial[],
  isPhased: boolean,
): readonly string[] => [
  shellFunction("version", start.version),
  shellFunction("before", start.before ?? NOTHING),
  shellFunction("exec", start.exec),
  shellFunction("ready", start.ready),
  shellFunction("after", start.after ?? NOTHING),
  shellFunction("lost", start.lost?.ask ?? "echo -"),
  shellFunction("end", start.end ?? NOTHING),
  ...(start.client === undefined ? [] : [shellFunction("client", start.client)]),
  `start_agent ${agent}${start.client === undefined ? "" : " client"}`,
  ...[QUIET, ...trials].map(trialLine),
  ...(isPhased ? [...phaseLines("programs", trials), ...phaseLines("unread", trials)] : []),
  `stop_agent ${start.outputs.map(({ path }) => path).join(" ")}`,
  ...(isPhased && start.silent !== undefined ? silentLines(agent, start.silent, trials) : []),
];

/** Of an agent that hands events out later than others, the window's work is waited for longer; at least as long as the script itself waits. */
export const drainSecondsOf = ({ flushIntervalMs }: Pick<Agent, "flushIntervalMs">): number | undefined =>
  flushIntervalMs === undefined ? undefined : Math.ceil(flushIntervalMs / 1000) + 2;

interface Manner {
  readonly drainSeconds?: number | undefined;
  /** Whether the phases of the agent are done too, which takes as long again as few operations do. */
  readonly isPhased: boolean;
}

export const turnsText = (turns: readonly CountedTurn[], { drainSeconds, isPhased }: Manner): string =>
  `${drainSeconds === undefined ? "" : `DRAIN=${drainSeconds}\n`}${turns
    .flatMap(({ agent, start, trials }) => [
      `say "turn ${agent}"`,
      ...(start === undefined
        ? [QUIET, ...trials].map(trialLine)
        : agentLines(agent, start, trials, isPhased)),
    ])
    .join("\n")}\n`;
