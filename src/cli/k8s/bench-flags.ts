/** Flags that `tare k8s plan` and `tare k8s run` share. */
import { type Command, Option } from "commander";
import { TareError } from "../../domain/errors.ts";
import { PROFILE_IDS, type ProfileId } from "../../domain/plan.ts";
import { amountOf } from "../../k8s/choose/quantity.ts";
import { nodeFolderFault } from "../../k8s/node-folder.ts";
import { MAX_HOLD_SECONDS, MIN_HOLD_SECONDS } from "../../k8s/plan.ts";
import { collected, parseDuration, parseNames, whole } from "../flags.ts";
import { addClusterFlags, type ClusterFlags } from "./connect.ts";

export interface BenchFlags extends ClusterFlags {
  readonly selector?: string;
  readonly nodes?: number;
  readonly seed?: number;
  readonly agent?: readonly string[];
  readonly agents?: readonly string[];
  readonly asIs?: boolean;
  readonly profile: ProfileId;
  readonly scenarios?: readonly string[];
  readonly blocks?: number;
  readonly timeBudget?: number;
  readonly budget?: string;
  readonly image?: string;
  readonly imagePullPolicy: "IfNotPresent" | "Always" | "Never";
  readonly imagePullSecret?: readonly string[];
  readonly nodeFolder?: readonly string[];
  readonly cpu: string;
  readonly memory: string;
  readonly maxUnprotected: number;
  readonly hold: number;
  readonly conductor: "job" | "local";
  readonly json?: boolean;
}

/** For `--cpu`, `--memory`. */
const quantity =
  (flag: string, example: string) =>
  (text: string): string => {
    if ((amountOf(text) ?? 0) > 0) return text;
    throw new TareError("usage", `${flag} ${text}: not an amount`, `for example ${flag} ${example}`);
  };

const holdSeconds = (text: string): number => {
  const seconds = Math.round(parseDuration("--hold", text));
  if (seconds >= MIN_HOLD_SECONDS && seconds <= MAX_HOLD_SECONDS) return seconds;
  throw new TareError(
    "usage",
    `--hold ${text}: must be between ${MIN_HOLD_SECONDS} s and ${MAX_HOLD_SECONDS} s`,
    "for example --hold 3m: a hold is prolonged as long as its turn lasts, and no longer",
  );
};

const nodeFolder = (text: string, earlier: readonly string[] = []): readonly string[] => {
  const fault = nodeFolderFault(text) ?? (earlier.includes(text) ? "it is named twice" : undefined);
  if (fault === undefined) return [...earlier, text];
  throw new TareError(
    "usage",
    `--node-folder ${text}: ${fault}`,
    "for example --node-folder /var/run/cilium/tetragon, the folder on the node to which an agent writes its events",
  );
};

export const addBenchFlags = (command: Command): Command =>
  addClusterFlags(command)
    .option("-l, --selector <labels>", "nodes with these labels (default: all)")
    .option("--nodes <n>", "of each kind of node, drawn at random (default: 1)", whole("--nodes", 1))
    .option("--seed <n>", "of the draw and of the runs (default: from the clock)", whole("--seed", 0))
    .option(
      "--agent <daemonset:ns/name>",
      "measure what this DaemonSet costs the node: it is taken off and given back; repeatable",
      collected,
    )
    .option(
      "--agents <list>",
      "agents of the image, run beside it, comma-separated (default: none)",
      parseNames,
    )
    .option("--as-is", "take nothing off a node: load on what runs there, and what it loses; no cost")
    .addOption(new Option("--profile <id>", "how much to do").choices([...PROFILE_IDS]).default("standard"))
    .option("--scenarios <list>", "workloads, comma-separated (default: the profile's)", parseNames)
    .option("--blocks <n>", "number of blocks (default: the profile's)", whole("--blocks", 1))
    .option("--time-budget <time>", "of each node: start no block that would end later", (text) =>
      parseDuration("--time-budget", text),
    )
    .option("--budget <file>", "what an agent may cost (YAML, see docs/budgets.md); decides the exit code")
    .option("--image <name>", "tare's image, where the nodes can pull it from")
    .addOption(
      new Option("--image-pull-policy <policy>", "as of a container")
        .choices(["IfNotPresent", "Always", "Never"])
        .default("IfNotPresent"),
    )
    .option("--image-pull-secret <name>", "in both namespaces; repeatable", collected)
    .option(
      "--node-folder <dir>",
      "folder of the node that its pod reads as well, where an agent writes its events; repeatable",
      nodeFolder,
    )
    .option(
      "--cpu <amount>",
      "what a node pod asks for, and its weight there",
      quantity("--cpu", "500m"),
      "1",
    )
    .option("--memory <amount>", "what a node pod asks for", quantity("--memory", "1Gi"), "512Mi")
    .option(
      "--max-unprotected <n>",
      "nodes without an agent at one time, over all benches of the cluster",
      whole("--max-unprotected", 1),
      1,
    )
    .addOption(
      new Option("--hold <time>", "after which an agent comes back if all else dies")
        .argParser(holdSeconds)
        .default(180, "3m"),
    )
    .addOption(
      new Option("--conductor <where>", "who takes agents off: a Job there, or this process, which must stay")
        .choices(["job", "local"])
        .default("job"),
    );

/** @throws TareError `usage` for flags that are at odds */
export const refuseContradictions = (flags: BenchFlags): void => {
  const { asIs = false, agent = [], agents = [] } = flags;
  if (agent.length === 0 && agents.length === 0)
    throw new TareError(
      "usage",
      "nothing to measure: neither --agent nor --agents names an agent",
      "for example --agent daemonset:kube-system/tetragon, or --agents sensor for one of the image",
    );
  if (asIs && agent.length === 0)
    throw new TareError(
      "usage",
      "--as-is measures what runs on the nodes, and --agent names none",
      "for example --as-is --agent daemonset:kube-system/tetragon",
    );
  if (asIs && flags.budget !== undefined)
    throw new TareError(
      "usage",
      "--as-is measures no cost, and --budget is for costs",
      "leave one of the two out",
    );
};
