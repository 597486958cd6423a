/**
 * Installs a vendor's release: fetched, compared with its checksum, looked through, unpacked aside, and moved into place in one step. No
 * script of the vendor's runs, and nothing is started, enabled or registered. Whatever goes wrong, nothing half-installed stays.
 */
import { mkdir, readFile, readdir, rename, rmdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { TareError, codeOf } from "../domain/errors.ts";
import type { EffectScope, Host } from "../domain/host.ts";
import { INSTALLED_AGENTS, placeFor, RECEIPT } from "../domain/installed.ts";
import { known } from "../domain/units.ts";
import { refusedBySystem } from "./refused.ts";
import { refuseOtherMachines } from "./architecture.ts";
import { fetchTo } from "./fetch.ts";
import { decideWhat, nameOfSource, type Choice, type Wanted } from "./source.ts";
import { inspect, tarOf, unpack } from "./archive.ts";

export interface InstalledRelease {
  readonly version: string;
  readonly folder: string;
  /** True when it was there before, unpacked from a file with the same checksum. */
  readonly already: boolean;
  readonly strayLinks: readonly string[];
}

/** Left free, so that an installation never fills a disk to the last block. */
const SPARE_BYTES = 16 * 2 ** 20;

/** @throws TareError with what, which value and what next; `place` is another folder than /opt/tare/agents, for tests. */
export const installRelease = async (
  host: Host,
  choice: Omit<Choice, "arch"> & { /** Absent: this machine's. */ readonly arch?: string | undefined },
  place: string = placeFor(choice.arch ?? host.arch, host.arch),
  signal: AbortSignal = new AbortController().signal,
): Promise<InstalledRelease> => {
  const arch = choice.arch ?? host.arch;
  const wanted = await decideWhat({ ...choice, arch });
  const folder = join(place, choice.id, wanted.version);
  if ((await receiptIn(folder)) === wanted.sha256)
    return { version: wanted.version, folder, already: true, strayLinks: [] };
  if (host.uid !== 0 && place.startsWith(INSTALLED_AGENTS)) {
    throw new TareError("host-unfit", `unpacking below ${place} needs root`, "run the same command as root");
  }
  const effects = host.effects.scope(`install ${choice.id}`);
  // Only what is named tare does tare ever remove as a whole, whatever the folder is called that its user chose.
  const aside = join(place, `.tare-incoming-${process.pid}`);
  try {
    await own(effects, aside);
    const strayLinks = await prepare(host, wanted, arch, aside, signal);
    await swapIn(join(aside, "tree"), folder, aside);
    return { version: wanted.version, folder, already: false, strayLinks };
  } finally {
    await effects.undo();
    await removeIfEmpty([dirname(folder), ...ownFolders(place)]);
  }
};

const own = async (effects: EffectScope, aside: string): Promise<void> => {
  try {
    await effects.perform({ kind: "directory", path: aside });
  } catch (error) {
    throw refusedBySystem(`cannot make a folder below ${dirname(aside)}`, error);
  }
};

/** Everything up to the last step, in `aside/tree`. */
const prepare = async (
  host: Host,
  wanted: Wanted,
  arch: string,
  aside: string,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const admit = async (bytes: number): Promise<void> => {
    const free = known(await host.freeBytes(aside));
    if (free === undefined || free >= bytes + SPARE_BYTES) return;
    throw new TareError(
      "host-unfit",
      `it needs ${inMiB(bytes + SPARE_BYTES)} MiB below ${dirname(aside)}, and ${inMiB(free)} MiB are free`,
      "make room there and try again",
    );
  };
  const archive = join(aside, "archive");
  const sha256 = await fetchTo(wanted.source, archive, admit, signal);
  if (sha256 !== wanted.sha256) {
    throw new TareError(
      "host-unfit",
      `${nameOfSource(wanted.source)} has the SHA-256 ${sha256}, and ${wanted.sha256} was expected`,
      "it is another file, or was changed on its way; give --sha256 only if you know where it comes from",
    );
  }
  const data = await tarOf(host, archive);
  const { bytes, strayLinks } = await inspect(data);
  signal.throwIfAborted();
  await admit(bytes);
  const tree = join(aside, "tree");
  await unpack(data, tree);
  await refuseOtherMachines(tree, arch);
  signal.throwIfAborted();
  const receipt = { from: nameOfSource(wanted.source), sha256, installed: host.date() };
  await writeFile(join(tree, RECEIPT), `${JSON.stringify(receipt)}\n`);
  return strayLinks;
};

/** One rename makes it visible; what was there of this agent goes the other way, and is removed with the rest of `aside`. */
const swapIn = async (tree: string, folder: string, aside: string): Promise<void> => {
  try {
    await mkdir(dirname(folder), { recursive: true });
    const former = await readdir(dirname(folder));
    for (const [index, name] of former.entries())
      await rename(join(dirname(folder), name), join(aside, `former-${index}`));
    await rename(tree, folder);
  } catch (error) {
    throw refusedBySystem(`cannot put it at ${folder}`, error);
  }
};

/** The checksum of what was unpacked there; undefined when nothing was. */
const receiptIn = async (folder: string): Promise<string | undefined> => {
  try {
    const { sha256 } = JSON.parse(await readFile(join(folder, RECEIPT), "utf8")) as {
      readonly sha256?: string;
    };
    return sha256;
  } catch {
    return undefined;
  }
};

/** With the folder around it where that is tare's too, as in /opt/tare/agents: another is its user's. */
export const ownFolders = (place: string): readonly string[] =>
  basename(dirname(place)) === "tare" ? [place, dirname(place)] : [place];

export const removeIfEmpty = async (folders: readonly string[]): Promise<void> => {
  for (const folder of folders) {
    try {
      await rmdir(folder);
    } catch (error) {
      if (codeOf(error) !== "ENOENT") return; // Something else is in there.
    }
  }
};

const inMiB = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
