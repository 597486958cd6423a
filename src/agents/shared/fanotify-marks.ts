/** What a process watches through fanotify, as the kernel shows it in the process's fdinfo (proc(5), fanotify(7)). */
import type { Host } from "../../domain/host.ts";
import { fdinfoOf } from "./fdinfo.ts";

export interface FanotifyMark {
  /** A mount concerns those alone who go through it; a file system or an inode concerns every process of the node. */
  readonly of: "mount" | "filesystem" | "inode";
  /** The mount's id, as in the first column of mountinfo; undefined for the others. */
  readonly mountId: number | undefined;
}

export const parseMarks = (fdinfo: string): readonly FanotifyMark[] =>
  Array.from(fdinfo.matchAll(/^fanotify (mnt_id|sdev|ino):([0-9a-f]+) /gm), ([, kind, hex = ""]) =>
    kind === "mnt_id"
      ? { of: "mount", mountId: Number.parseInt(hex, 16) }
      : { of: kind === "sdev" ? "filesystem" : "inode", mountId: undefined },
  );

export const marksOf = async (host: Host, pid: number): Promise<readonly FanotifyMark[]> =>
  parseMarks(await fdinfoOf(host, pid));

export const mountIds = (mountinfo: string): ReadonlySet<number> =>
  new Set(Array.from(mountinfo.matchAll(/^(\d+) /gm), ([, id]) => Number(id)));
