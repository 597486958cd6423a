/** The lab of scripts/machines/lab.sh: where Vagrant runs on a machine that has none that fits. */
import { join, resolve } from "node:path";
import { execa } from "execa";
import { CLONE } from "../clone.ts";
import { cacheRoot } from "../images/cache.ts";
import { readMirror } from "../images/mirror.ts";
import { type BuildContext, run } from "../images/shell.ts";

const SCRIPT = join(CLONE, "scripts/machines/lab.sh");

const cacheFolder = (): string => resolve(cacheRoot());

const environment = (): Readonly<Record<string, string>> => ({ TARE_VM_CACHE: cacheFolder() });

export const labFolder = (): string => join(cacheFolder(), "vagrant-lab");

export const isLabBuilt = async (): Promise<boolean> =>
  (await execa("sh", [SCRIPT, "find"], { reject: false, stdin: "ignore", env: environment() })).exitCode ===
  0;

/** Throws `host-unfit` with the script's own words when it cannot be built. */
export const buildLab = async ({ info, signal }: BuildContext): Promise<void> => {
  const { main } = await readMirror();
  const started = performance.now();
  info(`building the lab from ${main} (log: ${labFolder()}.log)`);
  await run("sh", [SCRIPT, "build"], {
    env: { ...environment(), TARE_VM_MIRROR: main },
    signal,
    hint: `the log is ${labFolder()}.log; TARE_VM_MIRROR=URL names another mirror of Debian`,
  });
  info(`built the lab in ${Math.round((performance.now() - started) / 1000)} s`);
};

/**
 * What to put before a command line so that it runs in the lab; the lab ends with it, and with this process.
 *
 * @param shared files and folders, with absolute paths, that the command reads or writes; the checkout and the cache always are
 */
export const inLab = (shared: readonly string[]): readonly string[] => [
  "env",
  `TARE_VM_CACHE=${cacheFolder()}`,
  "setpriv",
  "--pdeathsig",
  "KILL",
  "sh",
  SCRIPT,
  "run",
  ...shared.flatMap((path) => ["--share", path]),
];

/** Removes the folders that killed runs left in the cache. */
export const sweepLab = (): readonly string[] => [
  "env",
  `TARE_VM_CACHE=${cacheFolder()}`,
  "sh",
  SCRIPT,
  "sweep",
];
