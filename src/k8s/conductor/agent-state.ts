/**
 * What the conductor remembers of one agent on one node, and how it looks at it. All of it can be found out again: a
 * conductor that was restarted has seen nothing yet and does the same, only later.
 */
import type { V1DaemonSet, V1Node, V1Pod } from "@kubernetes/client-node";
import type { Cluster } from "../cluster.ts";
import { AGENT, ROLE } from "../objects/labels.ts";
import { type AgentFacts, factsOf, isRolledOut, selectorOfHold } from "./agent-facts.ts";
import type { Clock } from "./clock.ts";
import { type Lasting, lasting } from "./lasting.ts";
import { lookAtAgentPods, lookAtDaemonSet } from "./look.ts";
import type { HeardWish } from "./node-log.ts";
import type { NodeTerms } from "./terms.ts";
import {
  agentPod,
  type AgentPod,
  type AgentView,
  changeOf,
  type Identity,
  isReadyNode,
  type OwnPod,
  ownPod,
  type Wanted,
} from "./view.ts";

export interface AgentState {
  readonly agent: string;
  /** The first one that was seen Ready; undefined: none yet. */
  identity: Identity | undefined;
  facts: AgentFacts | undefined;
  /** Whose turn is void; 0: none. */
  voidTurn: number;
  /** In which turn its pod was deleted; 0: in none. */
  offTurn: number;
  /** As it was said last. */
  told: "off" | "back";
  /** When the first of its present holds was made. */
  heldSinceMs: number | undefined;
  readonly keptAway: Set<string>;
  /** When each of tare's pods was made, by this process's clock. */
  readonly bornMs: Map<string, number>;
  readonly lasting: Lasting;
}

export const agentState = (agent: string, clock: Clock): AgentState => ({
  agent,
  identity: undefined,
  facts: undefined,
  voidTurn: 0,
  offTurn: 0,
  told: "back",
  heldSinceMs: undefined,
  keptAway: new Set(),
  bornMs: new Map(),
  lasting: lasting(() => clock.elapsedMs()),
});

export interface Around {
  readonly cluster: Pick<Cluster, "listPods" | "getDaemonSet">;
  readonly clock: Clock;
  readonly terms: NodeTerms;
  readonly node: V1Node | undefined;
  /** Holds and places on this node, of all agents. */
  readonly ownPods: readonly V1Pod[];
  readonly wanted: Wanted;
  readonly wish: HeardWish | undefined;
  readonly hasSlot: boolean;
}

/** Kept Pending for longer than any scheduler that has noticed it. */
const STUCK_AFTER_SECONDS = 60;

export const viewOf = async (state: AgentState, around: Around): Promise<AgentView> => {
  const { cluster, wish } = around;
  const own = around.ownPods.filter(({ metadata }) => metadata?.annotations?.[AGENT] === state.agent);
  const holds = ownPods(state, around.clock, own, "hold");
  const places = ownPods(state, around.clock, own, "place");
  const daemonSet = await lookAtDaemonSet(cluster, state.agent);
  const found = await agentPods(state, around, daemonSet, own);
  const pods = found.map(agentPod);
  remember(state, daemonSet, found, pods);
  const isNodeReady = around.node !== undefined && isReadyNode(around.node);
  const lasts = state.lasting;
  return {
    wanted: around.wanted,
    wasOff: wish?.state === "off" && (wish.isSeen || state.offTurn === wish.turn),
    isSeenOff: wish?.state === "off" && wish.isSeen,
    hasDaemonSet: daemonSet !== undefined,
    isRolledOut: daemonSet !== undefined && isRolledOut(daemonSet),
    changed: changed(state, pods),
    pods,
    holds,
    places,
    isAbovePlace:
      priorityOf([...found, ...own.filter(isRole("hold"))]) > priorityOf(own.filter(isRole("place"))),
    hasSlot: around.hasSlot,
    isNodeThere: around.node !== undefined,
    isNodeReady,
    stuck: stuckOnes(state, pods, holds),
    seconds: {
      withoutPod: lasts.seconds("without a pod", pods.length === 0),
      withoutHold: lasts.seconds("without a hold", holds.length === 0 && places.length > 0),
      nodeUnready: lasts.seconds("node unready", !isNodeReady),
      off: offSeconds(state, around.clock, holds),
    },
  };
};

