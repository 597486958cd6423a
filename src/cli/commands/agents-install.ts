/** `tare agents install` and `tare agents remove`: getting sensors onto the node, and off it, without starting any. */
import { Command } from "commander";
import type { Agent } from "../../domain/agent.ts";
import { TareError } from "../../domain/errors.ts";
import { INSTALLED_AGENTS, baseOf } from "../../domain/installed.ts";
import { installPackages } from "../../host/install-packages.ts";
import { installRelease } from "../../host/install-release.ts";
import { removeRelease } from "../../host/install-remove.ts";
import type { CliContext } from "../context.ts";
import { choose } from "../context.ts";
import { wantedAgents } from "../wanted-agents.ts";

interface InstallFlags {
  readonly missing?: boolean;
  readonly quiet?: boolean;
  readonly from?: string;
  readonly sha256?: string;
}

export const installCommand = (context: CliContext): Command =>
  new Command("install")
    .description("install agents; nothing is started, enabled or registered by it")
    .argument("[id...]", "agents to install")
    .option(
      "--missing",
      "what Debian has and this node lacks: of the agents named as for `run --agents`, or of those that a run measures unasked",
    )
    .option("--quiet", "say nothing about agents that are there already")
    .option("--from <file|dir|url>", "take the vendor's release from there instead of from the vendor")
    .option("--sha256 <digits>", "checksum of the vendor's release; wins over the one that tare knows")
    .addHelpText(
      "after",
      `
What Debian has comes from Debian's archive by apt. Anything else is the vendor's pinned release: fetched, compared with its
checksum, and unpacked below /opt/tare/agents.

Examples:
  tare agents install auditd bpftrace
  tare agents install --missing
  tare agents install tetragon --from /mnt/usb`,
    )
    .action(async (ids: readonly string[], flags: InstallFlags) => {
      await install(context, ids, flags);
    });

export const removeCommand = (context: CliContext): Command =>
  new Command("remove")
    .description("remove what install has unpacked below /opt/tare/agents")
    .argument("<id...>", "agents to remove")
    .addHelpText("after", "\nExample: tare agents remove tetragon")
    .action(async (ids: readonly string[]) => {
      const chosen = choose("agent", ids.join(","), await context.agents());
      for (const agent of oneOfEach(chosen)) context.screen.info(await remove(agent));
    });

const install = async (context: CliContext, ids: readonly string[], flags: InstallFlags): Promise<void> => {
  const all = await context.agents();
  if (ids.length === 0 && flags.missing !== true) {
    throw new TareError(
      "usage",
      "no agent named",
      "for example `tare agents install auditd`, or --missing for all that Debian has",
    );
  }
  const named = oneOfEach(
    flags.missing === true
      ? wantedAgents(ids.length === 0 ? undefined : ids.join(","), { calibration: [] }, all)
      : choose("agent", ids.join(","), all),
  );
  refuseStrayOptions(named, flags);
  for (const agent of named) {
    const id = baseOf(agent.id);
    if (agent.packages.length > 0 && flags.from === undefined) {
      const done = await installPackages(context.host, agent.packages);
      if (done.length > 0)
        context.screen.info(`${id}: installed ${done.join(", ")}; not started, not enabled`);
      else if (flags.quiet !== true) context.screen.info(`${id}: is installed already`);
    } else if (flags.missing === true) {
      continue;
    } else if (agent.release === undefined) {
      context.screen.info(`${id}: there is no Debian package to install`);
    } else {
      await installFromVendor(context, agent, flags);
    }
  }
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

const installFromVendor = async (context: CliContext, agent: Agent, flags: InstallFlags): Promise<void> => {
  const id = baseOf(agent.id);
  if (agent.release === undefined) return;
  const { from, sha256 } = flags;
  const choice = {
    id,
    release: agent.release,
    ...(from === undefined ? {} : { from }),
    ...(sha256 === undefined ? {} : { sha256 }),
  };
  const done = await interruptible((signal) =>
    installRelease(context.host, choice, INSTALLED_AGENTS, signal),
  );
  if (done.already) {
    if (flags.quiet !== true) context.screen.info(`${id}: ${done.version} is in ${done.folder} already`);
    return;
  }
  context.screen.info(`${id}: unpacked ${done.version} to ${done.folder}; not started, not enabled`);
  if (done.strayLinks.length > 0)
    context.screen.info(`  left out, because they point outside of it: ${done.strayLinks.join(", ")}`);
  const probe = await agent.probe(context.host);
  if (probe.kind === "unavailable")
    context.screen.warn(`it does not run here: ${probe.reason} (${probe.hint})`);
};

/** Ctrl-C while something is fetched must not leave it lying about. */
const interruptible = async <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const interruption = new AbortController();
  const interrupt = (signal: NodeJS.Signals): void => {
    interruption.abort(
      new TareError("interrupted", `interrupted by ${signal}; nothing was installed`, "run it again"),
    );
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, interrupt);
  try {
    return await work(interruption.signal);
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
  }
};

const remove = async (agent: Agent): Promise<string> => {
  const id = baseOf(agent.id);
  if (await removeRelease(id)) return `${id}: removed`;
  return agent.packages.length === 0
    ? `${id}: is not installed below /opt/tare/agents`
    : `${id}: came from Debian, where others may need it too; to remove it: apt-get remove ${agent.packages.join(" ")}`;
};

/** The variants of an agent are installed together, so the first stands for all. */
const oneOfEach = (agents: readonly Agent[]): readonly Agent[] =>
  agents.filter(
    (agent, index) => agents.findIndex((other) => baseOf(other.id) === baseOf(agent.id)) === index,
  );
