/**
 * What is slow outside of an agent, in a forced overflow: who reads what it prints, or the disk that it writes to. Both are tare's own: a pipe with
 * a program that copies it into the agent's output, and a small file system in the agent's folder.
 */
import type { Effect } from "../domain/effect.ts";
import type { EffectScope, Host, StartSpec } from "../domain/host.ts";

const MEBIBYTE = 2 ** 20;
/** Room for the messages of an agent's start, and soon full. */
const DISK_BYTES = 64 * MEBIBYTE;

/** A disk of its own, in memory, mounted over the agent's folder. */
export const smallDisk = (directory: string): Effect => ({
  kind: "command",
  title: `small disk in ${directory}`,
  do: ["mount", "-t", "tmpfs", "-o", `size=${DISK_BYTES},mode=0700`, "tare", directory],
  undo: [["umount", "--lazy", directory]],
  undoneWhen: "not mounted",
});

export interface FullDisk {
  /** Without a program that a node which stands still might not start. */
  release(): void;
}

/** Fills it. What the agent has written stays. */
export const fillDisk = async (host: Host, directory: string): Promise<FullDisk> => {
  const filler = `${directory}/filler`;
  await host.run("sh", [
    "-c",
    'head -c "$2" /dev/zero >"$1" 2>/dev/null || :',
    "sh",
    filler,
    String(DISK_BYTES),
  ]);
  return {
    release: () => {
      void host.cutFile(filler);
    },
  };
};

export interface Pipes {
  /** The same, printing into a pipe whose reader copies into the file. */
  through<Spec extends Pick<StartSpec, "stdout" | "stderr">>(spec: Spec): Promise<Spec>;
  /** Readers of the pipes by the files that they write. */
  readonly readers: ReadonlyMap<string, number>;
}

/** The reader begins to read when the agent opens its end, and ends with it. */
const COPY = 'exec cat "$1" >>"$2"';

export const createPipes = (host: Host, effects: EffectScope): Pipes => {
  const readers = new Map<string, number>();
  return {
    readers,
    through: async (spec) => {
      if (spec.stdout === "pipe") return spec;
      const pipe = `${spec.stdout}.pipe`;
      const made = await host.run("mkfifo", ["--mode=0600", pipe]);
      if (made.exitCode !== 0) return spec;
      const reader = await effects.start(
        {
          command: "sh",
          args: ["-c", COPY, "sh", pipe, spec.stdout],
          stdout: `${spec.stdout}.reader`,
          stderr: `${spec.stdout}.reader`,
        },
        { signals: ["SIGTERM"], graceMs: 1000 },
      );
      readers.set(spec.stdout, reader.pid);
      return { ...spec, stdout: pipe };
    },
  };
};
