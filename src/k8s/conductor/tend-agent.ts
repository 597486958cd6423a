/** One agent on one node: looks at it, decides, does it and says so. */
import type { V1Node, V1Pod } from "@kubernetes/client-node";
import type { Cluster } from "../cluster.ts";
import { act } from "./act.ts";
import { type AgentState, viewOf } from "./agent-state.ts";
import type { Clock } from "./clock.ts";
import type { Told } from "./lines.ts";
import { endOf, type Next, nextStep, type Step } from "./next-step.ts";
import type { HeardWish } from "./node-log.ts";
import type { Slots } from "./slots.ts";
import type { NodeTerms } from "./terms.ts";
import type { AgentView, Wanted } from "./view.ts";

export interface Tending {
  readonly cluster: Pick<Cluster, "listPods" | "getDaemonSet" | "createPod" | "deletePod">;
  readonly clock: Clock;
  readonly terms: NodeTerms;
  readonly slots: Slots;
  readonly tell: (line: Told) => void;
  readonly wait: (why: string | undefined) => void;
  /** Somebody else's Lease is in the way. */
  readonly awaitLease: () => void;
  /** No agent is turned off on this node any more. */
  readonly end: (why: string) => void;
}

export interface Situation {
  readonly node: V1Node | undefined;
  readonly ownPods: readonly V1Pod[];
  readonly wanted: Wanted;
  readonly wish: HeardWish | undefined;
  /** No agent is turned off on this node any more. */
  readonly isEnded: boolean;
  /** The node is being measured, so that a change of the agent counts. */
  readonly isMeasured: boolean;
  /** Another bench has the node now, and its agent. */
  readonly isHandedOver: boolean;
  /** What was tare's here has gone a moment ago, and nobody has seen the agent on since. */
  readonly mayBeAway: boolean;
}

export interface Tended {
  readonly view: AgentView;
  readonly isOn: boolean;
  /** Something was done, and will be seen. */
  readonly hasActed: boolean;
}

export const tendAgent = async (
  state: AgentState,
  situation: Situation,
  tending: Tending,
): Promise<Tended> => {
  const { cluster, clock, terms, slots } = tending;
  const { wish, wanted } = situation;
  const view = await viewOf(state, { cluster, clock, terms, ...situation, hasSlot: slots.has() });
  const reason = situation.isMeasured && wanted !== "off" ? endOf(view) : undefined;
  if (reason !== undefined) giveUp({ do: "end", why: reason }, state, situation, tending);
  if (wanted !== "off" && isUntouched(view, slots, situation)) return { view, isOn: true, hasActed: false };
  const { plan } = terms;
  const next = nextStep(view, {
    holdSeconds: plan.off.holdSeconds,
    maxOffSeconds: plan.off.maxSeconds,
  });
  tellState(state, next, wish, tending);
  let hasActed = false;
  for (const step of next.steps) hasActed = (await take(step, state, situation, tending)) || hasActed;
  return { view, isOn: next.state === "on", hasActed };
};

/** What its owner does with an agent that tare has not touched is no business of tare's. */
const isUntouched = (
  { holds, places }: AgentView,
  slots: Slots,
  { isHandedOver, mayBeAway }: Situation,
): boolean => holds.length === 0 && places.length === 0 && (isHandedOver || !(slots.mayHave() || mayBeAway));

const tellState = (
  state: AgentState,
  next: Next,
  wish: HeardWish | undefined,
  { terms, tell, wait }: Tending,
): void => {
  if (next.waits !== undefined) wait(next.waits);
  if (next.state !== "off" && next.state !== "on") return;
  wait(undefined);
  const now = next.state === "off" ? "off" : "back";
  if (now !== state.told)
    tell({ tare: "agent", node: terms.node.name, agent: state.agent, turn: wish?.turn ?? 0, state: now });
  state.told = now;
};

/** False: nothing has come of it. */
const take = async (
  step: Step,
  state: AgentState,
  situation: Situation,
  tending: Tending,
): Promise<boolean> => {
  const { node, wish } = situation;
  switch (step.do) {
    case "take-slot": {
      const taken = await tending.slots.take();
      if (taken.kind === "taken") return true;
      tending.wait(taken.why);
      tending.awaitLease();
      return false;
    }
    case "void":
    case "end":
      return giveUp(step, state, situation, tending);
    case "delete-agent-pod":
      if (!step.pod.isBound) break;
      // This process may have stood still since it last asked.
      if (!(await tending.slots.isSure())) return true;
      // Before the request: its answer may be lost.
      state.offTurn = wish?.turn ?? 0;
      break;
    case "make-place":
    case "make-hold":
    case "remove":
  }
  const failed = await act(step, state, { ...tending, node });
  if (failed !== undefined) giveUp(failed, state, situation, tending);
  return true;
};

const giveUp = (
  { do: what, why }: Extract<Step, { readonly do: "void" | "end" }>,
  state: AgentState,
  { wish, isEnded }: Situation,
  { terms, tell, end }: Tending,
): boolean => {
  if (isEnded) return false;
  if (wish !== undefined && wish.turn !== state.voidTurn) {
    state.voidTurn = wish.turn;
    tell({ tare: "void", node: terms.node.name, agent: state.agent, turn: wish.turn, why });
  }
  if (what === "end") end(why);
  return true;
};
