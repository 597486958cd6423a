/** What `--attach` names: an agent that tare knows, a unit, or a container. */
import type { Agent } from "../../domain/agent.ts";
import { TareError } from "../../domain/errors.ts";
import type { Host } from "../../domain/host.ts";
import { ENGINES, container } from "./container.ts";
import { daemonSet, daemonSetName, podsOnNode } from "./daemonset.ts";
import { type DaemonSetName, firstProcesses, POD_LOGS } from "./pods.ts";
import type { Service } from "./service.ts";
import { systemdUnit } from "./systemd-unit.ts";

export interface Attached {
  readonly service: Service;
  /** The agent that it runs, where tare knows it. */
  readonly known: Agent | undefined;
}

const baseOf = ({ id }: Agent): string => id.split("@")[0] ?? id;

/**
 * `daemonset:NAMESPACE/NAME`; `docker:NAME`, `podman:NAME`, `nerdctl:NAME`; an agent's id, for whichever of its units the node has; else a
 * unit's name.
 *
 * @throws TareError `usage` for an agent that has no unit, and for an empty name
 */
export const findTarget = async (
  host: Host,
  target: string,
  agents: ReadonlyMap<string, Agent>,
  podLogs: string = POD_LOGS,
): Promise<Attached> => {
  const all = [...agents.values()];
  const [engine, name] = target.includes(":") ? target.split(/:(.*)/s) : [];
  if (engine === "daemonset" && name !== undefined) {
    const daemonSetNamed = daemonSetName(name);
    if (daemonSetNamed !== undefined) return await ofDaemonSet(host, daemonSetNamed, all, podLogs);
    throw new TareError(
      "usage",
      `--attach ${target}: no DaemonSet can be called that`,
      "for example --attach daemonset:kube-system/tetragon",
    );
  }
  const found = ENGINES.find((one) => one === engine);
  if (found !== undefined && name !== undefined && /^[\w][\w.-]*$/.test(name)) {
    return { service: container(found, name), known: all.find((agent) => baseOf(agent) === name) };
  }
  if (!/^[\w@][\w@.\\-]*$/.test(target)) {
    throw new TareError(
      "usage",
      `--attach ${target}: neither a unit nor a container`,
      `for example --attach auditd, --attach falco-modern-bpf.service or --attach docker:falco`,
    );
  }
  const named = all.find((agent) => baseOf(agent) === target || agent.id === target);
  if (named === undefined) {
    const unit = systemdUnit(target);
    const names = [`${unit.name}.service`, await aliased(host, `${unit.name}.service`)];
    return { service: unit, known: all.find(({ units = [] }) => names.some((name) => units.includes(name))) };
  }
  for (const unit of named.units ?? []) {
    const service = systemdUnit(unit);
    const state = await service.state(host);
    if (state.kind === "value" && state.value.obstacle?.reason.startsWith("systemd has ") !== true) {
      return { service, known: named };
    }
  }
  throw new TareError(
    "usage",
    named.units === undefined
      ? `${target} is nothing that its packages run as a unit`
      : `none of the units of ${target} is on this node (${named.units.join(", ")})`,
    "name the unit that runs it: --attach NAME.service, or --attach docker:NAME for a container",
  );
};

/** Its program's name begins with the agent's in every case: tetragon, falco, tracee, osqueryd. tare's own has a name of its own. */
const runs = (agent: string, comm: string): boolean =>
  agent === "sensor" ? comm.startsWith("tare-sensor") : comm.startsWith(agent);

/** Which agent it runs is told by the programs in its pod, and where none of them is known by its name. */
const ofDaemonSet = async (
  host: Host,
  name: DaemonSetName,
  agents: readonly Agent[],
  podLogs: string,
): Promise<Attached> => {
  const comms = (await podsOnNode(host, name, podLogs)).flatMap(({ processes }) =>
    firstProcesses(processes).map(({ comm }) => comm),
  );
  const sensors = agents.filter(({ role }) => role === "sensor");
  const known =
    sensors.find((agent) => comms.some((comm) => runs(baseOf(agent), comm))) ??
    sensors.find((agent) => baseOf(agent) === name.name);
  return {
    service: daemonSet(name, (comm) => known !== undefined && runs(baseOf(known), comm), podLogs),
    known,
  };
};

/** The name of the unit that this is another name of, or the name itself. */
const aliased = async (host: Host, unit: string): Promise<string> => {
  const { stdout } = await host.run("systemctl", ["show", unit, "--property=Id"]);
  return /^Id=(\S+)$/m.exec(stdout)?.[1] ?? unit;
};
