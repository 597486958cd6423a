/** What a trial of a command needs beside a driver: its programs, a cgroup for all that it starts, and what went wrong with it. */
import type { EffectScope, Host } from "../domain/host.ts";
import type { Scenario } from "../domain/scenario.ts";
import type { Reading } from "../domain/units.ts";
import { createAgentCgroup } from "../observe/cgroup.ts";
import type { RunContext } from "./context.ts";
import type { closing } from "./follow.ts";

/** Why it cannot run here and what to do about it; undefined where it can. */
export const lackingPrograms = async (
  host: Pick<Host, "which">,
  { driver }: Pick<Scenario, "driver">,
): Promise<{ readonly reason: string; readonly hint: string } | undefined> => {
  if (driver.kind !== "command") return undefined;
  const lacking: (readonly [program: string, from: string])[] = [];
  for (const [program, from] of Object.entries(driver.needs))
    if ((await host.which(program)) === undefined) lacking.push([program, from]);
  if (lacking.length === 0) return undefined;
  const programs = lacking.map(([program]) => program);
  return {
    reason: `${programs.join(" and ")} ${programs.length === 1 ? "is" : "are"} not on this node`,
    hint: `apt-get install ${[...new Set(lacking.map(([, from]) => from))].join(" ")}`,
  };
};

/** No token tells which of a command's events were lost, but the agent's own counter tells that some were. */
export const lossDefects = (agent: string, declared: Reading<number>): readonly string[] =>
  declared.kind === "value" && declared.value > 0
    ? [`${agent} lost events in the window by its own counter: what it cost is the cost of what it kept`]
    : [];

export interface CommandTree {
  /** Folders of its cgroup; none where it is no command, or where the node lets none be made. */
  readonly cgroups: readonly string[];
  /** Where the driver says what went wrong. */
  readonly stderr: string;
  /** What the driver said although the trial went well: that something was left running, and killed. */
  said(): Promise<readonly string[]>;
}

type Keep = Parameters<Parameters<typeof closing>[0]>[0];

/** The cgroup bounds what the command takes as it does for an agent, and goes with the scope, together with whatever is still in there. */
export const commandTree = async (
  { host, name, scratch }: Pick<RunContext, "host" | "name" | "scratch">,
  effects: EffectScope,
  { driver }: Scenario,
  keep: Keep,
): Promise<CommandTree> => {
  const stderr = `${scratch}/driver.stderr`;
  if (driver.kind !== "command") return { cgroups: [], stderr, said: () => Promise.resolve([]) };
  const { folders } = await createAgentCgroup(host, effects, `${name}-workload`);
  const messages = keep(await host.openLog(stderr));
  return {
    cgroups: folders,
    stderr,
    said: async () => {
      const chunks: string[] = [];
      await messages.read((chunk) => {
        chunks.push(new TextDecoder().decode(chunk));
      });
      const lines = chunks
        .join("")
        .split("\n")
        .filter((line) => line !== "");
      return [...new Set(lines)];
    },
  };
};
