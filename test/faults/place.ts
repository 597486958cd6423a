/**
 * A node's disk of its own: a small ext4 file system on a loop device, mounted in a mount namespace that ends with this place. Everything that
 * tare keeps lies on it: results, report, journal and /var/tmp. It can be full, fail, or lose what was not synced, and nobody else notices.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

export const ROOT = resolve(import.meta.dirname, "../..");
export const MAIN = join(ROOT, "src/cli/main.ts");

/** A run wants a GiB free; the file is sparse. */
const DISK_BYTES = 1300 * 2 ** 20;

/**
 * Audit rules are the node's own, in whatever namespace they are set: without auditctl tare sets none.
 *
 * `commit`: nothing reaches the disk by itself while a test looks at what would be lost with the power.
 */
const MOUNT_DISK = `
  mount -o loop,errors=remount-ro,commit=300 "$1" "$2"
  mkdir -p "$2/var-tmp" "$2/work"
  chmod 1777 "$2/var-tmp"
  mount --bind "$2/var-tmp" /var/tmp
  while umount /sys/kernel/tracing 2>/dev/null; do :; done
  if [ "$3" = no-audit ] && auditctl=$(command -v auditctl); then mount --bind /dev/null "$auditctl"; fi
  echo mounted
  exec cat`;

/** fsck ends with 1 when it has repaired something. */
const REPAIR_DISK = `
  umount /var/tmp "$2"
  fsck.ext4 -p -f "$1" >/dev/null 2>&1 || test $? -eq 1
  mount -o loop,errors=remount-ro "$1" "$2"
  mount --bind "$2/var-tmp" /var/tmp`;

export interface Place {
  readonly disk: string;
  /** On the disk, as the processes inside see it. */
  readonly work: string;
  /** Outside of it. */
  readonly folder: string;
  readonly image: string;
  readonly env: NodeJS.ProcessEnv;
  /** The command that runs another one inside. */
  readonly inside: readonly string[];
  /** What is mounted inside. */
  readonly mounts: () => string;
  /** The same path, for processes outside. */
  readonly seen: (path: string) => string;
  /** Runs a shell's script inside and returns what it printed. */
  readonly sh: (script: string) => string;
  /** What an administrator does with a disk that had an error. */
  readonly repair: () => void;
  close(): Promise<void>;
}

export const checked = (command: string, args: readonly string[]): string => {
  const done = spawnSync(command, args, { encoding: "utf8" });
  if (done.status !== 0) {
    const said = done.error?.message ?? (done.stderr + done.stdout).trim();
    throw new Error(`${[command, ...args].join(" ")}: ${said}`);
  }
  return done.stdout;
};

/** Why no place can be made on this machine; undefined: it can. */
export const whyNoPlace = (): string | undefined => {
  if (process.getuid?.() !== 0) return "needs root: mounts, cgroups and fanotify";
  const missing = ["unshare", "nsenter", "mkfs.ext4", "cc"].find(
    (name) => spawnSync("sh", ["-c", `command -v ${name}`]).status !== 0,
  );
  if (missing !== undefined) return `${missing} is not installed`;
  return existsSync("/dev/loop-control") ? undefined : "there are no loop devices here";
};

interface PlaceOptions {
  /** A place whose disk goes on, in the same folder, with what had been written to it by now. */
  readonly cut?: Place;
  readonly audit: boolean;
}

export const openPlace = async ({ cut, audit }: PlaceOptions): Promise<Place> => {
  const folder = mkdtempSync(join(tmpdir(), "tare-faults-"));
  const image = join(folder, "disk.img");
  const disk = cut?.disk ?? join(folder, "disk");
  mkdirSync(disk, { recursive: true });
  if (cut === undefined) {
    writeFileSync(image, "");
    truncateSync(image, DISK_BYTES);
    checked("mkfs.ext4", ["-q", "-F", "-m", "0", "-E", "lazy_itable_init=1,lazy_journal_init=1", image]);
  } else checked("cp", ["--sparse=always", cut.image, image]);
  const holder = spawn(
    "unshare",
    [
      "--mount",
      "--propagation",
      "private",
      "sh",
      "-e",
      "-c",
      MOUNT_DISK,
      "sh",
      image,
      disk,
      audit ? "audit" : "no-audit",
    ],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  await firstLine(holder);
  const inside = ["nsenter", `--target=${holder.pid ?? 0}`, "--mount", "--"];
  const [nsenter = "", ...enter] = inside;
  const work = join(disk, "work");
  const env = {
    ...process.env,
    TARE_JOURNAL: join(work, "tare/journal"),
    NO_COLOR: "1",
    NODE_COMPILE_CACHE: join(ROOT, "node_modules/.cache/tare-test"),
  };
  return {
    disk,
    work,
    folder,
    image,
    env,
    inside,
    mounts: () => readFileSync(`/proc/${holder.pid ?? 0}/mounts`, "utf8"),
    seen: (path) => `/proc/${holder.pid ?? 0}/root${path}`,
    sh: (script) => checked(nsenter, [...enter, "sh", "-e", "-c", script]),
    repair: () => {
      checked(nsenter, [...enter, "sh", "-e", "-c", REPAIR_DISK, "sh", image, disk]);
    },
    close: async () => {
      holder.stdin.end();
      await once(holder, "exit");
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

const firstLine = async (child: ChildProcess): Promise<void> => {
  if (child.stdout === null) return;
  const line = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  if (line.done === true) throw new Error("the disk could not be mounted");
};
