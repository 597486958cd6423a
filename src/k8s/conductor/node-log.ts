/**
 * What a node pod wishes, as its log tells it. The log is read whole before anything in it counts, for its first lines
 * are wishes of long ago; after that it is followed, and read whole again whenever the connection broke.
 */
import { type Cluster, isClusterError, pauseAfter } from "../cluster.ts";
import { type NodeLine, readNodeLine } from "../node/lines.ts";
import { silence } from "../watch/silence.ts";
import type { Clock } from "./clock.ts";

export interface HeardWish {
  readonly state: "off" | "on";
  readonly turn: number;
  /** The node has said that it is so. */
  readonly isSeen: boolean;
}

/** A turn in which the agent was to be off, and was back before its end. */
export interface UnkeptTurn {
  readonly agent: string;
  readonly turn: number;
  readonly why: string;
}

export interface Heard {
  /** False: what it wishes now is not known yet. */
  readonly isWhole: boolean;
  readonly wishes: ReadonlyMap<string, HeardWish>;
  /** Each once, in the order in which the node said so. */
  readonly unkept: readonly UnkeptTurn[];
  /** The exit code of its run, once that is over. */
  readonly exitCode: number | undefined;
}

export interface NodeLog {
  heard(): Heard;
  /** Ends the following. */
  stop(): Promise<void>;
}

const AGAIN_AFTER_MS = 2000;
/** A wish is waited for by a node; over a connection that has died in silence none comes. */
const SILENCE_MS = 60_000;

export const followNodeLog = (
  cluster: Pick<Cluster, "followLog">,
  clock: Clock,
  { namespace, pod }: { readonly namespace: string; readonly pod: string },
  /** It has said something that counts. */
  onHeard: () => void = () => undefined,
): NodeLog => {
  const wishes = new Map<string, HeardWish>();
  const unkept: UnkeptTurn[] = [];
  const stopping = new AbortController();
  let isWhole = false;
  let exitCode: number | undefined;

  const take = (text: string): void => {
    const read = readNodeLine(text);
    if (read.kind !== "said") return;
    const { line } = read;
    switch (line.tare) {
      case "want":
        takeUnkept(line);
        wishes.set(line.agent, { state: line.state, turn: line.turn, isSeen: false });
        break;
      case "seen":
        takeSeen(line);
        break;
      case "done":
        exitCode = line.exitCode;
        break;
      case "preflight":
        return;
    }
    if (isWhole) onHeard();
  };
  const takeUnkept = ({ agent, unkept: told }: Extract<NodeLine, { readonly tare: "want" }>): void => {
    if (told === undefined || unkept.some((one) => one.agent === agent && one.turn === told.turn)) return;
    const why = `the agent was back before the turn's end: ${told.back.join("; ")}`;
    unkept.push({ agent, turn: told.turn, why });
  };
  const takeSeen = ({ agent, state, turn }: Extract<NodeLine, { readonly tare: "seen" }>): void => {
    const wish = wishes.get(agent);
    if (wish?.turn === turn && wish.state === state) wishes.set(agent, { ...wish, isSeen: true });
  };
  const isStopped = (): boolean => stopping.signal.aborted;
  const isDone = (): boolean => isStopped() || exitCode !== undefined;

  /** From the beginning, too, after a break: the node may have rotated the log, and lines cannot be counted then. */
  const readOnce = async (): Promise<void> => {
    const lines: string[] = [];
    for await (const line of cluster.followLog(namespace, pod, { follow: false, signal: stopping.signal }))
      lines.push(line);
    for (const line of lines) take(line);
    isWhole = true;
    onHeard();
    let fromLine = lines.length;
    const onLine = (line: string): void => {
      fromLine += 1;
      take(line);
    };
    while (await hasFallenSilent(() => fromLine, onLine));
  };
  /** False: it has come to its end. */
  const hasFallenSilent = async (
    fromLine: () => number,
    onLine: (line: string) => void,
  ): Promise<boolean> => {
    const quiet = silence(clock, SILENCE_MS, stopping.signal);
    try {
      const options = { fromLine: fromLine(), signal: quiet.signal };
      for await (const line of cluster.followLog(namespace, pod, options)) {
        quiet.heard();
        onLine(line);
      }
    } catch (error) {
      if (!quiet.isOver()) throw error;
    } finally {
      await quiet.end();
    }
    return quiet.isOver() && !stopping.signal.aborted;
  };
  const read = async (): Promise<void> => {
    while (!isDone()) {
      let pauseMs = AGAIN_AFTER_MS;
      try {
        await readOnce();
      } catch (error) {
        if (!isClusterError(error) && !isStopped()) throw error;
        pauseMs = pauseAfter(error, AGAIN_AFTER_MS);
      }
      if (!isDone()) await clock.sleep(pauseMs, stopping.signal);
    }
  };
  const done = read();
  // It is waited for in `stop`; a fault of ours must not end the process before the agents are back.
  done.catch(() => undefined);

  return {
    heard: () => ({ isWhole, wishes, unkept, exitCode }),
    stop: async () => {
      stopping.abort();
      await done;
    },
  };
};
