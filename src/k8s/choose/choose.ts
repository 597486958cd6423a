/**
 * Which nodes are benched:
 *
 *     nodes of the selector -> each refused or fit -> kinds -> drawn at random in each kind, by a seed
 *
 * Pure: `look.ts` asks the cluster. Every node of the selector is in the answer, those that cannot be benched with why.
 */
import type { V1LimitRange, V1Node, V1Pod, V1ResourceQuota } from "@kubernetes/client-node";
import type { ToldOfNode } from "../../domain/cluster-node.ts";
import type { BenchPlan, BenchedNode, Stratum } from "../plan.ts";
import { agentRefusals, type FoundAgent, podsMeantBy } from "./agent-refusals.ts";
import { limitRefusals, quotaRefusals } from "./control-refusals.ts";
import { nodeRefusals } from "./node-refusals.ts";
import type { AgentRefusal, ControlRefusal, NodeRefusal } from "./refusal.ts";
import type { Right } from "./rights.ts";
import { amountsOf } from "./room.ts";
import { draw } from "./sample.ts";
import { stratumOf, stratumText } from "./strata.ts";
import { toldOf } from "./told.ts";

/** Of the conductor's service account, for a bench with a Job of its own. */
export interface ConductorsRights {
  readonly missing: readonly Right[];
  /** Missing, too: without them it works, and asks more often. */
  readonly unwatched: readonly Right[];
  /** The user may not ask for them. */
  readonly unchecked: readonly Right[];
}

/** What the cluster says. */
export interface Found {
  /** Those that the selector means. */
  readonly nodes: readonly V1Node[];
  readonly allNodes: readonly V1Node[];
  /** Of the whole cluster. */
  readonly pods: readonly V1Pod[];
  /** Those that are to be on a node at least; stopped and started unless it is left as it is. */
  readonly agents: readonly FoundAgent[];
  /** Of the two, those that are not there. */
  readonly missingNamespaces: readonly string[];
  readonly quotas: readonly V1ResourceQuota[];
  readonly limitRanges: readonly V1LimitRange[];
  /** Which bench has a node, by the label of the node. */
  readonly leases: ReadonlyMap<string, string>;
  readonly missingRights: readonly Right[];
  readonly conductor: ConductorsRights;
  /** A hash, the same for every node of the cluster; undefined: it may not be read. */
  readonly cluster: string | undefined;
}

export interface Choosing {
  readonly namespaces: BenchPlan["namespaces"];
  /** Nodes of each kind at most; undefined: all. */
  readonly perKind: number | undefined;
  readonly seed: number;
  /** Nothing is ever stopped. */
  readonly asIs: boolean;
  readonly requests: BenchPlan["node"]["requests"];
}

export interface ChosenNode {
  readonly name: string;
  readonly stratum: Stratum;
  readonly told: ToldOfNode;
  readonly refusals: readonly NodeRefusal[];
  readonly isChosen: boolean;
}

export interface Kind {
  readonly stratum: Stratum;
  readonly nodes: number;
  readonly fit: number;
  readonly chosen: number;
}

export interface Choice {
  readonly seed: number;
  /** By name. */
  readonly nodes: readonly ChosenNode[];
  readonly kinds: readonly Kind[];
  readonly agents: readonly { readonly name: string; readonly refusals: readonly AgentRefusal[] }[];
  readonly control: readonly ControlRefusal[];
  readonly missingRights: readonly Right[];
  readonly conductor: ConductorsRights;
}

const nameOf = ({ metadata }: V1Node): string => metadata?.name ?? "";

export const choose = (found: Found, choosing: Choosing): Choice => {
  const { seed, perKind = Infinity, asIs, namespaces, requests } = choosing;
  const around = {
    nodes: found.allNodes,
    pods: found.pods,
    leases: found.leases,
    agents: found.agents.map(({ name, daemonSet }) => ({ name, pods: podsMeantBy(daemonSet, found.pods) })),
    needs: { withHolds: !asIs && found.agents.length > 0, nodePod: amountsOf(requests) },
  };
  const seen = found.nodes
    .map((node) => ({
      name: nameOf(node),
      stratum: stratumOf(node),
      told: toldOf(node, found.cluster, around.agents),
      refusals: nodeRefusals(node, around),
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const kinds = [...Map.groupBy(seen, ({ stratum }) => stratumText(stratum))].toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const drawn = new Set(
    kinds.flatMap(([key, own]) =>
      draw(
        own.filter(({ refusals }) => refusals.length === 0).map(({ name }) => name),
        perKind,
        seed,
        key,
      ),
    ),
  );
  return {
    seed,
    nodes: seen.map((node) => ({ ...node, isChosen: drawn.has(node.name) })),
    kinds: kinds.flatMap(([, own]) => {
      const [first] = own;
      if (first === undefined) return [];
      return {
        stratum: first.stratum,
        nodes: own.length,
        fit: own.filter(({ refusals }) => refusals.length === 0).length,
        chosen: own.filter(({ name }) => drawn.has(name)).length,
      };
    }),
    agents: found.agents.map((agent) => ({
      name: agent.name,
      refusals: asIs ? [] : agentRefusals(agent, found.pods),
    })),
    control: [
      ...found.missingNamespaces.map((namespace) => ({ kind: "no-namespace", namespace }) as const),
      ...(asIs
        ? []
        : [
            ...quotaRefusals(namespaces.control, found.quotas),
            ...limitRefusals(namespaces.control, found.limitRanges),
          ]),
    ],
    missingRights: found.missingRights,
    conductor: found.conductor,
  };
};

export const chosenNodes = ({ nodes }: Choice): readonly BenchedNode[] =>
  nodes.filter(({ isChosen }) => isChosen).map(({ name, stratum, told }) => ({ name, stratum, told }));

/** Whether anything but single nodes is in the way. */
export const isRefused = (choice: Choice): boolean =>
  choice.missingRights.length > 0 ||
  choice.conductor.missing.length > 0 ||
  choice.control.length > 0 ||
  choice.agents.some(({ refusals }) => refusals.length > 0) ||
  chosenNodes(choice).length === 0;
