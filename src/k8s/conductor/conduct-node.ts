/**
 * One node of a bench, from its Lease to its agents Ready again. It is looked at again and again, and after each look
 * what is next is done; nothing has to be remembered for that, so whoever is ended in the middle is followed by one
 * who goes on.
 *
 *     Lease -> node pod -> its wishes: agents off and on, a slot while any is off -> node pod ended -> all Ready -> no Lease
 */
import type { V1Node, V1Pod } from "@kubernetes/client-node";
import { type Cluster, ClusterError, isClusterError } from "../cluster.ts";
import { NODE_LEASE_SECONDS, nodeLease, RETURN_SECONDS } from "../objects/leases.ts";
import { act } from "./act.ts";
import { type AgentState, agentState, viewOf } from "./agent-state.ts";
import type { Clock } from "./clock.ts";
import { readIdentities, writtenIdentities } from "./identities.ts";
import { type LeaseKeeper, leaseKeeper } from "./keep-lease.ts";
import { lasting } from "./lasting.ts";
import type { NodeOutcome, Told } from "./lines.ts";
import { lookAtNode, lookAtNodePod, lookAtOwnPods, type NodePod } from "./look.ts";
import { type Next, nextStep, type Step } from "./next-step.ts";
import { followNodeLog, type Heard, type NodeLog } from "./node-log.ts";
import { missingOf } from "./missing.ts";
import { slotsOf } from "./slots.ts";
import type { NodeTerms } from "./terms.ts";
import type { AgentView, Wanted } from "./view.ts";

export interface Conducting {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly tell: (line: Told) => void;
  /** Aborted: every agent is given back, and nothing is begun. */
  readonly stop: AbortSignal;
}

const BUSY_MS = 1000;
const QUIET_MS = 3000;
/** To be scheduled, and for its image to be pulled. */
const MAX_COMING_SECONDS = 600;
/** Until the last lines of a pod that has ended have been read. */
const MAX_READING_SECONDS = 30;
/** A Lease of a bench that died runs out within its duration; any other is somebody's who is at work. */
const MAX_LEASED_SECONDS = 2 * NODE_LEASE_SECONDS;

/** What a node's part in the bench came to, as far as it is known yet. */
type Ending = Exclude<NodeOutcome, { readonly kind: "not-back" }>;

