/** `tare agents install` and `tare agents remove`: getting sensors onto the node, and off it, without starting any. */
import { Command } from "commander";
import type { Agent } from "../../domain/agent.ts";
import { EXIT, TareError } from "../../domain/errors.ts";
import type { Host } from "../../domain/host.ts";
import { baseOf } from "../../domain/installed.ts";
import { packageManager } from "../../domain/packages.ts";
import {
  install,
  installTogether,
  remove,
  type Installed,
  type ReleaseOptions,
} from "../../install/install.ts";
import { ARCHITECTURES, type Architecture, FACTS, parseArchitecture } from "../../machines/guests.ts";
import { choose, chosenAgents } from "../../session/chosen.ts";
import { interruptible } from "../../session/interruptible.ts";
import type { CliContext } from "../context.ts";
import { exitsWith } from "../exit-code.ts";
import { exitCodesHelp } from "../explain/exit-codes.ts";

interface InstallFlags extends Omit<ReleaseOptions, "arch"> {
  readonly arch?: Architecture;
  readonly missing?: boolean;
  readonly quiet?: boolean;
}

export const installCommand = (context: CliContext): Command =>
  new Command("install")
    .description("install agents; nothing is started, enabled or registered by it")
    .argument("[id...]", "agents to install")
    .option(
      "--missing",
      "what Debian has and this node lacks: of the agents named, or of those that a run without --agents measures",
    )
    .option("--quiet", "say nothing about agents that are there already")
    .option("--from <file|dir|url>", "take the vendor's release from there instead of from the vendor")
    .option("--sha256 <digits>", "checksum of the vendor's release; wins over the one that tare knows")
    .option(
      "--arch <name>",
      `the release for another architecture, to be counted in a guest of it: ${ARCHITECTURES.join(" or ")}`,
      parseArchitecture,
    )
    .addHelpText(
      "after",
      `
What Debian has comes from Debian's archive by apt. Anything else is the
vendor's pinned release: fetched, compared with its checksum, and unpacked below
/opt/tare/agents.

Examples:
  tare agents install auditd bpftrace
  tare agents install --missing
  tare agents install tetragon --from /mnt/usb
  tare agents install tetragon --arch arm64         for tare count --arch arm64

${exitCodesHelp("agents install")}`,
    )
    .action(exitsWith((ids: readonly string[], flags: InstallFlags) => installAll(context, ids, flags)));

export const removeCommand = (context: CliContext): Command =>
  new Command("remove")
    .description("remove what install has unpacked below /opt/tare/agents")
    .argument("<id...>", "agents to remove")
    .addHelpText("after", "\nExample: tare agents remove tetragon")
    .action(async (ids: readonly string[]) => {
      for (const agent of oneOfEach(choose("agent", ids, await context.agents()))) {
        const removed = await remove(context.host, agent);
        context.screen.info(`${baseOf(agent.id)}: ${removed ? "removed" : notRemoved(agent)}`);
      }
    });

const notRemoved = ({ packages }: Agent): string =>
  packages.length === 0
    ? "is not installed below /opt/tare/agents"
    : `came by a package, which others may need too; to remove it on Debian: apt-get remove ${packages.join(" ")}`;

const installAll = async (
  context: CliContext,
  ids: readonly string[],
  flags: InstallFlags,
): Promise<number> => {
  /** What changes nothing. */
  const note = (text: string): void => {
    if (flags.quiet !== true) context.screen.info(text);
  };
  const named = await namedAgents(context, ids, flags);
  refuseStrayOptions(named, flags);
  const fit = flags.missing === true ? await fitting(context, named, note) : named;
  const wanted = (await isDebian(context.host)) ? fit : await absent(context, fit);
  const options = releaseOptionsOf(flags);
  const isForHere = options.arch === undefined || options.arch === context.host.arch;
  if (!isForHere) refuseWithoutRelease(wanted, flags);
  const brought = new Set(
    isForHere ? await guarded(() => installTogether(context.host, wanted, options)) : [],
  );
  let complete = true;
  for (const agent of wanted) {
    const installed = await guarded((signal) => install(context.host, agent, options, signal));
    complete =
      (await show(context, agent, withThoseOf(agent, brought, installed), { note, isForHere })) && complete;
  }
  return complete ? EXIT.withinBudget : EXIT.hostUnfit;
};

const releaseOptionsOf = ({ from, sha256, arch }: InstallFlags): ReleaseOptions => ({
  from,
  sha256,
  arch: arch === undefined ? undefined : FACTS[arch].uname,
});

/** Debian's packages for another architecture are brought into a guest when it is made. */
const refuseWithoutRelease = (wanted: readonly Agent[], { arch }: InstallFlags): void => {
  const without = wanted.filter(({ release }) => release === undefined).map(({ id }) => baseOf(id));
  if (without.length === 0) return;
  throw new TareError(
    "usage",
    `--arch ${arch ?? ""}: no vendor's release is known of ${without.join(", ")}`,
    "leave it out: a guest that is counted gets what Debian has by itself",
  );
};

