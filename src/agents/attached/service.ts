/** A sensor that the node's owner runs: what tare has to know of it, and how it is stopped and started, under any manager. */
import type { AgentOutput } from "../../domain/agent.ts";
import type { Host } from "../../domain/host.ts";
import type { Reading } from "../../domain/units.ts";

export interface Service {
  /** In words: "the unit auditd.service". */
  readonly title: string;
  /** What its agent is called before the `@attached`. */
  readonly name: string;
  readonly startCommand: readonly string[];
  readonly stopCommand: readonly string[];
  /** Clears what its manager counts against too many starts; none where it does not count. */
  readonly resetCommand?: readonly string[];
  /** What that command says, with a failure, where its manager has nothing to clear. */
  readonly nothingToReset?: string;
  /** Where to read why it did not come up. */
  readonly logCommand: readonly string[];
  state(host: Host): Promise<Reading<ServiceState>>;
}

export interface ServiceState {
  readonly active: boolean;
  /** Its manager's own word for that. */
  readonly activity: string;
  readonly mainPid: number | undefined;
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
