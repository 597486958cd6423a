/**
 * A team's own policy (`--policy AGENT=FILE`), as agents of a run: one for all of its rules together, and one for each of them alone. The files are
 * the team's, in its agent's own language; outputs, counters and the way to start and stop are tare's.
 */
import {
  type Agent,
  type AgentSheet,
  defineAgent,
  type DesignGap,
  type GuestContext,
  type GuestStart,
  type RunningAgent,
} from "../../domain/agent.ts";
import { TareError } from "../../domain/errors.ts";
import type { Host } from "../../domain/host.ts";
import type { TeamPolicy } from "../../domain/team-policy.ts";
import { FAMILIES } from "../../domain/units.ts";

export interface PolicyFile {
  /** As its user named it. */
  readonly path: string;
  readonly text: string;
}

/** What is the agent's, whoever's policy it follows. */
type Sheet = Pick<AgentSheet, "probe" | "start" | "overload" | "homepage"> &
  Partial<
    Pick<
      AgentSheet,
      | "lossCounter"
      | "residue"
      | "units"
      | "flushIntervalMs"
      | "handsOutInBatches"
      | "showsWithinMs"
      | "packages"
      | "release"
      | "inGuest"
    >
  >;

export interface ReadPolicy {
  /** The names of what can be measured alone: never empty. */
  readonly rules: readonly string[];
  /** What of the files is not followed, with the reason. */
  readonly leftOut: readonly string[];
  /** Why it may report a part of the operations that are all alike; absent: all of them, or none. */
  readonly thins?: string;
  readonly notes: readonly string[];
  /** With one of the rules; undefined: with all. */
  readonly sheet: (rule: number | undefined) => Sheet;
  /** With none of them, where the agent runs so: what it costs by itself. */
  readonly none?: () => Sheet;
  /** @throws TareError `usage` with what the agent itself says of the policy */
  readonly check?: (host: Host) => Promise<void>;
}

/** An agent that follows policies of its users. */
export interface TeamAgent {
  readonly id: string;
  readonly title: string;
  /** Of those files of a folder that are policies. */
  readonly endings: readonly string[];
  /** @throws TareError `usage` at the line of what cannot be measured. `enforcing`: whether it may kill or deny. */
  readonly read: (files: readonly PolicyFile[], enforcing: boolean) => ReadPolicy;
}

export const POLICY_HINT = "see docs/policies.md for what each agent takes";
export const ENFORCING_HINT =
  "take that out and measure what it reports, or allow it with --enforcing on a node that may be harmed";

export const refusePolicy = (
  file: string,
  line: number | undefined,
  what: string,
  hint = POLICY_HINT,
): never => {
  throw new TareError("usage", `${file}${line === undefined ? "" : `:${line}`}: ${what}`, hint);
};

const MAX_NAME = 40;

/** A rule's name as a part of an agent's: lower-case letters, digits and hyphens. */
const slugOf = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, MAX_NAME)
    .replaceAll(/^-|-$/g, "") || "rule";

/** An agent's name without any rule. */
const NO_RULE = "none";

/** Names that become equal get a number. */
const slugsOf = (names: readonly string[]): readonly string[] => {
  const taken = new Set<string>([NO_RULE]);
  return names.map((name) => {
    const slug = slugOf(name);
    let free = slug;
    for (let number = 2; taken.has(free); number += 1) free = `${slug}-${number}`;
    taken.add(free);
    return free;
  });
};

/** The name of a file without its folder and its ending. */
export const stemOf = (path: string): string => (path.split("/").at(-1) ?? path).replace(/\.[^.]+$/, "");

interface Origin {
  /** As the user gave it. */
  readonly path: string;
  /** The beginning of the SHA-256 of the texts: others are another version. */
  readonly digest: string;
}

/** All together, none where that is possible, and each alone where there are several. */
export const teamAgents = (team: TeamAgent, policy: ReadPolicy, origin: Origin): readonly Agent[] => {
  const slugs = policy.rules.length < 2 ? [] : slugsOf(policy.rules);
  const part = (name: string, what: Omit<TeamPolicy, "of">, sheet: Sheet): Agent =>
    agentOf(team, policy, origin, {
      ...sheet,
      id: `${team.id}@policy${name}`,
      policy: { of: team.id, ...what },
    });
  return [
    part("", { part: "all", rule: null }, policy.sheet(undefined)),
    ...(policy.none === undefined ? [] : [part(`-${NO_RULE}`, { part: "none", rule: null }, policy.none())]),
    ...slugs.map((slug, index) =>
      part(`-${slug}`, { part: "rule", rule: policy.rules[index] ?? null }, policy.sheet(index)),
    ),
  ];
};

const titleOf = ({ title }: TeamAgent, { part, rule }: TeamPolicy): string => {
  switch (part) {
    case "all":
      return `${title}, the team's own policy`;
    case "rule":
      return `${title}, of the team's own policy: ${rule ?? ""}`;
    case "none":
      return `${title}, the team's own policy without any rule`;
  }
};

const agentOf = (
  team: TeamAgent,
  { thins, notes, leftOut }: ReadPolicy,
  { path, digest }: Origin,
  { probe, start, inGuest, ...sheet }: Sheet & { readonly id: string; readonly policy: TeamPolicy },
): Agent => {
  const { rule } = sheet.policy;
  const withPolicy = (settings: RunningAgent["settings"]): RunningAgent["settings"] => ({
    policy: path,
    ...(rule === null ? {} : { rule }),
    ...(leftOut.length === 0 ? {} : { leftOut: leftOut.join("\n") }),
    ...settings,
  });
  const gap: DesignGap | undefined = thins === undefined ? undefined : { extent: "some", why: thins };
  return defineAgent({
    ...sheet,
    title: titleOf(team, sheet.policy),
    // What it reports is its team's decision: the sentinels find out.
    observes: [...FAMILIES],
    costOnly: true,
    coverage: {
      notes: ["whatever the policy does not name", ...notes],
      ...(gap === undefined ? {} : { gapFor: () => gap }),
    },
    probe: async (host) => {
      const probed = await probe(host);
      return probed.kind === "available"
        ? { ...probed, version: `${probed.version} (${path}, ${digest})` }
        : probed;
    },
    start: async (host, context) => {
      const running = await start(host, context);
      return { ...running, settings: withPolicy(running.settings) };
    },
    ...(inGuest === undefined
      ? {}
      : {
          inGuest: async (host: Host, context: GuestContext): Promise<GuestStart> => {
            const started = await inGuest(host, context);
            return { ...started, settings: withPolicy(started.settings) };
          },
        }),
  });
};
