/** Flags -> what the cluster says -> nodes that are chosen, and why others are not -> the plan of a bench. Makes nothing. */
import { randomBytes } from "node:crypto";
import { type Choice, choose, chosenNodes, isRefused } from "../../k8s/choose/choose.ts";
import { look } from "../../k8s/choose/look.ts";
import { tryOut } from "../../k8s/choose/try.ts";
import { BenchPlan } from "../../k8s/plan.ts";
import type { UserCluster } from "../../k8s/user-cluster.ts";
import { known } from "../../domain/units.ts";
import { PROFILES } from "../../plan/profiles.ts";
import { chosenAgents, namedTests } from "../../session/chosen.ts";
import { refuseCost } from "../../session/prepare-run.ts";
import { readBudgets } from "../../session/budgets.ts";
import type { CliContext } from "../context.ts";
import { type BenchFlags, refuseContradictions } from "./bench-flags.ts";
import { type Namespaces, namespacesOf } from "./connect.ts";
import { nodeArguments } from "./node-arguments.ts";
import { type Minutes, minutesOf } from "./minutes.ts";

export interface PreparedBench {
  readonly choice: Choice;
  /** Absent where no node can be benched. */
  readonly plan?: BenchPlan;
  readonly minutes: Minutes;
  readonly namespaces: Namespaces;
}

export const prepareBench = async (
  context: CliContext,
  cluster: UserCluster,
  flags: BenchFlags,
): Promise<PreparedBench> => {
  refuseContradictions(flags);
  await refuseUnknown(context, flags);
  const budget = await budgetText(context, flags);
  const namespaces = namespacesOf(flags);
  const now = new Date(context.host.date());
  const { asIs = false, agent: agents = [], conductor } = flags;
  const seed = flags.seed ?? now.getTime() % 2 ** 31;
  const found = await look(cluster, {
    selector: flags.selector,
    agents,
    namespaces,
    conductor: asIs || agents.length === 0 ? undefined : conductor,
    now,
  });
  const requests = { cpu: flags.cpu, memory: flags.memory };
  const choice = choose(found, { namespaces, perKind: flags.nodes ?? 1, seed, asIs, requests });
  const minutes = minutesOf(PROFILES[flags.profile], flags, chosenNodes(choice).length);
  if (chosenNodes(choice).length === 0) return { choice, minutes, namespaces };
  const plan = planOf(flags, choice, { seed, minutes, budget, id: idOf(now) });
  if (isRefused(choice) || flags.image === undefined) return { choice, plan, minutes, namespaces };
  return { choice: await tryOut(cluster, plan, choice, found.agents, found.pods), plan, minutes, namespaces };
};

/** Mistyped names, and what no node could do, are found here and not minutes later on a node. */
const refuseUnknown = async (context: CliContext, flags: BenchFlags): Promise<void> => {
  if (flags.agents !== undefined) chosenAgents(flags.agents, PROFILES[flags.profile], await context.agents());
  const all = await context.scenarios();
  const { workloads, tests } = namedTests(flags.scenarios, all);
  if (flags.asIs !== true) return;
  const isUsual = workloads === undefined && PROFILES[flags.profile].underLoad !== undefined;
  const named = (workloads ?? []).flatMap((id) => all.get(id) ?? []);
  refuseCost({ attach: [...(flags.agent ?? [])] }, named, tests !== undefined || isUsual);
};

/** The nodes do not have the file. */
const budgetText = async (context: CliContext, { budget }: BenchFlags): Promise<string | undefined> => {
  if (budget === undefined) return undefined;
  await readBudgets(context.host, budget, [...(await context.scenarios()).keys()]);
  return known(await context.host.readText(budget));
};

/** `20260101-120000-3f7a`. */
const idOf = (now: Date): string =>
  `${now.toISOString().replace(/\..*$/, "").replace(/[-:]/g, "").replace("T", "-")}-${randomBytes(2).toString("hex")}`;

/** A node without its agent in one go: a turn and its settling, however slow. */
const MAX_OFF_SECONDS = 1800;

interface Terms {
  readonly id: string;
  readonly seed: number;
  readonly minutes: Minutes;
  readonly budget: string | undefined;
}

const planOf = (flags: BenchFlags, choice: Choice, { seed, minutes, budget, id }: Terms): BenchPlan => {
  const { asIs = false, agent: agents = [] } = flags;
  return BenchPlan.parse({
    version: 1,
    bench: id,
    namespaces: namespacesOf(flags),
    // What has none yet is planned only.
    image: flags.image ?? "IMAGE",
    imagePullPolicy: flags.imagePullPolicy,
    imagePullSecrets: flags.imagePullSecret ?? [],
    nodes: chosenNodes(choice),
    agents: asIs ? [] : agents,
    off: { holdSeconds: flags.hold, maxSeconds: Math.max(MAX_OFF_SECONDS, flags.hold) },
    maxUnprotected: flags.maxUnprotected,
    node: {
      args: nodeArguments(flags, seed, minutes, budget),
      folders: flags.nodeFolder ?? [],
      deadlineSeconds: minutes.deadlineSeconds,
      requests: { cpu: flags.cpu, memory: flags.memory },
    },
    seed,
  });
};
