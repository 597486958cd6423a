/**
 * A cluster's pods as their node shows them, without its API: the kubelet names the folder of a pod's logs after it, and every runtime names its
 * control group after its uid.
 *
 *     /var/log/pods/NAMESPACE_NAME_UID/CONTAINER/0.log
 *     /kubepods/burstable/podUID/CONTAINER                                                       driver cgroupfs
 *     /kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU_I_D.slice/CONTAINER.scope     systemd
 *
 * Either may lie below others, as where a node is a container itself. (BuildPodLogsDirectory in pkg/kubelet/kuberuntime/helpers.go,
 * pkg/kubelet/cm/pod_container_manager_linux.go and cgroup_manager_linux.go of https://github.com/kubernetes/kubernetes)
 */
import type { Host } from "../../domain/host.ts";
import { unescaped } from "../../domain/mounts.ts";
import { known } from "../../domain/units.ts";

/** Where the kubelet keeps them unless its podLogsDir says otherwise. */
export const POD_LOGS = "/var/log/pods";

export interface DaemonSetName {
  readonly namespace: string;
  readonly name: string;
}

export interface Pod {
  readonly name: string;
  readonly uid: string;
  /** Of its logs. */
  readonly folder: string;
}

/** What the API server makes a name of: the rest of it is drawn, and a name that would be too long is cut first. */
const DRAWN = 5;
const MAX_BASE = 63 - DRAWN;

const isOf = (daemonSet: string, pod: string): boolean => {
  const base = `${daemonSet}-`.slice(0, MAX_BASE);
  return (
    pod.startsWith(base) && /^[a-z0-9]+$/.test(pod.slice(base.length)) && pod.length === base.length + DRAWN
  );
};

/** Those of a DaemonSet that have, or had, logs on this node. */
export const podsOf = async (
  host: Pick<Host, "list">,
  logs: string,
  { namespace, name }: DaemonSetName,
): Promise<readonly Pod[]> =>
  (await host.list(logs)).flatMap((folder) => {
    // No part of it can hold the character that joins them.
    const [space, pod = "", uid = ""] = folder.split("_");
    return space === namespace && uid !== "" && isOf(name, pod)
      ? [{ name: pod, uid, folder: `${logs}/${folder}` }]
      : [];
  });

export interface PodProcess {
  readonly pid: number;
  readonly comm: string;
  /** What the runtime calls its container; empty in the pod's own control group. */
  readonly container: string;
  /** In ticks since boot. */
  readonly started: number;
  /** The pod's control group as `/proc` tells it, in the hierarchy that counts CPU time where there are several. */
  readonly group: string;
}

/** A pod's folder in any hierarchy: of a systemd slice, hyphens would be further folders. */
const POD_FOLDER = /^(?:.*-)?pod([0-9a-f]{8}(?:[-_]?[0-9a-f]{4}){3}[-_]?[0-9a-f]{12})(?:\.slice)?$/;

const plain = (uid: string): string => uid.replaceAll(/[-_]/g, "");

/** Of which pod it is the control group, without what joins the parts of its uid; undefined: of none. */
export const podOfFolder = (folder: string): string | undefined => {
  const uid = POD_FOLDER.exec(folder)?.[1];
  return uid === undefined ? undefined : plain(uid);
};

interface Place {
  readonly uid: string;
  readonly group: string;
  readonly container: string;
}

/** Of what `/proc/PID/cgroup` tells; undefined outside of every pod. A hierarchy may know nothing of pods. */
export const placeOf = (text: string): Place | undefined => {
  const places = text.split("\n").flatMap((line): readonly (Place & { readonly counts: boolean })[] => {
    const [, controllers = "", ...rest] = line.split(":");
    const folders = rest
      .join(":")
      .replace(/ \(deleted\)$/, "")
      .split("/");
    const at = folders.findIndex((folder) => podOfFolder(folder) !== undefined);
    const uid = podOfFolder(folders[at] ?? "");
    if (uid === undefined) return [];
    return [
      {
        uid,
        group: folders.slice(0, at + 1).join("/"),
        container: folders[at + 1] ?? "",
        counts: controllers.split(",").includes("cpuacct"),
      },
    ];
  });
  return places.find(({ counts }) => counts) ?? places[0];
};

const STATE = 0;
const START_TIME = 19;

