/** What a counting guest does after it has settled, as lines of its shell (scripts/machines/guest/count.sh). */
import type { GuestStart } from "../domain/agent.ts";
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

const trialLine = ({ id, scenario, program, load }: CountedTrial): string =>
  [
    `trial ${scenario} ${program} ${id}`,
    `--batches ${load.batches} --batch-operations ${load.batchOperations}`,
    `--warmup-operations ${load.warmupOperations}`,
  ].join(" ");

/** A window without events: what is spent around it and after it is spent without them. As many processes as a workload has. */
export const QUIET: CountedTrial = {
  id: "0000",
  scenario: "quiet",
  program: "syscall-tax",
  load: { kind: "closed", batches: 10, batchOperations: 100, warmupOperations: 0 },
};

const shellFunction = (name: string, lines: string): string => `agent_${name}() {\n${lines}\n}`;

const NOTHING = ":";

const agentLines = (agent: string, start: GuestStart, trials: readonly string[]): readonly string[] => [
  shellFunction("version", start.version),
  shellFunction("before", start.before ?? NOTHING),
  shellFunction("exec", start.exec),
  shellFunction("ready", start.ready),
  shellFunction("after", start.after ?? NOTHING),
  shellFunction("lost", start.lost?.ask ?? "echo -"),
  shellFunction("end", start.end ?? NOTHING),
  `start_agent ${agent}`,
  ...trials,
  `stop_agent ${start.outputs.map(({ path }) => path).join(" ")}`,
];

export const turnsText = (turns: readonly CountedTurn[]): string =>
  `${turns
    .flatMap(({ agent, start, trials }) => {
      const lines = [QUIET, ...trials].map(trialLine);
      return [`say "turn ${agent}"`, ...(start === undefined ? lines : agentLines(agent, start, lines))];
    })
    .join("\n")}\n`;
