/** A sensor that the node's owner runs: what tare has to know of it, and how it is stopped and started, under any manager. */
import type { AgentOutput } from "../../domain/agent.ts";
import type { Effect } from "../../domain/effect.ts";
import type { Host } from "../../domain/host.ts";
import type { Reading } from "../../domain/units.ts";

export interface Service {
  /** In words: "the unit auditd.service". */
  readonly title: string;
  /** What its agent is called before the `@attached`. */
  readonly name: string;
  /** Starts it for a turn; undone by stopping it. */
  readonly starting: Effect;
  /** Stops it for the run; undone by starting it again. */
  readonly stopping: Effect;
  /** In words, for the record. */
  readonly startedBy: string;
  /** Clears what its manager counts against too many starts; none where it does not count. */
  readonly resetCommand?: readonly string[];
  /** What its manager has to say of why it did not come up. */
  log(host: Host): Promise<string>;
  /** What its own processes said last, without its manager's words about them; absent: `log` holds nothing else. */
  said?(host: Host): Promise<string>;
  state(host: Host): Promise<Reading<ServiceState>>;
  /** Its version, where it is not the node's own; absent: it is. */
  version?(host: Host): Promise<Reading<string>>;
}

interface Commands {
  readonly start: readonly string[];
  readonly stop: readonly string[];
  readonly reset?: readonly string[];
  /** What that command says, with a failure, where its manager has nothing to clear. */
  readonly nothingToReset?: string;
  readonly log: readonly string[];
}

/** One whose manager is a program on this node. */
export const byCommands = (
  title: string,
  { start, stop, reset, nothingToReset, log }: Commands,
): Omit<Service, "title" | "name" | "state"> => ({
  starting: { kind: "command", title: `${title} started for a turn`, do: start, undo: [stop] },
  stopping: {
    kind: "command",
    title: `${title} stopped for the run`,
    do: stop,
    undo: [...(reset === undefined ? [] : [reset]), start],
    ...(nothingToReset === undefined ? {} : { undoneWhen: nothingToReset }),
  },
  startedBy: start.join(" "),
  ...(reset === undefined ? {} : { resetCommand: reset }),
  log: async (host) => (await printed(host, log)).slice(-1000),
});

export const printed = async (host: Host, [command = "", ...args]: readonly string[]): Promise<string> => {
  const { stdout, stderr } = await host.run(command, args);
  return (stdout + stderr).trim();
};

export interface ServiceState {
  readonly active: boolean;
  /** Its manager's own word for that. */
  readonly activity: string;
  readonly mainPid: number | undefined;
  /** The first process of each of its containers, where it may have several; absent: that one alone. */
  readonly pids?: readonly number[];
  /** Its files are not the node's. */
  readonly hasOwnRoot?: true;
  /** Below the hierarchy's mount point; undefined while it does not run. */
  readonly controlGroup: string | undefined;
  /** What must be the same after the run, by name: enablement, restart policy, the container's id. */
  readonly identity: Readonly<Record<string, string>>;
  /** Why it must not be stopped and started, with what to do about it; undefined: it may. */
  readonly obstacle: { readonly reason: string; readonly hint: string } | undefined;
  readonly outputs: readonly Pick<AgentOutput, "path" | "framing">[];
}

/** What differs from how it was found, in words; empty is what it should be. */
export const differences = (title: string, before: ServiceState, after: ServiceState): readonly string[] => {
  const found = Object.entries(before.identity).flatMap(([name, was]) => {
    const is = after.identity[name];
    return is === was ? [] : [`${title}: ${name} is ${is ?? "gone"}, was ${was}`];
  });
  return before.active === after.active
    ? found
    : [`${title} is ${after.activity}, was ${before.activity}`, ...found];
};
