/** The context of an agent on a node made of data, and what its output tells once tokens stand where the captured text has others. */
import type { Agent, AgentContext, RunningAgent } from "../../src/domain/agent.ts";
import type { Family } from "../../src/domain/units.ts";
import { createTally } from "../../src/observe/ledger.ts";
import type { TallyResult } from "../../src/observe/tally.ts";
import type { FakeHost } from "./fake-host.ts";
import { isolatedContext } from "./isolated-context.ts";
import { TOKEN_IN } from "./workloads.ts";

/** Not in namespaces of its own. */
export const plainContext = (host: FakeHost, more: Partial<AgentContext> = {}): AgentContext =>
  isolatedContext(host, { inside: (command) => command, ...more });

/** What changes the node; reading does not. */
export const changesOf = (host: FakeHost): readonly string[] =>
  host.done.filter((step) => !step.startsWith("run "));

/** The variant of an agent's file. */
export const variantOf = (file: { readonly variants: readonly Agent[] }, id: string): Agent => {
  const found = file.variants.find((variant) => variant.id === id);
  if (found === undefined) throw new Error(`no variant ${id}`);
  return found;
};

/** Tokens of trial 1231 as the workloads carry them: operations 0 and 1. */
const TOKENS: Readonly<Record<"exec" | "file" | "network", readonly [string, string]>> = {
  exec: ["TK-1231-00000000", "TK-1231-00000001"],
  file: ["TK-1231/00000000", "TK-1231/00000001"],
  network: ["127.16.0.0", "127.16.0.1"],
};

/** Tallies a captured line once for each token, which stands in the place of `was`. */
export const tallyWithTokens = (
  running: RunningAgent,
  family: "exec" | "file" | "network",
  line: string,
  was: string,
): TallyResult => {
  const form = running.outputs[0]?.forms[family satisfies Family];
  if (form === undefined) throw new Error(`its output tells nothing of ${family}`);
  const tally = createTally({ form, tokenIn: TOKEN_IN[family], trial: "1231", operations: 2 });
  for (const token of TOKENS[family]) {
    tally.feed(new TextEncoder().encode(`${line.replaceAll(was, token).trimEnd()}\n`));
  }
  return tally.end();
};
