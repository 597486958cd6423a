/**
 * What to do next about one agent on one node, from what is seen of it and nothing else: a conductor that was restarted
 * in the middle does the same as one that was there from the beginning.
 *
 *     on -> slot -> place Running -> hold Running -> agent's pod deleted -> its successor Pending: off
 *     off -> holds gone -> Pending pod deleted -> Ready -> place gone: on        (place first where the agent is above it)
 *
 * Pure: it is given how long things have lasted.
 */
import type { AgentPod, AgentView, OwnPod } from "./view.ts";

export type Step =
  | { readonly do: "take-slot" }
  | { readonly do: "make-place" }
  | { readonly do: "make-hold" }
  | { readonly do: "remove"; readonly pods: readonly OwnPod[] }
  /** A bound one to turn it off; a Pending one because the scheduler may not look at it again for minutes. */
  | { readonly do: "delete-agent-pod"; readonly pod: AgentPod }
  /** This turn measures nothing: the agent comes back, the next wish counts again. */
  | { readonly do: "void"; readonly why: string }
  /** No agent is turned off on this node any more. */
  | { readonly do: "end"; readonly why: string };

export interface Next {
  /** `on`: Ready, and nothing of tare's there. */
  readonly state: "on" | "going" | "off" | "returning";
  readonly steps: readonly Step[];
  /** What it is waited for. */
  readonly waits?: string;
}

export interface Limits {
  readonly holdSeconds: number;
  readonly maxOffSeconds: number;
}

/** An image that the node has starts in seconds; one that it cannot pull never does. */
const MAX_START_SECONDS = 120;
/** The DaemonSet controller makes a successor at once, or is away. */
const MAX_SUCCESSOR_SECONDS = 30;
/** What a node that is only late to say that it lives takes. */
const MAX_UNREADY_SECONDS = 60;
/** How long the place of an agent that is not above it is kept for its pod to be bound. */
const MAX_BINDING_SECONDS = 30;
/** Prolonged when this much of its time is over. */
const PROLONGED_AT = 2 / 3;

export const nextStep = (view: AgentView, limits: Limits): Next => {
  switch (view.wanted) {
    case "off":
      return view.wasOff || view.holds.some(isRunning) ? stayOff(view, limits) : goOff(view);
    case "as-is":
      return view.holds.some(isAlive) ? { state: "off", steps: [] } : comeBack(view);
    case "on":
      return comeBack(view);
  }
};

const isAlive = ({ phase, isTerminating }: OwnPod): boolean => phase !== "over" && !isTerminating;
const isRunning = (pod: OwnPod): boolean => pod.phase === "running" && !pod.isTerminating;
const isOver = ({ phase }: OwnPod): boolean => phase === "over";

const going = (...steps: readonly Step[]): Next => ({ state: "going", steps });
const waitFor = (waits: string): Next => ({ state: "going", steps: [], waits });
const isVoid = (why: string): Next => going({ do: "void", why });
const isEnd = (why: string): Next => going({ do: "end", why });

const toldWhy = ({ why }: OwnPod): string => why || "no reason is told";

/** Why there is nothing to measure here any more, with or without the agent. */
export const endOf = ({ isNodeThere, hasDaemonSet, changed }: AgentView): string | undefined => {
  if (!isNodeThere) return "the node is gone";
  if (!hasDaemonSet) return "the DaemonSet is gone";
  return changed === undefined ? undefined : `the agent has changed: ${changed}`;
};

/** Nothing is taken from the agent before its room and its absence are sure. */
const goOff = (view: AgentView): Next => {
  const reason = endOf(view);
  if (reason !== undefined) return isEnd(reason);
  // Deleting its pod would bring up the new revision.
  if (!view.isRolledOut) return waitFor("the DaemonSet to be rolled out");
  if (!view.isNodeReady) return waitFor("the node to be Ready");
  if (!view.pods.some((pod) => pod.isReady && !pod.isTerminating)) return waitFor("the agent to be Ready");
  if (!view.hasSlot) return going({ do: "take-slot" });
  return (
    standing("place", view.places, { do: "make-place" }) ??
    standing("hold", view.holds, { do: "make-hold" }) ??
    going()
  );
};

/** Undefined once one runs. */
const standing = (what: "place" | "hold", pods: readonly OwnPod[], make: Step): Next | undefined => {
  if (pods.some(isRunning)) return undefined;
  const rejected = pods.find(isOver);
  if (rejected !== undefined) return isVoid(`the ${what} was not kept: ${toldWhy(rejected)}`);
  const starting = pods.filter(isAlive);
  if (starting.length === 0)
    return pods.length === 0 ? going(make) : waitFor(`the former ${what} to be gone`);
  return starting.some(({ ageSeconds }) => ageSeconds > MAX_START_SECONDS)
    ? isVoid(`the ${what} does not start within ${MAX_START_SECONDS} s`)
    : waitFor(`the ${what} to run`);
};

const stayOff = (view: AgentView, limits: Limits): Next => {
  const fault = faultWhileOff(view, limits);
  if (fault !== undefined) return going(fault);
  const running = view.pods.filter(({ isBound, isTerminating }) => isBound && !isTerminating);
  if (running.length > 0) return going(...running.map((pod): Step => ({ do: "delete-agent-pod", pod })));
  if (view.pods.some(({ isBound }) => isBound)) return waitFor("the agent's pod to be gone");
  if (view.pods.length === 0) return waitFor("the agent's next pod");
  return { state: "off", steps: [...prolonged(view, limits)] };
};

