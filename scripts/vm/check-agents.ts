/**
 * Checks agents on a Debian as its users have it: the release's user space with its own kernel, systemd, cgroup v2 and everything that a container
 * or a cut-down kernel lacks. Boots one guest, runs the agents' contract and the tests of attached units there, and reads the results.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { TareError } from "../../src/domain/errors.ts";
import type { Architecture } from "./architectures.ts";
import { inClone, readJson } from "./in-clone.ts";
import type { KernelSeries } from "./kernel.ts";
import type { Job } from "./machine.ts";
import { makeImage } from "./make-image.ts";
import type { AgentsOutcome, DatedOutcome, TestOutcome } from "./outcome.ts";

/** Debian's releases and the kernel that each has as its own. */
export const RELEASES = { bookworm: "6.1", trixie: "6.12" } as const satisfies Record<string, KernelSeries>;
export type Release = keyof typeof RELEASES;

export const releaseOf = (name: string): Release => {
  const found = (Object.keys(RELEASES) as readonly Release[]).find((release) => release === name);
  if (found !== undefined) return found;
  throw new TareError("usage", `--release is "${name}"`, `it can be ${Object.keys(RELEASES).join(", ")}`);
};

/** In place of a pattern of agents: the units alone. */
const UNITS = "units";

export interface AgentsWanted extends Pick<Job, "timeoutMs" | "onOutput" | "signal"> {
  readonly architecture: Architecture;
  readonly release: Release;
  /** A pattern of agents' ids, or "units"; undefined: all, and the units too. */
  readonly only?: string;
}

const textOf = async (file: string): Promise<string | null> => {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch {
    return null;
  }
};

/** Lines of `dpkg-query --show`: a name, which may carry an architecture, a tab, a version. */
export const versionsIn = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    text
      .split("\n")
      .map((line) => line.split("\t"))
      .map(([name = "", version = ""]) => [name.split(":")[0] ?? name, version]),
  );

/** Throws as `runInGuest` does, and `host-unfit` when the image or QEMU cannot be had. Failing tests are part of what is returned. */
export const checkAgents = async (wanted: AgentsWanted): Promise<AgentsOutcome> => {
  const { architecture, release, only } = wanted;
  const image = await makeImage({
    architecture,
    flavour: "agents",
    series: RELEASES[release],
    suite: release,
    uefi: false,
  });
  const script = `sh scripts/vm/guest/check-agents.sh '${only ?? ""}'`;
  return await inClone(architecture, image, script, wanted, async ({ results, seconds, qemu }) => {
    const date = new Date().toISOString().slice(0, 10);
    const tests = async (name: string): Promise<readonly DatedOutcome[]> =>
      (await readJson<readonly TestOutcome[]>(join(results, name))).map((test) => ({ ...test, date }));
    return {
      arch: image.arch,
      release,
      kernelRelease: image.kernelRelease,
      qemu,
      seconds,
      securityModules: (await textOf(join(results, "lsm"))) ?? "unknown",
      packages: versionsIn((await textOf(join(results, "packages.txt"))) ?? ""),
      module: await textOf(join(results, "scap.txt")),
      agents: await tests("contract.json"),
      units: only === undefined || only === UNITS ? await tests("units.json") : [],
    };
  });
};

const nameOf = (test: TestOutcome): string => [test.file, ...test.name].join("\n");

/** A check of some agents brings the outcomes of an earlier one up to date. */
export const updated = (earlier: AgentsOutcome, later: AgentsOutcome): AgentsOutcome => {
  const agents = new Map([...earlier.agents, ...later.agents].map((test) => [nameOf(test), test]));
  return {
    ...later,
    agents: [...agents.values()],
    units: later.units.length === 0 ? earlier.units : later.units,
  };
};
