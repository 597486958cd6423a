/**
 * The services that `--attach` names: stopped before anything is measured, so that the baseline is a node without them, and put back as
 * they were on every path. Each step is in the journal before it is done; a killed run is undone by the next start or `tare clean`.
 */
import { attachedAgent, attachedId, holdsBackOf, remainsOf } from "../agents/attached/agent.ts";
import type { Remains } from "../agents/attached/owned.ts";
import { differences, type ServiceState } from "../agents/attached/service.ts";
import { findTarget, type Attached } from "../agents/attached/target.ts";
import type { Agent } from "../domain/agent.ts";
import { TareError } from "../domain/errors.ts";
import type { EffectScope, Host } from "../domain/host.ts";
import type { Session } from "./session.ts";

export interface AttachedAgent {
  readonly agent: Agent;
  readonly attached: Attached;
  readonly remains: Remains | undefined;
  readonly before: ServiceState;
  /** It is never stopped. */
  readonly asIs: boolean;
}

/**
 * Finds what the targets name. Reads only.
 *
 * @throws TareError `usage` for a target that names nothing, `host-unfit` for a service that must not be stopped and started
 */
export const findAttached = async (
  { host, pod }: Pick<Session, "host" | "pod">,
  targets: readonly string[],
  agents: ReadonlyMap<string, Agent>,
  { asIs = false }: { readonly asIs?: boolean } = {},
): Promise<readonly AttachedAgent[]> => {
  const found: AttachedAgent[] = [];
  for (const target of targets) {
    const attached = await findTarget(host, target, agents, pod?.podLogs);
    const { service } = attached;
    const state = await service.state(host);
    if (state.kind === "missing")
      throw new TareError(
        "host-unfit",
        `--attach ${target}: ${state.reason}`,
        "is it on this node, under this name?",
      );
    const { obstacle } = state.value;
    if (obstacle !== undefined)
      throw new TareError("host-unfit", `--attach ${target}: ${obstacle.reason}`, obstacle.hint);
    if (service.stopping.kind === "wish" && pod === undefined && !asIs)
      throw new TareError(
        "usage",
        `--attach ${target}: only its cluster can stop and start it`,
        "a bench of the cluster has that done; --as-is measures its load and its losses and stops nothing",
      );
    if (asIs && !state.value.active)
      throw new TareError(
        "host-unfit",
        `--attach ${target} --as-is: it is ${state.value.activity}`,
        "start it first: it is measured as it runs",
      );
    if (found.some(({ agent }) => agent.id === attachedId(service))) {
      throw new TareError(
        "usage",
        `--attach ${target} names ${service.title} a second time`,
        "name each once",
      );
    }
    const remains = asIs ? undefined : await remainsOf(host, attached);
    const holdsBack = await holdsBackOf(host, attached, state.value);
    found.push({
      agent: attachedAgent(attached, remains, { asIs, ...(holdsBack && { holdsBack }) }),
      attached,
      remains,
      before: state.value,
      asIs,
    });
  }
  return found;
};

type Node = Pick<Session, "host" | "tell">;

/** Does the work with the services stopped, and starts them again however it ends. */
export const withAttached = async <T>(
  session: Node,
  all: readonly AttachedAgent[],
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> => {
  if (all.length === 0) return await work();
  const scope = session.host.effects.scope("attached");
  const whole = async (): Promise<T> => {
    await stopAll(session, all, scope, signal);
    signal.throwIfAborted();
    return await work();
  };
  const [done] = await Promise.allSettled([whole()]);
  const problems = [...(await scope.undo())];
  for (const one of all) problems.push(...(await changedIn(session.host, one)));
  if (done.status === "rejected") {
    for (const problem of problems) session.tell({ kind: "left", problem });
    throw done.reason;
  }
  if (problems.length > 0) {
    throw new TareError(
      "run-failed",
      `the run is whole, but the node is not as it was:\n  ${problems.join("\n  ")}`,
      "restore that by hand; the record is complete: `tare report DIR` makes its page",
    );
  }
  return done.value;
};

/** The kernel frees what a sensor held a moment after its end. */
const SETTLE_MS = 500;

const stopAll = async (
  { host, tell }: Node,
  all: readonly AttachedAgent[],
  scope: EffectScope,
  signal: AbortSignal,
): Promise<void> => {
  for (const { attached, before, remains } of all.filter(({ asIs }) => !asIs)) {
    const { service } = attached;
    for (const effect of remains?.away ?? []) await scope.perform(effect);
    if (!before.active) continue;
    tell({ kind: "service-stopped", title: service.title });
    await scope.perform(service.stopping, signal);
  }
  await host.sleep(SETTLE_MS);
};

/** What of a service is not as it was, worded for people. */
const changedIn = async (host: Host, { attached, before }: AttachedAgent): Promise<readonly string[]> => {
  const { service } = attached;
  let changes: readonly string[] = [];
  // A service takes a moment to be up again.
  await host.until(
    async () => {
      const after = await service.state(host);
      changes =
        after.kind === "missing"
          ? [`${service.title}: ${after.reason}`]
          : differences(service.title, before, after.value);
      return changes.length === 0 ? true : undefined;
    },
    { every: 200, atMost: 10_000 },
  );
  return changes;
};
