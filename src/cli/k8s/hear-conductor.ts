/** What a bench's conductor says, for the user who watches: what it waits for, which turns are void, and what became of each node. */
import { checkedJson } from "../../domain/schema.ts";
import { isClusterError } from "../../k8s/cluster.ts";
import { readLog } from "../../k8s/collect/collect.ts";
import type { Clock } from "../../k8s/conductor/clock.ts";
import { ConductorLine, type NodeOutcome } from "../../k8s/conductor/lines.ts";
import type { FoundBench } from "../../k8s/bench/find.ts";
import type { UserCluster } from "../../k8s/user-cluster.ts";
import type { Screen } from "../screen.ts";
import type { Namespaces } from "./connect.ts";
import type { Void } from "./keep-record.ts";

export interface ConductorEar {
  readonly hear: (line: ConductorLine) => void;
  readonly outcomes: ReadonlyMap<string, NodeOutcome>;
  readonly voids: readonly Void[];
  /** Nodes without an agent at this moment. */
  readonly away: () => readonly string[];
}

export const conductorEar = (screen: Screen): ConductorEar => {
  const outcomes = new Map<string, NodeOutcome>();
  const voids: Void[] = [];
  const away = new Map<string, Set<string>>();
  return {
    outcomes,
    voids,
    away: () => [...away].flatMap(([node, agents]) => (agents.size === 0 ? [] : [node])),
    hear: (line) => {
      switch (line.tare) {
        case "waiting":
          screen.info(`${line.node}: waits for ${line.why}`);
          return;
        case "unwatched":
          screen.warn(`the conductor cannot watch ${line.what}, and asks every second: ${line.why}`);
          return;
        case "agent": {
          const agents = away.get(line.node) ?? new Set();
          away.set(line.node, agents);
          if (line.state === "off") agents.add(line.agent);
          else agents.delete(line.agent);
          return;
        }
        case "void":
          voids.push(line);
          screen.warn(`${line.node}: turn ${line.turn} of ${line.agent} is void: ${line.why}`);
          return;
        case "ended":
          screen.warn(`${line.node}: no agent is taken off it any more: ${line.why}`);
          return;
        case "outcome":
          outcomes.set(line.node, line.outcome);
          return;
        case "conducted":
      }
    },
  };
};

/** Reads the logs of the conductor's pods as they come, each once. */
export const followConductor = (
  cluster: UserCluster,
  clock: Clock,
  namespaces: Namespaces,
  ear: ConductorEar,
  { follow, signal }: { readonly follow: boolean; readonly signal?: AbortSignal },
): { readonly look: (bench: FoundBench) => void; readonly done: () => Promise<void> } => {
  const reading = new Map<string, Promise<void>>();
  const read = async (pod: string): Promise<void> => {
    try {
      await readLog(
        cluster,
        { namespace: namespaces.control, pod, follow, clock, ...(signal === undefined ? {} : { signal }) },
        async (text) => {
          const line = checkedJson(ConductorLine, text, "the line");
          if (line.kind === "fits") ear.hear(line.content);
          await Promise.resolve();
        },
      );
    } catch (error) {
      // It is read to be told of: without a right to that, or a cluster, the records come all the same.
      if (!isClusterError(error) && signal?.aborted !== true) throw error;
    }
  };
  return {
    look: ({ conductorPods }) => {
      for (const { metadata, status } of conductorPods) {
        const name = metadata?.name ?? "";
        if (reading.has(name) || status?.phase === "Pending") continue;
        reading.set(name, read(name));
      }
    },
    done: async () => {
      await Promise.all(reading.values());
    },
  };
};
