/** Which of a team's rules is dear: each alone, and all of them together. */
import { comparableOf, keyOf } from "../../domain/condition.ts";
import type { Interval } from "../../domain/reason.ts";
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
      [say.right("agent's\npart", 3), ({ agentCost }) => costCell(agentCost)],
      [say.right("events\nan operation", 1), eventCell],
      [say.right("n", 4), ({ blocks }) => say.count(blocks)],
      [{ title: "agent", on: ["page", "markdown"] }, ({ agent }) => say.agent(agent)],
    ],
  );

const groupBlocks = (rows: readonly [PolicyRow, ...PolicyRow[]]): readonly Block[] => [
  say.heading(`${rows[0].of}: ${operationTitle(rows[0])}`, conditionsOf(rows[0])),
  ruleTable(rows),
];

/** The sharper one first. */
const PARTS = [
  { cost: "workloadCost", of: " of what the operation itself takes longer" },
  { cost: "agentCost", of: " of what the agent itself takes" },
] as const;

interface Rule {
  readonly row: PolicyRow & { readonly rule: string };
  readonly cost: Interval;
}

const isRule = (row: PolicyRow): row is Rule["row"] => row.part === "rule" && row.rule !== null;

/** The dearest first. */
const rulesBy = (rows: readonly PolicyRow[], key: "cost" | (typeof PARTS)[number]["cost"]): readonly Rule[] =>
  rows
    .filter(isRule)
    .flatMap((row) => (row[key] === null ? [] : [{ row, cost: row[key] }]))
    .toSorted((a, b) => b.cost.value - a.cost.value);

/** Whether the two are known to differ as a whole, jointly with all other pairs of agents. */
const isKnownApart = ({ pairs }: RunView, one: Rule, other: Rule): boolean =>
  pairs.some(
    (pair) =>
      pair.known === true &&
      keyOf(comparableOf(pair)) === keyOf(comparableOf(one.row)) &&
      [pair.cheaper, pair.dearer].includes(one.row.agent) &&
      [pair.cheaper, pair.dearer].includes(other.row.agent),
  );

interface Dearest {
  readonly rule: Rule["row"];
  readonly text: string;
}

const dearestText = ({ row, cost }: Rule, more: string): Dearest => ({
  rule: row,
  text: `${operationTitle(row)} (${formatCost(cost, "ns/op")}${more})`,
});

const dearestAsWhole = (view: RunView, rows: readonly PolicyRow[]): Dearest | undefined => {
  const [rule, next] = rulesBy(rows, "cost");
  if (rule === undefined || (rule.cost.low ?? 0) <= 0) return undefined;
  const isSure = next === undefined || isKnownApart(view, rule, next);
  return dearestText(rule, isSure ? "" : `, not known to be dearer than ${next.row.rule}`);
};

/** On a busy node a part is often known where the whole is not. Named is a rule whose part lies above every other's, and above that of no rule. */
const dearestByPart = (rows: readonly PolicyRow[]): Dearest | undefined => {
  for (const { cost: key, of } of PARTS) {
    const [rule, next] = rulesBy(rows, key);
    const others = [next?.cost, rows.find(({ part }) => part === "none")?.[key], { high: 0 }];
    const low = rule?.cost.low ?? null;
    if (rule === undefined || low === null) continue;
    if (others.every((other) => other === undefined || (other !== null && low > (other.high ?? Infinity))))
      return dearestText(rule, of);
  }
  return undefined;
};

/** "file-open / open (+2.1 us [2.0, 2.2])"; undefined where no rule is known to be dear. */
const dearestOf = (view: RunView, rows: readonly PolicyRow[]): Dearest | undefined =>
  dearestAsWhole(view, rows) ?? dearestByPart(rows);

/** Of each agent and each rule that is the dearest of some operation, a sentence. */
const dearestSentences = (view: RunView, groups: readonly (readonly PolicyRow[])[]): readonly string[] => {
  const found = groups.flatMap((rows) => dearestOf(view, rows) ?? []);
  const named = groupsBy(found, ({ rule }) => rule.agent).map(
    (of) =>
      `${of[0].rule.of}: ${of[0].rule.rule} is the dearest rule for ${of.map(({ text }) => text).join(", ")}.`,
  );
  const agents = new Set(groups.flatMap((rows) => rows.filter(isRule).map(({ of }) => of)));
  const without = [...agents].filter((of) => found.every(({ rule }) => rule.of !== of));
  return [...named, ...without.map((of) => `${of}: which rule is dear is not known.`)];
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
          "Node CPU: of an operation, above the node without the agent; the workload's part is what the operation itself took longer, the agent's what its own processes took. Events: those that the agent wrote, of whichever program, median over the trials.",
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
