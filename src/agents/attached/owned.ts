/**
 * What tare knows of agents in their owners' hands, by the agent's name: what stays in force when they are stopped, and where they
 * write. Of any other agent only the cost can be measured, unless its manager keeps what it prints in a file.
 */
import type { AgentOutput } from "../../domain/agent.ts";
import type { Effect } from "../../domain/effect.ts";
import type { Host } from "../../domain/host.ts";
import { known } from "../../domain/units.ts";
import { ownedAuditd } from "./owned-auditd.ts";

export interface OwnedAgent {
  /** Asked while it runs: what its stop leaves in force on the node. */
  remains?(host: Host): Promise<Remains | undefined>;
  /** From its owner's configuration; none where that does not tell. */
  outputs(host: Host): Promise<readonly AgentOutput[]>;
  /** Whether its adapter's counter of losses works without anything that the adapter itself would have set up. */
  readonly countsLosses: boolean;
}

export interface Remains {
  /** Takes it away for the baseline; undone by bringing it back as it was. */
  readonly away: Effect;
  /** Bring it into force in a turn, after the start; undone by taking it away, before the stop. */
  readonly back: readonly Effect[];
  /** For the record. */
  readonly settings: Readonly<Record<string, string>>;
}

const TEXT_FORMS: AgentOutput["forms"] = { exec: { kind: "text" }, file: { kind: "text" } };

/** A setting's value, from the first of these files that has it. */
const configured = async (
  host: Host,
  files: readonly string[],
  pattern: RegExp,
): Promise<string | undefined> => {
  for (const file of files) {
    const found = pattern.exec(known(await host.readText(file)) ?? "")?.[1]?.trim();
    if (found !== undefined && found !== "") return found;
  }
  return undefined;
};

const outputAt = (path: string | undefined): readonly AgentOutput[] =>
  path === undefined ? [] : [{ path, forms: TEXT_FORMS }];

/** https://tetragon.io/docs/reference/daemon-configuration/: one file an option. Its counters need a metrics server, which is off unless configured. */
const ownedTetragon: OwnedAgent = {
  outputs: async (host) =>
    outputAt(
      await configured(
        host,
        [
          "/etc/tetragon/tetragon.conf.d/export-filename",
          "/usr/local/lib/tetragon/tetragon.conf.d/export-filename",
          "/usr/lib/tetragon/tetragon.conf.d/export-filename",
        ],
        /^(\/.*)$/m,
      ),
    ),
  countsLosses: false,
};

/** https://falco.org/docs/concepts/outputs/channels/: `file_output` with `enabled` and `filename`. */
const ownedFalco: OwnedAgent = {
  outputs: async (host) =>
    outputAt(
      await configured(
        host,
        ["/etc/falco/falco.yaml"],
        /^file_output:\n(?:[ #].*\n)*? +enabled: true\n(?:[ #].*\n)*? +filename: *(\/?\S+)/m,
      ),
    ),
  countsLosses: false,
};

const OWNED: Readonly<Record<string, OwnedAgent>> = {
  auditd: ownedAuditd,
  tetragon: ownedTetragon,
  falco: ownedFalco,
};

export const ownedAgent = (name: string): OwnedAgent | undefined => OWNED[name];