export const conductNode = async (
  terms: NodeTerms,
  { cluster, clock, tell, stop }: Conducting,
): Promise<NodeOutcome> => {
  const { plan, node } = terms;
  const lease: LeaseKeeper = leaseKeeper(
    cluster,
    clock,
    nodeLease(plan.bench, plan.namespaces.control, node.name, terms.owner),
  );
  const slots = slotsOf(cluster, clock, terms);
  const agents = plan.agents.map((agent) => agentState(agent, clock));
  const lasts = lasting(() => clock.elapsedMs());
  let log: { readonly pod: string; readonly of: NodeLog } | undefined;
  /** Why no agent is turned off here any more. */
  let ended: string | undefined;
  let hadLease = false;
  let hadPod = false;
  let areSlotsFound = false;
  let waited: string | undefined;
  let stoppedAtMs: number | undefined;
  let lastTrouble = "";

  const end = (why: string): void => {
    if (ended !== undefined) return;
    ended = why;
    tell({ tare: "ended", node: node.name, why });
  };
  const wait = (why: string | undefined): void => {
    if (why !== undefined && why !== waited) tell({ tare: "waiting", node: node.name, why });
    waited = why;
  };

  /** Undefined while it is nobody's yet; else how the node ends for that it cannot be had. */
  const keepLease = async (): Promise<Ending | undefined> => {
    if (stop.aborted && !lease.isOurs()) return undefined;
    const held = await lease.keep();
    if (held.kind === "ours") {
      hadLease = true;
      for (const state of agents) state.identity ??= readIdentities(lease.noted())[state.agent];
      return undefined;
    }
    const by = `${held.by} since ${held.since}`;
    if (hadLease) end(`another bench has taken the node: ${by}`);
    else wait(`another bench has the node: ${by}`);
    return !hadLease && lasts.seconds("leased", true) > MAX_LEASED_SECONDS
      ? { kind: "refused", why: `another bench has the node: ${by}` }
      : undefined;
  };

  const keepSlot = async (): Promise<void> => {
    if (!areSlotsFound) await slots.find();
    areSlotsFound = true;
    await slots.keep();
  };

  const hear = async (pod: NodePod): Promise<Heard | undefined> => {
    if (pod.kind === "running" || pod.kind === "ended") {
      if (log !== undefined && log.pod !== pod.name) await log.of.stop();
      if (log?.pod !== pod.name)
        log = {
          pod: pod.name,
          of: followNodeLog(cluster, clock, { namespace: plan.namespaces.nodes, pod: pod.name }),
        };
    }
    return log?.of.heard();
  };

  /** Undefined: it goes on. */
  const endingOf = (pod: NodePod, heard: Heard | undefined, refused: Ending | undefined): Ending | undefined => {
    if (refused !== undefined) return refused;
    if (stop.aborted) return { kind: "interrupted", why: "the bench was stopped" };
    hadPod ||= pod.kind !== "none";
    const missing = lasts.seconds("no pod", pod.kind === "none");
    const coming = lasts.seconds("coming", pod.kind === "none" || pod.kind === "waiting");
    const reading = lasts.seconds("reading", pod.kind === "ended");
    switch (pod.kind) {
      case "running":
        return undefined;
      case "waiting":
        wait(`the node pod has not started: ${pod.why}`);
        return coming > MAX_COMING_SECONDS
          ? { kind: "interrupted", why: `the node pod did not start within ${MAX_COMING_SECONDS} s: ${pod.why}` }
          : undefined;
      case "none":
        if (hadPod) return { kind: "interrupted", why: "the node pod is gone" };
        return missing > MAX_COMING_SECONDS
          ? { kind: "interrupted", why: `no node pod came within ${MAX_COMING_SECONDS} s` }
          : undefined;
      case "ended":
        if (heard?.exitCode !== undefined) return { kind: "done", exitCode: heard.exitCode };
        return reading > MAX_READING_SECONDS
          ? { kind: "interrupted", why: `the node pod ended before its run: ${pod.why}` }
          : undefined;
    }
  };

  const wantedOf = (state: AgentState, pod: NodePod, heard: Heard | undefined): Wanted => {
    const isMeasuring =
      !stop.aborted && lease.isOurs() && ended === undefined && pod.kind === "running" && heard?.exitCode === undefined;
    if (!isMeasuring) return "on";
    if (heard?.isWhole !== true) return "as-is";
    const wish = heard.wishes.get(state.agent);
    return wish?.state === "off" && wish.turn !== state.voidTurn ? "off" : "on";
  };

  const take = async (steps: readonly Step[], state: AgentState, turn: number, at: V1Node | undefined) => {
    for (const step of steps) {
      switch (step.do) {
        case "take-slot": {
          const taken = await slots.take();
          if (taken.kind === "none") wait(taken.why);
          continue;
        }
        case "void":
        case "end":
          give(step, state, turn);
          continue;
        case "delete-agent-pod":
          if (step.pod.isBound) state.offTurn = turn;
          break;
        case "make-place":
        case "make-hold":
        case "remove":
      }
      const done = await act(step, state, { cluster, clock, terms, node: at });
      if (done !== undefined) give(done, state, turn);
    }
  };
  const give = (step: Extract<Step, { readonly do: "void" | "end" }>, state: AgentState, turn: number): void => {
    if (state.voidTurn !== turn || turn === 0)
      tell({ tare: "void", node: node.name, agent: state.agent, turn, why: step.why });
    state.voidTurn = turn;
    if (step.do === "end") end(step.why);
  };

  const note = (): void => {
    const written = writtenIdentities(agents);
    const [[key, value] = ["", ""]] = Object.entries(written);
    if (key !== "" && lease.noted()[key] !== value) lease.note(written);
  };

  const tendAgent = async (
    state: AgentState,
    at: V1Node | undefined,
    ownPods: readonly V1Pod[],
    wanted: Wanted,
    heard: Heard | undefined,
  ): Promise<{ readonly view: AgentView; readonly next: Next }> => {
    const wish = heard?.wishes.get(state.agent);
    const view = await viewOf(state, {
      cluster,
      clock,
      terms,
      node: at,
      ownPods,
      wanted,
      wish,
      hasSlot: slots.has(),
    });
    // What its owner does with an agent that tare has not touched is no business of tare's.
    const isTouched = slots.mayHave() || view.holds.length > 0 || view.places.length > 0;
    if (wanted !== "off" && !isTouched) return { view, next: { state: "on", steps: [] } };
    const next = nextStep(view, {
      holdSeconds: plan.off.holdSeconds,
      maxOffSeconds: plan.off.maxSeconds,
    });
    tellState(state, next, wish?.turn ?? 0);
    if (next.state === "going") wait(next.waits);
    await take(next.steps, state, wish?.turn ?? 0, at);
    return { view, next };
  };
  const tellState = (state: AgentState, next: Next, turn: number): void => {
    const now = next.state === "off" ? "off" : next.state === "on" ? "back" : state.told;
    if (now !== state.told) tell({ tare: "agent", node: node.name, agent: state.agent, turn, state: now });
    state.told = now;
  };

  /** An outcome, or how long to wait until the next look. */
  const look = async (): Promise<NodeOutcome | number> => {
    const refused = await keepLease();
    await keepSlot();
    const pod = await lookAtNodePod(cluster, terms);
    const heard = await hear(pod);
    const ending = endingOf(pod, heard, refused);
    const ownPods = await lookAtOwnPods(cluster, terms);
    const wanted = agents.map((state) => wantedOf(state, pod, heard));
    const isQuiet =
      ownPods.length === 0 &&
      !slots.mayHave() &&
      wanted.every((one) => one !== "off") &&
      agents.every(({ identity }) => identity !== undefined || ending !== undefined);
    const at = isQuiet ? undefined : await lookAtNode(cluster, terms);
    const views: AgentView[] = [];
    let areBack = true;
    for (const [index, state] of isQuiet ? [] : agents.entries()) {
      const { view, next } = await tendAgent(state, at, ownPods, wanted[index] ?? "on", heard);
      views.push(view);
      areBack &&= next.state === "on";
    }
    note();
    if (areBack && slots.mayHave() && !wanted.includes("off")) await slots.drop();
    const returning = lasts.seconds("returning", !areBack && !wanted.includes("off"));
    if (ending === undefined) return isQuiet ? QUIET_MS : BUSY_MS;
    if (areBack) return gone(ending);
    if (returning <= RETURN_SECONDS) return BUSY_MS;
    return notBack(views);
  };

  const gone = async (ending: Ending): Promise<NodeOutcome> => {
    await slots.drop();
    await lease.drop();
    const isThere = ending.kind === "done" || (await lookAtNode(cluster, terms)) !== undefined;
    return isThere ? ending : { kind: "node-gone" };
  };

  const notBack = async (views: readonly AgentView[]): Promise<NodeOutcome> => ({
    kind: "not-back",
    ...(await missingOf(cluster, terms, agents, views)),
  });

  /** For one that is stopped and finds no cluster: it cannot wait for ever. */
  const unseen = (): NodeOutcome | undefined => {
    if (stop.aborted) stoppedAtMs ??= clock.elapsedMs();
    return stoppedAtMs !== undefined && clock.elapsedMs() - stoppedAtMs > RETURN_SECONDS * 1000
      ? {
          kind: "not-back",
          missing: [
            `the cluster could not be asked: ${lastTrouble}`,
            `holds end by themselves within ${plan.off.holdSeconds} s`,
          ],
          run: [`tare k8s clean ${plan.bench}`],
        }
      : undefined;
  };

  try {
    for (;;) {
      let pause = BUSY_MS;
      try {
        const result = await look();
        if (typeof result !== "number") return result;
        pause = result;
        lastTrouble = "";
      } catch (error) {
        if (!(error instanceof ClusterError)) throw error;
        lastTrouble = error.message;
        wait(error.message);
        // No time counts in which nothing could be seen; what is forbidden is seen well enough.
        if (isClusterError(error, "unreachable")) {
          for (const one of [lasts, ...agents.map((state) => state.lasting)]) one.forget();
          lease.forgetWaiting();
          slots.forgetWaiting();
        }
        const outcome = unseen();
        if (outcome !== undefined) return outcome;
      }
      await clock.sleep(pause, stop.aborted ? undefined : stop);
    }
  } finally {
    await log?.of.stop();
  }
};
