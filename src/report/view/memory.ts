/** What an agent occupies and what it writes. */
import type { RunView } from "../../domain/run-view.ts";
import { METRICS, type MetricId } from "../../domain/units.ts";
import { conditionsOf, find, groupsOf, operationTitle, testedAgents } from "../select.ts";
import { absoluteDrawing, type Plotted } from "./plots.ts";
import type { Row, Section } from "./section.ts";
import * as say from "./section.ts";

const DRAWN: readonly MetricId[] = ["agent-memory", "agent-memory-peak", "bpf-map-memory"];
const SHOWN: readonly MetricId[] = [...DRAWN, "output-volume"];

/** Each agent under the operation where it needed most: what a node must have room for. */
const largest = (view: RunView, metric: MetricId): readonly Plotted[] =>
  testedAgents(view).flatMap(({ id }) => {
    const [most] = view.estimates
      .filter((one) => one.agent === id && one.metric === metric)
      .toSorted((one, other) => other.absolute.value - one.absolute.value);
    return most === undefined ? [] : [{ estimate: most }];
  });

const rowsOf = (view: RunView): readonly Row[] =>
  testedAgents(view).flatMap(({ id }) =>
    groupsOf(view).flatMap((group) => {
      const found = SHOWN.map((metric) => find(group, id, metric));
      const blocks = found.flatMap((estimate) => estimate?.blocks ?? []);
      if (blocks.length === 0) return [];
      return [
        {
          cells: [
            say.agent(id),
            say.place(operationTitle(group), conditionsOf(group)),
            ...found.map((one) =>
              one === undefined ? say.absent("not measured here") : say.level(one.absolute, one.unit),
            ),
            say.count(Math.min(...blocks)),
          ],
        },
      ];
    }),
  );

export const memorySection = (view: RunView): Section => {
  const drawings = DRAWN.flatMap((metric) =>
    absoluteDrawing(view, largest(view, metric), {
      name: metric,
      where: "one row an agent, each under the operation where it is largest",
    }),
  );
  const rows = rowsOf(view);
  return {
    id: "memory",
    title: "Memory and output",
    short: "Memory",
    blocks: [
      say.note(
        "Memory is the proportional set size of the agent's processes: shared pages count by share. Memory of BPF maps belongs to the kernel; what an agent has mapped of it, as it does of a ring buffer, is in its own as well. The charts show each agent under the operation where it needed most.",
      ),
      drawings.length === 0 ? say.note("No memory was measured.") : say.charts(drawings),
      ...say.when(
        rows.length > 0,
        say.folding(
          say.table(
            "Memory and output of each agent: means over n blocks with intervals",
            [
              "agent",
              "operation",
              ...SHOWN.map((metric) => say.right(METRICS[metric].title)),
              say.right("n"),
            ],
            rows,
            "dense",
          ),
          { title: "Figures by operation" },
        ),
      ),
    ],
  };
};
