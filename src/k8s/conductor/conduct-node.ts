/**
 * One node of a bench, from its Lease to its agents Ready again. It is looked at when something has changed, and after a
 * while in any case; after each look what is next is done. Nothing has to be remembered for that, so whoever is ended in
 * the middle is followed by one who goes on.
 *
 *     Lease -> node pod -> its wishes: agents off and on, a slot while any is off -> node pod ended -> all Ready -> no Lease
 */
import { type Cluster, ClusterError, isClusterError, pauseAfter } from "../cluster.ts";
import { NODE_LEASE_SECONDS, nodeLease, RETURN_SECONDS } from "../objects/leases.ts";
import { agentState, type AgentState } from "./agent-state.ts";
import type { Clock } from "./clock.ts";
import { type Ending, endingOf } from "./ending.ts";
import { readIdentities, writtenIdentities } from "./identities.ts";
import { leaseKeeper } from "./keep-lease.ts";
import { lasting } from "./lasting.ts";
import type { NodeOutcome, Told } from "./lines.ts";
import { lookAtNode, lookAtNodePod, lookAtOwnPods, type NodePod } from "./look.ts";
import { missingOf } from "./missing.ts";
import { followNodeLog, type Heard, type NodeLog } from "./node-log.ts";
import { slotsOf } from "./slots.ts";
import { tendAgent } from "./tend-agent.ts";
import type { NodeTerms } from "./terms.ts";
import type { AgentView, Wanted } from "./view.ts";
import type { Cause, NodeWatch } from "./watch-bench.ts";

export interface Conducting {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly tell: (line: Told) => void;
  /** Aborted: every agent is given back, and nothing is begun. */
  readonly stop: AbortSignal;
  /** Each agent is looked at until it is on, though nothing of the bench tells that it is away. */
  readonly mayBeAway: boolean;
  readonly watch: NodeWatch;
}

/** In the node's Lease, for a conductor that comes later: a node pod that it does not find has been there. */
const NODE_POD = "tare.dev/node-pod";
/** `acted`: something was done. `waiting`: for what comes of it. `queued`: for another's Lease. `quiet`: the agents run undisturbed. */
type Pace = "acted" | "waiting" | "queued" | "quiet";

/** Until the next look, where nobody tells what changes. */
const POLLED_MS: Readonly<Record<Pace, number>> = {
  acted: 1000,
  waiting: 1000,
  queued: 1000,
  quiet: 3000,
};
/** Where it is told: nothing but what is due by time waits for so long. */
const TOLD_MS: Readonly<Record<Pace, number>> = {
  acted: 500,
  waiting: 5000,
  queued: 15_000,
  quiet: 15_000,
};
/** A twelfth of a second for each second. */
const HOLD_PART_MS = 1000 / 12;
/** How often agents that run undisturbed are looked at: they may be changed. */
const POLLED_GLANCE_MS = 15_000;
const TOLD_GLANCE_MS = 60_000;
/** A Lease of a bench that died runs out within its duration; any other is somebody's who is at work. */
const MAX_LEASED_SECONDS = 2 * NODE_LEASE_SECONDS;

