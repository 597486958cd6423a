/** Follows an agent's output from an offset: new bytes go to a tally. Nothing is read while a window is open. */
import type { AgentOutput } from "../domain/agent.ts";
import type { Host, LogReader } from "../domain/host.ts";
import type { Trial } from "../domain/plan.ts";
import { operationsOf, type View } from "../domain/scenario.ts";
import { missing, type Reading, value } from "../domain/units.ts";
import type { Tally, TallyResult } from "../observe/tally.ts";
import { createEventCount } from "../observe/event-count.ts";
import { createTally } from "../observe/ledger.ts";
import { createLineFilter } from "../observe/line-filter.ts";
import { createContainerLog } from "../observe/container-log.ts";

export interface Follower {
  advance(): Promise<void>;
  counts(): TallyResult;
  /** Counts from here on: what has come so far was the warm-up. */
  forget(): void;
  /** Remembers how far the output has come, without reading it. */
  mark(): Promise<void>;
  /** What was delivered by each mark, in their order; once the output has been read so far. */
  delivered(): readonly number[];
  /** Bytes written since the beginning; `missing` when some of them could not be read, so that a count of them would be too low. */
  written(): Promise<Reading<number>>;
  close(): Promise<void>;
}

type Closable = Pick<Follower, "close">;

export const closing = async <T>(
  work: (keep: <C extends Closable | undefined>(opened: C) => C) => Promise<T>,
): Promise<T> => {
  const kept: (Closable | undefined)[] = [];
  try {
    return await work((opened) => {
      kept.push(opened);
      return opened;
    });
  } finally {
    for (const one of kept) await one?.close();
  }
};

interface Followed {
  readonly log: LogReader;
  readonly take: (chunk: Uint8Array) => void;
  readonly counts: () => TallyResult;
  readonly forget: () => void;
  readonly mark: () => Promise<void>;
  readonly delivered: () => readonly number[];
}

export const follow = async (
  host: Host,
  outputs: readonly AgentOutput[],
  view: View,
  trial: Pick<Trial, "id" | "load">,
): Promise<Follower | undefined> => {
  const spec = {
    tokenIn: view.tokenIn,
    ...(view.techniques === undefined ? {} : { techniques: view.techniques.map(({ asked }) => asked) }),
    trial: trial.id,
    operations: operationsOf(trial.load),
  };
  const followed: Followed[] = [];
  for (const { path, forms, framing, lines } of outputs) {
    const form = forms[view.family];
    if (form === undefined) continue;
    const start = (): Tally => createTally({ ...spec, form });
    let tally = start();
    const count = (chunk: Uint8Array): void => {
      tally.feed(chunk);
    };
    const beginning = lines?.[view.family];
    const feed = beginning === undefined ? count : createLineFilter(count, beginning);
    const log = await host.openLog(path);
    const take = framing === undefined ? feed : createContainerLog(feed, framing);
    const marks = createMarks(log, take, () => tally.end().delivered);
    followed.push({
      log,
      ...marks,
      counts: () => tally.end(),
      forget: () => {
        tally = start();
        marks.forget();
      },
    });
  }
  if (followed.length === 0) return undefined;
  const logs = followed.map(({ log }) => log);
  return {
    advance: async () => {
      for (const { log, take } of followed) await log.read(take);
    },
    forget: () => {
      for (const { forget } of followed) forget();
    },
    counts: () => followed.map(({ counts }) => counts()).reduce(add),
    mark: async () => {
      for (const { mark } of followed) await mark();
    },
    delivered: () => followed.map(({ delivered }) => delivered()).reduce(addEach),
    written: () => writtenTo(logs),
    close: () => closeAll(logs),
  };
};

const addEach = (a: readonly number[], b: readonly number[]): readonly number[] =>
  a.slice(0, b.length).map((count, index) => count + (b[index] ?? 0));

/** What comes after a mark is counted after it, also where both are read at once. */
const createMarks = (
  log: LogReader,
  take: (chunk: Uint8Array) => void,
  delivered: () => number,
): Pick<Followed, "take" | "mark" | "delivered"> & { readonly forget: () => void } => {
  let read = 0;
  let marks: number[] = [];
  let counts: number[] = [];
  /** Marks at which all has been read. */
  const settle = (): void => {
    while ((marks[counts.length] ?? Infinity) <= read) counts.push(delivered());
  };
  return {
    take: (chunk) => {
      for (let from = 0; from < chunk.length;) {
        const left = (marks[counts.length] ?? Infinity) - read;
        const to = Math.min(chunk.length, from + left);
        take(chunk.subarray(from, to));
        read += to - from;
        from = to;
        settle();
      }
    },
    mark: async () => {
      const written = await log.written();
      // What was put out of reach is told by whoever asks what was written.
      marks.push(written.kind === "value" ? written.value : read);
      settle();
    },
    delivered: () => counts,
    forget: () => {
      marks = [];
      counts = [];
    },
  };
};

const add = (a: TallyResult, b: TallyResult): TallyResult => ({
  delivered: a.delivered + b.delivered,
  ...(a.byTechnique === undefined || b.byTechnique === undefined
    ? {}
    : { byTechnique: a.byTechnique.map((count, kind) => count + (b.byTechnique?.[kind] ?? 0)) }),
  duplicates: a.duplicates + b.duplicates,
  foreign: a.foreign + b.foreign,
  ...(a.warmup === undefined && b.warmup === undefined ? {} : { warmup: (a.warmup ?? 0) + (b.warmup ?? 0) }),
  lines: a.lines + b.lines,
  bytes: a.bytes + b.bytes,
});

const writtenTo = async (logs: readonly LogReader[]): Promise<Reading<number>> => {
  let bytes = 0;
  for (const log of logs) {
    const written = await log.written();
    if (written.kind === "missing") return missing(written.reason);
    bytes += written.value;
  }
  return value(bytes);
};

const closeAll = async (logs: readonly LogReader[]): Promise<void> => {
  for (const log of logs) await log.close();
};

export const watchVolume = async (
  host: Host,
  outputs: readonly AgentOutput[],
): Promise<Pick<Follower, "written" | "close">> => {
  const logs: LogReader[] = [];
  for (const { path } of outputs) logs.push(await host.openLog(path));
  return { written: () => writtenTo(logs), close: () => closeAll(logs) };
};

export interface EventWatch extends Closable {
  /** Counts from here on. */
  restart(): Promise<void>;
  /** Events written since; `missing` when some of the output could not be read. */
  count(): Promise<Reading<number>>;
}

/** What an agent writes of any program, not of the workload alone. */
export const watchEvents = async (host: Host, outputs: readonly AgentOutput[]): Promise<EventWatch> => {
  const watched: { readonly log: LogReader; readonly count: ReturnType<typeof createEventCount> }[] = [];
  for (const { path, event } of outputs)
    watched.push({ log: await host.openLog(path), count: createEventCount(event) });
  const logs = watched.map(({ log }) => log);
  const advance = async (): Promise<number> => {
    let events = 0;
    for (const { log, count } of watched) {
      await log.read(count.feed);
      events += count.events();
    }
    return events;
  };
  let before = 0;
  return {
    restart: async () => {
      before = await advance();
    },
    count: async () => {
      const events = (await advance()) - before;
      const written = await writtenTo(logs);
      return written.kind === "missing" ? missing(written.reason) : value(events);
    },
    close: () => closeAll(logs),
  };
};
