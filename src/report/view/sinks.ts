/** What each rung of an agent's export ladder costs, from an agent with nothing to report up to a reader that is too slow. */
import { comparableOf, keyOf } from "../../domain/condition.ts";
import { BASELINE } from "../../domain/plan.ts";
import type { RunView } from "../../domain/run-view.ts";
import { handsOutNothing, type Sink, type SinkRow, STATED_RATE } from "../../domain/sink.ts";
import { formatCost, formatCount, formatNumber, formatShare } from "../format.ts";
import { conditionsOf, groupsBy, operationTitle } from "../select.ts";
import type { Interval } from "../../domain/verdict.ts";
import type { Block, Cell, Section } from "./section.ts";
import * as say from "./section.ts";

const nameOf = (sink: Sink): string => {
  switch (sink) {
    case "idle":
      return "idle: nothing concerns it";
    case "loaded":
      return "a policy, none of its events";
    case "filtered":
      return "filtered in the kernel";
    case "none":
      return "read, to nothing";
    case "json-file":
      return "JSON to a file";
    case "text-file":
      return "text to a file";
    case "protobuf-file":
      return "protobuf to a file";
    case "journald":
      return "JSON to a journald of its own";
    case "json-socket":
      return "JSON to a socket";
    case "text-socket":
      return "text to a socket";
    case "grpc":
      return "gRPC, bytes taken";
    case "grpc-decoded":
      return "gRPC, printed as JSON";
    case "slow-reader":
      return "a socket, read slowly";
  }
};

type Rows = readonly [SinkRow, ...SinkRow[]];

/** As the table names it; what is not in the table is the baseline. */
const referenceOf = ({ reference }: SinkRow, rows: Rows): string =>
  reference === BASELINE
    ? BASELINE
    : (rows.flatMap(({ agent, sink }) => (agent === reference ? [nameOf(sink)] : []))[0] ?? reference);

const sinkTable = (rows: Rows): Block =>
  say.tableOf(
    `What each rung of ${rows[0].of} costs more than the one that it stands on, for each ${operationTitle(rows[0])}: mean over n blocks with its interval`,
    rows,
    [
      [say.key("its events go"), ({ sink }) => say.text(nameOf(sink))],
      [say.right("node CPU"), ({ difference }) => say.cost(difference, "ns/op")],
      ["more than", (row) => say.text(referenceOf(row, rows))],
      [say.right("of it in\nthe caller", 4), ({ parts }) => partCell(parts.caller)],
      [say.right("in the\nagent", 4), ({ parts }) => partCell(parts.agent)],
      [
        say.right("known to\ndiffer", 2),
        ({ known }) => (known === null ? say.absent("too few blocks") : say.text(known ? "yes" : "no")),
      ],
      [
        say.right("bytes an\nevent", 1),
        ({ bytes, sink }) => (bytes === null ? say.absent(unread(sink)) : say.level(bytes, "bytes/op")),
      ],
      [
        say.right(`GB a day at\n${formatCount(STATED_RATE)}/s`, 1),
        ({ gigabytesPerDay, sink }) =>
          gigabytesPerDay === null ? say.absent(unread(sink)) : say.figures(formatNumber(gigabytesPerDay)),
      ],
      [
        say.right("delivered", 2),
        ({ delivered }) =>
          delivered === null ? say.absent("not counted") : say.figures(formatShare(100 * delivered)),
      ],
      [say.right("n", 3), ({ blocks }) => say.count(blocks)],
      [{ title: "agent", on: ["page", "markdown"] }, ({ agent }) => say.agent(agent)],
    ],
  );

const partCell = (part: Interval | null): Cell =>
  part === null ? say.absent("not read") : say.cost(part, "ns/op");

const unread = (sink: Sink): string => (handsOutNothing(sink) ? "it hands out nothing" : "not read");

const sinkBlocks = (rows: Rows): readonly Block[] => [
  say.heading(`${rows[0].of}: ${operationTitle(rows[0])}`, conditionsOf(rows[0])),
  sinkTable(rows),
];

/** "+0.2 us [0.1, 0.3] (JSON to a file), ...". */
const costsOf = (rows: readonly SinkRow[]): string =>
  rows.map(({ sink, difference }) => `${formatCost(difference, "ns/op")} (${nameOf(sink)})`).join(", ");

/** "sensor, file-open / open: handing out an event costs the node +0.2 us [0.1, 0.3] (JSON to a file), ...". */
const sentence = (rows: Rows): string => {
  const [before, after] = [
    rows.filter(({ sink }) => handsOutNothing(sink)),
    rows.filter(({ sink }) => !handsOutNothing(sink)),
  ];
  const where = `${rows[0].of}, ${operationTitle(rows[0])}`;
  // The rung that hands out nothing is what all others of older runs are told against, and no rung of a ladder yet.
  const steps = before.length > 1 ? `; before that, each step costs ${costsOf(before)}` : "";
  return after.length === 0
    ? `${where}: each step costs the node ${costsOf(before)}.`
    : `${where}: handing out an event costs the node ${costsOf(after)}${steps}.`;
};

/** Absent where no variant without an export was measured beside another. */
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
          `Each rung is the same agent in the same blocks as the one that it stands on; the difference is what the step costs the whole node, a client that takes the events included. What of it is in the process that does the operation, and in the agent's own, is told for an operation, and nothing that others do is in it. Of what is not delivered nothing is told: where events are lost, a delivered one costs more. GB a day are those of ${formatCount(STATED_RATE)} events a second, as they are written, before any compression.`,
        ),
      ],
    },
  ];
};
