/** A service that systemd runs: systemctl(1), systemd.unit(5), org.freedesktop.systemd1(5) for the names of the properties. */
import type { Host } from "../../domain/host.ts";
import { missing, value } from "../../domain/units.ts";
import { byCommands, printed, type Service, type ServiceState } from "./service.ts";

const PROPERTIES = [
  "Id",
  "LoadState",
  "ActiveState",
  "SubState",
  "MainPID",
  "ControlGroup",
  "UnitFileState",
  "CanStart",
  "CanStop",
  "TriggeredBy",
  "RequiredBy",
  "BoundBy",
  "ConsistsOf",
  "Wants",
  "Requires",
] as const;

const JOURNAL = ["journalctl", "--no-pager", "--lines", "8", "--output", "cat"] as const;

const parseProperties = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split("\n").flatMap((line) => {
      const at = line.indexOf("=");
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1).trim()] as const];
    }),
  );

const words = (text: string | undefined): readonly string[] =>
  (text ?? "").split(" ").filter((word) => word !== "");

export const systemdUnit = (target: string): Service => {
  const unit = /\.\w+$/.test(target) ? target : `${target}.service`;
  const title = `the unit ${unit}`;
  return {
    ...byCommands(title, {
      start: ["systemctl", "start", unit],
      stop: ["systemctl", "stop", unit],
      reset: ["systemctl", "reset-failed", unit],
      // It forgets a unit that does not run, has not failed, and that nothing refers to.
      nothingToReset: "not loaded",
      log: [...JOURNAL, "--unit", unit],
    }),
    said: async (host) => await printed(host, [...JOURNAL, `_SYSTEMD_UNIT=${unit}`]),
    title,
    name: unit.replace(/\.service$/, ""),
    state: async (host) => {
      const shown = await host.run("systemctl", ["show", unit, `--property=${PROPERTIES.join(",")}`]);
      if (shown.exitCode !== 0)
        return missing(`systemctl show ${unit}: ${(shown.stderr + shown.stdout).trim()}`);
      const properties = parseProperties(shown.stdout);
      const state = stateOf(properties);
      const identity = { ...state.identity, ...(await companionStates(host, properties)) };
      return value({ ...state, identity, obstacle: await obstacleOf(host, unit, properties) });
    },
  };
};

/** Units that are stopped with it and that its start brings back, as Falco's package has one that fetches its rules. */
const companionsOf = (properties: ReadonlyMap<string, string>): readonly string[] => {
  const back = ["Wants", "Requires"].flatMap((name) => words(properties.get(name)));
  return words(properties.get("ConsistsOf")).filter((unit) => back.includes(unit));
};

/** Part of what must be the same after the run. */
const companionStates = async (
  host: Host,
  properties: ReadonlyMap<string, string>,
): Promise<Readonly<Record<string, string>>> => {
  const companions = companionsOf(properties);
  const active = await activeOf(host, companions);
  return Object.fromEntries(companions.map((unit) => [unit, active.includes(unit) ? "active" : "inactive"]));
};

const stateOf = (properties: ReadonlyMap<string, string>): Omit<ServiceState, "obstacle"> => {
  const activity = properties.get("ActiveState") ?? "unknown";
  const mainPid = Number(properties.get("MainPID") ?? 0);
  const controlGroup = properties.get("ControlGroup") ?? "";
  return {
    active: activity === "active",
    activity,
    mainPid: mainPid > 0 ? mainPid : undefined,
    controlGroup: controlGroup === "" ? undefined : controlGroup,
    identity: { enablement: properties.get("UnitFileState") ?? "unknown" },
    // The journal is no file of lines.
    outputs: [],
  };
};

const obstacleOf = async (
  host: Host,
  unit: string,
  properties: ReadonlyMap<string, string>,
): Promise<ServiceState["obstacle"]> => {
  const loaded = properties.get("LoadState");
  if (loaded !== "loaded") {
    return {
      reason: `systemd has ${unit} as "${loaded ?? "unknown"}"`,
      hint: "see `systemctl list-units --type=service` for what there is",
    };
  }
  const activity = properties.get("ActiveState") ?? "unknown";
  if (!["active", "inactive", "failed"].includes(activity)) {
    return { reason: `${unit} is ${activity}`, hint: "wait until it is either active or inactive" };
  }
  if (properties.get("CanStop") === "no" || properties.get("CanStart") === "no") {
    return {
      reason: `${unit} does not let itself be stopped and started by hand (RefuseManualStop, RefuseManualStart)`,
      hint: "measure its agent as tare starts it, on a node where the unit does not run",
    };
  }
  const triggers = await activeOf(host, words(properties.get("TriggeredBy")));
  if (triggers.length > 0) {
    return {
      reason: `${unit} would be started again by ${triggers.join(", ")} while it is to be stopped`,
      hint: `stop ${triggers.join(" ")} yourself for the time of the run`,
    };
  }
  const companions = companionsOf(properties);
  const dependents = ["RequiredBy", "BoundBy", "ConsistsOf"]
    .flatMap((name) => words(properties.get(name)))
    .filter((dependent) => !companions.includes(dependent));
  const stopped = activity === "active" ? await activeOf(host, [...new Set(dependents)]) : [];
  return stopped.length === 0
    ? undefined
    : {
        reason: `stopping ${unit} would also stop ${stopped.join(", ")}, and only ${unit} is to be touched`,
        hint: `stop ${stopped.join(" ")} yourself for the time of the run, or leave this agent out`,
      };
};

const activeOf = async (host: Host, units: readonly string[]): Promise<readonly string[]> => {
  if (units.length === 0) return [];
  const { stdout } = await host.run("systemctl", ["is-active", ...units]);
  const states = stdout.split("\n");
  return units.filter((_, index) => states[index] === "active");
};
