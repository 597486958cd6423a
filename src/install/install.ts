/** The door of this room: puts an agent onto the node, or takes it off, by whichever way the agent has. Starts nothing. */
import type { Agent } from "../domain/agent.ts";
import { TareError } from "../domain/errors.ts";
import type { Host } from "../domain/host.ts";
import { baseOf, placeFor } from "../domain/installed.ts";
import { installPackages, refuseOtherSystems } from "./packages.ts";
import { removeRelease } from "./remove.ts";
import { installRelease, type InstalledRelease } from "./vendor.ts";

type Installable = Pick<Agent, "id" | "packages" | "release">;

/** The vendor's release from somewhere else than the vendor. */
export interface ReleaseOptions {
  readonly from?: string | undefined;
  readonly sha256?: string | undefined;
  /** As `uname -m` has it, for guests of it; absent: this machine's. */
  readonly arch?: string | undefined;
}

export type Installed =
  /** Empty: all were there. */
  | { readonly kind: "packages"; readonly packages: readonly string[] }
  | ({ readonly kind: "release" } & InstalledRelease)
  /** Neither Debian nor a release that tare knows has it. */
  | { readonly kind: "by-hand" };

/** @throws TareError when it cannot be fetched or is not what it should be; nothing half-installed stays */
export const install = async (
  host: Host,
  agent: Installable,
  { from, sha256, arch }: ReleaseOptions,
  signal: AbortSignal,
): Promise<Installed> => {
  const { packages, release } = agent;
  const isForHere = arch === undefined || arch === host.arch;
  if (packages.length > 0 && from === undefined && isForHere)
    return { kind: "packages", packages: await installPackages(host, packages) };
  if (release === undefined) return { kind: "by-hand" };
  const choice = { id: baseOf(agent.id), release, from, sha256, arch };
  return { kind: "release", ...(await installRelease(host, choice, undefined, signal)) };
};

/**
 * Brings the Debian packages of several agents by one transaction of apt, which takes about as long as that of one agent. Returns what
 * was brought: nothing where apt refuses, because `install` then tells which agent it is about. Throws where there is no apt.
 */
export const installTogether = async (
  host: Host,
  agents: readonly Installable[],
  { from }: ReleaseOptions,
): Promise<readonly string[]> => {
  const packages = from === undefined ? [...new Set(agents.flatMap((agent) => agent.packages))] : [];
  await refuseOtherSystems(host, packages);
  try {
    return await installPackages(host, packages);
  } catch (error) {
    if (error instanceof TareError) return [];
    throw error;
  }
};

/** Those for guests of other architectures too. False when no release of the agent was unpacked here. */
export const remove = async (host: Host, { id, release }: Installable): Promise<boolean> => {
  const places = new Set(
    [host.arch, ...Object.keys(release?.files ?? {})].map((arch) => placeFor(arch, host.arch)),
  );
  let removed = false;
  for (const place of places) removed = (await removeRelease(baseOf(id), place)) || removed;
  return removed;
};
