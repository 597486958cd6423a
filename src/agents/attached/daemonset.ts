/**
 * An agent that a cluster runs on each of its nodes, by its DaemonSet's name. Nothing here asks the cluster: that the agent is started or stopped
 * is somebody else's work, who is asked (`Wishes`), and whether it is off or on is what this node shows.
 */
import type { AgentOutput } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import { known, missing, type Reading, value } from "../../domain/units.ts";
import type { Sight } from "../../domain/wish.ts";
import { both, heldBy, NOTHING_HELD, remainingOf, whyNotTold } from "./held-bpf.ts";
import {
  type DaemonSetName,
  firstProcesses,
  groupBelowMount,
  isBeingMade,
  type Pod,
  type PodProcess,
  podProcesses,
  podsOf,
  POD_LOGS,
  processesOf,
} from "./pods.ts";
import type { Service, ServiceState } from "./service.ts";

const PART = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;

/** `kube-system/tetragon` in its parts; undefined for what no DaemonSet can be called. */
export const daemonSetName = (text: string): DaemonSetName | undefined => {
  const [namespace = "", name = "", ...more] = text.split("/");
  return more.length === 0 && PART.test(namespace) && PART.test(name) ? { namespace, name } : undefined;
};

const daemonSetTarget = ({ namespace, name }: DaemonSetName): string => `daemonset:${namespace}/${name}`;

export interface PodOnNode {
  readonly pod: Pod;
  readonly processes: readonly PodProcess[];
}

/** Its pods that have processes here: two while one is replaced. */
export const podsOnNode = async (
  host: Pick<Host, "list" | "readText">,
  name: DaemonSetName,
  logs: string = POD_LOGS,
): Promise<readonly PodOnNode[]> => {
  const pods = await podsOf(host, logs, name);
  if (pods.length === 0) return [];
  const all = await podProcesses(host);
  return pods
    .map((pod) => ({ pod, processes: processesOf(all, pod) }))
    .filter(({ processes }) => processes.length > 0);
};

/** `isAgents`: whether a process of that name is the agent, where a pod has several containers. */
export const daemonSet = (
  name: DaemonSetName,
  isAgents: (comm: string) => boolean = () => false,
  logs: string = POD_LOGS,
): Service => {
  const target = daemonSetTarget(name);
  // Asked once: it starts a program, and the state is asked for many times a second.
  let blind: Promise<string | undefined> | undefined;
  const title = `the DaemonSet ${name.namespace}/${name.name}`;
  return {
    title,
    name: name.name,
    starting: { kind: "wish", title: `${title} on for a turn`, agent: target, do: "on", undo: "off" },
    stopping: { kind: "wish", title: `${title} off for the run`, agent: target, do: "off", undo: "on" },
    startedBy: "its cluster, which was asked to",
    log: async (host) => {
      const [last] = (await logsOf(host, await podsOf(host, logs, name))).slice(-1);
      return last === undefined ? "" : (known(await host.readText(last.path)) ?? "").trim().slice(-1000);
    },
    state: async (host) => {
      const pods = await podsOnNode(host, name, logs);
      const obstacle =
        unfit(name, pods, logs) ?? unlooked(await (blind ??= whyNotSeen(host, mainOf(pods, isAgents))));
      return value({ ...(await stateOf(host, pods, isAgents)), obstacle });
    },
    version: async (host) =>
      await versionOf(host, mainOf(await podsOnNode(host, name, logs), isAgents), name),
  };
};

const mainOf = (pods: readonly PodOnNode[], isAgents: (comm: string) => boolean): PodProcess | undefined => {
  const first = firstProcesses(pods.at(-1)?.processes ?? []);
  return first.find(({ comm }) => isAgents(comm)) ?? first[0];
};

const stateOf = async (
  host: Host,
  pods: readonly PodOnNode[],
  isAgents: (comm: string) => boolean,
): Promise<Omit<ServiceState, "obstacle">> => {
  const newest = pods.at(-1);
  const first = firstProcesses(newest?.processes ?? []);
  const main = mainOf(pods, isAgents);
  const active = main !== undefined && pods.length === 1 && !isBeingMade(newest?.processes ?? []);
  return {
    active,
    activity: activityOf(pods, main),
    mainPid: active ? main.pid : undefined,
    pids: active ? first.map(({ pid }) => pid) : [],
    hasOwnRoot: true,
    controlGroup:
      !active || newest === undefined ? undefined : await groupBelowMount(host, newest.pod, main.group),
    identity: active ? { programs: first.map(({ comm }) => comm).join(", ") } : {},
    outputs: active && newest !== undefined ? await logsOf(host, [newest.pod]) : [],
  };
};

const activityOf = (pods: readonly PodOnNode[], main: PodProcess | undefined): string => {
  if (pods.length === 0) return "off: no process of it is on this node";
  if (pods.length > 1) return `being replaced: ${pods.map(({ pod }) => pod.name).join(" and ")} run`;
  if (main === undefined) return "starting: none of its containers runs yet";
  return pods.some(({ processes }) => isBeingMade(processes))
    ? "starting: one of its containers is still being made"
    : "on";
};