export const conductNode = async (
  terms: NodeTerms,
  { cluster, clock, tell, stop, mayBeAway, watch }: Conducting,
): Promise<NodeOutcome> => {
  const { plan, node } = terms;
  const lease = leaseKeeper(
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
  let unkeptTold = 0;
  let hadLease = false;
  let hadPod = false;
  let areSlotsFound = false;
  let wereOn = !mayBeAway;
  let glancedMs = Number.NEGATIVE_INFINITY;
  let waited: string | undefined;
  let stoppedMs: number | undefined;
  /** What it was woken for. */
  let rung: ReadonlySet<Cause> = new Set();
  let awaitsLease = false;

  const end = (why: string): void => {
    if (ended !== undefined) return;
    ended = why;
    tell({ tare: "ended", node: node.name, why });
  };
  const wait = (why: string | undefined): void => {
    if (why !== undefined && why !== waited) tell({ tare: "waiting", node: node.name, why });
    waited = why;
  };
  const awaitLease = (): void => {
    awaitsLease = true;
  };
  const tending = { cluster, clock, terms, slots, tell, wait, awaitLease, end };

  /** How the node ends if it cannot be had; undefined: it can, or may be yet. */
  const keepLease = async (): Promise<Ending | undefined> => {
    if (stop.aborted && !lease.isOurs()) return undefined;
    const held = await lease.keep();
    if (held.kind === "ours") {
      hadLease = true;
      for (const state of agents) state.identity ??= readIdentities(lease.noted())[state.agent];
      return undefined;
    }
    const why = `another bench has the node: ${held.by} since ${held.since}`;
    awaitLease();
    if (hadLease) end(why);
    else wait(why);
    const isRefused = !hadLease && lasts.seconds("leased", true) > MAX_LEASED_SECONDS;
    return isRefused ? { kind: "refused", why } : undefined;
  };

  /** What was measured beside another bench is no result. */
  const unleased = (ending: Ending | undefined): Ending | undefined =>
    ending?.kind === "done" && !hadLease
      ? { kind: "refused", why: waited ?? "another bench has the node" }
      : ending;

  const keepSlot = async (): Promise<void> => {
    if (!areSlotsFound) await slots.find();
    areSlotsFound = true;
    await slots.keep();
  };

  const hear = async (pod: NodePod): Promise<Heard | undefined> => {
    if ((pod.kind === "running" || pod.kind === "ended") && log?.pod !== pod.name) {
      await log?.of.stop();
      const at = { namespace: plan.namespaces.nodes, pod: pod.name };
      const of = followNodeLog(cluster, clock, at, () => {
        watch.ring("own");
      });
      log = { pod: pod.name, of };
    }
    return log?.of.heard();
  };

  /** What the node itself has seen, also while nobody else looked. */
  const tellUnkept = ({ unkept }: Heard): void => {
    for (const { agent, turn, why } of unkept.slice(unkeptTold)) {
      const state = agents.find((one) => one.agent === agent);
      if (state?.voidTurn !== turn) tell({ tare: "void", node: node.name, agent, turn, why });
    }
    unkeptTold = unkept.length;
  };

  const wantedOf = (state: AgentState, isMeasured: boolean, heard: Heard | undefined): Wanted => {
    if (!isMeasured || ended !== undefined) return "on";
    if (heard?.isWhole !== true) return "as-is";
    const wish = heard.wishes.get(state.agent);
    return wish?.state === "off" && wish.turn !== state.voidTurn ? "off" : "on";
  };

  const noteNodePod = (pod: NodePod): void => {
    const isNoted = lease.noted()[NODE_POD] !== undefined;
    if (pod.kind !== "none" && lease.isOurs() && !isNoted) lease.note({ [NODE_POD]: pod.name });
    hadPod ||= pod.kind !== "none" || isNoted;
  };

  const noteIdentities = (): void => {
    const written = writtenIdentities(agents);
    const isKnown = Object.entries(written).every(([key, value]) => lease.noted()[key] === value);
    if (!isKnown) lease.note(written);
  };

  const tendAgents = async (isMeasured: boolean, heard: Heard | undefined) => {
    const wanted = agents.map((state) => wantedOf(state, isMeasured, heard));
    const ownPods = await lookAtOwnPods(cluster, terms);
    const glanceMs = watch.isTold() ? TOLD_GLANCE_MS : POLLED_GLANCE_MS;
    const isTold = rung.has("agent") || rung.has("all");
    const isGlance = isMeasured && (isTold || clock.elapsedMs() - glancedMs > glanceMs);
    const isQuiet =
      wereOn && ownPods.length === 0 && !slots.mayHave() && !wanted.includes("off") && !isGlance;
    const views: AgentView[] = [];
    let areOn = true;
    let haveActed = false;
    if (!isQuiet) {
      const at = await lookAtNode(cluster, terms);
      for (const [index, state] of agents.entries()) {
        const { view, isOn, hasActed } = await tendAgent(
          state,
          {
            node: at,
            ownPods,
            wanted: wanted[index] ?? "on",
            wish: heard?.wishes.get(state.agent),
            isEnded: ended !== undefined,
            isMeasured,
            isHandedOver: hadLease && !lease.isOurs(),
            mayBeAway: !wereOn,
          },
          tending,
        );
        views.push(view);
        areOn &&= isOn;
        haveActed ||= hasActed;
      }
      glancedMs = clock.elapsedMs();
      wereOn ||= areOn;
      noteIdentities();
    }
    const areWantedOn = wanted.every((one) => one === "on");
    if (areOn && areWantedOn && slots.mayHave()) await slots.drop();
    return {
      pace: paceOf(isQuiet, haveActed),
      views,
      areOn,
      returningSeconds: lasts.seconds("returning", areWantedOn && !areOn),
    };
  };

  const paceOf = (isQuiet: boolean, haveActed: boolean): Pace => {
    if (isQuiet) return "quiet";
    if (haveActed) return "acted";
    return awaitsLease ? "queued" : "waiting";
  };

  /** An outcome, or how soon to look again. */
  const look = async (): Promise<NodeOutcome | Pace> => {
    awaitsLease = false;
    const refused = await keepLease();
    await keepSlot();
    const pod = await lookAtNodePod(cluster, terms);
    noteNodePod(pod);
    if (pod.kind === "waiting" && lease.isOurs()) wait(`the node pod has not started: ${pod.why}`);
    const heard = await hear(pod);
    if (heard !== undefined) tellUnkept(heard);
    const exitCode = heard?.exitCode;
    const isMeasured = !stop.aborted && lease.isOurs() && pod.kind === "running" && exitCode === undefined;
    const { pace, views, areOn, returningSeconds } = await tendAgents(isMeasured, heard);
    const ending =
      refused ??
      unleased(endingOf({ pod, hadPod, exitCode }, lasts)) ??
      (stop.aborted ? ({ kind: "interrupted", why: "the bench was stopped" } as const) : undefined);
    if (ending === undefined) return pace;
    if (areOn) return leave(ending);
    return returningSeconds > RETURN_SECONDS
      ? { kind: "not-back", ...(await missingOf(cluster, terms, agents, views)) }
      : pace;
  };

  const leave = async (ending: Ending): Promise<NodeOutcome> => {
    await slots.drop();
    await lease.drop();
    const isThere = ending.kind === "done" || (await lookAtNode(cluster, terms)) !== undefined;
    return isThere ? ending : { kind: "node-gone" };
  };

  const pauseFor = (pace: Pace): number => {
    if (!watch.isTold()) return POLLED_MS[pace];
    // A hold is prolonged when two thirds of it are over: most of the last one is to be left then.
    return pace === "waiting"
      ? Math.min(TOLD_MS.waiting, plan.off.holdSeconds * HOLD_PART_MS)
      : TOLD_MS[pace];
  };

  /** What wakes it; Leases change all the time. */
  const causes = (): readonly Cause[] => [
    "own",
    "agent",
    "all",
    ...(awaitsLease ? (["lease"] as const) : []),
  ];

  /** For one that is stopped and finds no cluster: it cannot wait for ever. */
  const unseen = (trouble: string): NodeOutcome | undefined => {
    if (!stop.aborted) return undefined;
    stoppedMs ??= clock.elapsedMs();
    if (clock.elapsedMs() - stoppedMs <= RETURN_SECONDS * 1000) return undefined;
    return {
      kind: "not-back",
      missing: [
        `the cluster could not be asked: ${trouble}`,
        `holds end by themselves within ${plan.off.holdSeconds} s`,
      ],
      run: [`tare k8s clean ${plan.bench}`],
    };
  };

  /** No time counts in which nothing could be seen; what is forbidden is seen well enough. */
  const forgetTimes = (): void => {
    lasts.forget();
    for (const state of agents) state.lasting.forget();
    lease.forgetWaiting();
    slots.forgetWaiting();
  };

  try {
    for (;;) {
      let pace: Pace = "waiting";
      let leastMs = 0;
      try {
        const result = await look();
        if (typeof result !== "string") return result;
        pace = result;
        stoppedMs = undefined;
      } catch (error) {
        if (!(error instanceof ClusterError)) throw error;
        wait(error.message);
        leastMs = pauseAfter(error, POLLED_MS.acted);
        if (isClusterError(error, "unreachable")) forgetTimes();
        const outcome = unseen(error.message);
        if (outcome !== undefined) return outcome;
      }
      const pauseMs = leastMs > 0 ? leastMs : pauseFor(pace);
      rung = await watch.sleep(pauseMs, leastMs > 0 ? [] : causes(), stop.aborted ? undefined : stop);
    }
  } finally {
    await log?.of.stop();
  }
};
