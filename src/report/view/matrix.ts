/** What each agent sees, tried: agent by technique, and the claims of data sheets that are wrong. */
import type { CoverageMatrix, MatrixCell } from "../../domain/coverage-matrix.ts";
import type { RunView } from "../../domain/run-view.ts";
import { GROUPS } from "../../domain/technique.ts";
import { techniqueOf } from "../../domain/techniques/all.ts";
import { unmeasuredText } from "../words/failures.ts";
import { claimedText, matrixText, toldSign, toldText, wrongClaims } from "../words/matrix.ts";
import type { Block, Cell, Column, Row, Section } from "./section.ts";
import * as say from "./section.ts";

/** One that an older tare tried and this one does not know has its id alone. */
const titleOf = (id: string): string => techniqueOf(id)?.title ?? id;
const groupOf = (id: string): string => {
  const technique = techniqueOf(id);
  return technique === undefined ? "Others" : GROUPS[technique.group];
};

const skippedWhy = ({ skipped }: CoverageMatrix, agent: string, technique: string): string =>
  skipped.find((one) => one.technique === technique && one.agents.includes(agent))?.reason ?? "not tried";

const toldCell = (cell: MatrixCell): Cell => {
  switch (cell.told) {
    case "right":
      return say.badge("within", toldText(cell));
    case "otherwise":
      return say.badge("inconclusive", toldText(cell));
    case "nothing":
      return say.text(toldText(cell));
    case "sometimes":
      return say.alarm(toldText(cell));
  }
};

const withClaim = (cell: MatrixCell): Cell =>
  cell.holds === false
    ? say.pair(toldCell(cell), say.alarm(`claimed: ${claimedText(cell)}`))
    : toldCell(cell);

interface Placed {
  readonly id: string;
  readonly cellOf: (agent: string) => MatrixCell | undefined;
}

const placed = ({ techniques, cells }: CoverageMatrix): readonly Placed[] => {
  const at = new Map(cells.map((cell) => [`${cell.technique} ${cell.agent}`, cell]));
  return techniques
    .filter((id) => cells.some(({ technique }) => technique === id))
    .map((id) => ({ id, cellOf: (agent) => at.get(`${id} ${agent}`) }));
};

const wholeTable = (matrix: CoverageMatrix): Block => {
  const columns: readonly (Column | string)[] = [
    "technique",
    "how",
    ...matrix.agents.map((agent) => ({ title: agent, agent })),
  ];
  const rows = placed(matrix).map(({ id, cellOf }): Row => [
    say.pair(say.text(titleOf(id)), say.text(id)),
    say.text(techniqueOf(id)?.how ?? ""),
    ...matrix.agents.map((agent) => {
      const cell = cellOf(agent);
      return cell === undefined ? say.absent(skippedWhy(matrix, agent, id)) : withClaim(cell);
    }),
  ]);
  return {
    ...say.table("What each agent told of each technique", columns, rows, "matrix"),
    on: ["page", "markdown"],
  };
};

const letterOf = (index: number): string => String.fromCharCode("A".charCodeAt(0) + index);

/** So many columns fit beside the techniques in 80. */
const MAX_LETTERS = 14;

/** A letter an agent: their names would not fit. */
const narrowTables = (matrix: CoverageMatrix): readonly Block[] => {
  const parts = Array.from({ length: Math.ceil(matrix.agents.length / MAX_LETTERS) }, (_, part) =>
    matrix.agents.slice(part * MAX_LETTERS, (part + 1) * MAX_LETTERS),
  );
  return parts.flatMap((agents, part): readonly Block[] => [
    {
      kind: "list",
      on: ["terminal"],
      items: agents.map((agent, index) => ({
        agent,
        text: `${letterOf(part * MAX_LETTERS + index)} ${agent}`,
      })),
    },
    {
      ...say.table(
        "What each agent told of each technique",
        [
          { title: "group", terminal: "above" },
          "technique",
          ...agents.map((agent, index) => ({ title: letterOf(part * MAX_LETTERS + index), agent })),
        ],
        placed(matrix).map(({ id, cellOf }): Row => [
          say.text(groupOf(id)),
          say.text(id),
          ...agents.map((agent) => signCell(cellOf(agent))),
        ]),
      ),
      on: ["terminal"],
    },
  ]);
};

