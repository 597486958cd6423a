/** What `--attach` names: an agent that tare knows, a unit, or a container. */
import type { Agent } from "../../domain/agent.ts";
import { TareError } from "../../domain/errors.ts";
import type { Host } from "../../domain/host.ts";
import { ENGINES, container } from "./container.ts";
import type { Service } from "./service.ts";
import { systemdUnit } from "./systemd-unit.ts";

export interface Attached {
  readonly service: Service;
  /** The agent that it runs, where tare knows it. */
  readonly known: Agent | undefined;
}

const baseOf = ({ id }: Agent): string => id.split("@")[0] ?? id;

/**
 * `docker:NAME`, `podman:NAME`, `nerdctl:NAME`; an agent's id, for whichever of its units the node has; else a unit's name.
 *
 * @throws TareError `usage` for an agent that has no unit, and for an empty name
 */
export const findTarget = async (
  host: Host,
  target: string,
  agents: ReadonlyMap<string, Agent>,
): Promise<Attached> => {
  const all = [...agents.values()];
  const [engine, name] = target.includes(":") ? target.split(/:(.*)/s) : [];
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

/** The name of the unit that this is another name of, or the name itself. */
const aliased = async (host: Host, unit: string): Promise<string> => {
  const { stdout } = await host.run("systemctl", ["show", unit, "--property=Id"]);
  return /^Id=(\S+)$/m.exec(stdout)?.[1] ?? unit;
};
