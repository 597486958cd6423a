/**
 * An agent that the node's owner runs: started and stopped by its own manager, in its own control group, as its owner configured it. What
 * its output tells is counted; where it tells nothing, its cost is measured alone.
 */
import {
  type Agent,
  type AgentContext,
  type AgentOutput,
  defineAgent,
  type RunningAgent,
} from "../../domain/agent.ts";
import { blindSpotsOf } from "../../domain/claim.ts";
import { TareError } from "../../domain/errors.ts";
import type { Exit, Host, HostProcess } from "../../domain/host.ts";
import { PLAIN_FAMILIES } from "../../domain/units.ts";
import { noCounter } from "../shared/no-counter.ts";
import { needsRoot } from "../shared/obstacle.ts";
import { type HoldsBack, ownedAgent, type Printed, type Remains } from "./owned.ts";
import { type Whereabouts, whereaboutsOf } from "./whereabouts.ts";
import type { Service, ServiceState } from "./service.ts";
import type { Attached } from "./target.ts";

const SUFFIX = "@attached";

/** Letters, digits and hyphens: a unit's name may hold more than an agent's. */
export const attachedId = ({ name }: Pick<Service, "name">): string =>
  `${name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "")}${SUFFIX}`;

const nameOf = ({ service, known }: Attached): string => known?.id.split("@")[0] ?? service.name;

/** What stays in force when it is stopped; asked once, while it is as its owner left it. */
export const remainsOf = async (host: Host, attached: Attached): Promise<Remains | undefined> =>
  await ownedAgent(nameOf(attached))?.remains?.(host);

/** How late its events come; asked once, while it is as its owner left it. */
export const holdsBackOf = async (
  host: Host,
  attached: Attached,
  state: ServiceState,
): Promise<HoldsBack | undefined> =>
  await ownedAgent(nameOf(attached))?.holdsBack?.(host, await whereaboutsOf(host, state));

/** `asIs`: it runs and goes on running, and nothing of it is changed. */
export const attachedAgent = (
  attached: Attached,
  remains: Remains | undefined,
  { asIs = false, holdsBack = {} }: { readonly asIs?: boolean; readonly holdsBack?: HoldsBack } = {},
): Agent => {
  const { service, known } = attached;
  return defineAgent({
    id: attachedId(service),
    title: `${known?.title ?? service.name}, as the node's owner runs it (${service.title})`,
    homepage: known?.homepage ?? "",
    role: "attached",
    // What it observes is its owner's decision: the sentinels find out.
    observes: [...PLAIN_FAMILIES],
    costOnly: true,
    coverage: {
      notes: [
        "whatever its owner's configuration leaves out",
        ...(known === undefined ? [] : blindSpotsOf(known.coverage)),
      ],
    },
    overload: known?.overload ?? "drops",
    ...(known?.lossCounter === undefined || ownedAgent(nameOf(attached))?.lostBy === undefined
      ? {}
      : { lossCounter: known.lossCounter }),
    residue: known?.residue ?? "none",
    ...holdsBack,
    ...(asIs ? { untouched: true as const } : {}),
    probe: async (host) => {
      const root = await needsRoot(host);
      if (root !== undefined) return { kind: "unavailable", ...root };
      const state = await service.state(host);
      if (state.kind === "missing") {
        return { kind: "unavailable", reason: state.reason, hint: "is it on this node, under this name?" };
      }
      const { obstacle } = state.value;
      if (obstacle !== undefined) return { kind: "unavailable", ...obstacle };
      return { kind: "available", version: await versionOf(host, attached), path: service.title };
    },
    start: async (host, context) => {
      const inForce = asIs ? undefined : remains;
      if (!asIs) await startService(host, context, attached);
      const state = await awaitActive(host, context, attached.service);
      for (const effect of inForce?.back ?? []) await context.effects.perform(effect);
      return await running(host, attached, state, {
        startedBy: asIs ? "its owner, before the run: it is measured as it is" : attached.service.startedBy,
        ...inForce?.settings,
      });
    },
  });
};

const versionOf = async (host: Host, { service, known }: Attached): Promise<string> => {
  if (service.version !== undefined) {
    const own = await service.version(host);
    return own.kind === "value" ? own.value : own.reason;
  }
  const probed = await known?.probe(host);
  return probed?.kind === "available" ? probed.version : "version not asked";
};