const signCell = (cell: MatrixCell | undefined): Cell => {
  if (cell === undefined) return say.text("x");
  return cell.holds === false ? say.alarm(`${toldSign(cell)}!`) : say.text(toldSign(cell));
};

const LEGEND =
  "+ seen with the right process and object; ~ seen with a wrong or a relative one, or without; - not seen; ? seen some of the times; x not tried; ! not as the data sheet claims";

const wrongTable = (matrix: CoverageMatrix): readonly Block[] =>
  say.headed(
    "Claims that are wrong",
    say.tableOf("What the data sheet claims, and what was told", wrongClaims(matrix), [
      [say.key("agent"), ({ agent }) => say.agent(agent)],
      ["technique", ({ technique }) => say.text(technique)],
      ["claimed", (cell) => say.text(claimedText(cell))],
      ["told", (cell) => say.alarm(toldText(cell))],
      [{ title: "for example", terminal: "below" }, ({ example }) => exampleCell(example)],
      [
        { title: "the claim", terminal: "below", on: ["page", "markdown"] },
        ({ claim }) => (claim === null ? say.absent("no claim of its own") : say.text(claim)),
      ],
    ]),
  );

const exampleCell = (example: string | null): Cell =>
  example === null ? say.absent("no report") : { kind: "code", text: example, folds: true };

const examples = ({ cells }: CoverageMatrix): readonly Block[] => {
  const otherwise = cells.filter(({ example }) => example !== null);
  return say.when<Block>(otherwise.length > 0, {
    kind: "folded",
    title: "How agents told of what they saw partly",
    blocks: [
      say.tableOf(
        "The first report of each technique that named a wrong or a relative object or process",
        otherwise,
        [
          ["agent", ({ agent }) => say.agent(agent)],
          ["technique", ({ technique }) => say.text(technique)],
          ["report", ({ example }) => exampleCell(example)],
        ],
      ),
    ],
  });
};

const notTried = ({ skipped, agents }: CoverageMatrix): readonly Block[] =>
  say.headed(
    "Techniques that could not be tried here",
    say.tableOf("Techniques that could not be tried, and why", skipped, [
      ["technique", ({ technique }) => say.text(technique)],
      [
        { title: "under", on: ["page", "markdown"] },
        (one) => say.text(one.agents.length === agents.length ? "every agent" : one.agents.join(", ")),
      ],
      [{ title: "why", terminal: "wrapped" }, ({ reason }) => say.text(reason)],
    ]),
  );

const withoutResult = ({ untried, leftovers }: CoverageMatrix): readonly Block[] =>
  say.when<Block>(untried.length + leftovers.length > 0, {
    kind: "list",
    items: [
      ...untried.map(({ agent, outcome }) => ({
        agent,
        text: `${agent} was not tried: ${unmeasuredText(outcome, "")}`,
        isAlarm: outcome.kind === "failed",
      })),
      ...leftovers.map(({ agent, what }) => ({
        agent,
        text: `${agent} left on the node: ${what.join("; ")}`,
        isAlarm: true,
      })),
    ],
  });

const whatWasTold = (matrix: CoverageMatrix): readonly Block[] => [
  {
    ...say.note(
      "Each technique is one way of doing something that sensors watch, done ten times without load by processes of their own. Seen: every report names the process that did it and the object that it was done to. Partly: a report names a wrong or a relative one, or none. Each agent is set up as it is where its cost is measured, so that what it was not asked for is not seen. An agent may be cheap because it looks away: read this beside its cost. Neither is divided by the other.",
    ),
    on: ["page", "markdown"],
  },
  wholeTable(matrix),
  ...narrowTables(matrix),
  { ...say.note(LEGEND), on: ["terminal"] },
  ...wrongTable(matrix),
  ...examples(matrix),
  ...notTried(matrix),
];

/** Nothing where nothing was to be tried. */
export const matrixSection = ({ matrix }: RunView): readonly Section[] => {
  if (matrix === undefined) return [];
  const wrong = wrongClaims(matrix).length;
  return [
    {
      id: "seen",
      title: "What each agent sees, tried",
      short: "Seen",
      blocks: [
        wrong === 0 ? say.lead(matrixText(matrix)) : say.banner(matrixText(matrix), true),
        ...(matrix.cells.length === 0 ? [] : whatWasTold(matrix)),
        ...withoutResult(matrix),
      ],
    },
  ];
};