const isRole =
  (role: "hold" | "place") =>
  ({ metadata }: V1Pod): boolean =>
    metadata?.labels?.[ROLE] === role;

const ownPods = (
  state: AgentState,
  clock: Clock,
  own: readonly V1Pod[],
  role: "hold" | "place",
): readonly OwnPod[] =>
  own.filter(isRole(role)).map((pod) => ownPod(pod, (clock.elapsedMs() - bornMs(state, clock, pod)) / 1000));

/** Of one that this process did not make, the server's word and its own first sight: whichever makes it older. */
const bornMs = ({ bornMs: born }: AgentState, clock: Clock, { metadata }: V1Pod): number => {
  const uid = metadata?.uid ?? "";
  const known = born.get(uid);
  if (known !== undefined) return known;
  const age = clock.now().getTime() - (metadata?.creationTimestamp?.getTime() ?? clock.now().getTime());
  const found = clock.elapsedMs() - Math.max(0, age);
  born.set(uid, found);
  return found;
};

const agentPods = async (
  state: AgentState,
  { cluster, terms }: Around,
  daemonSet: V1DaemonSet | undefined,
  own: readonly V1Pod[],
): Promise<readonly V1Pod[]> => {
  const hold = own.find(isRole("hold"));
  const selector =
    daemonSet?.spec?.selector ??
    state.facts?.selector ??
    (hold === undefined ? undefined : selectorOfHold(hold));
  return selector === undefined ? [] : lookAtAgentPods(cluster, terms, state.agent, selector);
};

const remember = (
  state: AgentState,
  daemonSet: V1DaemonSet | undefined,
  found: readonly V1Pod[],
  pods: readonly AgentPod[],
): void => {
  if (daemonSet !== undefined) state.facts = factsOf(daemonSet, found);
  state.identity ??= pods.find(({ isReady, isTerminating }) => isReady && !isTerminating)?.identity;
};

const changed = ({ identity }: AgentState, pods: readonly AgentPod[]): string | undefined =>
  identity === undefined
    ? undefined
    : pods
        .filter(({ isTerminating }) => !isTerminating)
        .map((pod) => changeOf(identity, pod.identity))
        .find((change) => change !== undefined);

const priorityOf = (pods: readonly V1Pod[]): number =>
  Math.max(Number.NEGATIVE_INFINITY, ...pods.map(({ spec }) => spec?.priority ?? 0));

const stuckOnes = (
  state: AgentState,
  pods: readonly AgentPod[],
  holds: readonly OwnPod[],
): ReadonlySet<string> => {
  const unbound = pods.filter(({ isBound, isTerminating }) => !isBound && !isTerminating);
  if (holds.length > 0) for (const { uid } of unbound) state.keptAway.add(uid);
  return new Set(
    unbound
      .filter(
        ({ uid, lacksRoom }) =>
          state.keptAway.has(uid) ||
          (state.lasting.seconds(`pending ${uid}`, true) > STUCK_AFTER_SECONDS && !lacksRoom),
      )
      .map(({ uid }) => uid),
  );
};

/** However often its hold was prolonged, and the cluster did not answer. */
const offSeconds = (state: AgentState, clock: Clock, holds: readonly OwnPod[]): number => {
  if (holds.length === 0) {
    state.heldSinceMs = undefined;
    return 0;
  }
  const oldest = Math.max(...holds.map(({ ageSeconds }) => ageSeconds));
  state.heldSinceMs ??= clock.elapsedMs() - oldest * 1000;
  return (clock.elapsedMs() - state.heldSinceMs) / 1000;
};
