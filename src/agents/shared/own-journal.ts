/**
 * A systemd-journald of tare's own (systemd-journald.service(8), "journal namespaces"), so that nothing of a measurement gets into the owner's
 * journal, or is held back by its limits. It has its package's settings: no file of the owner's is for this namespace.
 */
import type { AgentContext } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import { known } from "../../domain/units.ts";
import { awaitListening } from "./await-start.ts";
import { shellLine } from "./guest-shell.ts";
import { launch, type Launched } from "./launch.ts";
import { removeAfterwards } from "./left-behind.ts";
import { type Check, obstacle } from "./obstacle.ts";

const NAMESPACE = "tare";
const PROGRAMS = ["/usr/lib/systemd/systemd-journald", "/lib/systemd/systemd-journald"] as const;
const SOCKETS = `/run/systemd/journal.${NAMESPACE}`;
const MACHINE_ID = "/etc/machine-id";

const programOf = async (host: Host): Promise<string | undefined> => {
  for (const path of PROGRAMS) if ((await host.which(path)) !== undefined) return path;
  return undefined;
};

const machineId = async (host: Host): Promise<string> =>
  (known(await host.readText(MACHINE_ID)) ?? "").trim();

export const needsJournald: Check = async (host) => {
  if ((await programOf(host)) === undefined)
    return obstacle("there is no systemd-journald", "it comes with systemd: measure the other rungs here");
  return /^[0-9a-f]{32}$/.test(await machineId(host))
    ? undefined
    : obstacle(`${MACHINE_ID} names no machine, and journald asks for it`, "run: systemd-machine-id-setup");
};

export interface Journal extends Launched {
  /** What it keeps is no file that grows as it is written to: it takes disk in pieces of 8 MiB. */
  readonly stream: string;
}

/** It ends by itself once nobody is connected for half a minute. */
export const startJournal = async (host: Host, context: AgentContext): Promise<Journal> => {
  const id = await machineId(host);
  await removeAfterwards(host, context, "journald", [
    SOCKETS,
    `/run/log/journal/${id}.${NAMESPACE}`,
    `/var/log/journal/${id}.${NAMESPACE}`,
  ]);
  const command = (await programOf(host)) ?? PROGRAMS[0];
  const journald = await launch(context, "journald", { command, args: [NAMESPACE] }, 5000);
  const stream = `${SOCKETS}/stdout`;
  await awaitListening(host, context, "journald", journald, stream);
  return { ...journald, stream };
};

/** What a stream begins with: its name, no unit, priority, no prefixes of levels, and forwarded to nobody. */
const HEADER = String.raw`tare\n\n6\n0\n0\n0\n0\n`;

/** The same command with its standard output in the journal; socat and the shell are replaced by it. */
export const intoJournal =
  (host: Host, { directory }: Pick<AgentContext, "directory">, { stream }: Journal) =>
  async (command: readonly string[]): Promise<readonly string[]> => {
    const script = `${directory}/into-journal.sh`;
    await host.writeText(script, `printf '${HEADER}'\nexec ${shellLine(command)}\n`);
    return ["socat", `UNIX-CONNECT:${stream}`, `EXEC:sh ${script},nofork`];
  };
