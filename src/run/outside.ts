/**
 * What is slow outside of an agent, in a forced overflow: who reads what it prints, the disk that it writes to, or the other end of its socket.
 * All are tare's own: a pipe with a program that copies it into the agent's output, a small file system in the agent's folder, and what its data
 * sheet has started.
 *
 * The file system is an ext4 on a loop device, in a file of the run's own. Unmounting it frees the device.
 */
import type { Effect } from "../domain/effect.ts";
import type { EffectScope, Host, KeptFile, StartSpec } from "../domain/host.ts";
import { deviceAt } from "../domain/mounts.ts";
import type { Outside } from "../domain/plan.ts";
import { known } from "../domain/units.ts";
import { type AgentCgroup, parseCgroupMounts } from "../observe/cgroup.ts";
import { StageFailure } from "./context.ts";
import { within } from "./drive.ts";
import { armGuard } from "./guard.ts";
import { GUARD_SECONDS, type Suspension } from "./suspend.ts";

const MEBIBYTE = 2 ** 20;
/** Room for the messages of an agent's start, and soon full. */
const DISK_BYTES = 64 * MEBIBYTE;
/** What a slow one takes a second. */
const SLOW_BYTES = 2 * MEBIBYTE;

export const isOwnDisk = (outside: Outside | undefined): outside is "disk-slow" | "disk-full" =>
  outside === "disk-slow" || outside === "disk-full";

/** Why no disk of its own can be made on this node; undefined: one can. */
export const whyNoDisk = async (host: Host): Promise<string | undefined> => {
  if (host.uid !== 0) return "only root can mount a disk for it";
  if ((await host.which("mkfs.ext4")) === undefined) return "mkfs.ext4 is not installed (package e2fsprogs)";
  return (await host.fileSize("/dev/loop-control")).kind === "value"
    ? undefined
    : "this node has no loop devices";
};

/** Without a journal, so that what it takes is what is written to it. */
const MAKE = `head -c 0 /dev/zero >"$1" && truncate -s "$2" "$1" && mkfs.ext4 -q -F -m 0 -O ^has_journal "$1"`;
/** A file system that is held by a mount namespace of others is unmounted here and lives on there, and its loop device with it. */
const UNMOUNT = `said=$(umount --lazy "$1" 2>&1) || case $said in
*'not mounted'* | *'no mount point'*) ;;
*) echo "$said" >&2; exit 1 ;;
esac
for try in 1 2 3 4 5 6 7 8 9 10; do
  left=$(losetup --noheadings --output NAME --associated "$2")
  [ -n "$left" ] || exit 0
  sleep 0.2
done
echo "$left is still in use" >&2
exit 1`;

/** With `sync`, every write waits for the disk, as it does elsewhere once memory holds no more of what is to be written. */
const mounted = (image: string, directory: string, isSlow: boolean): Effect => ({
  kind: "command",
  title: `small disk in ${directory}`,
  do: ["mount", "-t", "ext4", "-o", `loop,nosuid,nodev,barrier=0${isSlow ? ",sync" : ""}`, image, directory],
  undo: [["sh", "-c", UNMOUNT, "sh", directory, image]],
});

/** A disk of its own, mounted over the agent's folder; `folder`: where its file lies, made with it. */
export const mountDisk = async (
  host: Host,
  effects: EffectScope,
  directory: string,
  folder: string,
  outside: "disk-slow" | "disk-full",
): Promise<void> => {
  await effects.perform({ kind: "directory", path: folder, mode: 0o700 });
  const image = `${folder}/image`;
  const made = await host.run("sh", ["-c", MAKE, "sh", image, String(DISK_BYTES)]);
  if (made.exitCode !== 0) throw new StageFailure("disk", `no small disk was made: ${made.stderr.trim()}`);
  await effects.perform(mounted(image, directory, outside === "disk-slow"));
  await host.run("chmod", ["0700", directory]);
};

/** Holds a file that has no name any more: when the process ends, the disk has room again, and nothing has to be opened for that. */
const FILL = `exec 9>"$1"; rm "$1"; head -c "$2" /dev/zero >&9 2>/dev/null; echo full; read -r _`;
const FILL_MS = 10_000;

