/**
 * A benched node's results out of its pod's log:
 *
 *     log -> lines, packed ones unpacked -> each proved to follow the one before -> the record, as the node wrote it
 *
 * What was cut on the way is asked for again. What the node's log keeps no more is told by its lines.
 */
import { type Cluster, ClusterError, isClusterError, pauseAfter } from "../cluster.ts";
import type { Clock } from "../conductor/clock.ts";
import { type NodeLine, readNodeLine } from "../node/lines.ts";

/** Where the record goes: `src/record/receive.ts` writes it. */
export interface Receiving {
  /** `index`: which line of the record, from 0. */
  take(
    index: number,
    text: string,
  ): Promise<
    | { readonly kind: "taken"; readonly texts: readonly string[] }
    | { readonly kind: "known" | "early" | "other" }
    | { readonly kind: "broken"; readonly why: string }
  >;
  lines(): number;
  /** Lines that came and wait for others before them. */
  early(): number;
  close(): Promise<readonly Gap[]>;
}

/** Lines of the record that did not come, counted from 1. */
export interface Gap {
  readonly first: number;
  readonly last: number;
}

type Said = Exclude<NodeLine, { readonly tare: "record" | "packed" }>;
export type Done = Extract<NodeLine, { readonly tare: "done" }>;

export type Heard =
  | { readonly kind: "said"; readonly line: Said }
  /** Lines of the record, proved and written. */
  | { readonly kind: "record"; readonly texts: readonly string[] }
  | { readonly kind: "note"; readonly text: string };

export interface Reading {
  readonly namespace: string;
  readonly pod: string;
  /** Until its end, or what is there now. */
  readonly follow: boolean;
  readonly signal?: AbortSignal;
  readonly clock: Clock;
  /** Called once in each silence that lasts, with what the server says: often it is the way to the kubelet that is closed. */
  readonly onSilence?: (why: string) => void;
}

export interface Collecting extends Reading {
  readonly receiver: Receiving;
  readonly onHeard?: (heard: Heard) => void;
}

export interface Collected {
  /** Whole lines of the record, from its first. */
  readonly lines: number;
  /** Absent as long as the node is at it, and if it was ended. */
  readonly done?: Done;
  readonly gaps: readonly Gap[];
  /** What is wrong with lines that came, at the first of them. */
  readonly broken?: string;
  /** The pod is not there any more, nor its log. */
  readonly gone?: string;
}

/** An API server that is being replaced comes back in minutes. */
const MAX_SILENCE_MS = 10 * 60_000;
const AGAIN_AFTER_MS = 2000;
/** Longer than a restart of the kubelet, and short enough for who waits before a screen. */
const SILENCE_TOLD_MS = 20_000;
/** A line that was torn apart is whole in another reading; one that the node wrote so stays as it is. */
const MAX_READINGS = 3;

export const collect = async (
  cluster: Pick<Cluster, "followLog">,
  collecting: Collecting,
): Promise<Collected> => {
  const { receiver, onHeard } = collecting;
  let done: Done | undefined;
  let damaged: string | undefined;
  /** Notes and words are handed on once, also where a log is read again. */
  let heardLines = 0;

  const take = async (text: string, isNew: boolean): Promise<void> => {
    const read = readNodeLine(text);
    switch (read.kind) {
      case "said":
        if (read.line.tare === "done") done = read.line;
        if (isNew) onHeard?.({ kind: "said", line: read.line });
        return;
      case "note":
        if (isNew) onHeard?.({ kind: "note", text: read.text });
        return;
      case "damaged":
        damaged ??= read.why;
        return;
      case "lines":
        for (const [at, line] of read.lines.entries()) {
          const arrived = await receiver.take(read.index + at, line);
          if (arrived.kind === "taken") onHeard?.({ kind: "record", texts: arrived.texts });
          else if (arrived.kind === "broken") damaged ??= arrived.why;
        }
    }
  };

  try {
    const gone = await readLog(cluster, collecting, async (text) => {
      heardLines += 1;
      await take(text, true);
    });
    // A gap may be a line that was torn: another reading of the log has it whole, unless the node has thrown it away.
    for (let readings = 1; readings < MAX_READINGS; readings++) {
      if (gone !== undefined || (damaged === undefined && receiver.early() === 0)) break;
      damaged = undefined;
      let line = 0;
      const again = await readLog(cluster, { ...collecting, follow: false }, async (text) => {
        line += 1;
        await take(text, line > heardLines);
      });
      if (again !== undefined) break;
    }
    const gaps = await receiver.close();
    return {
      lines: receiver.lines(),
      gaps,
      ...(done === undefined ? {} : { done }),
      ...(damaged === undefined ? {} : { broken: damaged }),
      ...(gone === undefined ? {} : { gone }),
    };
  } catch (error) {
    await receiver.close();
    throw error;
  }
};

/** Goes on where it was cut off. Returns why there is nothing to read any more; undefined: it was read to its end. */
export const readLog = async (
  cluster: Pick<Cluster, "followLog">,
  { namespace, pod, follow, signal, clock, onSilence }: Reading,
  onLine: (text: string) => Promise<void>,
): Promise<string | undefined> => {
  const options = { follow, ...(signal === undefined ? {} : { signal }) };
  let fromLine = 0;
  let answeredAt = clock.elapsedMs();
  let isTold = false;
  for (;;) {
    try {
      for await (const text of cluster.followLog(namespace, pod, { ...options, fromLine })) {
        fromLine += 1;
        answeredAt = clock.elapsedMs();
        isTold = false;
        await onLine(text);
      }
      return undefined;
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof ClusterError)) throw error;
      if (isClusterError(error, "not-found", "gone")) return error.message;
      const silentMs = clock.elapsedMs() - answeredAt;
      if (silentMs > SILENCE_TOLD_MS && !isTold) {
        isTold = true;
        onSilence?.(error.message);
      }
      const isOver = silentMs > MAX_SILENCE_MS;
      if (isOver || !isClusterError(error, "unreachable")) throw error;
      await clock.sleep(pauseAfter(error, AGAIN_AFTER_MS), signal);
    }
  }
};
