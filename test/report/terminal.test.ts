import { describe, expect, test } from "vitest";
import type { RunView } from "../../src/domain/run-view.ts";
import { formatCost, ratioOf } from "../../src/report/format.ts";
import { renderTerminal } from "../../src/report/terminal.ts";
import { displayWidth } from "../../src/report/width.ts";
import { hostileView } from "./support/hostile.ts";
import { buildView, withCalibration } from "./support/view-builder.ts";
import { AA_FAILURE } from "../support/check-failure.ts";

const plain = (view: RunView, columns = 80): string => renderTerminal(view, { columns, colour: false });
const linesOf = (text: string): readonly string[] => text.split("\n");

test("a run is told as it was agreed", async () => {
  await expect(plain(buildView())).toMatchFileSnapshot("../golden/report-terminal.txt");
});

test.each([60, 80, 100, 160])("every line fits %d columns", (columns) => {
  const wide = linesOf(plain(buildView(), columns)).filter((line) => displayWidth(line) > columns);
  expect(wide).toEqual([]);
});

test("columns that do not fit are named, and come back when there is room", () => {
  expect(plain(buildView(), 80)).toContain("not shown in 80 columns: agent CPU");
  const wide = plain(buildView(), 160);
  expect(wide).not.toContain("not shown");
});

describe("figures", () => {
  test("the cost, its interval and its ratio are those of the summary", () => {
    const view = buildView();
    const estimate = view.estimates.find((one) => one.agent === "auditd" && one.metric === "workload-cpu");
    if (estimate?.ratio == null) throw new Error("the builder makes a cost of auditd with a ratio");
    const [value = "", , range = ""] = formatCost(estimate.absolute, estimate.unit).split(/ (\S+) (?=\[)/);
    const row = linesOf(plain(view)).find((line) => line.startsWith("  auditd"));
    expect(row).toContain(`${value} ${range}`);
    expect(row).toContain(ratioOf(estimate.ratio).value);
    expect(row).toMatch(/ 12$/);
  });

  test("a missing figure is a dash with a note, never 0", () => {
    const view = buildView();
    const without: RunView = {
      ...view,
      estimates: view.estimates.filter((one) => one.agent !== "auditd" || one.scenario !== "process-exec"),
    };
    const row = linesOf(plain(without)).find((line) => line.startsWith("  auditd"));
    expect(row).toMatch(/^ {2}auditd( +-)+$/);
    expect(plain(without)).toContain("- no figure: no valid block");
  });

  test("a figure without an interval is marked as exploratory", () => {
    const text = plain(buildView({ blocks: 3 }));
    expect(linesOf(text).find((line) => line.startsWith("  auditd"))).toMatch(/\+1\d\d~ /);
    expect(text).toContain("~ exploratory: too few blocks for an interval");
    expect(text).not.toContain("95 % interval over n blocks");
  });

  test("an agent without a loss counter has dashes: what it declares and what is silent is unknown", () => {
    const row = linesOf(plain(buildView())).find(
      (line) => line.includes("opensnoop") && line.includes("17.40 %"),
    );
    expect(row).toMatch(/240\u202f000 +198\u202f240 +- +- +17\.40 % \[17\.25, 17\.55\]$/);
  });
});

test("skipped agents come with the reason and with what to do", () => {
  const text = plain(buildView());
  expect(text).toContain("  tetragon  the binary `tetragon` is not on this node");
  expect(text).toContain("      install it from its release page, or run: npm run tare -- setup tetragon");
});

test("without colour there is no escape sequence, even if an agent's name holds one", () => {
  const text = plain(hostileView());
  expect(["\u001b", "\u009b", "\u202e"].filter((sign) => text.includes(sign))).toEqual([]);
});

test("colour changes nothing but colour", () => {
  const coloured = renderTerminal(buildView(), { columns: 80, colour: true });
  expect(coloured).toContain("\u001b[31m");
  // oxlint-disable-next-line no-control-regex -- the escape sequences are what is removed
  expect(coloured.replaceAll(/\u001b\[\d+m/g, "")).toBe(plain(buildView()));
});

test("emulation is said, and nothing is judged", () => {
  const text = plain(buildView({ emulated: true }));
  expect(text).toContain("emulated: functional, no performance verdict");
  expect(text).toMatch(/no verdict on\s+performance is given/);
});

test("checks of a budget that share one reason tell it once, below the last of them", () => {
  const lines = linesOf(plain(buildView({ emulated: true })));
  const from = lines.findIndex((line) =>
    line.startsWith("  process-exec / exec (closed, pinned): Workload CPU"),
  );
  const to = lines.findIndex((line, index) => index > from && line.startsWith("  file-open"));
  const table = lines.slice(from + 1, to);
  expect(table).toHaveLength(6);
  expect(table.slice(0, 5).filter((line) => line.endsWith("invalid"))).toHaveLength(5);
  expect(table[5]).toBe("      emulated: functional, no performance verdict");
});

test("blocks that an inconclusive verdict needs stand in its row, or are named as not shown", () => {
  expect(plain(buildView())).toMatch(/inconclusive +needs 40 blocks\n/);
  expect(plain(buildView(), 60)).toContain("not shown in 60 columns: blocks needed");
});

describe("the self-checks", () => {
  const block = (view: RunView, columns?: number): string => {
    const text = plain(view, columns);
    const from = text.indexOf("Self-checks of the instrument");
    return text.slice(from, text.indexOf("\n\n", from));
  };

  test("is at most fourteen lines", () => {
    expect(linesOf(block(buildView())).length).toBeLessThanOrEqual(14);
  });

  test("says why no cost is judged", () => {
    const view = buildView();
    const failed = { ...view, selfChecks: { ...view.selfChecks, failures: [AA_FAILURE] } };
    expect(block(failed)).toContain("! No verdict on cost: A/A: the second baseline");
  });

  test("does not call what was not checked passed", () => {
    const view = buildView({ blocks: 3 });
    const unchecked = { ...view, selfChecks: { ...view.selfChecks, calibration: [], carryOver: [] } };
    const text = block(unchecked, 160);
    expect(text).toMatch(/A\/A +cannot tell +not made: 3 blocks, too few/);
    expect(text).toMatch(/known cost +cannot tell +not checked/);
    expect(text).toMatch(/carry-over +cannot tell/);
  });

  test("names contention, and the columns that it spoils", () => {
    const view = buildView();
    const { selfChecks } = view;
    const contended = {
      ...view,
      selfChecks: { ...selfChecks, noise: { ...selfChecks.noise, contended: true } },
    };
    expect(block(contended, 200)).toContain("the CPUs were contended: wall-clock figures are not valid");
    expect(plain(contended)).toContain("wall, p50, p99: not valid, the CPUs were contended");
    expect(plain(view)).not.toContain("contended");
  });
});

test("calibration agents stand in no table of sensors", () => {
  expect(plain(withCalibration(buildView()))).toBe(plain(buildView()));
});

test("a run that measured nothing is still told", () => {
  const empty: RunView = {
    ...buildView(),
    estimates: [],
    ledger: [],
    verdicts: [],
    coverage: [],
    warnings: [{ kind: "record-problem", line: 3, why: "no block ended" }],
  };
  const text = plain(empty);
  expect(text).toContain("No events were counted.");
  expect(text).toContain("No budget was declared");
  expect(text).toContain("- record line 3: no block ended");
});
