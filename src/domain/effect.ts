import type { WishedState } from "./wish.ts";

/**
 * A change to the node together with all that a later process needs in order to undo it.
 * Plain data, because it is read back from the journal by `tare clean` after a crash. Undoing twice must be harmless.
 */
export type Effect =
  /** A directory of our own; undone by removing it with all that is in it. Must lie below a tare-owned parent. */
  | { readonly kind: "directory"; readonly path: string; readonly mode?: number }
  /** An empty cgroup; undone by removing it (processes still in it are moved to its parent first). */
  | { readonly kind: "cgroup"; readonly path: string }
  /** Processes stopped by SIGSTOP; undone by SIGCONT, which does nothing to a process that runs or to one that is gone. */
  | { readonly kind: "suspension"; readonly pids: readonly number[] }
  /**
   * What a program leaves in places of its own, noted before it is started; undone by unmounting what it mounted there and removing what was
   * not there. `mounts`: what was mounted on the node before, where the path was there already; absent: it was not there.
   */
  | {
      readonly kind: "leavings";
      readonly who: string;
      readonly places: readonly { readonly path: string; readonly mounts?: readonly string[] }[];
    }
  /** What others' mounts may change of the kernel's own file systems (`kernelMountOptions`); undone by a remount where it is changed. */
  | { readonly kind: "mount-options"; readonly options: Readonly<Record<string, string>> }
  /**
   * A command whose opposite is a command, such as `auditctl -a RULE` and `auditctl -d RULE`.
   * `undo` commands run in order; an undo that finds nothing left to undo must count as done (`undoneWhen` is matched
   * against its output when it exits non-zero).
   */
  | {
      readonly kind: "command";
      readonly title: string;
      readonly do: readonly string[];
      readonly undo: readonly (readonly string[])[];
      readonly undoneWhen?: string;
      /** How long each of the commands may take; absent: 30 s. */
      readonly timeoutMs?: number;
    }
  /** What somebody outside is asked for (`Wishes`); undone by asking for the opposite. */
  | {
      readonly kind: "wish";
      readonly title: string;
      readonly agent: string;
      readonly do: WishedState;
      readonly undo: WishedState;
    };

export const titleOf = (effect: Effect): string => {
  switch (effect.kind) {
    case "directory":
      return `directory ${effect.path}`;
    case "cgroup":
      return `cgroup ${effect.path}`;
    case "suspension":
      return `process ${effect.pids.join(", ")} stopped by SIGSTOP`;
    case "leavings":
      return `what ${effect.who} leaves in ${effect.places.map(({ path }) => path).join(", ")}`;
    case "mount-options":
      return "mount options of the kernel's own file systems";
    case "command":
    case "wish":
      return effect.title;
  }
};