/** Of those named, what Debian has and this node can run. */
const fitting = async (
  { host }: CliContext,
  named: readonly Agent[],
  note: (text: string) => void,
): Promise<readonly Agent[]> => {
  const fit: Agent[] = [];
  for (const agent of named) {
    if (agent.packages.length === 0) continue;
    const unfit = await agent.unfit?.(host);
    if (unfit === undefined) fit.push(agent);
    else note(`${agent.id}: not installed, ${unfit.reason}`);
  }
  return fit;
};

const isDebian = async (host: Host): Promise<boolean> => (await packageManager(host)) === "apt-get";

/** Where no dpkg can be asked, an agent with a package is there when it runs. */
const absent = async ({ host }: CliContext, agents: readonly Agent[]): Promise<readonly Agent[]> => {
  const probes = await Promise.all(agents.map((agent) => agent.probe(host)));
  return agents.filter(
    ({ packages }, index) => packages.length === 0 || probes[index]?.kind === "unavailable",
  );
};

const guarded = <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
  interruptible(
    (signal) =>
      new TareError("interrupted", `interrupted by ${signal}; nothing was installed`, "run it again"),
    work,
  );

/** What was brought for all is said of the first agent that it belongs to. */
const withThoseOf = (agent: Agent, brought: Set<string>, installed: Installed): Installed =>
  installed.kind === "packages"
    ? {
        ...installed,
        packages: [...installed.packages, ...agent.packages.filter((name) => brought.delete(name))],
      }
    : installed;

const namedAgents = async (
  context: CliContext,
  ids: readonly string[],
  { missing }: InstallFlags,
): Promise<readonly Agent[]> => {
  if (ids.length === 0 && missing !== true) {
    throw new TareError(
      "usage",
      "no agent named",
      "for example `tare agents install auditd`, or --missing for all that Debian has",
    );
  }
  const all = await context.agents();
  return oneOfEach(
    missing === true
      ? chosenAgents(ids.length === 0 ? undefined : ids, { calibration: [] }, all)
      : choose("agent", ids, all),
  );
};

/** One file and one checksum are those of one agent. */
const refuseStrayOptions = (named: readonly Agent[], flags: InstallFlags): void => {
  const option = flags.from !== undefined ? "--from" : flags.sha256 !== undefined ? "--sha256" : undefined;
  if (option === undefined) return;
  const [first] = named;
  if (flags.missing === true || named.length !== 1 || first === undefined) {
    throw new TareError(
      "usage",
      `${option} is about one file, and ${flags.missing === true ? "--missing names every agent" : `${named.length} agents are named`}`,
      "install them one by one",
    );
  }
  if (first.release === undefined) {
    throw new TareError(
      "usage",
      `${option}: ${baseOf(first.id)} is not installed from a vendor's release`,
      "leave the option out",
    );
  }
};

/** Says what was done. False where the agent is not on the node after it. */
const show = async (
  { host, screen }: CliContext,
  agent: Agent,
  installed: Installed,
  { note, isForHere }: { readonly note: (text: string) => void; readonly isForHere: boolean },
): Promise<boolean> => {
  const id = baseOf(agent.id);
  switch (installed.kind) {
    case "packages": {
      const { packages } = installed;
      if (packages.length === 0) note(`${id}: is installed already`);
      else screen.info(`${id}: installed ${packages.join(", ")}; not started, not enabled`);
      return true;
    }
    case "release": {
      const { version, folder, already, strayLinks } = installed;
      if (already) {
        note(`${id}: ${version} is in ${folder} already`);
        return true;
      }
      screen.info(`${id}: unpacked ${version} to ${folder}; not started, not enabled`);
      if (strayLinks.length > 0)
        screen.info(`  left out, because they point outside of it: ${strayLinks.join(", ")}`);
      if (!isForHere) return true;
      const probe = await agent.probe(host);
      if (probe.kind === "unavailable") screen.warn(`it does not run here: ${probe.reason} (${probe.hint})`);
      return true;
    }
    case "by-hand": {
      if (agent.homepage === "") {
        note(`${id}: comes with tare`);
        return true;
      }
      const probe = await agent.probe(host);
      if (probe.kind === "unavailable") {
        screen.warn(`${id}: tare cannot install it: ${probe.reason}`);
        screen.info(
          `  hint: Debian has no package of it and tare knows no release; install it as ${agent.homepage} says, then \`tare agents\` lists it as ready`,
        );
        return false;
      }
      note(`${id}: is installed already, ${probe.path}`);
      return true;
    }
  }
};

/** The variants of an agent are installed together, so the first stands for all. */
const oneOfEach = (agents: readonly Agent[]): readonly Agent[] =>
  [...Map.groupBy(agents, ({ id }) => baseOf(id)).values()].flatMap(([first]) => first ?? []);