const startService = async (host: Host, context: AgentContext, { service }: Attached): Promise<void> => {
  if (service.resetCommand !== undefined) {
    const [command = "", ...args] = service.resetCommand;
    // Its manager takes so many starts for a crash loop.
    await host.run(command, args);
  }
  await context.effects.perform(service.starting, context.signal);
};

const running = async (
  host: Host,
  attached: Attached,
  state: ServiceState,
  settings: RunningAgent["settings"],
): Promise<RunningAgent> => {
  const { service } = attached;
  const { mainPid, pids = mainPid === undefined ? [] : [mainPid] } = state;
  const owned = ownedAgent(nameOf(attached));
  const at = await whereaboutsOf(host, state);
  const { outputs, notFollowed } = await outputsOf(host, attached, state, at);
  return {
    processes: pids.map((pid) => watched(host, pid)),
    outputs,
    logs: [],
    said: async () => ((await service.said?.(host)) ?? (await service.log(host))).split("\n"),
    ...(state.controlGroup === undefined ? {} : { controlGroup: state.controlGroup }),
    settings: {
      attached: service.title,
      configuration: "its owner's, not changed by tare",
      ...(notFollowed === undefined ? {} : { outputNotFollowed: notFollowed }),
      ...(await owned?.settings?.(host, at)),
      ...settings,
    },
    lost:
      owned?.lostBy?.(host, at) ??
      noCounter(`tare does not know how ${service.title} tells its losses as its owner configured it`),
  };
};

/** A service that crashes at once is "active" for a moment. */
const STEADY_MS = 1000;

const awaitActive = async (host: Host, { signal }: AgentContext, service: Service): Promise<ServiceState> => {
  let activeSince: number | undefined;
  let activity = "unknown";
  const waited = await host.until(
    async (past) => {
      const state = await service.state(host);
      activity = state.kind === "value" ? state.value.activity : state.reason;
      if (state.kind === "value" && state.value.active) {
        activeSince ??= host.now();
        return past(activeSince, STEADY_MS) ? state.value : undefined;
      }
      return activity === "failed" || activeSince !== undefined ? "down" : undefined;
    },
    { every: 100, atMost: 30_000, signal },
  );
  if (waited.kind === "met" && waited.value !== "down") return waited.value;
  const log = await service.log(host);
  throw new TareError(
    "run-failed",
    `${service.title} did not come up: it is ${activity}`,
    `its log: ${log || "(empty)"}`,
  );
};

const UNKNOWN_PRODUCT: Printed = { forms: { exec: { kind: "text" }, file: { kind: "text" } } };

/**
 * Where its events are: in the file that its configuration names, or else in what its containers print. Not in both, where many of them write the
 * same events twice.
 */
const outputsOf = async (
  host: Host,
  attached: Attached,
  { outputs: logs, hasOwnRoot }: ServiceState,
  at: Whereabouts,
): Promise<{ readonly outputs: readonly AgentOutput[]; readonly notFollowed: string | undefined }> => {
  const owned = ownedAgent(nameOf(attached));
  const { printed = UNKNOWN_PRODUCT } = owned ?? {};
  const ofContainers = logs.map((log) => ({ ...log, ...printed }));
  const named = (await owned?.outputs(host, at)) ?? [];
  const notFollowed = await owned?.notFollowed?.(host, at);
  if (named.length === 0) return { outputs: ofContainers, notFollowed };
  if (hasOwnRoot !== true || ofContainers.length === 0) return { outputs: named, notFollowed };
  for (const { path } of named) {
    const size = await host.fileSize(path);
    if (size.kind === "missing") return { outputs: ofContainers, notFollowed: size.reason };
  }
  return { outputs: named, notFollowed };
};

const GONE: Exit = { code: null, signal: null };

/** A process that tare did not start, so how it ended is unknown. */
const watched = (host: Host, pid: number): HostProcess => ({
  pid,
  exited: Promise.resolve(GONE),
  exit: () => (host.alive(pid) ? undefined : GONE),
  readLine: () => Promise.resolve(undefined),
  writeLine: () => undefined,
  closeInput: () => undefined,
});
