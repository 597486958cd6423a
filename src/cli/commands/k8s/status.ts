/** `tare k8s status`: which benches there are, and how far each node is. */
import { Command } from "commander";
import { EXIT, TareError } from "../../../domain/errors.ts";
import { findBenches, type FoundBench } from "../../../k8s/bench/find.ts";
import { isEnded, type NodeState, stateOf } from "../../../k8s/bench/state.ts";
import { withReasons } from "../../../k8s/bench/unmade.ts";
import { isClusterError } from "../../../k8s/cluster.ts";
import { AGENT } from "../../../k8s/objects/labels.ts";
import { readNodeLine } from "../../../k8s/node/lines.ts";
import type { UserCluster } from "../../../k8s/user-cluster.ts";
import { formatNumberOf } from "../../../report/format.ts";
import { layOut } from "../../../report/text-table.ts";
import type { CliContext } from "../../context.ts";
import { exitsWith } from "../../exit-code.ts";
import { addClusterFlags, type ClusterFlags, connect, namespacesOf, withCluster } from "../../k8s/connect.ts";
import { blocksText, createProgress } from "../../k8s/progress.ts";
import { worded } from "../../screen.ts";

interface StatusFlags extends ClusterFlags {
  readonly json?: boolean;
}

export const statusCommand = (context: CliContext): Command =>
  addClusterFlags(new Command("status"))
    .description("the benches of a cluster, or how far the nodes of one are")
    .argument("[bench]", "as `tare k8s run` names it")
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action(
      exitsWith((bench: string | undefined, flags: StatusFlags) =>
        withCluster(() => status(context, bench, flags)),
      ),
    );

const HELP = `
Examples:
  tare k8s status
  tare k8s status 20260101-120000-3f7a --context production`;

const status = async (context: CliContext, id: string | undefined, flags: StatusFlags): Promise<number> => {
  const cluster = await connect(flags);
  const benches = await findBenches(cluster, namespacesOf(flags), id);
  if (id === undefined) {
    context.screen.result(
      worded(flags.json, benches.map(summaryOf), () => listText(benches, context.screen.columns)),
    );
    return EXIT.withinBudget;
  }
  const [found] = benches;
  if (found === undefined) throw noSuchBench(id);
  const bench = await withReasons(cluster, found);
  const nodes = await Promise.all(
    bench.nodes.map(async ({ name, job, pod, unmade }) => {
      const state = stateOf(job, pod, unmade);
      const isBegun = state.kind !== "starting" && pod?.metadata?.name !== undefined;
      const blocks = isBegun
        ? await blocksOf(cluster, pod.metadata?.namespace ?? "", pod.metadata?.name ?? "")
        : undefined;
      return { node: name, state, blocks };
    }),
  );
  const told = { ...summaryOf(bench), nodes, holds: holdsOf(bench) };
  context.screen.result(
    worded(flags.json, told, () => {
      const { header, rows } = layOut(
        [
          { header: ["node"], isRight: false, expendable: 0, cells: nodes.map(({ node }) => node) },
          {
            header: ["state"],
            isRight: false,
            expendable: 0,
            cells: nodes.map(({ state, blocks }) => stateText(state, blocks)),
          },
        ],
        context.screen.columns,
      );
      return [
        ...header,
        ...rows,
        ...holdsOf(bench).map(({ node, agent }) => `${agent} is kept off ${node}`),
      ].join("\n");
    }),
  );
  return EXIT.withinBudget;
};

export const noSuchBench = (id: string): TareError =>
  new TareError(
    "usage",
    `no bench ${id} in this cluster and namespace`,
    "`tare k8s status` lists those that are there; the cluster keeps them for a day after their end",
  );

const holdsOf = ({ holds }: FoundBench): readonly { readonly node: string; readonly agent: string }[] =>
  holds
    .filter(({ status }) => status?.phase === "Running" || status?.phase === "Pending")
    .map(({ metadata, spec }) => ({
      node: spec?.nodeName ?? "",
      agent: metadata?.annotations?.[AGENT] ?? "",
    }));

const isActive = ({ nodes, conductor }: FoundBench): boolean =>
  nodes.some(({ job }) => !isEnded(job)) || (conductor !== undefined && !isEnded(conductor));

const summaryOf = (bench: FoundBench) => {
  const ended = bench.nodes.filter(({ job }) => isEnded(job)).length;
  return {
    bench: bench.id,
    active: isActive(bench),
    ended,
    of: bench.nodes.length,
    away: holdsOf(bench).length,
  };
};

const listText = (benches: readonly FoundBench[], columns: number): string => {
  if (benches.length === 0) return "no bench is in this cluster and namespace";
  const all = benches.map(summaryOf);
  const { header, rows } = layOut(
    [
      { header: ["bench"], isRight: false, expendable: 0, cells: all.map(({ bench }) => bench) },
      {
        header: ["state"],
        isRight: false,
        expendable: 0,
        cells: all.map(({ active }) => (active ? "goes on" : "over")),
      },
      {
        header: ["nodes done"],
        isRight: true,
        expendable: 0,
        cells: all.map((one) => `${one.ended} of ${one.of}`),
      },
      { header: ["agents off"], isRight: true, expendable: 1, cells: all.map(({ away }) => String(away)) },
    ],
    columns,
  );
  return [...header, ...rows].join("\n");
};

interface Blocks {
  readonly done: number;
  readonly planned: number;
}

/** By what of its log is still there. */
const blocksOf = async (
  cluster: UserCluster,
  namespace: string,
  pod: string,
): Promise<Blocks | undefined> => {
  const progress = createProgress(() => 0, undefined);
  try {
    for await (const text of cluster.followLog(namespace, pod, { follow: false })) {
      const line = readNodeLine(text);
      if (line.kind === "lines") progress.hear(pod, { kind: "record", texts: line.lines });
    }
  } catch (error) {
    if (!isClusterError(error)) throw error;
  }
  const { blocks, planned } = progress.of(pod);
  return planned === undefined ? undefined : { done: blocks, planned };
};

const stateText = (state: NodeState, blocks: Blocks | undefined): string => {
  switch (state.kind) {
    case "starting":
      return state.why === undefined ? "starting" : `not begun: ${state.why}`;
    case "running":
      return blocks === undefined ? "preparing" : blocksText(blocks.done, blocks.planned);
    case "done":
      return `done${blocks === undefined ? "" : `, ${formatNumberOf(blocks.done, "block")}`}`;
    case "interrupted":
      return `interrupted: ${state.why}`;
  }
};
