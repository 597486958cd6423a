/** Which of a team's rules is dear: each alone, and all of them together. */
import { comparableOf, keyOf } from "../../domain/condition.ts";
import type { RunView } from "../../domain/run-view.ts";
import type { PolicyRow } from "../../domain/team-policy.ts";
import { formatCost } from "../format.ts";
import { figure } from "../words/figures.ts";
import { conditionsOf, groupsBy, operationTitle } from "../select.ts";
import type { Block, Cell, Section } from "./section.ts";
import * as say from "./section.ts";

const nameOf = ({ part, rule }: PolicyRow): string => {
  switch (part) {
    case "all":
      return "all together";
    case "rule":
      return rule ?? "";
    case "none":
      return "no rule";
  }
};

const eventCell = ({ events }: PolicyRow): Cell =>
  events === null
    ? say.absent("its events could not be counted")
    : say.figures(roundedEvents(events.perOperation));

/** Three digits are more than other programs' events leave certain. */
const roundedEvents = (perOperation: number): string => figure(Number(perOperation.toPrecision(3)));

const costCell = (cost: PolicyRow["cost"]): Cell =>
  cost === null ? say.absent("not measured") : say.cost(cost, "ns/op");

const ruleTable = (rows: readonly [PolicyRow, ...PolicyRow[]]): Block =>
  say.tableOf(
    `Rules of ${rows[0].of} by what they cost ${operationTitle(rows[0])}: mean over n blocks with its interval`,
    rows,
    [
      [say.key("rule"), (row) => say.text(nameOf(row))],
      [say.right("node CPU"), ({ cost }) => costCell(cost)],
      [say.right("workload's\npart", 2), ({ workloadCost }) => costCell(workloadCost)],
      [say.right("events\nan operation", 1), eventCell],
      [say.right("n", 3), ({ blocks }) => say.count(blocks)],
      [{ title: "agent", on: ["page", "markdown"] }, ({ agent }) => say.agent(agent)],
    ],
  );

const groupBlocks = (rows: readonly [PolicyRow, ...PolicyRow[]]): readonly Block[] => [
  say.heading(`${rows[0].of}: ${operationTitle(rows[0])}`, conditionsOf(rows[0])),
  ruleTable(rows),
];

type Rule = PolicyRow & { readonly rule: string; readonly cost: NonNullable<PolicyRow["cost"]> };

const isRule = (row: PolicyRow): row is Rule => row.part === "rule" && row.rule !== null && row.cost !== null;

/** Whether the two are known to differ, jointly with all other pairs of agents. */
const isKnownApart = ({ pairs }: RunView, one: Rule, other: Rule): boolean =>
  pairs.some(
    (pair) =>
      pair.known === true &&
      keyOf(comparableOf(pair)) === keyOf(comparableOf(one)) &&
      [pair.cheaper, pair.dearer].includes(one.agent) &&
      [pair.cheaper, pair.dearer].includes(other.agent),
  );

/** "file-open / open (+2.1 us [2.0, 2.2])"; undefined where no rule is known to cost anything. */
const dearestOf = (
  view: RunView,
  rows: readonly PolicyRow[],
): { readonly rule: Rule; readonly text: string } | undefined => {
  const [rule, next] = rows.filter(isRule);
  if (rule === undefined || (rule.cost.low ?? 0) <= 0) return undefined;
  const doubt =
    next === undefined || isKnownApart(view, rule, next) ? "" : `, not known to be dearer than ${next.rule}`;
  return { rule, text: `${operationTitle(rule)} (${formatCost(rule.cost, "ns/op")}${doubt})` };
};

/** Of each agent and each rule that is the dearest of some operation, a sentence. */
const dearestSentences = (view: RunView, groups: readonly (readonly PolicyRow[])[]): readonly string[] => {
  const found = groups.flatMap((rows) => dearestOf(view, rows) ?? []);
  const named = groupsBy(found, ({ rule }) => rule.agent).map(
    (of) =>
      `${of[0].rule.of}: ${of[0].rule.rule} is the dearest rule for ${of.map(({ text }) => text).join(", ")}.`,
  );
  const agents = new Set(groups.flatMap((rows) => rows.filter(isRule).map(({ of }) => of)));
  const without = [...agents].filter((of) => found.every(({ rule }) => rule.of !== of));
  return [...named, ...without.map((of) => `${of}: no rule is known to cost anything.`)];
};

/** Absent where no team brought a policy. */
export const policySection = (view: RunView): readonly Section[] => {
  const { policies } = view;
  if (policies.length === 0) return [];
  const groups = groupsBy(policies, (row) => `${row.of} ${keyOf({ ...row, agent: "" })}`);
  return [
    {
      id: "policies",
      title: "Which rule is dear?",
      short: "Rules",
      blocks: [
        ...dearestSentences(view, groups).map((text) => say.lead(text)),
        { kind: "groups", groups: groups.map(groupBlocks) },
        say.note(
          "Node CPU: of an operation, above the node without the agent; the workload's part is what the operation itself took longer. Events: those that the agent wrote, of whichever program, median over the trials.",
        ),
        ...say.when(
          policies.some(isRule),
          say.note(
            "Each row is a run of the agent with that rule alone, so that what the agent costs by itself (no rule, where it can be told) is in every row; the rows do not add up to all together.",
          ),
        ),
      ],
    },
  ];
};
