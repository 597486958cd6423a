/**
 * What tare knows of agents in their owners' hands, by the agent's name: what stays in force when they are stopped, and where they
 * write. Of any other agent only the cost can be measured, unless its manager keeps what it prints in a file.
 */
import { isMap } from "yaml";
import type { AgentOutput, AgentSheet, RunningAgent } from "../../domain/agent.ts";
import type { Effect } from "../../domain/effect.ts";
import { TareError } from "../../domain/errors.ts";
import type { Host } from "../../domain/host.ts";
import { own } from "../../domain/own.ts";
import { known, missing } from "../../domain/units.ts";
import { parseYaml } from "../../domain/yaml-file.ts";
import { type ListedRule, parseRule } from "../shared/audit-rules.ts";
import { auditLosses, LOCKED, readAuditStatus, readRules } from "../shared/audit.ts";
import { SENSOR_FORMS } from "../shared/tare-sensor.ts";
import { EXEC_LINES, FORMS } from "../shared/tetragon.ts";
import { tetragonLosses } from "../shared/tetragon-losses.ts";
import { TRACEE_FORMS } from "../shared/tracee.ts";
import { ownedFalco } from "./owned-falco.ts";
import { ownedOsquery } from "./owned-osquery.ts";
import { getFromNetworkOf } from "./own-network.ts";
import { ON_THE_NODE, optionsIn, pathFrom, type Whereabouts } from "./whereabouts.ts";

/** How its events look where it prints them. */
export type Printed = Pick<AgentOutput, "forms" | "lines">;

export interface OwnedAgent {
  remains?(host: Host): Promise<Remains | undefined>;
  outputs(host: Host, at?: Whereabouts): Promise<readonly AgentOutput[]>;
  /** Absent: what an agent prints that tare does not know. */
  readonly printed?: Printed;
  /** An output that its configuration names and that cannot be found by it, with the reason. */
  notFollowed?(host: Host, at?: Whereabouts): Promise<string | undefined>;
  /** Of its owner's configuration, for the record: what decides its cost. */
  settings?(host: Host, at?: Whereabouts): Promise<Readonly<Record<string, string>>>;
  /** How late its events come by its owner's configuration; asked once, while it is as its owner left it. */
  holdsBack?(host: Host, at?: Whereabouts): Promise<HoldsBack>;
  /** Its count of losses, where that works without anything that its adapter would have set up. */
  lostBy?(host: Host, at?: Whereabouts): RunningAgent["lost"];
}

export type HoldsBack = Pick<AgentSheet, "flushIntervalMs" | "handsOutInBatches">;

export interface Remains {
  /** Take it away for the baseline; undone by bringing it back as it was. */
  readonly away: readonly Effect[];
  /** Bring it into force in a turn, after the start; undone by taking it away, before the stop. */
  readonly back: readonly Effect[];
  readonly settings: Readonly<Record<string, string>>;
}

const AUDITD = "/etc/audit";
const USUAL_LOG = "/var/log/audit/audit.log";
const AUDITD_FORMS: AgentOutput["forms"] = {
  exec: { kind: "text" },
  file: { kind: "text" },
  network: { kind: "sockaddr", before: "saddr=" },
};

const DELETE_ALL = ["auditctl", "-D"] as const;

const restorableRules = async (host: Host): Promise<readonly ListedRule[]> => {
  const listed = await readRules(host);
  if (listed.kind === "missing") {
    throw new TareError("host-unfit", listed.reason, "run auditctl -l and see what it says");
  }
  return listed.value.map((line) => {
    const rule = parseRule(line);
    if (rule !== undefined) return rule;
    throw new TareError(
      "host-unfit",
      `an audit rule could not be put back after the baseline, so none is taken away: ${JSON.stringify(line)}`,
      "take that rule away yourself for the time of the run, or leave auditd out",
    );
  });
};

/**
 * Each by the arguments that bring it back: the kernel takes away the very rule that they make, or none, and then nothing is lost. From
 * the last to the first, since they are undone in reverse and the first rule that fits decides.
 */
const takenAway = (rules: readonly ListedRule[]): readonly Effect[] => [
  ...rules.toReversed().map(({ line, add, remove }): Effect => ({
    kind: "command",
    title: `the owner's audit rule taken away: ${line}`,
    do: remove,
    undo: [add],
    undoneWhen: "Rule exists",
  })),
  {
    kind: "command",
    title: "audit rules of the owner's start deleted",
    do: ["auditctl", "-l"],
    undo: [DELETE_ALL],
  },
];

/**
 * auditd.conf(5), auditctl(8). Its rules stay in the kernel when the daemon is stopped, and cost as much as before, so they are taken away for
 * the baseline and brought back word by word.
 */
