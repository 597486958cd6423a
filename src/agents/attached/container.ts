/**
 * A container of Docker, Podman or nerdctl. All three print the same for `container inspect` where it matters here
 * (https://docs.docker.com/reference/api/engine/, "Inspect a container"); nerdctl keeps `--rm` in a label.
 */
import type { Host } from "../../domain/host.ts";
import { known, missing, type Reading, value } from "../../domain/units.ts";
import type { Service, ServiceState } from "./service.ts";

export const ENGINES = ["docker", "podman", "nerdctl"] as const;
export type Engine = (typeof ENGINES)[number];

type Json = Readonly<Record<string, unknown>>;

export const container = (target: string, engine: Engine, name: string): Service => ({
  target,
  title: `${engine}'s container ${name}`,
  name,
  startCommand: [engine, "start", name],
  stopCommand: [engine, "stop", name],
  logCommand: [engine, "logs", "--tail", "8", name],
  state: async (host) => {
    const shown = await host.run(engine, ["container", "inspect", name]);
    if (shown.exitCode !== 0) {
      return missing(`${engine} container inspect ${name}: ${(shown.stderr + shown.stdout).trim()}`);
    }
    const inspected = parseInspected(shown.stdout);
    return inspected === undefined
      ? missing(`${engine} container inspect ${name} printed no JSON of a container`)
      : value(await stateOf(host, engine, name, inspected));
  },
});

const objectAt = (object: Json | undefined, key: string): Json | undefined => {
  const inner = object?.[key];
  return typeof inner === "object" && inner !== null ? (inner as Json) : undefined;
};

const textAt = (object: Json | undefined, key: string): string | undefined => {
  const inner = object?.[key];
  return typeof inner === "string" && inner !== "" ? inner : undefined;
};

export const parseInspected = (text: string): Json | undefined => {
  try {
    const [first] = JSON.parse(text) as readonly unknown[];
    return typeof first === "object" && first !== null && "State" in first ? first : undefined;
  } catch {
    return undefined;
  }
};

const stateOf = async (host: Host, engine: Engine, name: string, inspected: Json): Promise<ServiceState> => {
  const state = objectAt(inspected, "State");
  const settings = objectAt(inspected, "HostConfig");
  const activity = textAt(state, "Status") ?? (state?.["Running"] === true ? "running" : "exited");
  const pid = Number(state?.["Pid"] ?? 0);
  const active = activity === "running";
  const mainPid = active && pid > 0 ? pid : undefined;
  const logging = objectAt(settings, "LogConfig");
  const log = textAt(inspected, "LogPath") ?? textAt(logging, "Path");
  // Podman's default where systemd does not run (podman-run(1), --log-driver).
  const framing = textAt(logging, "Type") === "k8s-file" ? ({ framing: "kubernetes" } as const) : {};
  return {
    active,
    activity,
    mainPid,
    controlGroup: mainPid === undefined ? undefined : known(await controlGroupOf(host, mainPid)),
    identity: {
      id: textAt(inspected, "Id") ?? "unknown",
      "restart policy": textAt(objectAt(settings, "RestartPolicy"), "Name") ?? "none",
    },
    obstacle: obstacleOf(engine, name, activity, isRemovedWhenStopped(inspected)),
    outputs: log === undefined ? [] : [{ path: log, ...framing }],
  };
};

const isRemovedWhenStopped = (inspected: Json): boolean =>
  objectAt(inspected, "HostConfig")?.["AutoRemove"] === true ||
  textAt(objectAt(objectAt(inspected, "Config"), "Labels"), "nerdctl/auto-remove") === "true";

const obstacleOf = (
  engine: Engine,
  name: string,
  activity: string,
  vanishes: boolean,
): ServiceState["obstacle"] => {
  if (vanishes) {
    return {
      reason: `${engine} removes the container ${name} as soon as it is stopped (--rm)`,
      hint: `run it without --rm, or measure it from an agent file (docs/custom-agents.md)`,
    };
  }
  return ["running", "exited", "created", "stopped"].includes(activity)
    ? undefined
    : {
        reason: `${engine}'s container ${name} is ${activity}`,
        hint: "bring it to run or to be stopped first",
      };
};

/** The process's own line: of version 2, or of the cpuacct controller. */
const controlGroupOf = async (host: Host, pid: number): Promise<Reading<string>> => {
  const text = await host.readText(`/proc/${pid}/cgroup`);
  if (text.kind === "missing") return text;
  const path =
    /^\d+:(?:[^:]*,)?cpuacct[^:]*:(.*)$/m.exec(text.value)?.[1] ?? /^0::(.*)$/m.exec(text.value)?.[1];
  return path === undefined ? missing(`/proc/${pid}/cgroup names no group`) : value(path);
};
