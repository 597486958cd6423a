/** Nodes of a cluster that its bench did not measure. */
import type { FleetBench } from "../../domain/bench-file.ts";
import { leftOutText, missingText } from "../words/fleet.ts";
import type { Block } from "./section.ts";
import * as say from "./section.ts";

/** What the records of a cluster's bench say nothing of. */
export const notBenched = (bench: FleetBench): readonly Block[] => {
  const kindOf = (kind: number): string => bench.kinds[kind]?.name ?? "";
  const rows = [
    ...bench.missing.map((one) => ({ kind: one.kind, nodes: one.node, count: 1, why: missingText(one) })),
    ...bench.leftOut.map((one) => ({
      kind: one.kind,
      nodes: namesText(one),
      count: one.count,
      why: leftOutText(bench, one),
    })),
  ];
  return [
    say.heading(`Of the cluster's nodes (bench ${bench.bench})`),
    say.tableOf(
      "Kinds of node in the cluster, and how many of each were drawn",
      [...bench.kinds.entries()],
      [
        ["kind", ([, { name }]) => say.text(name)],
        [say.right("nodes"), ([, { nodes }]) => say.count(nodes)],
        [say.right("fit"), ([, { fit }]) => say.count(fit)],
        [say.right("drawn"), ([, { drawn }]) => say.count(drawn)],
        [
          say.right("measured"),
          ([kind, { drawn }]) => {
            const measured = drawn - bench.missing.filter((one) => one.kind === kind).length;
            return measured === 0 ? say.alarm("none") : say.count(measured);
          },
        ],
      ],
    ),
    ...say.when(
      rows.length > 0,
      say.folding(
        say.tableOf("Nodes that were not measured, and why", rows, [
          ["node", ({ nodes }) => say.text(nodes)],
          [say.right("nodes"), ({ count }) => say.count(count)],
          ["kind", ({ kind }) => say.text(kindOf(kind))],
          ["why", ({ why }) => say.text(why)],
        ]),
      ),
    ),
  ];
};

const MAX_NAMED = 12;

const namesText = ({ nodes, count }: FleetBench["leftOut"][number]): string => {
  const named = nodes.slice(0, count > MAX_NAMED ? MAX_NAMED - 1 : MAX_NAMED);
  const more = count - named.length;
  return [...named, ...(more === 0 ? [] : [`${more} more`])].join(", ");
};