interface Place {
  readonly stderr: string;
  readonly signal: AbortSignal;
}

/** Fills it. What the agent has written stays. */
export const fillDisk = async (
  host: Host,
  effects: EffectScope,
  directory: string,
  { stderr, signal }: Place,
): Promise<Suspension> => {
  const filler = await effects.start(
    {
      command: "sh",
      args: ["-c", FILL, "sh", `${directory}/filler`, String(DISK_BYTES)],
      stdout: "pipe",
      stderr,
    },
    { signals: ["SIGKILL"], graceMs: 1000 },
  );
  await armGuard(host, effects, {
    send: "KILL",
    pids: [filler.pid],
    seconds: GUARD_SECONDS,
    purpose: "frees the agent's disk",
    stage: "overflow",
    stderr,
    signal,
  });
  if ((await within(host, filler.readLine(), FILL_MS, "overflow", signal)) !== "full")
    throw new StageFailure("overflow", "the agent's disk could not be filled");
  return {
    release: () => {
      host.signal(filler.pid, "SIGKILL");
    },
  };
};

/** A file of the kernel's with what makes the disk slow, and what lets it go. */
export interface Throttle {
  readonly file: string;
  readonly device: string;
  readonly slow: string;
  readonly free: string;
}

/**
 * With version 1 the whole node is kept from writing faster to that device, which nobody else uses. With version 2 only a cgroup below the top can
 * be: the agent's.
 *
 * @returns why it cannot be, as a text
 */
export const findThrottle = async (
  host: Host,
  directory: string,
  { folders }: Pick<AgentCgroup, "folders">,
): Promise<Throttle | string> => {
  const device = deviceAt(known(await host.readText("/proc/self/mountinfo")) ?? "", directory);
  if (device === undefined) throw new StageFailure("disk", `nothing is mounted in ${directory}`);
  const has = async (file: string): Promise<boolean> => (await host.readText(file)).kind === "value";
  const mounts = parseCgroupMounts(known(await host.readText("/proc/self/mounts")) ?? "");
  const blkio = mounts.find(({ type, options }) => type === "cgroup" && options.includes("blkio"))?.point;
  const old = `${blkio ?? ""}/blkio.throttle.write_bps_device`;
  if (blkio !== undefined && (await has(old)))
    return { file: old, device, slow: `${device} ${SLOW_BYTES}`, free: `${device} 0` };
  for (const folder of folders) {
    const file = `${folder}/io.max`;
    if (await has(file))
      return { file, device, slow: `${device} wbps=${SLOW_BYTES}`, free: `${device} wbps=max` };
  }
  return "no cgroup of the node's makes a disk slow: blkio of version 1, or io of version 2, which `echo +io >/sys/fs/cgroup/cgroup.subtree_control` turns on";
};

const WRITE = `echo "$2" >"$1"`;
/** What is gone has no limit. */
const LIFT = `[ ! -e "$1" ] || [ ! -e "/sys/dev/block/$3" ] || echo "$2" >"$1"`;

/**
 * Through a file that is open already: to open one might take what the agent holds up. That writes no longer wait for the disk takes a program, and
 * comes when the node lets it.
 */
export const slowDisk = async (
  host: Host,
  effects: EffectScope,
  directory: string,
  { file, device, slow, free }: Throttle,
  { stderr, signal }: Place,
): Promise<Suspension> => {
  await armGuard(host, effects, {
    write: free,
    to: file,
    seconds: GUARD_SECONDS,
    purpose: "frees the agent's disk",
    stage: "overflow",
    stderr,
    signal,
  });
  await effects.perform({
    kind: "command",
    title: `limit of the disk ${device} in ${file}`,
    do: ["sh", "-c", WRITE, "sh", file, slow],
    undo: [["sh", "-c", LIFT, "sh", file, free, device]],
  });
  const kept = await host.openKept(file, "write");
  if (kept.kind === "missing") throw new StageFailure("disk", kept.reason);
  return {
    release: () => {
      void lift(kept.value, free);
      void host.run("mount", ["-o", "remount,async", directory]);
    },
  };
};

const lift = async (file: KeptFile, free: string): Promise<void> => {
  await file.write(`${free}\n`);
  await file.close();
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
