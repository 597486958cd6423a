/** What the pod on a node is told: the arguments of `tare k8s node`. */
import type { BenchFlags } from "./bench-flags.ts";
import type { Minutes } from "./minutes.ts";

export type Told = Pick<BenchFlags, "profile" | "agent" | "agents" | "asIs" | "scenarios" | "blocks">;

/** `budget`: the text of the file, which the node does not have. */
export const nodeArguments = (
  { profile, agent = [], agents = [], asIs = false, scenarios, blocks }: Told,
  seed: number,
  minutes: Minutes,
  budget: string | undefined,
): string[] => [
  "--profile",
  profile,
  "--seed",
  String(seed),
  ...agent.flatMap((name) => ["--attach", name]),
  ...(agents.length === 0 ? [] : ["--agents", agents.join(",")]),
  ...(asIs ? ["--as-is"] : []),
  ...(scenarios === undefined ? [] : ["--scenarios", scenarios.join(",")]),
  ...(blocks === undefined ? [] : ["--blocks", String(blocks)]),
  "--time-budget",
  `${minutes.nodeSeconds}s`,
  "--within",
  `${minutes.wishSeconds}s`,
  ...(budget === undefined ? [] : ["--budget-text", budget]),
];
