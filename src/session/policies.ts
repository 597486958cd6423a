/** Teams' own policies (`--policy AGENT=FILE|FOLDER`): read, checked, and made agents of the run. */
import { posix } from "node:path";
import { POLICY_HINT, type PolicyFile, refusePolicy, teamAgents } from "../agents/team/policy.ts";
import { TEAMS } from "../agents/team/teams.ts";
import type { Agent } from "../domain/agent.ts";
import { TareError } from "../domain/errors.ts";
import type { Host } from "../domain/host.ts";
import { suggest } from "../domain/suggest.ts";
import { ALL } from "./chosen.ts";
import { shortDigest } from "./digest.ts";

/** Those that take a policy. */
export const POLICY_AGENTS: readonly string[] = [...TEAMS.keys()];

/** Measured alone unless named: with more of them, few blocks fit into a profile's time. */
export const MAX_EACH = 10;
/** No team keeps more, and each is a turn of every block. */
const MAX_FILES = 200;

export interface TeamPolicies {
  readonly of: string;
  /** All rules together, none of them where the agent runs so, then each alone. */
  readonly agents: readonly Agent[];
  /** What of the files is not followed, with the reason. */
  readonly leftOut: readonly string[];
}

/**
 * One for each agent that is named; files that are given for one agent are one policy.
 *
 * @throws TareError `usage` for an agent that takes none, a file that cannot be read, or what cannot be measured
 */
export const loadPolicies = async (
  host: Host,
  given: readonly string[],
  enforcing: boolean,
): Promise<readonly TeamPolicies[]> => {
  const named = given.map(split);
  return await Promise.all(
    [...Map.groupBy(named, ({ of }) => of)].map(([of, parts]) =>
      policiesOf(
        host,
        of,
        parts.map(({ path }) => path),
        enforcing,
      ),
    ),
  );
};

const split = (given: string): { readonly of: string; readonly path: string } => {
  const [of = "", ...rest] = given.split("=");
  const path = rest.join("=");
  if (of === "" || path === "")
    throw new TareError(
      "usage",
      `--policy ${given}: no AGENT=FILE`,
      "for example --policy auditd=audit.rules",
    );
  return { of, path };
};

const policiesOf = async (
  host: Host,
  of: string,
  paths: readonly string[],
  enforcing: boolean,
): Promise<TeamPolicies> => {
  const team = TEAMS.get(of);
  if (team === undefined) {
    const near = suggest(of, POLICY_AGENTS);
    throw new TareError(
      "usage",
      `--policy ${of}=...: ${of} takes no policy`,
      near === undefined ? `those that do: ${POLICY_AGENTS.join(", ")}` : `did you mean "${near}"?`,
    );
  }
  const files = (await Promise.all(paths.map((path) => filesAt(host, path, team.endings)))).flat();
  if (files.length > MAX_FILES)
    throw new TareError(
      "usage",
      `--policy ${of}: ${files.length} files`,
      `at most ${MAX_FILES} are measured`,
    );
  const policy = team.read(files, enforcing);
  await policy.check?.(host);
  const digest = shortDigest(files.map(({ text }) => `${text.length}:${text}`));
  const origin = { path: paths.join(", "), digest };
  return { of, agents: teamAgents(team, policy, origin), leftOut: policy.leftOut };
};

/** The file, or those of the folder by their names; hidden files and folders below it are left alone. */
const filesAt = async (
  host: Host,
  path: string,
  endings: readonly string[],
): Promise<readonly PolicyFile[]> => {
  const names = (await host.list(path))
    .filter((name) => endings.some((ending) => name.endsWith(ending)) && !name.startsWith("."))
    .toSorted();
  const files = names.length === 0 ? [path] : names.map((name) => posix.join(path, name));
  return await Promise.all(
    files.map(async (file): Promise<PolicyFile> => {
      const text = await host.readText(file);
      if (text.kind === "value") return { path: file, text: plain(file, text.value) };
      const isFolder = text.reason.includes("EISDIR");
      throw new TareError(
        "usage",
        isFolder
          ? `${path} holds no file that is a policy`
          : `cannot read the policy ${file}: ${text.reason}`,
        isFolder
          ? `their names end in ${endings.join(" or ")}; folders below it are left alone`
          : POLICY_HINT,
      );
    }),
  );
};

/** What was no UTF-8 would be another text in the agent's hands, and be measured as that. */
const plain = (file: string, text: string): string => {
  const lines = text.split("\n");
  const bad = lines.findIndex((line) => /[\0\uFFFD]/.test(line));
  return bad < 0
    ? text
    : refusePolicy(file, bad + 1, "it is no text in UTF-8", "unpack it, or save it as UTF-8, and try again");
};

/** Of what a run with policies is made. */
export interface ChosenPolicies {
  readonly agents: readonly Agent[];
  /** Of the user's names, those that are no policy's; undefined: none were given, and the policies are what the run is about. */
  readonly others: readonly string[] | undefined;
  /** Agents whose rules are measured together only, with how many there are. */
  readonly together: readonly { readonly of: string; readonly rules: number }[];
}

const isRule = ({ policy }: Agent): boolean => policy?.part === "rule";

/**
 * An agent's name stands for its policy where it has one; a name with an @ for what it says.
 *
 * @throws TareError `usage` for a policy of an agent that the names leave out
 */
export const choosePolicies = (
  policies: readonly TeamPolicies[],
  names: readonly string[] | undefined,
  each: boolean,
): ChosenPolicies => {
  const usual = policies.map(({ of, agents }) => {
    const rules = agents.filter(isRule).length;
    const isEach = each || rules <= MAX_EACH;
    return { of, rules, isEach, agents: isEach ? agents : agents.filter((agent) => !isRule(agent)) };
  });
  const chosen = usual.map((policy) => {
    const own = policies.find(({ of }) => of === policy.of)?.agents ?? [];
    const isWhole = names === undefined || names.some((name) => name === policy.of || name === ALL);
    return {
      ...policy,
      isWhole,
      agents: isWhole ? policy.agents : own.filter(({ id }) => names.includes(id)),
    };
  });
  const unwanted = chosen.find(({ agents }) => agents.length === 0);
  if (unwanted !== undefined)
    throw new TareError(
      "usage",
      `--policy ${unwanted.of}=...: --agents does not name ${unwanted.of}`,
      `add ${unwanted.of} to --agents, or leave --agents out: then the policies alone are measured`,
    );
  const taken = new Set(policies.flatMap(({ of, agents }) => [of, ...agents.map(({ id }) => id)]));
  return {
    agents: chosen.flatMap(({ agents }) => agents),
    others: names?.filter((name) => !taken.has(name)),
    together: chosen.flatMap(({ of, rules, isEach, isWhole }) => (isWhole && !isEach ? [{ of, rules }] : [])),
  };
};
