/**
 * A container of Docker, Podman or nerdctl. All three print the same for `container inspect` where it matters here
 * (https://docs.docker.com/reference/api/engine/, "Inspect a container"); nerdctl keeps `--rm` in a label.
 */
import * as z from "zod";
import type { AgentOutput } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import { checkedJson, type From } from "../../domain/schema.ts";
import { known, missing, value } from "../../domain/units.ts";
import { byCommands, type Service, type ServiceState } from "./service.ts";

export const ENGINES = ["docker", "podman", "nerdctl"] as const;
export type Engine = (typeof ENGINES)[number];

export const container = (engine: Engine, name: string): Service => ({
  ...byCommands(titleOf(engine, name), {
    start: [engine, "start", name],
    stop: [engine, "stop", name],
    log: [engine, "logs", "--tail", "8", name],
  }),
  title: titleOf(engine, name),
  name,
  state: async (host) => {
    const shown = await host.run(engine, ["container", "inspect", name]);
    if (shown.exitCode !== 0) {
      return missing(`${engine} container inspect ${name}: ${(shown.stderr + shown.stdout).trim()}`);
    }
    const read = checkedJson(Inspected, shown.stdout, "what it printed");
    return read.kind === "fault"
      ? missing(`${engine} container inspect ${name}: ${read.what}`)
      : value(await stateOf(host, engine, name, read.content[0]));
  },
});

const titleOf = (engine: Engine, name: string): string => `${engine}'s container ${name}`;

const Text = z.string().min(1).optional();

/** What matters here of what `container inspect` prints. */
const Inspected = z
  .tuple([
    z.object({
      Id: Text,
      State: z.object({ Status: Text, Running: z.boolean().optional(), Pid: z.number().optional() }),
      HostConfig: z
        .object({
          AutoRemove: z.boolean().optional(),
          RestartPolicy: z.object({ Name: z.string().optional() }).nullish(),
          LogConfig: z.object({ Type: z.string().optional(), Path: z.string().optional() }).nullish(),
        })
        .nullish(),
      Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
      LogPath: z.string().optional(),
    }),
  ])
  .rest(z.unknown());
type Inspected = From<typeof Inspected>[0];

const stateOf = async (
  host: Host,
  engine: Engine,
  name: string,
  { Id, State, HostConfig, Config, LogPath }: Inspected,
): Promise<ServiceState> => {
  const activity = State.Status ?? (State.Running === true ? "running" : "exited");
  const active = activity === "running";
  const mainPid = active && State.Pid !== 0 ? State.Pid : undefined;
  const logging = HostConfig?.LogConfig;
  const log = LogPath || logging?.Path;
  const framing = framingOf(logging?.Type, log);
  const vanishes = HostConfig?.AutoRemove === true || Config?.Labels?.["nerdctl/auto-remove"] === "true";
  return {
    active,
    activity,
    mainPid,
    hasOwnRoot: true,
    controlGroup: mainPid === undefined ? undefined : await controlGroupOf(host, mainPid, Id),
    identity: { id: Id ?? "unknown", "restart policy": HostConfig?.RestartPolicy?.Name || "none" },
    obstacle: obstacleOf(engine, name, activity, vanishes),
    outputs:
      log === undefined || log === "" ? [] : [{ path: log, ...(framing === undefined ? {} : { framing }) }],
  };
};

/** nerdctl does not tell its log driver; its file has Docker's name and format. */
const framingOf = (driver: string | undefined, log: string | undefined): AgentOutput["framing"] => {
  // Podman's default where systemd does not run (podman-run(1), --log-driver).
  if (driver === "k8s-file") return "kubernetes";
  return driver === "json-file" || log?.endsWith("-json.log") === true ? "docker" : undefined;
};

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

/** The container's as a whole: its first process may sit in one below it, as an init or a runtime puts it. */
const controlGroupOf = async (
  host: Host,
  pid: number,
  id: string | undefined,
): Promise<string | undefined> => {
  const text = known(await host.readText(`/proc/${pid}/cgroup`)) ?? "";
  const own = /^\d+:(?:[^:]*,)?cpuacct[^:]*:(.*)$/m.exec(text)?.[1] ?? /^0::(.*)$/m.exec(text)?.[1];
  const folders = own?.split("/") ?? [];
  const at = id === undefined || id === "" ? -1 : folders.findIndex((folder) => folder.includes(id));
  return at < 0 ? own : folders.slice(0, at + 1).join("/");
};
