/** What a process sees at other places than this node does: a unit's `PrivateTmp=`, a bind mount of its own (proc_pid_mountinfo(5)). */
import { posix } from "node:path";
import type { Host } from "../../domain/host.ts";
import { known } from "../../domain/units.ts";

interface Mount {
  readonly point: string;
  readonly device: string;
  /** The folder of that file system that is mounted there. */
  readonly folder: string;
}

const isBelow = (path: string, folder: string): boolean =>
  folder === "/" || path === folder || path.startsWith(`${folder}/`);

const mountsOf = async (host: Host, process: string): Promise<readonly Mount[]> => {
  const text = known(await host.readText(`/proc/${process}/mountinfo`)) ?? "";
  return text.split("\n").flatMap((line) => {
    const [, , device, folder, point] = line.split(" ");
    return device === undefined || folder === undefined || point === undefined
      ? []
      : [{ device, folder, point }];
  });
};

/** Where a path lies: the last mount that covers it hides those before it. */
const lies = (mounts: readonly Mount[], path: string): string => {
  const covering = mounts.filter(({ point }) => isBelow(path, point));
  const longest = Math.max(0, ...covering.map(({ point }) => point.length));
  const found = covering.findLast(({ point }) => point.length === longest);
  return found === undefined
    ? path
    : `${found.device} ${posix.join(found.folder, posix.relative(found.point, path))}`;
};

/** Its mount points below which it sees other files than this node; empty where neither can be read. */
export const privateMounts = async (host: Host, pid: number): Promise<readonly string[]> => {
  const [its, ours] = [await mountsOf(host, String(pid)), await mountsOf(host, "self")];
  return its.map(({ point }) => point).filter((point) => lies(its, point) !== lies(ours, point));
};

/** Whether a path of its own is none of this node's. */
export const isPrivate = (mounts: readonly string[], path: string): boolean =>
  mounts.some((point) => isBelow(path, point));
