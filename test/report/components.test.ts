import { expect, test } from "vitest";
import type { VarianceComponents } from "../../src/domain/components.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import { renderTerminal } from "../../src/report/terminal.ts";
import { buildView } from "./support/view-builder.ts";

const COMPONENTS: VarianceComponents = {
  scenario: "file-open",
  operation: "open",
  load: "closed",
  placement: "pinned",
  of: "baseline",
  metric: "workload-cpu",
  processes: { sd: { value: 5.61, low: 5.02, high: 6.33 }, n: 96 },
  turns: { sd: { value: 1.2, low: 0, high: 2.9 }, n: 11 },
  blocks: { sd: { value: 3.4, low: 1.9, high: 6.8 }, n: 11 },
  secondsPerProcess: 0.021,
  secondsPerTurn: 0.52,
  processesPerTurn: 5,
  bestProcessesPerTurn: 23,
};

test("each component has its interval and its n, and the best number stands beside the present one", () => {
  const text = renderTerminal({ ...buildView(), components: [COMPONENTS] }, { columns: 250, colour: false });
  expect(text).toContain("What the interval is made of");
  for (const part of ["5.6 % [5.0, 6.3]", "1.2 % [0.0, 2.9]", "n = 96", "n = 11", "21 ms", "520 ms", "23"]) {
    expect(text).toContain(part);
  }
});

test("an old record, whose turns had one process, says that processes cannot be told from turns", () => {
  const old = { ...COMPONENTS, processes: null, secondsPerProcess: null, bestProcessesPerTurn: null };
  const text = renderMarkdown({ ...buildView(), components: [old] });
  expect(text).toContain("cannot be told from that between turns");
});

test("a record of one block says what is missing", () => {
  const one = { ...COMPONENTS, turns: null, blocks: null };
  expect(renderMarkdown({ ...buildView(), components: [one] })).toContain("needs two whole blocks");
});

test("the terminal has the table without the explanation", () => {
  const text = renderTerminal({ ...buildView(), components: [COMPONENTS] }, { columns: 200, colour: false });
  expect(text).toContain("between processes");
  expect(text).not.toContain("Kalibera");
});