const ownedAuditd: OwnedAgent = {
  remains: async (host): Promise<Remains | undefined> => {
    const status = await readAuditStatus(host);
    if (status.kind === "value" && status.value.get("enabled") === LOCKED) {
      throw new TareError(
        "host-unfit",
        "audit is locked (enabled 2): its rules cannot be taken away for the baseline",
        "reboot without -e 2 in the rules, or leave auditd out",
      );
    }
    const rules = await restorableRules(host);
    if (rules.length === 0) return undefined;
    // What a start may have loaded goes first; the undo of that takes away all that comes after it.
    const back: readonly Effect[] = [
      { kind: "command", title: "audit rules of the start deleted", do: DELETE_ALL, undo: [DELETE_ALL] },
      ...rules.map(({ add }): Effect => ({ kind: "command", title: add.join(" "), do: add, undo: [] })),
    ];
    return { away: takenAway(rules), back, settings: { rules: rules.map(({ line }) => line).join("\n") } };
  },
  outputs: async (host, at = ON_THE_NODE) => {
    const folder = pathFrom(at, optionsIn(at, "-c").at(-1) ?? AUDITD) ?? AUDITD;
    const text = known(await host.readText(`${folder}/auditd.conf`)) ?? "";
    if (/^[ \t]*write_logs[ \t]*=[ \t]*no[ \t]*$/im.test(text)) return [];
    const told = /^[ \t]*log_file[ \t]*=[ \t]*(\S+)[ \t]*$/im.exec(text)?.[1] ?? USUAL_LOG;
    return outputAt(at, told, AUDITD_FORMS);
  },
  lostBy: (host) => () => auditLosses(host),
};

const yamlAt = async (host: Host, file: string, key: string): Promise<unknown> => {
  const text = known(await host.readText(file));
  if (text === undefined) return undefined;
  // The agent itself refuses a file with a mistake, so it says nothing; the other files are looked at all the same.
  const parsed = parseYaml(text);
  if (parsed.kind === "fault" || !isMap(parsed.document.contents)) return undefined;
  return (parsed.content as Readonly<Record<string, unknown>>)[key];
};

const outputAt = (at: Whereabouts, told: unknown, forms: AgentOutput["forms"]): readonly AgentOutput[] => {
  const path = pathFrom(at, told);
  return path === undefined ? [] : [{ path, forms }];
};

/** One file an option, in these folders; the YAML file comes between the packages' folders and the administrator's. */
const TETRAGON = {
  packages: ["/usr/lib/tetragon/tetragon.conf.d", "/usr/local/lib/tetragon/tetragon.conf.d"],
  yaml: "/etc/tetragon/tetragon.yaml",
  administrator: "/etc/tetragon/tetragon.conf.d",
} as const;

/**
 * https://tetragon.io/docs/reference/daemon-configuration/, in the order of cmd/tetragon/conf.go: what is read later wins, and an empty value is one
 * that turns its option off. The environment wins over all
 * files where it is not empty, and a flag over both.
 */
const tetragonOption = async (host: Host, at: Whereabouts, option: string): Promise<unknown> => {
  const dropIn = async (folder: string): Promise<string | undefined> =>
    known(await host.readText(`${pathFrom(at, folder) ?? folder}/${option}`))?.trim();
  const told: unknown[] = [];
  for (const folder of TETRAGON.packages) told.push(await dropIn(folder));
  told.push(await yamlAt(host, at.root + TETRAGON.yaml, option), await dropIn(TETRAGON.administrator));
  for (const folder of optionsIn(at, "--config-dir")) told.push(await dropIn(folder));
  const inEnvironment = at.env.get(`TETRAGON_${option.replaceAll("-", "_").toUpperCase()}`);
  if (inEnvironment !== "") told.push(inEnvironment);
  told.push(...optionsIn(at, `--${option}`));
  return told.findLast((one) => one !== undefined);
};

const ownedTetragon: OwnedAgent = {
  printed: { forms: FORMS, lines: { exec: EXEC_LINES } },
  outputs: async (host, at = ON_THE_NODE) =>
    outputAt(at, await tetragonOption(host, at, "export-filename"), FORMS).map((output) => ({
      ...output,
      lines: { exec: EXEC_LINES },
    })),
  lostBy:
    (host, at = ON_THE_NODE) =>
    async () => {
      const server = await tetragonOption(host, at, "metrics-server");
      return typeof server === "string" && server !== ""
        ? await tetragonLosses((url) => getFromNetworkOf(host, at.network, url), server)
        : missing("its owner's configuration has no metrics-server, so nothing tells its losses");
    },
};

/** Nothing of its owner's configuration names a file: what its container prints is all. */
const printing = (printed: Printed): OwnedAgent => ({ printed, outputs: () => Promise.resolve([]) });

const OWNED: Readonly<Record<string, OwnedAgent>> = {
  auditd: ownedAuditd,
  tetragon: ownedTetragon,
  falco: ownedFalco,
  osquery: ownedOsquery,
  tracee: printing({ forms: TRACEE_FORMS }),
  sensor: printing({ forms: SENSOR_FORMS }),
};

export const ownedAgent = (name: string): OwnedAgent | undefined => own(OWNED, name);
