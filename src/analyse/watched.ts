/** What agents took at rest, and what they remembered of processes and files that came and went: a window a block, paired where it is a cost. */
import type { Unmeasured } from "../domain/failure.ts";
import { BASELINE } from "../domain/plan.ts";
import { known, type Reading } from "../domain/units.ts";
import type { Interval } from "../domain/verdict.ts";
import type { WatchLine, WatchOutcome } from "../domain/watch.ts";
import type { AtRestRow, ChurnRow, Watched } from "../domain/watched.ts";
import { whyUnmeasured } from "./agents.ts";
import type { EffectiveRecord } from "./effective-record.ts";
import { groupsBy } from "./groups.ts";
import { summarise } from "./interval.ts";
import { total } from "./ledger.ts";
import { rhythmOf } from "./rhythm.ts";
import { BYTES_PER_MIB } from "./series.ts";
import { slopeOf } from "./slope.ts";

type Measured = Extract<WatchOutcome, { readonly kind: "measured" }>;
type MeasuredWatch = WatchLine & { readonly outcome: Measured };

const isMeasuredWatch = (line: WatchLine): line is MeasuredWatch => line.outcome.kind === "measured";

/** In the order of the plan's agents, the baseline first. */
export const watchedIn = ({ header, watches }: Pick<EffectiveRecord, "header" | "watches">): Watched => {
  const groups = groupsBy(watches, ({ agent, scenario }) => `${scenario} ${agent}`).toSorted(
    ([one], [other]) => header.plan.agents.indexOf(one.agent) - header.plan.agents.indexOf(other.agent),
  );
  const idle = groups.filter(([{ load }]) => load === undefined);
  const busy = groups.filter(([{ load }]) => load !== undefined);
  return { atRest: idle.map((lines) => atRestRow(lines, watches)), churn: busy.map(churnRow) };
};

type Lines = readonly [WatchLine, ...WatchLine[]];

const commonOf = (lines: Lines) => {
  const [{ agent, scenario, seconds }] = lines;
  const reasons = lines.flatMap(({ outcome }): readonly Unmeasured[] => {
    const why = whyUnmeasured(outcome);
    return why === undefined ? [] : [why];
  });
  const measured = lines.filter(isMeasuredWatch);
  return {
    agent,
    scenario,
    blocks: measured.length,
    seconds,
    unmeasured: groupsBy(reasons, (reason) => JSON.stringify(reason)).map(([first]) => first),
    ...(agent !== BASELINE && { losses: lossesIn(measured) }),
  };
};

const lossesIn = (lines: readonly MeasuredWatch[]): NonNullable<ChurnRow["losses"]> => {
  const told = lines.map(({ outcome }) => outcome.declaredLost);
  return {
    declared: total(told, (reading) => known(reading) ?? 0),
    unknown: [...new Set(told.flatMap((reading) => (reading.kind === "missing" ? [reading.reason] : [])))],
  };
};

const intervalOf = (values: readonly (number | undefined)[]): Interval | null => {
  const told = values.filter((one) => one !== undefined);
  return told.length === 0 ? null : summarise(told).interval;
};

const perSecond = (reading: Reading<number>, { windowNs }: Measured): number | undefined => {
  const amount = known(reading);
  return amount === undefined ? undefined : (amount * 1e9) / windowNs;
};

/** CPU seconds a second. */
const coresOf = (reading: Reading<number>, { windowNs }: Measured): number | undefined => {
  const ns = known(reading);
  return ns === undefined ? undefined : ns / windowNs;
};

const mebibytes = (reading: Reading<number>): number | undefined => {
  const bytes = known(reading);
  return bytes === undefined ? undefined : bytes / BYTES_PER_MIB;
};

const atRestRow = (lines: Lines, all: readonly WatchLine[]): AtRestRow => {
  const measured = lines.filter(isMeasuredWatch);
  const outcomes = measured.map(({ outcome }) => outcome);
  const each = (read: (outcome: Measured) => number | undefined): Interval | null =>
    intervalOf(outcomes.map(read));
  const [{ agent, scenario }] = lines;
  const isBaseline = agent === BASELINE;
  const baselines = new Map(
    all
      .filter(isMeasuredWatch)
      .filter((line) => line.agent === BASELINE && line.scenario === scenario)
      .map(({ block, outcome }) => [block, coresOf(outcome.systemBusyNs, outcome)]),
  );
  const [first] = outcomes;
  const strip = first === undefined ? [] : stripOf(first, isBaseline ? "nodeNs" : "agentNs");
  return {
    ...commonOf(lines),
    cores: isBaseline ? null : each((one) => coresOf(one.agentNs, one)),
    userShare: isBaseline ? null : userShareOf(outcomes),
    nodeCores: intervalOf(
      measured.map(({ block, outcome }) => {
        const own = coresOf(outcome.systemBusyNs, outcome);
        const without = isBaseline ? 0 : baselines.get(block);
        return own === undefined || without === undefined ? undefined : own - without;
      }),
    ),
    wakeUpsPerSecond: each((one) => perSecond(one.wakeUps, one)),
    memoryMiB: each((one) => mebibytes(one.pssBytes)),
    bpfMapMiB: each((one) => mebibytes(one.bpfMapBytes)),
    storageBytesPerSecond: each((one) => perSecond(one.storageBytes, one)),
    outputBytesPerSecond: each((one) => perSecond(one.outputBytes, one)),
    eventsPerSecond: each((one) => perSecond(one.events, one)),
    strip,
    rhythm: isBaseline ? null : rhythmOf(strip),
  };
};

