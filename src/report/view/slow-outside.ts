/** What each agent does when what is outside of it is slow, stands still or is full: does it block, drop, or grow? */
import type { BackpressureRow, ForcedOverflow } from "../../domain/backpressure.ts";
import type { Outside } from "../../domain/plan.ts";
import { formatBytes, formatCount } from "../format.ts";
import { groupsBy } from "../select.ts";
import { hasGrown } from "../words/backpressure.ts";
import { unmeasuredText } from "../words/failures.ts";
import type { Block, Cell } from "./section.ts";
import * as say from "./section.ts";

export type OutsideRow = BackpressureRow & { readonly outside: Outside };

export const isOutside = (row: BackpressureRow): row is OutsideRow => row.outside !== null;

const outsideTitle = (outside: Outside): string => {
  switch (outside) {
    case "reader-stopped":
      return "reader stopped";
    case "disk-slow":
      return "disk slow";
    case "disk-full":
      return "disk full";
    case "peer-slow":
      return "peer slow";
    case "peer-stopped":
      return "peer stopped";
  }
};

const behaviourTitle = (forced: ForcedOverflow): string => {
  switch (forced.behaviour) {
    case "keeps-up":
      return hasGrown(forced) ? "grows" : "holds";
    case "drops":
      return hasGrown(forced) ? "drops, grows" : "drops";
    case "blocks":
      return hasGrown(forced) ? "blocks, grows" : "blocks";
    case "blocks-and-drops":
      return hasGrown(forced) ? "blocks, drops, grows" : "blocks, drops";
  }
};

/** That it ends of it is an answer, too. */
const answerCell = ({ forced, notForced, contradiction }: OutsideRow): Cell => {
  if (forced !== null)
    return contradiction === null ? say.text(behaviourTitle(forced)) : say.alarm(behaviourTitle(forced));
  return say.alarm(notForced?.kind === "failed" && notForced.cause === "crashed" ? "ends" : "failed");
};

const figureCells = ({ forced, notForced }: OutsideRow): readonly Cell[] => {
  if (forced === null)
    return Array.from({ length: 5 }, () =>
      say.absent(notForced === null ? "not tried" : unmeasuredText(notForced, "")),
    );
  const { operations, delivered, declaredLost, silentLost, longestStallMs, grownBytes } = forced;
  return [
    say.figures(`${formatCount(operations - delivered)} of ${formatCount(operations)}`),
    say.rangeOr(declaredLost, "no counter could be read"),
    say.rangeOr(silentLost, "without a counter, or where not every event is seen, it cannot be told", true),
    say.value(longestStallMs * 1e6, "ns"),
    grownBytes === null ? say.absent("no cgroup tells it") : say.figures(formatBytes(grownBytes)),
  ];
};

/** What concerns several agents alike is said once. */
const notTried = (rows: readonly OutsideRow[]): readonly string[] => {
  const skipped = rows.flatMap((row) =>
    row.notForced?.kind === "skipped" ? [{ ...row, reason: row.notForced.reason }] : [],
  );
  return groupsBy(skipped, ({ outside, reason }) => `${outside} ${reason}`).map((alike) => {
    const [{ outside, reason }] = alike;
    return `Not tried, ${outsideTitle(outside)}: ${reason} (${alike.map(({ agent }) => agent).join(", ")}).`;
  });
};

export const slowOutsideBlocks = (rows: readonly OutsideRow[]): readonly Block[] => {
  if (rows.length === 0) return [];
  const tried = rows.filter(({ notForced }) => notForced?.kind !== "skipped");
  const left = notTried(rows);
  return [
    say.heading("Slow outside", "no part of any cost"),
    say.onPage(
      say.note(
        "The same with what is outside of an agent in place of the agent: who reads what it prints is stopped; the disk that it writes to takes 2 MiB a second with every write waiting for it, or nothing; the process at the other end of its socket runs for a tenth of the time, or not at all. It holds what comes meanwhile, drops it, makes the workload wait (blocks), or needs more and more memory (grows, from 1 MiB on). What was slow is put right when the workload is done, or stands still.",
      ),
    ),
    ...say.when(
      tried.length > 0,
      say.table(
        "What each agent does when what is outside of it is slow: what was lost, what the agent declared of it, how long an operation had to wait, and by how much the agent's memory grew",
        [
          say.key("agent"),
          "outside",
          "answer",
          say.right("lost"),
          say.right("declared", 4),
          say.right("silent", 1),
          say.right("longest wait", 3),
          say.right("grown by", 2),
        ],
        tried.map((row) => [
          say.agent(row.agent),
          say.text(outsideTitle(row.outside)),
          answerCell(row),
          ...figureCells(row),
        ]),
      ),
    ),
    ...say.when(left.length > 0, say.list(left)),
  ];
};
