/** One way of doing something that sensors watch, as `tare coverage` tries it (docs/coverage.md). */
import type { Family } from "./units.ts";

/** What is done, whichever way: a report of another deed of the same process is none of the technique. */
export const DEEDS = [
  "exec",
  "open",
  "write",
  "truncate",
  "rename",
  "link",
  "delete",
  "mode",
  "owner",
  "folder",
  "attribute",
  "connect",
  "raw-socket",
  "listen",
  "accept",
  "identity",
  "capability",
  "trace",
  "foreign-memory",
  "signal",
  "module",
  "kexec",
  "bpf",
  "mount",
  "namespace",
] as const;
export type Deed = (typeof DEEDS)[number];

/** As the matrix groups them. */
export const GROUPS = {
  exec: "Starting a program",
  open: "Opening a file",
  change: "Changing files",
  network: "Reaching somebody, and being reached",
  privilege: "Rights, and other processes",
  kernel: "The kernel, and what a process sees of it",
} as const;
export type Group = keyof typeof GROUPS;

/** Where the operation's token is. Its process bears it as its name, whatever the technique. */
type TokenPlace = "path and argument" | "argument" | "path" | "address" | "port" | "process";

export interface Technique {
  readonly id: string;
  readonly group: Group;
  readonly deed: Deed;
  /** An agent that observes this family is asked for it; absent: none is, whatever it observes. */
  readonly asked?: Family;
  /** In words for people. */
  readonly title: string;
  /** The calls. */
  readonly how: string;
  readonly tokenIn: TokenPlace;
  /** What a right report names beside the process; absent: nothing. */
  readonly names?: string;
}

/** A technique as its file writes it: what is usual in its group may be left out. */
export type TechniqueSheet = Pick<Technique, "id" | "title" | "how"> & Partial<Technique>;
