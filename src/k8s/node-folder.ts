/** Folders of a node that its pod reads, besides those of the kernel and of the logs. They are mounted where they lie. */
import { posix } from "node:path";

/** Of the node, read only: the kernel's, and the logs of its containers. */
export const NODE_FOLDERS = [
  "/sys",
  "/sys/fs/bpf",
  "/sys/fs/cgroup",
  "/sys/kernel/tracing",
  "/var/log/pods",
] as const;

/** Where the pod's own files are, on the node's real file system: the root of a container is an overlay, another workload. */
export const WORK_FOLDER = "/work";

/** Of the pod itself: what is mounted over them takes its programs away. */
const OWN = [
  "/bin",
  "/boot",
  "/dev",
  "/etc",
  "/lib",
  "/lib32",
  "/lib64",
  "/opt",
  "/opt/tare",
  "/proc",
  "/root",
  "/run",
  "/sbin",
  "/tmp",
  "/usr",
  "/usr/bin",
  "/usr/lib",
  "/usr/sbin",
  "/var",
  WORK_FOLDER,
];
/** Nothing of the node's can be below these. */
const OWN_WITH_ALL_BELOW = [
  "/dev",
  "/opt/tare",
  "/proc",
  "/tmp",
  "/usr/bin",
  "/usr/lib",
  "/usr/sbin",
  WORK_FOLDER,
];
const MAX_LENGTH = 4096;

/** Why a folder cannot be given to the pod; undefined: it can. */
export const nodeFolderFault = (path: string): string | undefined => {
  if (!path.startsWith("/")) return "not an absolute path";
  if (path.split("/").includes("..")) return "holds ..";
  if (posix.normalize(path) === "/") return "the whole node is more than an agent writes to";
  if (posix.normalize(path) !== path || path.endsWith("/"))
    return `write it as ${posix.normalize(path).replace(/\/$/, "")}`;
  if (/[:\0\n]/.test(path) || path.length > MAX_LENGTH) return "no cluster takes such a path";
  if (OWN.includes(path)) return "it would hide the pod's own";
  const above = OWN_WITH_ALL_BELOW.find((own) => path.startsWith(`${own}/`));
  if (above !== undefined) return `${above} is the pod's own`;
  const known = NODE_FOLDERS.find((one) => path === one || path.startsWith(`${one}/`));
  return known === undefined ? undefined : `${known} is there already`;
};
