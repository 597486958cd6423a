/** Windows that were watched, with what was put in. */
import { BASELINE } from "../../../src/domain/plan.ts";
import type { RecordLine } from "../../../src/domain/record.ts";
import { missing, value } from "../../../src/domain/units.ts";
import type { WatchLine, WatchOutcome } from "../../../src/domain/watch.ts";
import { buildRecord } from "./record-builder.ts";

const MIB = 2 ** 20;
const SECOND_NS = 1e9;

type Measured = Extract<WatchOutcome, { readonly kind: "measured" }>;

export interface WatchSpec {
  readonly block?: number;
  readonly agent: string;
  readonly seconds?: number;
  /** CPU time of each second, in CPUs: of the agent, and of the node. */
  readonly cores?: (second: number) => number;
  readonly nodeCores?: number;
  /** MiB of each second; with it, there is churn, and as many seconds afterwards. */
  readonly mebibytes?: (second: number) => number;
  readonly beforeMiB?: number;
  readonly change?: Partial<Measured>;
}

export const watchLine = ({
  block = 0,
  agent,
  seconds = 60,
  cores = () => 0.001,
  nodeCores = 0.02,
  mebibytes,
  beforeMiB = 10,
  change = {},
}: WatchSpec): WatchLine => {
  const afterSeconds = mebibytes === undefined ? 0 : seconds;
  const all = Array.from({ length: seconds + afterSeconds }, (_, second) => second);
  const isBaseline = agent === BASELINE;
  const during = all.slice(0, seconds);
  const agentNs = during.reduce((sum, second) => sum + cores(second) * SECOND_NS, 0);
  const perSecond = (each: number) => (isBaseline ? missing("nothing was started") : value(each * seconds));
  return {
    type: "watch",
    block,
    id: `00${block}1`,
    agent,
    scenario: mebibytes === undefined ? "at-rest" : "churn",
    seconds,
    ...(mebibytes === undefined
      ? {}
      : {
          load: {
            kind: "open",
            ratePerSecond: 10,
            batches: 1,
            batchOperations: 10 * seconds,
            warmupOperations: 0,
          },
        }),
    afterSeconds,
    startedAt: "2026-01-01T00:00:00.000Z",
    outcome: {
      kind: "measured",
      settings: {},
      windowNs: seconds * SECOND_NS,
      systemBusyNs: value(nodeCores * seconds * SECOND_NS),
      agentNs: isBaseline ? missing("nothing was started") : value(agentNs),
      agentUserNs: isBaseline ? missing("nothing was started") : value(agentNs / 4),
      agentSystemNs: isBaseline ? missing("nothing was started") : value((3 * agentNs) / 4),
      harnessNs: value(1e6),
      helpersNs: {},
      wakeUps: perSecond(5),
      threadsEnded: 0,
      storageBytes: perSecond(100),
      outputBytes: perSecond(200),
      events: perSecond(0.5),
      declaredLost: missing("it has no counter"),
      pssBytes: isBaseline ? missing("no agent process") : value(8 * MIB),
      bpfMapBytes: isBaseline ? missing("no agent process") : value(MIB),
      ...(mebibytes === undefined
        ? {}
        : { operations: { done: 10 * seconds, failed: 0, planned: 10 * seconds } }),
      memoryBeforeBytes: value(beforeMiB * MIB),
      samples: {
        elapsedMs: all.map((second) => (second + 1) * 1000),
        agentNs: all.map((second) => (isBaseline ? null : cores(second) * SECOND_NS)),
        nodeNs: all.map(() => nodeCores * SECOND_NS),
        memoryBytes: all.map((second) => (mebibytes === undefined ? null : mebibytes(second) * MIB)),
      },
      defects: [],
      ...change,
    },
    leftovers: [],
  };
};

/** A run that did nothing else, by these agents. */
export const watchedRecord = (
  agents: readonly string[],
  watches: readonly WatchLine[],
): readonly RecordLine[] => {
  const lines = buildRecord({ blocks: 0, agents });
  const end = lines.findIndex(({ type }) => type === "end");
  return end < 0 ? [...lines, ...watches] : [...lines.slice(0, end), ...watches, ...lines.slice(end)];
};