const faultWhileOff = (view: AgentView, { maxOffSeconds }: Limits): Step | undefined => {
  const { holds, places, seconds } = view;
  const reason = endOf(view);
  if (reason !== undefined) return { do: "end", why: reason };
  const unmade = notRecreated(view);
  if (unmade !== undefined) return unmade;
  if (!holds.some(isRunning)) return { do: "void", why: lost("hold", holds) };
  if (!places.some(isRunning)) return { do: "void", why: lost("place", places) };
  if (seconds.off > maxOffSeconds)
    return { do: "end", why: `the node was without its agent for more than ${maxOffSeconds} s` };
  if (!view.hasSlot) return { do: "void", why: "another bench has taken the slot" };
  if (seconds.nodeUnready > MAX_UNREADY_SECONDS)
    return { do: "void", why: `the kubelet has not answered for ${MAX_UNREADY_SECONDS} s` };
  if (view.isSeenOff && view.pods.some(({ isBound, isTerminating }) => isBound && !isTerminating))
    return { do: "void", why: "the agent came back in spite of its hold" };
  return undefined;
};

const notRecreated = ({ seconds }: AgentView): Step | undefined =>
  seconds.withoutPod > MAX_SUCCESSOR_SECONDS
    ? {
        do: "end",
        why: `no controller recreates the agent: no pod of it within ${MAX_SUCCESSOR_SECONDS} s`,
      }
    : undefined;

const lost = (what: "hold" | "place", pods: readonly OwnPod[]): string => {
  const over = pods.find(isOver);
  return over === undefined ? `the ${what} was deleted` : `the ${what} ended: ${toldWhy(over)}`;
};

/**
 * A deadline can only be shortened, so a second pair is made, and the first goes when it runs. The second place stands
 * in the room that the agent left; where somebody has taken that, the agent comes back before its own time is over.
 */
const prolonged = ({ holds, places }: AgentView, { holdSeconds }: Limits): readonly Step[] => {
  const place = renewal(places, holdSeconds);
  const hold = renewal(holds, holdSeconds);
  switch (place.kind) {
    case "rejected":
      return [{ do: "void", why: `there is no room to stay away for longer: ${place.why}` }];
    case "due":
      return [{ do: "make-place" }];
    case "starting":
      return [];
    case "fresh":
  }
  switch (hold.kind) {
    case "rejected":
      return [{ do: "void", why: `the hold cannot be prolonged: ${hold.why}` }];
    case "due":
      return [{ do: "make-hold" }];
    case "starting":
      return [];
    case "fresh":
      return [...removing(hold.former), ...removing(place.former)];
  }
};

type Renewal =
  | { readonly kind: "fresh"; readonly former: readonly OwnPod[] }
  | { readonly kind: "due" }
  | { readonly kind: "starting" }
  | { readonly kind: "rejected"; readonly why: string };

const renewal = (pods: readonly OwnPod[], holdSeconds: number): Renewal => {
  const [newest] = pods.toSorted((a, b) => a.ageSeconds - b.ageSeconds);
  if (newest === undefined) return { kind: "due" };
  if (newest.phase === "over") return { kind: "rejected", why: toldWhy(newest) };
  if (newest.phase === "pending") return { kind: "starting" };
  return newest.ageSeconds > holdSeconds * PROLONGED_AT
    ? { kind: "due" }
    : { kind: "fresh", former: pods.filter(({ uid }) => uid !== newest.uid) };
};

const removing = (pods: readonly OwnPod[]): readonly Step[] => {
  const there = pods.filter(({ isTerminating }) => !isTerminating);
  return there.length === 0 ? [] : [{ do: "remove", pods: there }];
};

const comeBack = (view: AgentView): Next => {
  const { pods, holds, places } = view;
  const isReady = pods.some((pod) => pod.isReady && !pod.isTerminating);
  if (holds.length === 0 && places.length === 0 && (isReady || !isNeeded(view)))
    return { state: "on", steps: [] };
  // Whoever is above its place finds nobody to preempt once that is gone; any other needs it until it is bound.
  const order = view.isAbovePlace
    ? [...removing(places), ...removing(holds)]
    : [...removing(holds), ...(isPlaceDone(view) ? removing(places) : [])];
  const unmade = isNeeded(view) ? notRecreated(view) : undefined;
  return {
    state: "returning",
    steps: [...order, ...waking(view), ...(unmade === undefined ? [] : [unmade])],
    waits: "the agent to be Ready",
  };
};

/** A node that is no more needs no agent, nor one whose owner has removed it. */
const isNeeded = ({ isNodeThere, hasDaemonSet }: AgentView): boolean => isNodeThere && hasDaemonSet;

/** Bound, or kept away by something that its place does not change. */
const isPlaceDone = (view: AgentView): boolean => {
  const { pods, holds, places, seconds, stuck } = view;
  if (holds.length > 0) return false;
  const isRefused = ({ uid, lacksRoom }: AgentPod): boolean => lacksRoom && !stuck.has(uid);
  return (
    !isNeeded(view) ||
    places.every(isOver) ||
    pods.some((pod) => (pod.isBound && !pod.isTerminating) || isRefused(pod)) ||
    seconds.withoutHold > MAX_BINDING_SECONDS
  );
};

/**
 * The scheduler may not notice that a hold has gone, and look at the Pending pod again only after five minutes; its
 * successor is looked at at once. After the holds, or it would be Pending again.
 */
const waking = ({ pods, stuck }: AgentView): readonly Step[] =>
  pods
    .filter(({ uid, isBound, isTerminating }) => !isBound && !isTerminating && stuck.has(uid))
    .map((pod) => ({ do: "delete-agent-pod", pod }));