const unfit = (
  { namespace, name }: DaemonSetName,
  pods: readonly PodOnNode[],
  logs: string,
): ServiceState["obstacle"] => {
  if (pods.length === 0)
    return {
      reason: `no pod of the DaemonSet ${namespace}/${name} runs on this node, judging by ${logs} and the control groups`,
      hint: `\`kubectl -n ${namespace} get pods -o wide\` tells where it runs; is ${logs} of the node here, and its PID namespace (hostPID)?`,
    };
  if (pods.length > 1)
    return {
      reason: `several pods of the DaemonSet ${namespace}/${name} run on this node: ${pods.map(({ pod }) => pod.name).join(", ")}`,
      hint: "wait until its rollout is done",
    };
  return undefined;
};

/** Why it could not be seen whether it is off. */
const whyNotSeen = async (host: Host, main: PodProcess | undefined): Promise<string | undefined> => {
  const why = await whyNotTold(host);
  if (why !== undefined || main === undefined) return why;
  const looked = await host.readText(`/proc/${main.pid}/environ`);
  return looked.kind === "missing" && host.alive(main.pid)
    ? `its process ${main.pid} cannot be looked into: ${looked.reason}`
    : undefined;
};

const unlooked = (why: string | undefined): ServiceState["obstacle"] =>
  why === undefined
    ? undefined
    : {
        reason: `whether its BPF programs are gone when it is off cannot be told: ${why}`,
        hint: "it takes bpftool, CAP_SYS_ADMIN, without which no kernel lists programs, and CAP_SYS_PTRACE",
      };

const LOG = /^(\d+)\.log$/;

/** Of each container the log of its latest start. A container engine behind the kubelet may frame them as it does its own. */
const logsOf = async (host: Host, pods: readonly Pod[]): Promise<ServiceState["outputs"]> => {
  const logs: Pick<AgentOutput, "path" | "framing">[] = [];
  for (const { folder } of pods)
    for (const container of await host.list(folder)) {
      const starts = (await host.list(`${folder}/${container}`)).flatMap((file) => {
        const start = LOG.exec(file)?.[1];
        return start === undefined ? [] : [Number(start)];
      });
      if (starts.length === 0) continue;
      const path = `${folder}/${container}/${Math.max(...starts)}.log`;
      logs.push({ path, framing: await framingOf(host, path) });
    }
  return logs;
};

const framingOf = async (host: Host, path: string): Promise<NonNullable<AgentOutput["framing"]>> => {
  const reader = await host.openReader(path);
  if (reader === undefined) return "kubernetes";
  try {
    for await (const chunk of reader.chunks(0, 1)) return chunk[0] === BRACE ? "docker" : "kubernetes";
    return "kubernetes";
  } finally {
    await reader.close();
  }
};

const BRACE = 0x7b;

/** As images have it in their environment: `FALCO_VERSION=0.43.1`, `VERSION=...`. */
const versionOf = async (
  host: Host,
  main: PodProcess | undefined,
  { name }: DaemonSetName,
): Promise<Reading<string>> => {
  if (main === undefined) return missing("it does not run");
  const environment = (known(await host.readText(`/proc/${main.pid}/environ`)) ?? "").split("\0");
  const own = [main.comm, name].map((one) => one.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_"));
  for (const key of [...own.map((one) => `${one}_VERSION`), "VERSION"]) {
    const told = environment.find((entry) => entry.startsWith(`${key}=`))?.slice(key.length + 1);
    if (told !== undefined && told !== "") return value(told);
  }
  return missing("nothing that its node shows tells its version");
};

/**
 * An agent loads its programs after its container runs, on a busy node for a minute. One that has fewer than before after so long has its reasons:
 * programs that it loads when its owner's policies come, or those of what was there before.
 */
const MAX_LOADING_MS = 120_000;

const pidsOf = (pods: readonly PodOnNode[]): readonly number[] =>
  pods.flatMap(({ processes }) => processes.map(({ pid }) => pid));

/** What shows on this node whether it is off or on. */
export const daemonSetSight = (host: Host, name: DaemonSetName, logs: string = POD_LOGS): Sight => {
  let held = NOTHING_HELD;
  /** How many programs it had when it was last seen to be on. */
  let programs = 0;
  let runsSince: number | undefined;
  /** Also those whose logs are removed before their processes have ended. */
  const noted = new Map<string, Pod>();
  const running = async (): Promise<readonly PodOnNode[]> => {
    for (const pod of await podsOf(host, logs, name)) noted.set(pod.uid, pod);
    const all = await podProcesses(host);
    return [...noted.values()]
      .map((pod) => ({ pod, processes: processesOf(all, pod) }))
      .filter(({ processes }) => processes.length > 0);
  };
  return {
    note: async () => {
      const now = await heldBy(host, pidsOf(await running()));
      held = both(held, now);
      programs = now.prog.size;
      runsSince = undefined;
    },
    remains: async () => {
      const pods = await running();
      if (pods.length > 0)
        return pods.map(
          ({ pod, processes }) =>
            `${processes.length} ${processes.length === 1 ? "process" : "processes"} of the pod ${pod.name} (${[...new Set(processes.map(({ comm }) => comm))].join(", ")})`,
        );
      return await remainingOf(host, held);
    },
    lacks: async () => {
      const pods = await podsOnNode(host, name, logs);
      const activity = activityOf(
        pods,
        mainOf(pods, () => false),
      );
      if (activity !== "on") return [activity];
      runsSince ??= host.now();
      const { prog } = await heldBy(host, pidsOf(pods));
      return prog.size >= programs || host.now() - runsSince > MAX_LOADING_MS
        ? []
        : [`starting: it has loaded ${prog.size} of the ${programs} BPF programs that it had`];
    },
  };
};
