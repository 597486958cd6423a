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
import { ownedAgent, type Remains } from "./owned.ts";
import { whereaboutsOf } from "./whereabouts.ts";
import type { Service, ServiceState } from "./service.ts";
import type { Attached } from "./target.ts";

const SUFFIX = "@attached";

/** Letters, digits and hyphens: a unit's name may hold more than an agent's. */
export const attachedId = ({ name }: Service): string =>
  `${name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "")}${SUFFIX}`;

const nameOf = ({ service, known }: Attached): string => known?.id.split("@")[0] ?? service.name;

/** What stays in force when it is stopped; asked once, while it is as its owner left it. */
export const remainsOf = async (host: Host, attached: Attached): Promise<Remains | undefined> =>
  await ownedAgent(nameOf(attached))?.remains?.(host);

export const attachedAgent = (attached: Attached, remains: Remains | undefined): Agent => {
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
    probe: async (host) => {
      const root = await needsRoot(host);
      if (root !== undefined) return { kind: "unavailable", ...root };
      const state = await service.state(host);
      if (state.kind === "missing") {
        return { kind: "unavailable", reason: state.reason, hint: "is it on this node, under this name?" };
      }
      const { obstacle } = state.value;
      if (obstacle !== undefined) return { kind: "unavailable", ...obstacle };
      const probed = await known?.probe(host);
      const version = probed?.kind === "available" ? probed.version : "version not asked";
      return { kind: "available", version, path: service.title };
    },
    start: async (host, context) => await start(host, context, attached, remains),
  });
};

const start = async (
  host: Host,
  context: AgentContext,
  attached: Attached,
  remains: Remains | undefined,
): Promise<RunningAgent> => {
  const { service } = attached;
  if (service.resetCommand !== undefined) {
    const [command = "", ...args] = service.resetCommand;
    // Its manager takes so many starts for a crash loop.
    await host.run(command, args);
  }
  await context.effects.perform({
    kind: "command",
    title: `${service.title} started for a turn`,
    do: service.startCommand,
    undo: [service.stopCommand],
  });
  const state = await awaitActive(host, context, service);
  for (const effect of remains?.back ?? []) await context.effects.perform(effect);
  const { mainPid } = state;
  const owned = ownedAgent(nameOf(attached));
  const at = await whereaboutsOf(host, state);
  const notFollowed = await owned?.notFollowed?.(host, at);
  return {
    processes: mainPid === undefined ? [] : [watched(host, mainPid)],
    outputs: [...((await owned?.outputs(host, at)) ?? []), ...printedBy(state)],
    logs: [],
    ...(state.controlGroup === undefined ? {} : { controlGroup: state.controlGroup }),
    settings: {
      attached: service.title,
      startedBy: service.startCommand.join(" "),
      configuration: "its owner's, not changed by tare",
      ...(notFollowed === undefined ? {} : { outputNotFollowed: notFollowed }),
      ...remains?.settings,
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
  const [command = "", ...args] = service.logCommand;
  const log = await host.run(command, args);
  throw new TareError(
    "run-failed",
    `${service.title} did not come up: it is ${activity}`,
    `its log: ${(log.stdout + log.stderr).trim().slice(-1000) || "(empty)"}`,
  );
};

const printedBy = ({ outputs }: ServiceState): readonly AgentOutput[] =>
  outputs.map((output) => ({ ...output, forms: { exec: { kind: "text" }, file: { kind: "text" } } }));

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
