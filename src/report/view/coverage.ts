/** What agents do not see by design: of a scenario's techniques, and of whole scenarios. */
import { keyOf } from "../../domain/condition.ts";
import type { RunView } from "../../domain/run-view.ts";
import type { CoverageGap, PartlySeen, TechniqueCoverage } from "../../domain/verdict.ts";
import { formatCount, formatRange } from "../format.ts";
import { conditionsOf, groupsBy } from "../select.ts";
import { gapText } from "../words/coverage.ts";
import type { Block, Cell } from "./section.ts";
import * as say from "./section.ts";

const seenIn = (seen: PartlySeen): string => {
  const declared =
    seen.declaredLost === null || seen.declaredLost.high === 0
      ? ""
      : `, ${formatRange(seen.declaredLost)} declared lost`;
  return `${conditionsOf(seen)}: ${formatCount(seen.delivered)} of ${formatCount(seen.operations)} delivered${declared}, ${formatCount(seen.notAttributable)} not attributable`;
};

/** "not observed by design: why", with what was delivered where it sees a part. */
export const coverageText = ({ reason, seen }: CoverageGap): string => {
  switch (reason.kind) {
    case "by-design":
    case "not-run":
      return `not observed by design: ${gapText(reason)}`;
    case "not-counted":
      return gapText(reason);
    case "partly":
      return `not every event is observed by design: ${gapText(reason)} (${(seen ?? []).map(seenIn).join("; ")})`;
  }
};

export const coverageBlocks = ({ coverage }: RunView): readonly Block[] =>
  say.headed(
    "Not observed by design",
    say.tableOf(
      "Scenarios whose events an agent does not see, or not all of them: coverage, not loss. Where it sees some, it cannot be told whether what is missing was lost or never seen.",
      coverage,
      [
        ["agent", (gap) => say.agent(gap.agent)],
        ["scenario", ({ scenario }) => say.text(scenario)],
        [{ title: "what it does not see", terminal: "wrapped" }, (gap) => say.text(coverageText(gap))],
      ],
    ),
  );

const NOT_ASKED = "not observed by design";

const isMissed = ({ operations, delivered }: TechniqueCoverage): boolean =>
  delivered !== null && delivered < operations;

const seenCell = (row: TechniqueCoverage | undefined): Cell => {
  if (row === undefined || row.delivered === null) return say.absent(NOT_ASKED);
  const seen = `${formatCount(row.delivered)} of ${formatCount(row.operations)}`;
  return isMissed(row) ? say.alarm(seen) : say.figures(seen);
};

/** An agent a paragraph on a terminal: its columns would not fit. */
const inParagraphs = (rows: readonly TechniqueCoverage[]): Block => ({
  kind: "list",
  on: ["terminal"],
  items: [...Map.groupBy(rows, ({ agent }) => agent)].map(([agent, own]) => {
    const seen = own.flatMap((row) =>
      row.delivered === null
        ? []
        : [`${row.kind} ${formatCount(row.delivered)} of ${formatCount(row.operations)}`],
    );
    const unasked = own.filter(({ delivered }) => delivered === null).map(({ kind }) => kind);
    const parts = [
      ...say.when(seen.length > 0, seen.join(", ")),
      ...say.when(unasked.length > 0, `${NOT_ASKED}: ${unasked.join(", ")}`),
    ];
    return { agent, text: `${agent}: ${parts.join("; ")}`, isAlarm: own.some(isMissed) };
  }),
});

export const techniqueBlocks = ({ kinds }: RunView): readonly Block[] =>
  groupsBy(kinds, ({ scenario, load, placement }) => keyOf({ scenario, load, placement })).flatMap((rows) => {
    const [first] = rows;
    const techniques = [...new Set(rows.map(({ kind }) => kind))];
    return [
      say.heading(`${first.scenario} by technique`, conditionsOf(first)),
      {
        ...say.table(
          `Operations of ${first.scenario} (${conditionsOf(first)}) that each agent reported, by technique. A technique that happens inside a process is not observed by an agent that is asked for execs alone; that is coverage, not loss.`,
          ["agent", ...techniques.map((title) => say.right(title))],
          [...Map.groupBy(rows, ({ agent }) => agent)].map(([id, own]) => [
            say.agent(id),
            ...techniques.map((kind) => seenCell(own.find((row) => row.kind === kind))),
          ]),
        ),
        on: ["page", "markdown"],
      },
      inParagraphs(rows),
    ];
  });