const userShareOf = (outcomes: readonly Measured[]): number | null => {
  const told = outcomes.flatMap(({ agentUserNs, agentSystemNs }) => {
    const [user, system] = [known(agentUserNs), known(agentSystemNs)];
    return user === undefined || system === undefined ? [] : [{ user, system }];
  });
  const all = total(told, ({ user, system }) => user + system);
  return all === 0 ? null : total(told, ({ user }) => user) / all;
};

const stripOf = ({ samples }: Measured, of: "agentNs" | "nodeNs"): readonly (number | null)[] =>
  samples[of].map((ns, index) => {
    const ms = (samples.elapsedMs[index] ?? 0) - (samples.elapsedMs[index - 1] ?? 0);
    return ns === null || ms <= 0 ? null : ns / (ms * 1e6);
  });

/** As much as memory may differ from where it began and count as the same: a small agent's twentieth is a few pages. */
const SAME = 0.05;
const SAME_MIB = 1;

const churnRow = (lines: Lines): ChurnRow => {
  const windows = lines.filter(isMeasuredWatch).map(windowOf);
  const [{ afterSeconds }] = lines;
  const each = (read: (window: Window) => number | undefined): Interval | null =>
    intervalOf(windows.map(read));
  const [first] = windows;
  return {
    ...commonOf(lines),
    afterSeconds,
    trees: treesOf(windows),
    beforeMiB: each(({ before }) => before),
    highestMiB: each(({ during, before }) =>
      during.length === 0 ? undefined : Math.max(before ?? 0, ...during.map(({ y }) => y)),
    ),
    endMiB: each(({ during }) => during.at(-1)?.y),
    afterMiB: each(({ after }) => after.at(-1)?.y),
    slopeMiBPerMinute: slopeIn(windows),
    back: backIn(windows),
    curve:
      first === undefined
        ? []
        : [...first.during, ...first.after].map(({ x, y }) => ({ seconds: x * 60, mebibytes: y })),
  };
};

/** x in minutes, y in MiB. */
interface Window {
  readonly before: number | undefined;
  readonly during: readonly { readonly x: number; readonly y: number }[];
  readonly after: readonly { readonly x: number; readonly y: number }[];
  readonly endedMinutes: number;
  readonly trees: Measured["operations"];
}

const windowOf = ({ outcome, seconds }: MeasuredWatch): Window => {
  const { elapsedMs, memoryBytes } = outcome.samples;
  const points = memoryBytes.flatMap((bytes, index) =>
    bytes === null ? [] : [{ index, x: (elapsedMs[index] ?? 0) / 60_000, y: bytes / BYTES_PER_MIB }],
  );
  return {
    before: mebibytes(outcome.memoryBeforeBytes),
    during: points.filter(({ index }) => index < seconds),
    after: points.filter(({ index }) => index >= seconds),
    endedMinutes: (elapsedMs[seconds - 1] ?? 0) / 60_000,
    trees: outcome.operations,
  };
};

const treesOf = (windows: readonly Window[]): ChurnRow["trees"] => {
  const told = windows.flatMap(({ trees }) => (trees === undefined ? [] : [trees]));
  if (told.length === 0) return null;
  return {
    done: total(told, ({ done }) => done),
    failed: total(told, ({ failed }) => failed),
    planned: total(told, ({ planned }) => planned),
  };
};

/** What an agent fills at first, tables and caches, is no growth. */
const slopeIn = (windows: readonly Window[]): Interval | null => {
  const slopes = windows.flatMap(({ during }) => {
    const slope = slopeOf(during.slice(Math.floor(during.length / 2)));
    return slope === null ? [] : [slope];
  });
  const [only] = slopes;
  if (only === undefined) return null;
  return slopes.length === 1 ? only : summarise(slopes.map(({ value }) => value)).interval;
};

type Back = NonNullable<ChurnRow["back"]>;

const backIn = (windows: readonly Window[]): Back | null => {
  const told = windows.flatMap((window): readonly Back[] => {
    const { before, during, after, endedMinutes } = window;
    if (before === undefined || during.length === 0) return [];
    const most = before + Math.max(SAME_MIB, SAME * before);
    const end = during.at(-1)?.y ?? 0;
    if (Math.max(...during.map(({ y }) => y)) <= most) return [{ kind: "never-left" }];
    if (end <= most) return [{ kind: "back", seconds: 0 }];
    const there = after.find(({ y }) => y <= most);
    return there === undefined
      ? [{ kind: "not-back" }]
      : [{ kind: "back", seconds: (there.x - endedMinutes) * 60 }];
  });
  const notBack = told.find(({ kind }) => kind === "not-back");
  if (notBack !== undefined) return notBack;
  const seconds = told.flatMap((one) => (one.kind === "back" ? [one.seconds] : []));
  if (seconds.length > 0) return { kind: "back", seconds: Math.max(...seconds) };
  return told[0] ?? null;
};
