/** Where a vendor's program is: below what `tare agents install` has unpacked, or on PATH. */
import type { Agent } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import { INSTALLED_AGENTS, baseOf } from "../../domain/installed.ts";
import { type Check, firstObstacle } from "./obstacle.ts";
import { versionOf } from "./probe.ts";

/** A release's program by the paths that it may have in the archive, below the archive's own top folder or not. */
export interface VendorProgram {
  readonly id: string;
  readonly name: string;
  readonly inside: readonly string[];
}

/** As it is called: its path, or its name where it is not there. */
export const programPath = async (host: Host, program: VendorProgram): Promise<string> =>
  (await findProgram(host, program)) ?? program.name;

/** Its absolute path. What was installed for measuring wins over what is on PATH. */
const findProgram = async (host: Host, program: VendorProgram): Promise<string | undefined> => {
  const installed = `${INSTALLED_AGENTS}/${baseOf(program.id)}`;
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
  return await host.which(program.name);
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

/**
 * What was unpacked has its version in its path; anything else is asked, where the first program has an option that only prints it. `programs`:
 * all that it needs.
 */
export const probeVendor =
  (
    programs: readonly [VendorProgram, ...VendorProgram[]],
    checks: readonly Check[],
    askVersion?: readonly string[],
  ): Agent["probe"] =>
  async (host) => {
    const obstacle = await firstObstacle(host, [...programs.map(needsProgram), ...checks]);
    if (obstacle !== undefined) return obstacle;
    const [program] = programs;
    const path = await programPath(host, program);
    const below = `${INSTALLED_AGENTS}/${baseOf(program.id)}/`;
    const version = path.startsWith(below)
      ? path.slice(below.length).split("/")[0]
      : askVersion === undefined
        ? undefined
        : await versionOf(host, path, askVersion);
    return { kind: "available", version: version ?? "unknown", path };
  };
