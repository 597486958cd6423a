/** What handing out events costs, by where they go. */
import { comparableOf, keyOf } from "../../domain/condition.ts";
import type { RunView } from "../../domain/run-view.ts";
import type { Sink, SinkRow } from "../../domain/sink.ts";
import { formatCost } from "../format.ts";
import { conditionsOf, groupsBy, operationTitle } from "../select.ts";
import type { Block, Section } from "./section.ts";
import * as say from "./section.ts";

const nameOf = (sink: Sink): string => {
  switch (sink) {
    case "none":
      return "nowhere";
    case "json-file":
      return "JSON to a file";
    case "protobuf-file":
      return "protobuf to a file";
    case "json-socket":
      return "JSON to a socket";
    case "grpc":
      return "gRPC, bytes taken";
    case "grpc-decoded":
      return "gRPC, printed as JSON";
  }
};

type Rows = readonly [SinkRow, ...SinkRow[]];

const sinkTable = (rows: Rows): Block =>
  say.tableOf(
    `What ${rows[0].of} costs more than ${rows[0].reference} for each ${operationTitle(rows[0])}: mean over n blocks with its interval`,
    rows,
    [
      [say.key("its events go"), ({ sink }) => say.text(nameOf(sink))],
      [say.right("node CPU"), ({ difference }) => say.cost(difference, "ns/op")],
      [
        say.right("known to\ndiffer", 2),
        ({ known }) => (known === null ? say.absent("too few blocks") : say.text(known ? "yes" : "no")),
      ],
      [
        say.right("bytes an\noperation", 1),
        ({ bytes }) => (bytes === null ? say.absent("not read") : say.level(bytes, "bytes/op")),
      ],
      [say.right("n", 3), ({ blocks }) => say.count(blocks)],
      [{ title: "agent", on: ["page", "markdown"] }, ({ agent }) => say.agent(agent)],
    ],
  );

const sinkBlocks = (rows: Rows): readonly Block[] => [
  say.heading(`${rows[0].of}: ${operationTitle(rows[0])}`, conditionsOf(rows[0])),
  sinkTable(rows),
];

/** "sensor, file-open / open: handing out an event costs the node +0.2 us [0.1, 0.3] (JSON to a file), ...". */
const sentence = (rows: Rows): string => {
  const costs = rows.map(({ sink, difference }) => `${formatCost(difference, "ns/op")} (${nameOf(sink)})`);
  return `${rows[0].of}, ${operationTitle(rows[0])}: handing out an event costs the node ${costs.join(", ")}.`;
};

/** Absent where no variant without an export was measured beside one with it. */
export const sinkSection = ({ sinks }: RunView): readonly Section[] => {
  const groups = groupsBy(sinks, (row) => `${row.of} ${keyOf(comparableOf(row))}`);
  if (groups.length === 0) return [];
  return [
    {
      id: "sinks",
      title: "What does the export cost?",
      short: "Export",
      blocks: [
        ...groups.map((rows) => say.lead(sentence(rows))),
        { kind: "groups", groups: groups.map(sinkBlocks) },
        say.note(
          "Each row is the same agent with the same rules as the one that hands out nothing; the difference is what writing, sending and taking its events costs the whole node, a client that takes them included.",
        ),
      ],
    },
  ];
};
