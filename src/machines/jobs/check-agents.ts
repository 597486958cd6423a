/** Checks agents on a Debian as its users have it: the release's user space with its own kernel, systemd and cgroup v2. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Architecture, type Release, RELEASES } from "../guests.ts";
import { makeImage } from "../images/image.ts";
import type { BuildContext } from "../images/shell.ts";
import { quoted } from "../quoted.ts";
import type { AgentsOutcome, TestOutcome } from "./outcome.ts";
import { readJson } from "./outcome-files.ts";
import { type Job, runInGuest } from "./run-in-guest.ts";

const UNITS = "units";

export interface AgentsWanted extends Pick<Job, "timeoutMs" | "onOutput"> {
  readonly architecture: Architecture;
  readonly release: Release;
  /** A pattern of agents' ids, or "units"; undefined: all, and the units too. */
  readonly only: string | undefined;
}

/** Lines of `dpkg-query --show`: a name, which may carry an architecture, a tab, a version. */
export const versionsIn = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    text
      .split("\n")
      .map((line) => line.split("\t"))
      .map(([name = "", version = ""]) => [name.split(":")[0] ?? name, version]),
  );

export const checkAgents = async (wanted: AgentsWanted, context: BuildContext): Promise<AgentsOutcome> => {
  const { architecture, release, only, timeoutMs, onOutput } = wanted;
  const kernel = RELEASES[release];
  const image = await makeImage({ architecture, flavour: "agents", kernel, release }, context);
  const script = `exec sh scripts/machines/guest/check-agents.sh ${quoted(only ?? "")}\n`;
  const job = { script, withClone: true, timeoutMs, onOutput };
  return await runInGuest(image, job, context, async ({ results, seconds, qemu }) => {
    const tests = async (name: string): Promise<readonly TestOutcome[]> =>
      await readJson(join(results, name));
    const text = async (name: string): Promise<string> =>
      (await readFile(join(results, name), "utf8")).trim();
    return {
      arch: architecture,
      release,
      kernelRelease: image.kernelRelease,
      qemu,
      seconds,
      securityModules: await text("lsm"),
      packages: versionsIn(await text("packages.txt")),
      module: await text("scap.txt").catch(() => null),
      agents: await tests("contract.json"),
      units: only === undefined || only === UNITS ? await tests("units.json") : [],
    };
  });
};

const nameOf = (test: TestOutcome): string => [test.file, ...test.name].join("\n");

export const updated = (earlier: AgentsOutcome, later: AgentsOutcome): AgentsOutcome => {
  const agents = new Map([...earlier.agents, ...later.agents].map((test) => [nameOf(test), test]));
  const units = later.units.length === 0 ? earlier.units : later.units;
  return { ...later, agents: [...agents.values()], units };
};
