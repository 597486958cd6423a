/** The matrix in every format: all of it on a page and in Markdown, a letter an agent on a terminal. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import schema from "../../docs/schemas/summary.schema.json" with { type: "json" };
import type { CoverageMatrix, MatrixCell } from "../../src/domain/coverage-matrix.ts";
import type { RunView } from "../../src/domain/run-view.ts";
import { TECHNIQUES } from "../../src/domain/techniques/all.ts";
import { renderCoverageCsv } from "../../src/report/coverage-csv.ts";
import { renderSummaryJson } from "../../src/report/json.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import { renderTerminal } from "../../src/report/terminal.ts";
import { renderHtml } from "./support/render.ts";
import { buildView } from "./support/view-builder.ts";

const usual = buildView();

const cell = (agent: string, technique: string, change: Partial<MatrixCell> = {}): MatrixCell => ({
  agent,
  technique,
  times: 10,
  right: 10,
  otherwise: 0,
  told: "right",
  claimed: "right",
  claim: null,
  holds: true,
  example: null,
  ...change,
});

const UNSEEN = { right: 0, told: "nothing", claimed: "nothing", claim: "io_uring" } as const;
const PARTLY = {
  right: 0,
  otherwise: 10,
  told: "otherwise",
  claimed: "right",
  holds: false,
  example: '{"type":"open","pid":812,"path":"TK-0001-1400"}',
} as const;

const MATRIX: CoverageMatrix = {
  agents: ["sensor", "auditd@blocking"],
  techniques: ["exec-path", "open-io-uring", "open-dirfd", "kernel-kexec"],
  cells: [
    cell("sensor", "exec-path"),
    cell("auditd@blocking", "exec-path", { right: 7, told: "sometimes", holds: false }),
    cell("sensor", "open-io-uring", UNSEEN),
    cell("auditd@blocking", "open-io-uring", UNSEEN),
    cell("sensor", "open-dirfd", PARTLY),
    cell("auditd@blocking", "open-dirfd"),
  ],
  skipped: [
    { technique: "kernel-kexec", agents: ["sensor", "auditd@blocking"], reason: "kexec_load: ENOSYS" },
  ],
  untried: [{ agent: "forkstat", outcome: { kind: "failed", stage: "ready", message: "no sentinel" } }],
  leftovers: [],
};

const view: RunView = { ...usual, matrix: MATRIX };
const alone: RunView = {
  ...view,
  kind: "tried",
  run: { ...usual.run, blocks: 0, trials: { measured: 0, skipped: 0, failed: 0 } },
  estimates: [],
  ledger: [],
  verdicts: [],
};

const terminal = (of: RunView, columns = 80): string => renderTerminal(of, { columns, colour: false });

test("a terminal shows a letter an agent, and what the signs mean", () => {
  const text = terminal(alone);
  expect(text).toContain("A sensor");
  expect(text).toContain("B auditd@blocking");
  expect(text).toMatch(/^ *technique +A +B$/m);
  expect(text).toMatch(/^ *exec-path +\+ +\?!$/m);
  expect(text).toMatch(/^ *open-io-uring +- +-$/m);
  expect(text).toMatch(/^ *open-dirfd +~! +\+$/m);
  expect(text.replaceAll(/\s+/g, " ")).toContain("! not as the data sheet claims");
  expect(text).toContain("kexec_load: ENOSYS");
  expect(text).toContain("forkstat was not tried: failed at ready: no sentinel");
});

test("a terminal of 80 columns holds fourteen agents and every technique, and nothing is left out", () => {
  const agents = Array.from({ length: 20 }, (_, index) => `an-agent-with-a-long-name-${index}`);
  const techniques = TECHNIQUES.map(({ id }) => id);
  const cells = agents.flatMap((agent) => techniques.map((technique) => cell(agent, technique, PARTLY)));
  const text = terminal({ ...alone, matrix: { ...MATRIX, agents, techniques, cells } });
  for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  expect(text).not.toContain("not shown in");
  expect(text).toMatch(/^ *exec-path( +~!){14}$/m);
  expect(text).toMatch(/^ *exec-path( +~!){6}$/m);
});

test("wrong claims are named with what was told instead", () => {
  const text = terminal(alone);
  expect(text).toContain("2 claims of their data sheets are wrong");
  expect(text).toMatch(/sensor +open-dirfd +seen +partly/);
  expect(text).toMatch(/auditd@blocking +exec-path +seen +7 of 10/);
});

test("the page has all of it beside the cost, and says that neither is divided by the other", async () => {
  const page = await renderHtml(view);
  const at = (id: string): number => page.indexOf(`id="${id}"`);
  expect(at("cost")).toBeGreaterThan(0);
  expect(at("seen")).toBeGreaterThan(at("cost"));
  expect(page).toContain("Neither is divided by the other");
  expect(page).toContain("an open through io_uring");
  expect(page).not.toMatch(/per covered technique/i);
});

test("a page of coverage alone speaks of no cost and no blocks", async () => {
  const page = await renderHtml(alone);
  expect(page).toMatch(/<h1>What \d+ agents? sees? on .*, tried<\/h1>/);
  expect(page).not.toContain('id="cost"');
  expect(page).not.toMatch(/\b0 blocks\b/);
});

test("of agents under which nothing is tried each format says why, and no claim is said to hold", async () => {
  const reason = "not counted: it hands out no event of file that tare can count";
  const untried: CoverageMatrix["untried"] = [{ agent: "osquery@fim", outcome: { kind: "skipped", reason } }];
  const none: RunView = {
    ...alone,
    matrix: { ...MATRIX, agents: [], techniques: [], cells: [], skipped: [], untried },
  };
  for (const text of [terminal(none, 200), renderMarkdown(none), await renderHtml(none)]) {
    expect(text).toContain("No technique was tried under any agent");
    expect(text).toContain(`osquery@fim was not tried: ${reason}`);
    expect(text).not.toMatch(/claim of their data sheets holds|not seen/);
  }
});

test("Markdown has a column an agent", () => {
  const text = renderMarkdown(view);
  expect(text).toMatch(/\| technique \| how \| sensor \| auditd@blocking \|/);
  expect(text).toMatch(
    /an open through io\\_uring, open-io-uring \| IORING\\_OP\\_OPENAT \| not seen \| not seen/,
  );
});

test("CSV has a row a cell", () => {
  const lines = renderCoverageCsv(MATRIX).trim().split("\n");
  expect(lines[0]).toBe("agent,technique,times,right,otherwise,told,claimed,holds,claim,example");
  expect(lines).toHaveLength(MATRIX.cells.length + 1);
  expect(lines).toContain("sensor,open-io-uring,10,0,0,nothing,nothing,true,io_uring,");
});

test("JSON has it, and its schema allows it", () => {
  const parsed: unknown = JSON.parse(renderSummaryJson(view));
  expect(parsed).toMatchObject({ matrix: { agents: MATRIX.agents } });
  const validate = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false }).compile(schema);
  validate(parsed);
  expect(validate.errors ?? []).toEqual([]);
});

test("where nothing was tried, no format speaks of it", async () => {
  expect(terminal(usual)).not.toContain("tried");
  expect(await renderHtml(usual)).not.toContain('id="seen"');
});
