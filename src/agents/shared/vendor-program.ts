/** Where a vendor's program is: below what `tare agents install` has unpacked, or on PATH. */
import type { Agent } from "../../domain/agent.ts";
import { TareError } from "../../domain/errors.ts";
import type { Host } from "../../domain/host.ts";
import { INSTALLED_AGENTS, baseOf, placeFor } from "../../domain/installed.ts";
import { type Check, firstObstacle } from "./obstacle.ts";

/** A release's program by the paths that it may have in the archive, below the archive's own top folder or not. */
export interface VendorProgram {
  readonly id: string;
  readonly name: string;
  readonly inside: readonly string[];
}

/** As it is called: its path, or its name where it is not there. */
export const programPath = async (host: Host, program: VendorProgram): Promise<string> =>
  (await findProgram(host, program)) ?? program.name;

/** As `tare agents install --arch` and Debian call a machine of `uname -m`. */
const NAMES: Readonly<Record<string, string>> = { x86_64: "amd64", aarch64: "arm64" };

export interface BroughtRelease {
  readonly path: string;
  /** What its paths inside the release begin at. */
  readonly top: string;
  readonly version: string;
}

/**
 * For a guest, which is made of what lies here (docs/counting.md).
 *
 * @throws TareError `host-unfit` where it is not installed
 */
export const releaseToBring = async (
  host: Host,
  program: VendorProgram,
  arch: string,
): Promise<BroughtRelease> => {
  const path = await findProgram(host, program, arch);
  if (path === undefined)
    throw new TareError(
      "host-unfit",
      `${program.name} is not installed${arch === host.arch ? "" : ` for ${arch}`}, so that there is nothing to bring into a guest`,
      `run: tare agents install ${arch === host.arch ? "" : `--arch ${NAMES[arch] ?? arch} `}${baseOf(program.id)}`,
    );
  const inside = program.inside.find((one) => path.endsWith(`/${one}`)) ?? "";
  return {
    path,
    top: path.slice(0, path.length - inside.length).replace(/\/$/, ""),
    version: releaseOf(path, program, placeFor(arch, host.arch)) ?? "of no known release",
  };
};

/** Undefined for one that `tare agents install` has not unpacked. */
const releaseOf = (
  path: string,
  { id }: VendorProgram,
  place: string = INSTALLED_AGENTS,
): string | undefined => {
  const below = `${place}/${baseOf(id)}/`;
  return path.startsWith(below) ? path.slice(below.length).split("/")[0] : undefined;
};

/** Its absolute path. What was installed for measuring wins over what is on PATH. */
const findProgram = async (
  host: Host,
  program: VendorProgram,
  arch = host.arch,
): Promise<string | undefined> => {
  const installed = `${placeFor(arch, host.arch)}/${baseOf(program.id)}`;
  for (const version of await host.list(installed)) {
    const folder = `${installed}/${version}`;
    const tops = [folder, ...(await host.list(folder)).map((name) => `${folder}/${name}`)];
    for (const top of tops) {
      for (const path of program.inside) {
        const found = await host.which(`${top}/${path}`);
        if (found !== undefined) return found;
      }
    }
  }
  return arch === host.arch ? await host.which(program.name) : undefined;
};

const needsProgram =
  (program: VendorProgram): Check =>
  async (host) =>
    (await findProgram(host, program)) === undefined
      ? {
          reason: `${program.name} is not installed`,
          hint: `run: tare agents install ${baseOf(program.id)}`,
        }
      : undefined;

/** How a product tells its version. */
export interface VersionSource {
  /** Another program of the release; absent: the first of them. */
  readonly program?: VendorProgram;
  readonly args: readonly string[];
  /** Its group is the version. */
  readonly pattern: RegExp;
}

/** A usage text that an unknown option is answered with has numbers as well, so only success counts. */
const toldBy = async (
  host: Host,
  first: VendorProgram,
  { program = first, args, pattern }: VersionSource,
): Promise<string | undefined> => {
  const path = await findProgram(host, program);
  if (path === undefined) return undefined;
  const { exitCode, stdout, stderr } = await host.run(path, args);
  return exitCode === 0 ? pattern.exec(stdout + stderr)?.[1] : undefined;
};

/** What `tare agents install` calls a build whose release it does not know. */
const isOwnBuild = (release: string): boolean => release.startsWith("custom-");

/**
 * What was unpacked of a known release has its version in its path. Anything else is asked, where the product tells its version without being
 * started; of a build of somebody's own both are said. `programs`: all that it needs.
 */
export const probeVendor =
  (
    programs: readonly [VendorProgram, ...VendorProgram[]],
    checks: readonly Check[],
    source?: VersionSource,
  ): Agent["probe"] =>
  async (host) => {
    const obstacle = await firstObstacle(host, [...programs.map(needsProgram), ...checks]);
    if (obstacle !== undefined) return obstacle;
    const [program] = programs;
    const path = await programPath(host, program);
    const release = releaseOf(path, program);
    if (release !== undefined && !isOwnBuild(release)) return { kind: "available", version: release, path };
    const told = source === undefined ? undefined : await toldBy(host, program, source);
    const version = release === undefined ? told : told === undefined ? release : `${told} (${release})`;
    return { kind: "available", version: version ?? "unknown", path };
  };