/** Processes by their pod's uid, without what joins its parts; of every pod on the node. */
export const podProcesses = async (
  host: Pick<Host, "list" | "readText">,
): Promise<ReadonlyMap<string, readonly PodProcess[]>> => {
  const found = new Map<string, PodProcess[]>();
  for (const pid of await host.list("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const place = placeOf(known(await host.readText(`/proc/${pid}/cgroup`)) ?? "");
    if (place === undefined) continue;
    const stat = known(await host.readText(`/proc/${pid}/stat`));
    if (stat === undefined) continue;
    const end = stat.lastIndexOf(")");
    const fields = stat.slice(end + 2).split(" ");
    // It holds nothing any more, and its parent has not noticed yet.
    if (fields[STATE] === "Z" || fields[STATE] === "X") continue;
    const { uid, group, container } = place;
    const comm = stat.slice(stat.indexOf("(") + 1, end);
    const one = { pid: Number(pid), comm, container, started: Number(fields[START_TIME]), group };
    const others = found.get(uid);
    if (others === undefined) found.set(uid, [one]);
    else others.push(one);
  }
  return found;
};

export const processesOf = (
  all: ReadonlyMap<string, readonly PodProcess[]>,
  { uid }: Pick<Pod, "uid">,
): readonly PodProcess[] => all.get(plain(uid)) ?? [];

/** It keeps a pod's namespaces, and does nothing else. */
const SANDBOX = "pause";

/**
 * The runtime's own, in a container that it still makes: it becomes the container's program, with the same pid, once all is ready. Started by a
 * name of its descriptor or of its link, it is called after that until it names itself.
 */
const MAKING = /^(?:(?:runc|crun|youki)\b.*|exe|\d+)$/;

const oldest = (processes: readonly PodProcess[]): readonly PodProcess[] =>
  [...Map.groupBy(processes, ({ container }) => container).values()]
    .flatMap((own) => own.toSorted((a, b) => a.started - b.started || a.pid - b.pid)[0] ?? [])
    .toSorted((a, b) => a.started - b.started || a.pid - b.pid);

/** The first process of each container but the sandbox's. What a probe or an exec starts came later. */
export const firstProcesses = (processes: readonly PodProcess[]): readonly PodProcess[] =>
  oldest(processes).filter(({ comm }) => comm !== SANDBOX && !MAKING.test(comm));

/** Whether the runtime still makes one of its containers: on a busy node that takes seconds, in which nothing of the agent runs. */
export const isBeingMade = (processes: readonly PodProcess[]): boolean =>
  oldest(processes).some(({ comm }) => MAKING.test(comm));

interface Hierarchy {
  readonly point: string;
  readonly counts: boolean;
}

const hierarchiesIn = (mounts: string): readonly Hierarchy[] =>
  mounts
    .split("\n")
    .map((line) => line.split(" "))
    .filter(
      ([, , type, options = ""]) =>
        type === "cgroup2" || (type === "cgroup" && options.split(",").includes("cpuacct")),
    )
    .map(([, point = "", type]) => ({ point: unescaped(point), counts: type === "cgroup" }))
    .toSorted((a, b) => Number(b.counts) - Number(a.counts));

/** No node nests deeper or has more. */
const MAX_DEPTH = 12;
const MAX_FOLDERS = 20_000;

/**
 * The control group's path below the mount point of the hierarchy that counts its CPU time. What `/proc` tells is relative to the reader's own
 * control group where that is a namespace of its own, as in a pod: then the hierarchy is searched.
 */
export const groupBelowMount = async (
  host: Pick<Host, "list" | "readText">,
  { uid }: Pick<Pod, "uid">,
  told: string,
): Promise<string> => {
  const hierarchies = hierarchiesIn(known(await host.readText("/proc/self/mounts")) ?? "");
  const isThere = async (path: string): Promise<boolean> =>
    (await host.readText(`${path}/cgroup.procs`)).kind === "value";
  for (const { point } of hierarchies) if (await isThere(point + told)) return told;
  for (const { point } of hierarchies) {
    const found = await searched(host, point, plain(uid));
    if (found !== undefined) return found;
  }
  return told;
};

/** Where this process is below the mount point of the hierarchy that counts CPU time; empty: at its top, or not to be found. */
export const ownGroup = async (host: Pick<Host, "list" | "readText">, pid: number): Promise<string> => {
  const told = known(await host.readText("/proc/self/cgroup")) ?? "";
  const lines = told.split("\n").map((line) => line.split(":"));
  const line =
    lines.find(([, controllers = ""]) => controllers.split(",").includes("cpuacct")) ??
    lines.find(([number]) => number === "0");
  const own = line?.slice(2).join(":") ?? "/";
  const isIn = async (path: string): Promise<boolean> =>
    (known(await host.readText(`${path}/cgroup.procs`)) ?? "").split("\n").includes(String(pid));
  for (const { point } of hierarchiesIn(known(await host.readText("/proc/self/mounts")) ?? "")) {
    if (await isIn(`${point}${own}`)) return own === "/" ? "" : own;
    for await (const pod of podFolders(host, point))
      for (const container of await host.list(point + pod))
        if (await isIn(`${point}${pod}/${container}`)) return `${pod}/${container}`;
  }
  return "";
};

const searched = async (
  host: Pick<Host, "list">,
  point: string,
  uid: string,
): Promise<string | undefined> => {
  for await (const path of podFolders(host, point))
    if (podOfFolder(path.slice(path.lastIndexOf("/") + 1)) === uid) return path;
  return undefined;
};

/** Of a hierarchy, below its mount point. */
async function* podFolders(host: Pick<Host, "list">, point: string): AsyncGenerator<string> {
  let level: readonly string[] = [""];
  let looked = 0;
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth += 1) {
    const next: string[] = [];
    for (const path of level) {
      looked += 1;
      if (looked > MAX_FOLDERS) return;
      for (const name of await host.list(point + path)) {
        if (podOfFolder(name) !== undefined) {
          yield `${path}/${name}`;
          continue;
        }
        // The kernel's own files have a dot behind a controller's name; so have slices and scopes, which are told by their ending.
        if (!name.includes(".") || /\.(?:slice|scope|service|mount)$/.test(name))
          next.push(`${path}/${name}`);
      }
    }
    level = next;
  }
}
